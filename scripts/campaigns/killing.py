"""What the campaigns by kill -9 share: lanes that load a process, kill it and start it again, and what was seen."""

import abc
import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from scripts.campaigns.fleet import TRY_AGAIN_SECONDS, Fleet, NotAnswered, Replica, progress
from tests.staging import rows_of

PATIENCE_SECONDS: Final = 60.0
TELL_EVERY_SECONDS: Final = 10.0
SETTLED_SECONDS: Final = 0.1
MOST_SHOWN: Final = 10
EACH: Final = "each has cycles of its own, on one store"

T = TypeVar("T")


@dataclass
class Seen(abc.ABC):
    """What a run has seen."""

    cycles: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)
    broken_off: int = 0
    wrong: list[str] = field(default_factory=list)

    def violated(self, what: str) -> None:
        """Note a violation; the first ones are shown in full."""
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)

    @abc.abstractmethod
    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""


FoundT = TypeVar("FoundT", bound=Seen)


class Killing(abc.ABC, Generic[FoundT]):
    """One lane a process, each with cycles of its own; in the end a look at everything."""

    def __init__(self, found: FoundT, fleet: Fleet, chance: random.Random) -> None:
        self.found = found
        self._fleet = fleet
        self._chance = chance
        self._numbers: Iterator[int] = iter(range(10**7))

    async def campaign(self, cycles: int, settle_seconds: float, seconds: float, engine: str) -> tuple[FoundT, str]:
        """Run within so many seconds; gives what was found, and the same in a line."""
        began = time.monotonic()
        await self.run(cycles, settle_seconds, began + seconds, engine)
        if self.found.cycles < cycles:
            self.found.wrong.append(f"only {self.found.cycles} of {cycles} cycles within the time")
        return self.found, self.found.line(engine, time.monotonic() - began)

    async def run(self, cycles: int, settle_seconds: float, give_up_at: float, engine: str) -> None:
        """Kill so many times, then settle and look at everything."""
        left = iter(range(cycles))
        telling = asyncio.create_task(self._tell(engine))
        try:
            async with asyncio.TaskGroup() as lanes:
                for replica in self._fleet.replicas:
                    lanes.create_task(self._lane(replica, left, give_up_at))
            await self.settle(settle_seconds)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        self.look()

    @abc.abstractmethod
    async def cycle(self, replica: Replica) -> None:
        """Load, kill, restart, look."""

    @abc.abstractmethod
    async def settle(self, seconds: float) -> None:
        """Let everything come to its end."""

    @abc.abstractmethod
    def look(self) -> None:
        """Look at everything."""

    async def _lane(self, replica: Replica, cycles: Iterator[int], give_up_at: float) -> None:
        for _ in cycles:
            if time.monotonic() > give_up_at:
                return
            await self.cycle(replica)
            self.found.cycles += 1

    async def killed_under(
        self, replica: Replica, made: Callable[[], T], post: Callable[[T], Awaitable[None]], at_a_time: int, most: float
    ) -> list[T]:
        """Load a process until it is killed, within ``most`` seconds; gives the webhooks that were broken off."""
        broken_off: list[T] = []
        is_over = asyncio.Event()

        async def be_phones() -> None:
            while not is_over.is_set():
                webhook = made()
                try:
                    await post(webhook)
                except NotAnswered:
                    broken_off.append(webhook)
                    await asyncio.sleep(TRY_AGAIN_SECONDS)

        async with asyncio.TaskGroup() as phones:
            for _ in range(at_a_time):
                phones.create_task(be_phones())
            await asyncio.sleep(self._chance.uniform(0, most))
            await replica.end(signal.SIGKILL)
            is_over.set()
        self.found.broken_off += len(broken_off)
        return broken_off

    async def settled(self, seconds: float) -> None:
        """Wait until nothing is owed any more, so many seconds at most."""
        give_up_at = time.monotonic() + seconds
        while self.rows("SELECT 1 FROM deliveries WHERE state = 'owed' LIMIT 1"):
            if time.monotonic() > give_up_at:
                return
            await asyncio.sleep(SETTLED_SECONDS)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the store holds."""
        return rows_of(self._fleet.database_url, query)

    async def _tell(self, engine: str) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(TELL_EVERY_SECONDS)
            progress(self.found.line(engine, time.monotonic() - began))


async def answered_in_the_end(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until it is answered, within a minute. Raises `NotAnswered`."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except NotAnswered:
            if time.monotonic() > give_up_at:
                raise
        await asyncio.sleep(TRY_AGAIN_SECONDS)
