"""The lines of a transaction about what is learned without a webhook: messages, events, gaps, back-fills."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from gateway.messaging.optouts import RecipientKey
from gateway.store import learned_statements as sql
from gateway.store.account_lines import Run
from gateway.store.persons import Persons


@dataclass(frozen=True, slots=True)
class StoredOptIn:
    """An opt-in keyword of the history: the sender it was said to, the service that was named, the word as it was
    matched, and when it counts from (microseconds since 1970, UTC).
    """

    sender: str
    service_sid: str | None
    keyword: str
    effective_at: int


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far a back-fill of an account has come: messages from ``since`` (None: the first) to ``until`` are read from
    the newest on, ``reached`` is the oldest that was; all are microseconds since 1970, UTC. ``ended_at`` is None while
    it is under way or was broken off.
    """

    account_sid: str
    since: int | None
    until: int
    reached: int
    counts: Mapping[str, int]
    actor: str
    started_at: int
    ended_at: int | None = None


class LearnedLines:
    """What a transaction does with them; it has ``_run`` and ``_persons``."""

    _run: Run
    _persons: Persons

    async def remember_learned(self, account_sid: str, message_sid: str, learned_from: str, now: int) -> None:
        """Keep that a keyword was learned without its webhook."""
        values = {"account_sid": account_sid, "message_sid": message_sid}
        await self._run(sql.ADD_LEARNED_MESSAGE, values | {"learned_from": learned_from, "learned_at": now})

    async def webhook_came(self, account_sid: str, message_sid: str, now: int) -> bool:
        """Note that the webhook of a keyword that was learned without it has come; true the first time only."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "now": now}
        return bool(await self._run(sql.WEBHOOK_CAME, values))

    async def is_confirmed_late(self, account_sid: str, message_sid: str) -> bool:
        """Whether the confirmation of a keyword was, or is being, sent as a message."""
        rows = await self._run(sql.WHEN_CONFIRMED, {"account_sid": account_sid, "message_sid": message_sid})
        return bool(rows) and rows[0][0] is not None

    async def claim_confirmation(self, account_sid: str, message_sid: str, now: int) -> bool:
        """Take it on to send the confirmation of a keyword; false where the webhook came or somebody has taken it."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "now": now}
        return bool(await self._run(sql.CLAIM_CONFIRMATION, values))

    async def return_confirmation(self, account_sid: str, message_sid: str) -> None:
        """Give back what `claim_confirmation` took: nothing was sent."""
        await self._run(sql.RETURN_CONFIRMATION, {"account_sid": account_sid, "message_sid": message_sid})

    async def take_event(self, account_sid: str, event_id: str, now: int) -> bool:
        """Note that an event was seen; false when it was seen before."""
        values = {"account_sid": account_sid, "event_id": event_id, "received_at": now}
        return bool(await self._run(sql.ADD_SEEN_EVENT, values))

    async def forget_seen_events(self, before: int, limit: int) -> int:
        """Drop events that came before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_SEEN_EVENTS, {"before": before, "limit": limit}))

    async def opt_ins_after(self, key: RecipientKey, after: int, *, in_shadow: bool = False) -> list[StoredOptIn]:
        """The opt-in keywords of a recipient that count from later than an instant, oldest first; those of shadow mode
        only where they are asked for.
        """
        rows = await self._run(sql.OPT_INS_AFTER, self._persons.columns(key) | {"after": after, "in_shadow": in_shadow})
        return [StoredOptIn(sender, service_sid, keyword or "", at) for sender, service_sid, keyword, at in rows]

    async def is_on_review(self, account_sid: str, message_sid: str) -> bool:
        """Whether a message is, or was, on the review list."""
        return bool(await self._run(sql.REVIEW_ITEM_OF, {"account_sid": account_sid, "message_sid": message_sid}))

    async def closed_until(self, account_sid: str) -> int | None:
        """Until when the account's inbound messages were read from Twilio's list; None: never."""
        rows = await self._run(sql.CLOSED_UNTIL, {"account_sid": account_sid})
        return int(rows[0][0]) if rows else None

    async def newest_inbound(self, account_sid: str) -> int | None:
        """When the last inbound message of the account was received; None: there was none."""
        rows = await self._run(sql.NEWEST_INBOUND, {"account_sid": account_sid})
        return None if rows[0][0] is None else int(rows[0][0])

    async def put_closed_until(self, account_sid: str, closed_until: int) -> None:
        """Keep until when they were read; never less than what is kept."""
        await self._run(sql.PUT_CLOSED_UNTIL, {"account_sid": account_sid, "closed_until": closed_until})

    async def backfill(self, account_sid: str) -> Backfill | None:
        """How far the last back-fill of an account has come; None: there was none."""
        rows = await self._run(sql.BACKFILL, {"account_sid": account_sid})
        if not rows:
            return None
        since, until, reached, counts, *rest = rows[0]
        return Backfill(account_sid, since, until, reached, orjson.loads(counts), *rest)

    async def put_backfill(self, backfill: Backfill) -> None:
        """Keep how far a back-fill has come."""
        values = {name: getattr(backfill, name) for name in Backfill.__slots__}
        await self._run(sql.PUT_BACKFILL, values | {"counts": orjson.dumps(dict(backfill.counts)).decode()})
