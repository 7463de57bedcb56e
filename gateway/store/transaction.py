"""What can be done within one transaction, in the words of the trade.

A transaction begins with the lock that writing needs, so what it reads is still true when it commits.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from gateway.messaging.events import CONSENT
from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.store import scheduled_statements
from gateway.store import statements as sql
from gateway.store.account_lines import AccountLines, columns_of
from gateway.store.activity_lines import ActivityLines
from gateway.store.bulk_lines import BulkLines
from gateway.store.change_lines import ManyChanges, Recorded
from gateway.store.consent_columns import event_columns, event_line, opt_out_columns, opt_out_line
from gateway.store.delivery_lines import DeliveryLines
from gateway.store.event_lines import EventLines
from gateway.store.identifiers import new_id
from gateway.store.learned_lines import LearnedLines
from gateway.store.many_lines import Insert, Line, NotForDocuments
from gateway.store.pending_lines import PendingLines, Statement
from gateway.store.person_lines import PersonLines
from gateway.store.persons import Persons, is_erased
from gateway.store.read_ahead import READ_AHEAD, ReadAhead, read_ahead_of, read_ahead_values
from gateway.store.records import (
    HeldMessage,
    ScheduledMessage,
    StoredMessage,
    opt_out_of,
)
from gateway.store.scheduled_lines import ScheduledLines
from gateway.store.session_lines import SessionLines
from gateway.store.shadow_lines import ShadowLines
from gateway.store.token_lines import TokenLines
from gateway.store.webhook_lines import WebhookLines

if TYPE_CHECKING:
    from gateway.store.engine import Connection


CANCEL: Final = "cancel"  # the kind of delivery that cancels a scheduled message
CANCEL_FOR: Final = 24 * 60 * 60 * 1_000_000  # microseconds; longer where the message is not due before
LATE: Final = 10 * 60 * 1_000_000  # Twilio may send that much after the time


class Transaction(
    DeliveryLines,
    AccountLines,
    BulkLines,
    ScheduledLines,
    LearnedLines,
    EventLines,
    TokenLines,
    PersonLines,
    ActivityLines,
    SessionLines,
    ShadowLines,
    WebhookLines,
):
    """One open transaction; handed to units of work, one after another, and gone when the last returns.

    What only adds a line waits for the next statement that might ask for it (`PendingLines`). So whoever commits asks
    for `unwritten` first, or for `write_out`.
    """

    def __init__(self, connection: "Connection", persons: Persons) -> None:
        self._connection = connection
        self._persons = persons
        self._pending = PendingLines()
        self._ahead: ReadAhead | None = None

    async def _run(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        self._ahead = None  # it may change what was read
        await self.write_out()
        return await self._connection.run(sql, values)

    async def _run_many(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        self._ahead = None
        await self.write_out()
        await self._connection.run_many(sql, rows)

    async def _add(self, insert: Insert, line: Line, about: Hashable) -> None:
        self._pending.add(insert, line, about)
        if self._pending.is_full:
            await self.write_out()

    # What is not written yet

    def unwritten(self) -> list[Statement]:
        """The statements that write what is not written yet, for whoever runs them now."""
        return self._pending.take()

    async def write_out(self) -> None:
        """Write what is not written yet."""
        statements = self._pending.take()
        if statements:
            await self._connection.run_all(statements)

    async def read_ahead(self, key: RecipientKey, message_sid: str) -> None:
        """Read in one statement what the steps of a keyword ask for: whether the message was seen, how new the settings
        are, the recipient's opt-outs, and what is owed to whom. Until something is written they are answered by that.
        """
        if self._pending.is_about(key, (key.account_sid, message_sid)):
            await self.write_out()
        rows = await self._connection.run(READ_AHEAD, read_ahead_values(key, message_sid, self._persons))
        self._ahead = read_ahead_of(key, message_sid, rows)

    # Parts of it

    async def save(self) -> None:
        """Mark a point to go back to."""
        await self._run("SAVEPOINT unit")

    async def release(self) -> None:
        """Keep what was done since the mark."""
        await self._run("RELEASE SAVEPOINT unit")

    async def undo(self) -> None:
        """Go back to the mark."""
        self._pending.drop()
        await self._run("ROLLBACK TO SAVEPOINT unit")
        await self._run("RELEASE SAVEPOINT unit")

    # Inbound messages

    async def seen(self, account_sid: str, message_sid: str) -> StoredMessage | None:
        """What is kept of an inbound message; None when it was never seen."""
        if self._ahead is not None and (account_sid, message_sid) == (
            self._ahead.key.account_sid,
            self._ahead.message_sid,
        ):
            return self._ahead.seen
        rows = await self._run(sql.SEEN_MESSAGE, {"account_sid": account_sid, "message_sid": message_sid})
        return StoredMessage(*rows[0]) if rows else None

    async def remember(
        self, account_sid: str, message_sid: str, message: StoredMessage, event_id: str | None, now: int
    ) -> None:
        """Keep that an inbound message was seen, and what came of it, for ever."""
        self._ahead = None
        stored = (message.fingerprint, message.opt_out_type, message.change, event_id, message.answer, now)
        line = (account_sid, message_sid, *stored)
        await self._add(sql.REMEMBER_MESSAGES, line, about=(account_sid, message_sid))

    async def keep_answer(self, account_sid: str, message_sid: str, answer: str) -> None:
        """Keep the answer that was given in the end, for repetitions of the message."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "answer": answer}
        await self._run(sql.KEEP_ANSWER, values)

    async def forget_answers(self, before: int, limit: int) -> int:
        """Drop answers (not outcomes) of messages received before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_ANSWERS, {"before": before, "limit": limit}))

    # Opt-outs and history

    async def opt_outs_of(self, key: RecipientKey) -> list[OptOut]:
        """All of a recipient's opt-outs, standing and lifted."""
        if self._ahead is not None and self._ahead.key == key:
            return list(self._ahead.opt_outs)
        rows = await self._run(sql.OPT_OUTS_OF, self._persons.columns(key))
        found = [opt_out_of(row) for row in rows]
        return list({opt_out.scope: opt_out for opt_out in found}.values())  # those under the own key come last

    async def record(self, event: ConsentEvent, opt_outs: tuple[OptOut, ...]) -> None:
        """Write one line of history, the opt-outs as they are after it, and what sinks are owed of it; with one that
        stands, the cancellation of each scheduled message of the recipient is owed, whoever brought it about. Which of
        them the opt-outs cover is found out when it is carried out. An event of shadow mode changes the shadow list.
        Of an erased person, whom nobody can name, sinks are told nothing.
        """
        ahead = self._ahead
        if ahead is not None and ahead.key == event.key and event.enforced and not ahead.has_erasures:
            await self._record_knowing(ahead, event, opt_outs)
            return
        [(erasures,)] = await self._run(sql.ADD_EVENT, event_columns(event))
        if opt_outs and erasures and not is_erased(event.key):
            await self.revive(event.key, event.recipient)
        for opt_out in opt_outs:
            columns = opt_out_columns(event, opt_out)
            if not event.enforced:
                del columns["hold"]
            await self._run(sql.PUT_OPT_OUT if event.enforced else sql.PUT_SHADOW, columns)
        if event.enforced and any(opt_out.standing for opt_out in opt_outs):
            await self._owe_cancellations(event.key, event.received_at)
        if not is_erased(event.key):
            await self.tell_consent(event)

    async def _record_knowing(self, ahead: ReadAhead, event: ConsentEvent, opt_outs: tuple[OptOut, ...]) -> None:
        """The same where it was read ahead that nobody was erased, whether messages are scheduled, and what is told."""
        self._ahead = None
        await self._add(sql.ADD_EVENTS, event_line(event), about=event.key)
        for opt_out in {opt_out.scope: opt_out for opt_out in opt_outs}.values():
            await self._add(sql.PUT_OPT_OUTS, opt_out_line(event, opt_out, new_id(event.received_at)), about=event.key)
        if ahead.has_scheduled and any(opt_out.standing for opt_out in opt_outs):
            await self._owe_cancellations(event.key, event.received_at)
        if CONSENT in ahead.told:
            await self.tell_consent(event)

    async def record_all(self, changes: ManyChanges, *, is_told: bool = True) -> None:
        """Write many lines of history, in their order, and do with each as `record` does. Without ``is_told`` sinks are
        owed nothing of them.
        """
        if not changes.recorded:
            return
        await self._revive_all(changes.recorded)
        if changes.statements is not None:
            self._ahead = None
            await self.write_out()
            await self._connection.run_all(changes.statements)
        else:
            for insert, lines in changes.lines:
                await self._add_all(insert, lines)
        for (account_sid, channel), events in changes.stopped.items():
            await self._owe_cancellations_of_all(account_sid, channel, events)
        if is_told:
            await self.tell_consents([event for event, _ in changes.recorded])

    async def _add_all(self, insert: Insert, lines: Sequence[Line]) -> None:
        if not lines:
            return
        try:
            statement, values = insert.many(lines)
        except NotForDocuments:
            await self._run_many(insert.one(), [dict(zip(insert.kinds, line, strict=True)) for line in lines])
        else:
            await self._run(statement, values)

    async def _revive_all(self, changes: Sequence[Recorded]) -> None:
        """Put back under their own keys those of whom an opt-out is written, as `record` does."""
        if not await self.has_erasures(changes[0][0].key.account_sid):
            return
        written = {event.key: event.recipient for event, opt_outs in changes if opt_outs}
        for account_sid, channel in {(key.account_sid, key.channel) for key in written}:
            keys = {key.recipient_key: key for key in written if key.channel == channel}
            for found in await self.erased_among(account_sid, channel, keys):
                await self.revive(keys[found], written[keys[found]])

    # Scheduled messages

    async def remember_scheduled(self, message: ScheduledMessage) -> bool:
        """Keep a message that Twilio has scheduled, unless it is known. Where the recipient is opted out of anything by
        now, its cancellation is owed. True where it was news.
        """
        names = [name for name in ScheduledMessage.__slots__ if name not in {"state", "ended_at"}]
        values = {name: getattr(message, name) for name in names}
        if not await self._run(scheduled_statements.ADD_SCHEDULED_MESSAGE, values):
            return False
        is_opted_out = any(opt_out.standing for opt_out in await self.opt_outs_of(message.key))
        if is_opted_out:
            await self._owe_cancellation(message, message.created_at)
        return True

    async def _owe_cancellations(self, key: RecipientKey, now: int) -> None:
        for row in await self._run(scheduled_statements.SCHEDULED_FOR, columns_of(key) | {"since": now - LATE}):
            await self._owe_cancellation(ScheduledMessage(*row), now)

    async def _owe_cancellations_of_all(self, account_sid: str, channel: str, stopped: Sequence[ConsentEvent]) -> None:
        now = max(event.received_at for event in stopped)
        keys = {event.key.recipient_key: event.key for event in stopped}
        for found in await self.scheduled_of_all(account_sid, channel, keys, now - LATE):
            await self._owe_cancellations(keys[found], now)

    async def _owe_cancellation(self, message: ScheduledMessage, now: int) -> None:
        payload = orjson.dumps((message.account_sid, message.message_sid)).decode()
        give_up_at = max(now + CANCEL_FOR, message.send_at)
        await self.owe(message.account_sid, CANCEL, payload, now=now, due_at=now, give_up_at=give_up_at, lease=None)

    # Messages that were held back

    async def hold(self, message: HeldMessage) -> None:
        """Keep a message that was held back."""
        await self._run(sql.ADD_HELD_MESSAGE, {name: getattr(message, name) for name in HeldMessage.__slots__})

    async def redact_held_message(self, account_sid: str, message_sid: str, now: int) -> None:
        """Drop the text of a message that was held back."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "now": now}
        await self._run(sql.REDACT_HELD_MESSAGE, values)

    async def delete_held_message(self, account_sid: str, message_sid: str) -> None:
        """Drop a message that was held back."""
        await self._run(sql.DELETE_HELD_MESSAGE, {"account_sid": account_sid, "message_sid": message_sid})

    async def forget_held_messages(self, before: int, limit: int) -> int:
        """Drop recipients and texts (not SIDs) of messages held back before an instant, some at a time; how many."""
        return len(await self._run(sql.FORGET_HELD_MESSAGES, {"before": before, "limit": limit}))

    # The gateway's own values

    async def take_lease(self, name: str, holder: str, *, now: int, held_until: int) -> bool:
        """Take or prolong the right to do a piece of work for all processes; false while another holds it."""
        values = {"name": name, "holder": holder, "now": now, "held_until": held_until}
        return bool(await self._run(sql.TAKE_LEASE, values))

    async def value_once(self, name: str, value: str) -> str:
        """Store a value unless there is one, and give back the one that is there."""
        await self._run(sql.PUT_VALUE_ONCE, {"name": name, "value": value})
        return str((await self._run(sql.GET_VALUE, {"name": name}))[0][0])

    async def value(self, name: str) -> str | None:
        """A stored value; None: there is none."""
        rows = await self._run(sql.GET_VALUE, {"name": name})
        return str(rows[0][0]) if rows else None

    async def put_value(self, name: str, value: str) -> None:
        """Store a value in the place of what was there."""
        await self._run(sql.PUT_VALUE, {"name": name, "value": value})
