"""What the gateway owes somebody: durable deliveries, tried until done or too old.

A delivery is written in the transaction of what it follows from. Any number of runners may work on one store: each
claims what is due under a lease of its own, and only the holder of the lease can end a delivery.

Apps that hang hold places: each account may hold a share of them, what is beyond stays in the store for a later look.
"""

import asyncio
import math
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from gateway import metrics
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.records import StoredDelivery, Tried
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
FEWEST_WITHOUT_PLACE: Final = 4  # of tries that count where there was no place: places become free as slowly
LOOK_EVERY_SECONDS: Final = 1.0
LOOK_AFTER_SECONDS: Final = 0.05  # at the earliest, after the look before
COUNT_EVERY_SECONDS: Final = 1.0  # at most so often: all that is owed is gone through


@dataclass(eq=False, slots=True)
class _Ended:
    """A try that ended, and why that could not be written down."""

    tried: Tried
    failure: Exception | None = None


class NotDelivered(Exception):
    """A try failed; the text says why, without numbers or bodies. It will be tried again while it is not too old."""


class NoPlace(NotDelivered):
    """It was not tried, as its receiver holds as many tries already as it may."""


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
        self._ended: list[_Ended] = []  # tries that are not written down yet
        self._settling = asyncio.Lock()
        self._looked_at = self._counted_at = -math.inf  # by the loop's clock

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
        """Wait until something may be due; where that is so all the time, a moment longer: a look finds several."""
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._due.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(self._looked_at + LOOK_AFTER_SECONDS - asyncio.get_running_loop().time())
        self._due.clear()

    async def _take_up(self, tries: asyncio.TaskGroup) -> bool:
        """Begin due deliveries as there are places; true when there may be more. Nobody waits for a round to end."""
        self._looked_at = asyncio.get_running_loop().time()
        limit, full = places(self._under_way)
        claimed = await self._claim(new_id(self._clock()), limit, full) if limit else []
        for delivery in claimed:
            self._under_way[delivery.account_sid, delivery.kind] += 1
            tries.create_task(self._try_and_leave(delivery))
        may_be_more = bool(claimed) and len(claimed) == limit
        if not may_be_more and self._looked_at >= self._counted_at + COUNT_EVERY_SECONDS:
            self._counted_at = self._looked_at
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
        failure = await self._failure_of(delivery)
        error = None if failure is None else str(failure)
        now = self._clock()
        outcome = "done" if error is None else "dead" if now >= delivery.give_up_at else "put_off"
        attempts = max(delivery.attempts, FEWEST_WITHOUT_PLACE) if isinstance(failure, NoPlace) else delivery.attempts
        due_at = now + backoff(attempts)
        sid = MESSAGE_SID.search(delivery.payload)
        tried = Tried(delivery.delivery_id, delivery.lease, outcome, error, now, due_at, sid[0] if sid else "")
        fault = await self._settle(tried)
        if fault is not None:
            # It stays claimed until its lease runs out, and is tried again then: twice rather than never. Raised,
            # this would break off the others that are under way.
            log.warning("delivery_not_settled", delivery=delivery.delivery_id, outcome=outcome, why=_why(fault))
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

    async def _settle(self, tried: Tried) -> Exception | None:
        """Write down what came of a try, together with the others that ended meanwhile; gives why it could not be."""
        own = _Ended(tried)
        self._ended.append(own)
        await asyncio.sleep(0)  # those that end in this turn of the loop are one statement
        async with self._settling:
            if own in self._ended:
                ended, self._ended = self._ended, []
                try:
                    await self._store.write(partial(_written_down, [each.tried for each in ended]))
                except Exception as error:
                    for each in ended:
                        each.failure = error
        return own.failure

    async def _failure_of(self, delivery: StoredDelivery) -> NotDelivered | None:
        handler = self._handlers.get(delivery.kind)
        if handler is None:
            return NotDelivered("this version does not know this kind of delivery")
        try:
            async with asyncio.timeout(TRY_WITHIN_SECONDS):
                await handler(delivery)
        except NotDelivered as error:
            return error
        except Exception as error:
            # A fault of ours must not stop the others. Its name alone is logged: its text may hold a number.
            log.warning(
                "delivery_failed", kind=delivery.kind, delivery=delivery.delivery_id, error=type(error).__name__
            )
            return NotDelivered(f"the gateway failed ({type(error).__name__})")
        return None

    async def _count(self) -> None:
        for state, count in (await self._store.count_deliveries()).items():
            metrics.DELIVERIES_OPEN.labels(state).set(count)


async def _written_down(tried: Sequence[Tried], transaction: Transaction) -> None:
    await transaction.settle_deliveries(tried)


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
