"""Tells sinks what they are owed: at least once, and in order for each recipient.

The order is the store's: of a recipient only the first event that is owed can be claimed, so that nothing overtakes one
that failed or is under way, in whatever process. A sink that takes nothing is left alone for a while, as a whole, and
then tried with one event; it holds nothing of the others. What is too much or too old becomes a dead letter. All of
this happens beside the traffic: a STOP writes what it owes and waits for none of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from gateway import metrics
from gateway.deliveries import LEASE, SECOND, backoff
from gateway.events.sinks import Driver, Failure
from gateway.store import Store, StoreError
from gateway.store.event_records import OwedEvent, Sink
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

TRY_WITHIN_SECONDS: Final = 45.0  # well within the lease
LONGEST_PAUSE: Final = 120 * SECOND  # of a sink that takes nothing
LOOK_EVERY_SECONDS: Final = 1.0
TIDY_EVERY_SECONDS: Final = 5.0
AT_A_TIME: Final = 1_000

TAKEN: Final = "done"
PUT_OFF: Final = "put_off"
DEAD: Final = "dead"
OVERFLOWN: Final = "overflown"
DROPPED: Final = "dropped"

Tidied = Callable[[Transaction, int], Awaitable[int]]
"""Puts away so many at most; gives how many."""


class Telling:
    """Tells all sinks of a store; ``drivers`` has one for each kind. Any number of processes may do it at once."""

    def __init__(
        self, store: Store, drivers: Mapping[str, Driver], clock: Callable[[], int], *, most_owed: int
    ) -> None:
        self._store = store
        self._drivers = drivers
        self._clock = clock
        self._most_owed = most_owed
        self._busy: set[tuple[str, str]] = set()
        self._known: set[str] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Tell until told to stop, then finish what is under way; the service owns the task that runs this."""
        tidied = 0.0
        async with asyncio.TaskGroup() as tries:
            while not self._stopping.is_set():
                now = asyncio.get_running_loop().time()
                try:
                    if now - tidied >= TIDY_EVERY_SECONDS:
                        await self.tidy()
                        tidied = now
                    await self._look(tries)
                except Exception as error:
                    # The store is away, or a fault of ours: what is owed is written down, so go on looking.
                    log.warning("events_wait", why=_why(error))
                await self._wait()

    def stop(self) -> None:
        """Take up nothing more; what is under way is finished."""
        self._stopping.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _look(self, tries: asyncio.TaskGroup) -> None:
        for sink in await self._store.sinks_with_work(self._clock()):
            if (sink.account_sid, sink.name) not in self._busy:
                self._busy.add((sink.account_sid, sink.name))
                tries.create_task(self._tell_all(sink))

    async def _tell_all(self, sink: Sink) -> None:
        """Tell one sink until nothing is due, or it takes nothing."""
        try:
            while not self._stopping.is_set() and await self.tell(sink):
                sink = replace(sink, failures=0)
        except Exception as error:
            log.warning("events_wait", why=_why(error))  # its events are claimed again when the lease has run out
        finally:
            self._busy.discard((sink.account_sid, sink.name))

    async def tell(self, sink: Sink) -> bool:
        """Give a sink what is due, once; true when it took something. Raises `StoreUnavailable`."""
        driver = self._drivers.get(sink.kind)
        if driver is None:
            return False
        events = await self._claim(sink, 1 if sink.failures else driver.most(sink))
        if not events:
            return False
        failures = await self._failures(driver, sink, events)
        outcomes = await self._settle(sink, events, failures)
        for outcome in outcomes:
            metrics.SINK_EVENTS.labels(sink.name, outcome).inc()
        return TAKEN in outcomes

    async def _claim(self, sink: Sink, limit: int) -> list[OwedEvent]:
        now = self._clock()
        lease = new_id(now)

        async def claim(transaction: Transaction) -> list[OwedEvent]:
            return await transaction.claim_events(sink, lease, now=now, leased_until=now + LEASE, limit=limit)

        return await self._store.write(claim)

    @staticmethod
    async def _failures(driver: Driver, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        try:
            async with asyncio.timeout(TRY_WITHIN_SECONDS):
                return await driver.put(sink, events)
        except TimeoutError:
            failure = Failure(f"it took more than {TRY_WITHIN_SECONDS:.0f} s", is_sinks=True)
        except Exception as error:
            # A fault of ours must not stop the others. Its name alone is told: its text may hold a number.
            failure = Failure(f"the gateway failed ({type(error).__name__})", is_sinks=True)
        return {event.delivery_id: failure for event in events}

    async def _settle(self, sink: Sink, events: Sequence[OwedEvent], failures: Mapping[str, Failure]) -> list[str]:
        """Write down what came of a try. Where the sink itself took nothing, it is left alone, and its events are due
        as soon as it is tried again; else each event that failed has a pause of its own.
        """
        now = self._clock()
        is_away = len(failures) == len(events) and all(failure.is_sinks for failure in failures.values())
        again_at = now + min(backoff(sink.failures + 1), LONGEST_PAUSE)
        outcomes = [_outcome(event, failures.get(event.delivery_id), now) for event in events]

        async def settle(transaction: Transaction) -> None:
            for event, outcome in zip(events, outcomes, strict=True):
                due_at = now if is_away else now + backoff(event.attempts)
                await _settle_one(transaction, event, outcome, failures.get(event.delivery_id), now, due_at)
            if is_away:
                why = next(iter(failures.values())).why
                await transaction.sink_failed(sink, sink.failures + 1, again_at, why)
            elif sink.failures and len(failures) < len(events):
                await transaction.sink_failed(sink, 0, 0, None)

        await self._store.write(settle)
        _say(sink, failures, is_away=is_away)
        return outcomes

    # What is too old or too much

    async def tidy(self) -> None:
        """Put aside what is too old and what the backlog has no room for, drop what the dead letters have no room for,
        and count. Raises `StoreUnavailable`.
        """
        counted = await self._store.count_events_of_sinks()
        tidied = [await self._tidy_one(account_sid, sink, count) for (account_sid, sink), count in counted.items()]
        if any(tidied):
            counted = await self._store.count_events_of_sinks()
        totals = dict.fromkeys(((name, state) for name in self._known for state in ("owed", "dead")), 0)
        for (_, name), count in counted.items():
            for state, number in count.items():
                totals[name, state] = totals.get((name, state), 0) + number
        self._known = {name for name, _ in totals}
        for (name, state), number in totals.items():
            metrics.SINK_BACKLOG.labels(name, state).set(number)

    async def _tidy_one(self, account_sid: str, sink: str, count: Mapping[str, int]) -> bool:
        """Tidy up for one sink; true where anything was put aside or dropped."""
        now = self._clock()
        room = self._most_owed
        old = await self._some(lambda t, most: t.give_up_events(account_sid, sink, now, most), count["owed"])
        over = await self._some(
            lambda t, most: t.put_events_aside(account_sid, sink, now, most), count["owed"] - old - room
        )
        dropped = await self._some(
            lambda t, most: t.drop_dead_events(account_sid, sink, most), count["dead"] + old + over - room
        )
        for outcome, number in ((DEAD, old), (OVERFLOWN, over), (DROPPED, dropped)):
            metrics.SINK_EVENTS.labels(sink, outcome).inc(number)
        if old or over or dropped:
            log.warning("events_put_aside", account=account_sid, sink=sink, old=old, over=over, dropped=dropped)
        return bool(old or over or dropped)

    async def _some(self, work: Tidied, most: int) -> int:
        """Do it in parts, so that nobody who writes waits for long; gives how many."""
        done = 0
        while done < most:
            size = min(AT_A_TIME, most - done)
            number = await self._store.write(lambda transaction, size=size: work(transaction, size))  # type: ignore[misc]
            done += number
            if number < size:
                break
        return done


async def _settle_one(
    transaction: Transaction, event: OwedEvent, outcome: str, failure: Failure | None, now: int, due_at: int
) -> None:
    if failure is None:
        await transaction.end_event(event.delivery_id, event.lease)
    elif outcome == DEAD:
        await transaction.end_delivery(event.delivery_id, event.lease, DEAD, failure.why, now)
    else:
        await transaction.put_off_delivery(event.delivery_id, event.lease, failure.why, due_at)


def _outcome(event: OwedEvent, failure: Failure | None, now: int) -> str:
    if failure is None:
        return TAKEN
    return DEAD if now >= event.give_up_at else PUT_OFF


def _say(sink: Sink, failures: Mapping[str, Failure], *, is_away: bool) -> None:
    """Tell when a sink begins to fail, and when it takes events again; and of events that it refuses."""
    if is_away and not sink.failures:
        why = next(iter(failures.values())).why
        log.warning("sink_fails", account=sink.account_sid, sink=sink.name, kind=sink.kind, why=why)
    elif not is_away and sink.failures and not failures:
        log.info("sink_works_again", account=sink.account_sid, sink=sink.name, kind=sink.kind)
    for delivery_id, failure in () if is_away else failures.items():
        log.info("event_not_taken", account=sink.account_sid, sink=sink.name, delivery=delivery_id, why=failure.why)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else type(error).__name__
