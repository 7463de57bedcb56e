"""Work to be done every now and then by one of all the processes that share a store: whoever holds its lease.

A process that ends gives its leases back; one that is killed keeps them until they run out. Work that is done twice
all the same, as when a round takes longer than the lease, must harm nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

LEASE_PERIODS: Final = 1.25  # a lease is prolonged each period, and outlives it by this
LOOKS: Final = 4  # how often in a period who does not hold the lease looks whether it has run out
RELEASE_WITHIN_SECONDS: Final = 1.0


class Timers:
    """This process's part in the work; ``clock`` gives microseconds since 1970, UTC."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._holder = new_id(clock())

    async def run(self, name: str, every_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work every period while no other process does, until cancelled; the service owns the task."""
        held = False
        try:
            while True:
                held = await self._is_ours(name, every_seconds)
                if held:
                    await work()
                await asyncio.sleep(every_seconds if held else every_seconds / LOOKS)
        finally:
            if held:
                await self._release(name)

    async def _is_ours(self, name: str, every_seconds: float) -> bool:
        try:
            return await self._take(name, every_seconds * LEASE_PERIODS)
        except Exception as error:
            log.warning("timer_waits", timer=name, why=_why(error))
            return False

    async def _release(self, name: str) -> None:
        try:
            async with asyncio.timeout(RELEASE_WITHIN_SECONDS):
                await self._take(name, 0.0)
        except Exception as error:
            log.warning("timer_waits", timer=name, why=_why(error))  # it runs out by itself

    async def _take(self, name: str, seconds: float) -> bool:
        now = self._clock()
        held_until = now + int(seconds * 1_000_000)

        async def take(transaction: Transaction) -> bool:
            return await transaction.take_lease(name, self._holder, now=now, held_until=held_until)

        return await self._store.write(take)


def _why(error: Exception) -> str:
    """The text of a store's error; of any other its name alone, as its text may hold a number."""
    return str(error) if isinstance(error, StoreError) else type(error).__name__
