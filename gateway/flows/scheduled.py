"""Scheduled messages that their recipient's opt-out covers: cancelled at Twilio, and told in the history.

Twilio itself does not cancel them (Twilio, Message Scheduling). Whatever adds an opt-out owes the cancellation in its
own transaction, and so does the remembering where an opt-out stands by then: each of the two sees what the other
wrote, so that a STOP between a send's check and its answer finds the message, too.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

import orjson

from gateway.deliveries import NotDelivered
from gateway.directory import Account, Directory
from gateway.flows.check import Check
from gateway.messaging.addresses import Address
from gateway.messaging.history import BY_GATEWAY, SCHEDULED, ConsentEvent
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.policy import Suppress
from gateway.messaging.senders import read_sender
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.records import ScheduledMessage, StoredDelivery
from gateway.store.scheduled_lines import GIVEN_UP
from gateway.store.transaction import Transaction
from gateway.twilio.products import API
from gateway.twilio.rest import basic
from gateway.twilio.scheduled import Unauthorized, cancel, write_send_at
from gateway.twilio.upstream import Upstream, UpstreamError
from gateway.twilio.upstreams import Upstreams

T = TypeVar("T")

STANDING: Final = "standing"
CANCELED: Final = "canceled"
NOT_CANCELED: Final = "not_canceled"
CANCELED_BY_APP: Final = "canceled_by_app"
ENDED: Final = "ended"
FOUND: Final = "found at Twilio, which does not tell when it is due"  # beside one that stands: due then at the latest


class Cancelling:
    """Cancels scheduled messages at Twilio that an opt-out covers."""

    def __init__(
        self, directory: Directory, store: Store, check: Check, upstreams: Upstreams, clock: Callable[[], int]
    ) -> None:
        self._directory = directory
        self._store = store
        self._check = check
        self._upstreams = upstreams
        self._clock = clock

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try: nothing where no opt-out covers the message now. In shadow mode it waits, in case
        enforcement is switched on before the message is due. Raises `NotDelivered`.
        """
        account_sid, message_sid = orjson.loads(delivery.payload)
        try:
            scheduled = await self._store.scheduled_message(account_sid, message_sid)
            if scheduled is None or not is_open(scheduled) or not await self._is_covered(scheduled, delivery):
                return
            await self._cancel_or_give_up(scheduled, delivery)
        except StoreError as error:
            raise NotDelivered(str(error)) from error

    async def _cancel_or_give_up(self, scheduled: ScheduledMessage, delivery: StoredDelivery) -> None:
        """Cancel it and note what came of it. That nobody tries any more is noted, too; the delivery is dead then."""
        try:
            became = await self.cancel(scheduled.account_sid, scheduled.message_sid)
        except NotDelivered:
            if self._clock() >= delivery.give_up_at:
                await self._end(scheduled, NOT_CANCELED, GIVEN_UP)
            raise
        if became is None:
            await self._end(scheduled, CANCELED, None)
        else:
            await self._end(scheduled, NOT_CANCELED, f"it was {became} already")

    async def cancel(self, account_sid: str, message_sid: str) -> str | None:
        """Cancel a message at Twilio; None when it is cancelled, else the status that it has. Raises `NotDelivered`."""

        async def ask(api: Upstream, authorization: str) -> str | None:
            return await cancel(api, account_sid, message_sid, authorization)

        return await asked_for(self._directory, self._upstreams, account_sid, ask, "cancel it")

    async def _is_covered(self, scheduled: ScheduledMessage, delivery: StoredDelivery) -> bool:
        """Whether the message might not leave now. Of a sub-account that nobody asked for since the start the pools are
        not known; there each opt-out covers it.
        """
        account_sid = scheduled.account_sid
        if self._directory.account(account_sid) is None and self._directory.subaccount(account_sid) is None:
            return any(opt_out.standing for opt_out in (await self._store.find_opt_outs(scheduled.key)).opt_outs)
        message = message_of(scheduled)
        checked = await self._check(message)
        if await self._check.place(message, checked.decision):
            checked = await self._check(message)
        decision = checked.decision
        if isinstance(decision, Suppress) and not decision.enforced and self._clock() < delivery.give_up_at:
            raise NotDelivered("shadow mode is on")
        return decision.holds_back

    async def _end(self, scheduled: ScheduledMessage, state: str, why: str | None) -> None:
        """Keep what came of it, and in the same transaction one line of the recipient's history; both once, however
        often it is tried.
        """
        now = self._clock()

        async def end(transaction: Transaction) -> None:
            if await transaction.end_scheduled(scheduled.account_sid, scheduled.message_sid, state, why, now):
                version = await transaction.settings_version(scheduled.account_sid)
                await transaction.record(event_of(scheduled, state, why, version, now), ())

        await self._store.write(end)


async def asked_for(
    directory: Directory,
    upstreams: Upstreams,
    account_sid: str,
    ask: Callable[[Upstream, str], Awaitable[T]],
    what: str,
) -> T:
    """What Twilio answers on behalf of an account, by the first of the Auth Tokens of the settings that may ask it;
    ``what`` says in words what none may. Raises `NotDelivered`.
    """
    for account in _speaking_for(directory, account_sid):
        try:
            return await ask(upstreams.to(API, account.origins), basic(account.sid, account.auth_tokens[0]))
        except Unauthorized:
            continue
        except UpstreamError as error:
            raise NotDelivered(str(error)) from error
    raise NotDelivered(f"none of the settings' Auth Tokens may {what}")


def _speaking_for(directory: Directory, account_sid: str) -> Iterator[Account]:
    """The account, or those whose sub-account it may be: the token of a parent counts for it, too."""
    own = directory.account(account_sid)
    if own is not None:
        yield own
    else:
        yield from (account for account in directory.accounts if account.subaccounts)


def is_open(scheduled: ScheduledMessage) -> bool:
    """Whether it is still to be found out what came of cancelling it."""
    return scheduled.state in {STANDING, ENDED} or scheduled.why == GIVEN_UP


def event_of(scheduled: ScheduledMessage, state: str, why: str | None, version: int, now: int) -> ConsentEvent:
    """The line of history that tells what an opt-out did to a scheduled message."""
    due = f"due {write_send_at(scheduled.send_at)}{' at the latest' if scheduled.why == FOUND else ''}"
    return ConsentEvent(
        event_id=new_id(now),
        key=scheduled.key,
        recipient=scheduled.recipient,
        event_type=SCHEDULED,
        change=state,
        scopes=(),
        source=BY_GATEWAY,
        actor=BY_GATEWAY,
        role=BY_GATEWAY,
        settings_version=version,
        effective_at=now,
        received_at=now,
        sender=scheduled.sender,
        service_sid=scheduled.service_sid,
        message_sid=scheduled.message_sid,
        reason=f"{due}: {why or 'cancelled at Twilio'}",
    )


def message_of(scheduled: ScheduledMessage) -> OutboundMessage:
    """The send that a scheduled message was."""
    named = (scheduled.sender, scheduled.fallback_sender)
    sender, fallback = (read_sender(wire, None) if wire else None for wire in named)
    recipient = Address(scheduled.channel, scheduled.recipient, scheduled.recipient_key)
    return OutboundMessage(scheduled.account_sid, recipient, scheduled.service_sid, sender, fallback)
