"""What the gateway owes somebody: durable deliveries, tried until done or too old.

A delivery is written in the transaction of what it follows from. Any number of runners may work on one store: each
claims what is due under a lease of its own, and only the holder of the lease can end a delivery.

Apps that hang hold places: each account may hold a share of them, what is beyond stays in the store for a later look.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from gateway import metrics
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.records import StoredDelivery
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

MESSAGE_SID: Final = re.compile(r"\b(?:SM|MM)[0-9a-f]{32}\b", re.ASCII)  # the one thing that is kept of what is done
SECOND: Final = 1_000_000  # microseconds
LEASE: Final = 60 * SECOND
TRY_WITHIN_SECONDS: Final = 45.0  # well within the lease, so that no other runner takes it up meanwhile
GIVE_UP_AFTER: Final = 24 * 60 * 60 * SECOND
LONGEST_BACKOFF: Final = 15 * 60 * SECOND
MOST_AT_ONCE: Final = 256
SHARE: Final = 32  # of them, for the deliveries of one kind of one account
LOOK_EVERY_SECONDS: Final = 1.0


class NotDelivered(Exception):
    """A try failed; the text says why, without numbers or bodies. It will be tried again while it is not too old."""


Handler = Callable[[StoredDelivery], Awaitable[None]]
Lane = tuple[str, str]
"""An account and a kind, which have a share of the places together."""


class Outbox:
    """Runs deliveries; ``handlers`` has one for each kind, which raises `NotDelivered` when a try fails."""

    def __init__(self, store: Store, handlers: Mapping[str, Handler], clock: Callable[[], int]) -> None:
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._due = asyncio.Event()
        self._stopping = False
        self._under_way: Counter[tuple[str, str]] = Counter()  # by account and kind

    def wake(self) -> None:
        """Say that a delivery was just written, so that nobody waits for the next look."""
        self._due.set()

    async def run(self) -> None:
        """Deliver until told to stop, then finish what is under way; the service owns the task that runs this."""
        async with asyncio.TaskGroup() as tries:
            while not self._stopping:
                try:
                    worked = await self._take_up(tries)
                except Exception as error:
                    # The store is away, or a fault of ours: what is owed is still written down, so go on looking.
                    log.warning("deliveries_wait", why=_why(error))
                    worked = False
                if not worked:
                    await self._wait()

    def stop(self) -> None:
        """Take up nothing more; what is under way is finished."""
        self._stopping = True
        self._due.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._due.wait()
        except TimeoutError:
            pass
        self._due.clear()

    async def _take_up(self, tries: asyncio.TaskGroup) -> bool:
        """Begin due deliveries as there are places; true when there may be more. Nobody waits for a round to end."""
        limit, full = places(self._under_way)
        claimed = await self._claim(new_id(self._clock()), limit, full) if limit else []
        for delivery in claimed:
            self._under_way[delivery.account_sid, delivery.kind] += 1
            tries.create_task(self._try_and_leave(delivery))
        may_be_more = bool(claimed) and len(claimed) == limit
        if not may_be_more:
            await self._count()
        return may_be_more

    async def _claim(self, lease: str, limit: int, full: tuple[Lane, ...]) -> list[StoredDelivery]:
        now = self._clock()

        async def claim(transaction: Transaction) -> list[StoredDelivery]:
            return await transaction.claim(lease, now=now, leased_until=now + LEASE, limit=limit, but_not=full)

        return await self._store.write(claim)

    async def _try_and_leave(self, delivery: StoredDelivery) -> None:
        lane = delivery.account_sid, delivery.kind
        try:
            await self._try(delivery)
        finally:
            self._under_way[lane] -= 1
            if not self._under_way[lane]:
                del self._under_way[lane]
            self._due.set()  # its place is free, and more may be due

    async def _try(self, delivery: StoredDelivery) -> None:
        error = await self._error_of(delivery)
        now = self._clock()
        outcome = "done" if error is None else "dead" if now >= delivery.give_up_at else "put_off"

        async def settle(transaction: Transaction) -> None:
            if outcome == "put_off":
                due_at = now + backoff(delivery.attempts)
                await transaction.put_off_delivery(delivery.delivery_id, delivery.lease, error, due_at)
            else:
                sid = MESSAGE_SID.search(delivery.payload)
                await transaction.end_delivery(
                    delivery.delivery_id, delivery.lease, outcome, error, now, sid[0] if sid is not None else ""
                )

        try:
            await self._store.write(settle)
        except Exception as failure:
            # It stays claimed until its lease runs out, and is tried again then: twice rather than never. Raised,
            # this would break off the others that are under way.
            log.warning("delivery_not_settled", delivery=delivery.delivery_id, outcome=outcome, why=_why(failure))
            return
        metrics.DELIVERIES.labels(delivery.kind, outcome).inc()
        log.info(
            "delivery",
            kind=delivery.kind,
            outcome=outcome,
            delivery=delivery.delivery_id,
            attempt=delivery.attempts,
            why=error,
        )

    async def _error_of(self, delivery: StoredDelivery) -> str | None:
        handler = self._handlers.get(delivery.kind)
        if handler is None:
            return "this version does not know this kind of delivery"
        try:
            async with asyncio.timeout(TRY_WITHIN_SECONDS):
                await handler(delivery)
        except NotDelivered as error:
            return str(error)
        except Exception as error:
            # A fault of ours must not stop the others. Its name alone is logged: its text may hold a number.
            log.warning(
                "delivery_failed", kind=delivery.kind, delivery=delivery.delivery_id, error=type(error).__name__
            )
            return f"the gateway failed ({type(error).__name__})"
        return None

    async def _count(self) -> None:
        for state, count in (await self._store.count_deliveries()).items():
            metrics.DELIVERIES_OPEN.labels(state).set(count)


def _why(error: Exception) -> str:
    """The text of a store's error; of any other its name alone, as its text may hold a number."""
    return str(error) if isinstance(error, StoreError) else type(error).__name__


def places(under_way: Mapping[Lane, int]) -> tuple[int, tuple[Lane, ...]]:
    """How many deliveries may be taken up now, and whose may not: so few that no account gets beyond its share, whoever
    they belong to.
    """
    full = tuple(lane for lane, count in under_way.items() if count >= SHARE)
    most = max((count for count in under_way.values() if count < SHARE), default=0)
    return min(MOST_AT_ONCE - sum(under_way.values()), SHARE - most), full


def backoff(attempts: int) -> int:
    """How long to wait after a number of failed tries, in microseconds: doubling from one second, at most 15
    minutes, with up to half of it taken off by chance so that tries do not come in waves.
    """
    longest = min(2 ** min(attempts - 1, 30) * SECOND, LONGEST_BACKOFF)
    return int(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load, not hiding anything
