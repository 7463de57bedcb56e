"""Scheduled messages: remembered when Twilio takes them, and cancelled when their recipient opts out.

Twilio itself does not cancel them (Twilio, Message Scheduling). Whatever adds an opt-out owes the cancellation in its
own transaction, and so does the remembering where an opt-out stands by then: each of the two sees what the other
wrote, so that a STOP between a send's check and its answer finds the message, too.
"""

from collections.abc import Callable, Iterator
from typing import Final

import orjson

from gateway.deliveries import NotDelivered, Outbox
from gateway.directory import Account, Directory
from gateway.flows.check import Check
from gateway.messaging.addresses import Address
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.policy import Forward
from gateway.messaging.senders import read_sender
from gateway.store import Store, StoreError
from gateway.store.records import ScheduledMessage, StoredDelivery
from gateway.store.transaction import Transaction
from gateway.twilio.products import API
from gateway.twilio.rest import basic
from gateway.twilio.scheduled import NotAnswered, Unauthorized, cancel, read_send_at
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams

STANDING: Final = "standing"
CANCELED: Final = "canceled"
NOT_CANCELED: Final = "not_canceled"


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
        """Carry out one try: nothing where no opt-out covers the message now. Raises `NotDelivered`."""
        account_sid, message_sid = orjson.loads(delivery.payload)
        try:
            scheduled = await self._store.scheduled_message(account_sid, message_sid)
            if scheduled is None or scheduled.state != STANDING or not await self._is_covered(scheduled):
                return
            became = await self.cancel(account_sid, message_sid)
            await self._end(scheduled, became)
        except StoreError as error:
            raise NotDelivered(str(error)) from error

    async def cancel(self, account_sid: str, message_sid: str) -> str | None:
        """Cancel a message at Twilio; None when it is cancelled, else the status that it has. Raises `NotDelivered`."""
        for account in self._speaking_for(account_sid):
            api = self._upstreams.to(API, account.origins)
            try:
                return await cancel(api, account_sid, message_sid, basic(account.sid, account.auth_tokens[0]))
            except Unauthorized:
                continue
            except (NotAnswered, UpstreamError) as error:
                raise NotDelivered(str(error)) from error
        raise NotDelivered("none of the settings' Auth Tokens may cancel it")

    def _speaking_for(self, account_sid: str) -> Iterator[Account]:
        """The account, or those whose sub-account it may be: the token of a parent counts for it, too."""
        own = self._directory.account(account_sid)
        if own is not None:
            yield own
        else:
            yield from (account for account in self._directory.accounts if account.subaccounts)

    async def _is_covered(self, scheduled: ScheduledMessage) -> bool:
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
        return not isinstance(checked.decision, Forward)

    async def _end(self, scheduled: ScheduledMessage, became: str | None) -> None:
        state, why = (CANCELED, None) if became is None else (NOT_CANCELED, f"it was {became} already")
        now = self._clock()

        async def end(transaction: Transaction) -> None:
            await transaction.end_scheduled(scheduled.account_sid, scheduled.message_sid, state, why, now)

        await self._store.write(end)


class Scheduling:
    """Remembers what Twilio has scheduled."""

    def __init__(self, store: Store, cancelling: Cancelling, outbox: Outbox, clock: Callable[[], int]) -> None:
        self._store = store
        self._cancelling = cancelling
        self._outbox = outbox
        self._clock = clock

    async def remember(self, message: OutboundMessage, message_sid: str, send_at: str) -> None:
        """Keep a message that was scheduled just now. Raises `StoreError` when it could not be kept and was cancelled,
        so that it will not leave; `NotDelivered` when it could not even be cancelled.
        """
        now = self._clock()
        scheduled = ScheduledMessage(
            account_sid=message.account_sid,
            message_sid=message_sid,
            channel=message.recipient.channel,
            recipient_key=message.recipient.key,
            recipient=message.recipient.wire,
            service_sid=message.service_sid,
            sender=message.sender.wire if message.sender is not None else None,
            fallback_sender=message.fallback_sender.wire if message.fallback_sender is not None else None,
            send_at=read_send_at(send_at, now),
            state=STANDING,
            why=None,
            created_at=now,
            ended_at=None,
        )
        try:
            if await self._store.write(lambda transaction: transaction.remember_scheduled(scheduled)):
                self._outbox.wake()
        except StoreError:
            became = await self._cancelling.cancel(message.account_sid, message_sid)
            if became not in {None, "deleted"}:
                raise NotDelivered(f"it was {became} already") from None
            raise


def message_of(scheduled: ScheduledMessage) -> OutboundMessage:
    """The send that a scheduled message was."""
    named = (scheduled.sender, scheduled.fallback_sender)
    sender, fallback = (read_sender(wire, None) if wire else None for wire in named)
    recipient = Address(scheduled.channel, scheduled.recipient, scheduled.recipient_key)
    return OutboundMessage(scheduled.account_sid, recipient, scheduled.service_sid, sender, fallback)
