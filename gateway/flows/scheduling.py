"""Sends for later: written down before they go to Twilio, remembered by their SIDs afterwards, looked for in between.

A SID is known only once Twilio has answered. So a scheduled send is first written down as a delivery of kind ``seek``,
due a minute later, and goes out then. An answer replaces that delivery by the SID, in one transaction. If it is lost,
or the process dies before it is kept, the delivery stays: it looks through what the recipient was sent, at Twilio, and
remembers every scheduled message there that is not known yet. The remembering owes the cancellation to whoever opted
out meanwhile, so that no gap is left by which a scheduled message outlives a STOP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields, replace
from typing import Final, Self

import orjson
import structlog

from gateway.deliveries import GIVE_UP_AFTER, SECOND, NotDelivered, Outbox
from gateway.directory import Directory
from gateway.flows.outcome import Answer
from gateway.flows.scheduled import FOUND, STANDING, Cancelling, asked_for
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.senders import read_sender
from gateway.store import Store, StoreError
from gateway.store.records import ScheduledMessage, StoredDelivery
from gateway.store.transaction import Transaction
from gateway.twilio.scheduled import (
    FURTHEST,
    SCHEDULED,
    Told,
    read_message,
    read_send_at,
    scheduled_to,
)
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Upstreams

log: Final = structlog.get_logger()

SEEK: Final = "seek"  # the kind of delivery that looks for a scheduled message whose SID is not known
ANSWERED_WITHIN: Final = 60 * SECOND  # longer than a send is under way
LOOK_FOR: Final = 60 * 60 * SECOND  # in case Twilio's list lags behind; then Twilio has not taken it
CREATED: Final = 201
REFUSED: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class Sought:
    """A scheduled send whose SID is not known: whose, by whom, and for when; times are microseconds since 1970, UTC."""

    channel: str
    recipient_key: str = field(repr=False)
    recipient: str = field(repr=False)
    service_sid: str | None
    sender: str | None
    fallback_sender: str | None
    send_at: int
    created_at: int

    @classmethod
    def of_send(cls, message: OutboundMessage, send_at: str, now: int) -> Self:
        """What is to be sought of a send if its answer is lost."""
        recipient, sender, fallback = message.recipient, message.sender, message.fallback_sender
        return cls(
            channel=recipient.channel,
            recipient_key=recipient.key,
            recipient=recipient.wire,
            service_sid=message.service_sid,
            sender=sender.wire if sender is not None else None,
            fallback_sender=fallback.wire if fallback is not None else None,
            send_at=read_send_at(send_at, now),
            created_at=now,
        )

    def stored(self) -> str:
        """The text form of a delivery."""
        return orjson.dumps([getattr(self, each.name) for each in fields(self)]).decode()

    @classmethod
    def of(cls, payload: str) -> Self:
        """Read the text form."""
        return cls(*orjson.loads(payload))

    def known_as(self, account_sid: str, message_sid: str) -> ScheduledMessage:
        """The message that it has become."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return ScheduledMessage(account_sid, message_sid, state=STANDING, why=None, ended_at=None, **values)


@dataclass(frozen=True, slots=True)
class Intended:
    """A scheduled send that is written down: its delivery, and what is to be remembered of it."""

    account_sid: str
    delivery_id: str
    sought: Sought


