"""Work that one process does for all: who holds the lease, who takes it over, and when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gateway.store import Store
from gateway.timers import Timers
from tests.staging import Clock

PERIOD = 0.1

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


class Process:
    """One process's timer, and how often it did the work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.rounds = 0
        self._task = asyncio.create_task(Timers(store, clock).run("pools", PERIOD, self._work))

    async def _work(self) -> None:
        self.rounds += 1

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Frozen(Clock):
    """A clock that stands still."""

    def __init__(self, now: int) -> None:
        super().__init__()
        self._now = now

    def __call__(self) -> int:
        return self._now


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    store = Store(database_url, clock)
    await store.open(serving=False)
    yield store
    await store.close()


async def test_one_of_several_does_the_work_until_it_ends_then_another(
    store: Store, clock: Clock, eventually: Eventually
) -> None:
    frozen = Frozen(clock())  # on a machine too busy to renew a lease in time, another process rightly takes it over
    processes = [Process(store, frozen) for _ in range(3)]
    await eventually(lambda: sum(process.rounds for process in processes) > 4)
    [worked] = [process for process in processes if process.rounds]
    rounds = worked.rounds
    await worked.end()
    others = [process for process in processes if process is not worked]
    await eventually(lambda: sum(process.rounds for process in others) > 1)
    assert 1 == sum(bool(process.rounds) for process in others)
    assert worked.rounds <= rounds + 1
    for process in others:
        await process.end()


async def test_the_lease_of_a_process_that_was_killed_runs_out(
    store: Store, clock: Clock, eventually: Eventually
) -> None:
    async def take(until: int) -> bool:
        return await store.write(
            lambda transaction: transaction.take_lease("pools", "killed", now=clock(), held_until=until)
        )

    assert await take(clock() + 60_000_000)
    process = Process(store, clock)
    await asyncio.sleep(PERIOD)
    assert 0 == process.rounds
    clock.advance(61)
    await eventually(lambda: process.rounds)
    await process.end()


async def test_a_lease_that_is_given_back_is_free_at_once(store: Store, clock: Clock, eventually: Eventually) -> None:
    at_rest = Frozen(clock())  # by which no lease runs out
    first = Process(store, at_rest)
    await eventually(lambda: first.rounds)
    await first.end()
    second = Process(store, at_rest)
    await eventually(lambda: second.rounds)
    await second.end()


async def test_work_waits_while_the_store_is_away(database_url: str, clock: Clock) -> None:
    store = Store(database_url, clock)
    await store.open(serving=False)
    await store.close()
    process = Process(store, clock)
    await asyncio.sleep(PERIOD / 2)
    assert 0 == process.rounds
    await process.end()
