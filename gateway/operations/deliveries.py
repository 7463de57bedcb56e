"""Deliveries in an operator's hands: see what is owed or was given up, and have it tried again."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from gateway.deliveries import GIVE_UP_AFTER
from gateway.flows.holding import CALLBACK
from gateway.flows.relay import KIND, Relay
from gateway.flows.scheduling import SEEK, Sought
from gateway.store import Store
from gateway.store.records import ListedDelivery
from gateway.store.store import DeliveryFilter
from gateway.store.transaction import CANCEL, Transaction

PAGE: Final = 500
EVENT: Final = "event"
SHOWN: Final = ("MessageSid", "From", "To", "MessagingServiceSid")  # of a webhook; never the text


class Retried(StrEnum):
    """What came of having a delivery tried again."""

    DUE = "due"
    DONE = "done"
    UNDER_WAY = "under_way"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery and, of a webhook that an app is owed, which message it is about."""

    delivery: ListedDelivery
    about: tuple[tuple[str, str], ...]


class DeliveryOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def listed(self, wanted: DeliveryFilter, limit: int | None = None) -> AsyncIterator[ListedDelivery]:
        """Deliveries, oldest first, at most ``limit``; read page by page, so that any number of them fits."""
        after, left = "", limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = await self._store.list_deliveries(wanted, after, size)
            for delivery in page:
                yield delivery
            if len(page) < size:
                return
            after, left = page[-1].delivery_id, None if left is None else left - size

    async def shown(self, delivery_id: str) -> Told | None:
        """One delivery; None when there is none of this identifier."""
        found = await self._store.list_deliveries(DeliveryFilter(delivery_id=delivery_id), "", 1)
        return Told(found[0], about(found[0])) if found else None

    async def retry(self, delivery_id: str) -> Retried:
        """Have a delivery tried now, and again for 24 hours if need be. One that is done stays so."""
        now = self._clock()

        async def unit(transaction: Transaction) -> bool:
            return await transaction.retry_delivery(delivery_id, now=now, give_up_at=now + GIVE_UP_AFTER)

        if await self._store.write(unit):
            return Retried.DUE
        told = await self.shown(delivery_id)
        if told is None:
            return Retried.UNKNOWN
        return Retried.DONE if told.delivery.state == "done" else Retried.UNDER_WAY

    async def retry_dead(self, account_sid: str | None = None, sink: str | None = None) -> int:
        """Have everything tried again that was given up, of one sink if it is named; gives how many."""
        dead = [found.delivery_id async for found in self.listed(DeliveryFilter(None, account_sid, "dead", sink))]
        retried = [await self.retry(delivery_id) for delivery_id in dead]
        return retried.count(Retried.DUE)


def about(delivery: ListedDelivery) -> tuple[tuple[str, str], ...]:
    """Which message it is about, without its text; nothing for other kinds, and of what is done, of which nothing is
    kept.
    """
    if not delivery.payload:
        return ()
    if delivery.kind == CALLBACK:
        return tuple((name, value) for name, value in orjson.loads(delivery.payload)[2] if name in SHOWN)
    if delivery.kind == EVENT:
        event = orjson.loads(delivery.payload)
        told = {"Sink": delivery.sink, "Event": event["type"], "EventId": event["id"]}
        return tuple((name, str(value)) for name, value in told.items())
    if delivery.kind == CANCEL:
        return (("MessageSid", str(orjson.loads(delivery.payload)[1])),)
    if delivery.kind == SEEK:
        return (("To", Sought.of(delivery.payload).recipient),)
    if delivery.kind != KIND:
        return ()
    form = Relay.of(delivery.payload).form
    return tuple((name, value) for name in SHOWN if (value := form.get(name)))