class Scheduling:
    """Writes scheduled sends down, and remembers what Twilio has taken."""

    def __init__(self, store: Store, cancelling: Cancelling, outbox: Outbox, clock: Callable[[], int]) -> None:
        self._store = store
        self._cancelling = cancelling
        self._outbox = outbox
        self._clock = clock

    async def intend(self, message: OutboundMessage, send_at: str) -> Intended:
        """Write a send down before it goes out. Raises `StoreError`; then it must not go out."""
        now = self._clock()
        sought = Sought.of_send(message, send_at, now)

        async def unit(transaction: Transaction) -> str:
            return await transaction.owe(
                message.account_sid,
                SEEK,
                sought.stored(),
                now=now,
                due_at=now + ANSWERED_WITHIN,
                give_up_at=max(now + GIVE_UP_AFTER, sought.send_at),
                lease=None,
            )

        return Intended(message.account_sid, await self._store.write(unit), sought)

    async def answered(self, intended: Intended, answer: Answer) -> None:
        """Keep what Twilio's answer says of the send. Raises `StoreError` when a message could not be kept and was
        cancelled, so that it will not leave; `NotDelivered` when it could not even be cancelled.
        """
        told = read_message(answer.body) if answer.status == CREATED else None
        if told is not None and told.status == SCHEDULED:
            await self.remember(intended, told.sid)
        elif told is not None or answer.status in REFUSED:
            await self.let_go(intended)
        else:
            log.warning("scheduled_not_remembered", account=intended.account_sid)
            await self.look_for(intended)

    async def let_go(self, intended: Intended) -> None:
        """Forget a send that Twilio has not scheduled. One that stays for want of the store is looked for in vain."""
        await self._try(intended, lambda transaction: transaction.drop_delivery(intended.delivery_id))

    async def look_for(self, intended: Intended) -> None:
        """Look at Twilio for a send that it may have scheduled; without the store once that is back."""
        now = self._clock()
        await self._try(intended, lambda transaction: transaction.hasten_delivery(intended.delivery_id, now))
        self._outbox.wake()

    async def remember(self, intended: Intended, message_sid: str) -> None:
        """Keep a message that was scheduled just now; see `answered`."""
        scheduled = replace(intended.sought.known_as(intended.account_sid, message_sid), created_at=self._clock())

        async def unit(transaction: Transaction) -> None:
            await transaction.remember_scheduled(scheduled)
            await transaction.drop_delivery(intended.delivery_id)

        try:
            await self._store.write(unit)
        except StoreError:
            became = await self._cancelling.cancel(intended.account_sid, message_sid)
            if became not in {None, "deleted"}:
                raise NotDelivered(f"it was {became} already") from None
            await self.let_go(intended)
            raise
        self._outbox.wake()

    async def _try(self, intended: Intended, unit: Callable[[Transaction], Awaitable[None]]) -> None:
        """Change its delivery; where that cannot be, it is carried out when it is due, which harms nothing."""
        try:
            await self._store.write(unit)
        except StoreError as error:
            log.warning("scheduled_not_settled", account=intended.account_sid, why=str(error))


class Seeking:
    """Looks at Twilio for scheduled messages whose SIDs are not known."""

    def __init__(self, directory: Directory, store: Store, upstreams: Upstreams, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._upstreams = upstreams
        self._clock = clock

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one look. Raises `NotDelivered` while the message may still turn up."""
        sought = Sought.of(delivery.payload)
        now = self._clock()
        listed = await self._listed(delivery.account_sid, sought.recipient)
        found = [self._message(delivery.account_sid, sought, told, now) for told in listed]

        async def unit(transaction: Transaction) -> bool:
            return any([await transaction.remember_scheduled(message) for message in found])

        try:
            if await self._store.write(unit):
                return
        except StoreError as error:
            raise NotDelivered(str(error)) from error
        if now < sought.created_at + LOOK_FOR:
            raise NotDelivered("Twilio's list does not show it")
        log.warning("scheduled_not_found", account=delivery.account_sid)

    async def _listed(self, account_sid: str, recipient: str) -> list[Told]:
        async def ask(api: Upstream, authorization: str) -> list[Told]:
            return await scheduled_to(api, account_sid, recipient, authorization)

        return await asked_for(self._directory, self._upstreams, account_sid, ask, "list its messages")

    @staticmethod
    def _message(account_sid: str, sought: Sought, told: Told, now: int) -> ScheduledMessage:
        """What is remembered of a message that was found: Twilio does not tell when it is due, so that it counts as due
        as late as it can be.
        """
        is_same_service = told.service_sid == sought.service_sid
        return replace(
            sought.known_as(account_sid, told.sid),
            service_sid=told.service_sid,
            sender=_readable(told.sender) or (sought.sender if is_same_service else None),
            fallback_sender=sought.fallback_sender if is_same_service else None,
            send_at=now + FURTHEST,
            why=FOUND,
            created_at=now,
        )


def _readable(sender: str | None) -> str | None:
    try:
        return read_sender(sender, None).wire if sender else None
    except UnreadableAddress:
        return None
