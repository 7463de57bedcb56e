"""kill -9 at random instants under load, and a look for what was lost.

Processes on one store are killed again and again while phones send STOP, HELP and ordinary messages to them. After each
restart every STOP of that cycle that was acknowledged has to block a send, and every one that was not is sent again,
has to be accepted and then to block. In the end every acknowledged STOP of the whole run still has to block, no
message may stand in the history twice, and every acknowledged webhook has to have reached the app, or still to be owed
to it.
"""

import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from scripts.campaigns.fleet import (
    SENDERS,
    TRY_AGAIN_SECONDS,
    Fleet,
    NotAnswered,
    Replica,
    campaign_of_many,
    keyword,
    phone,
    progress,
    started_fleet,
)
from tests.staging import rows_of

WORDS: Final = ("STOP", "STOP", "STOP", "HELP", "Hello there")
OPTED_OUT: Final = 21610
LONGEST_LIFE_SECONDS: Final = 0.8
AT_A_TIME: Final = 16
PATIENCE_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 150.0  # a delivery that was under way at a kill is taken up when its lease of 60 s has passed
MOST_SHOWN: Final = 10

T = TypeVar("T")


@dataclass
class Found:
    """What a run has seen."""

    cycles: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    lost: int = 0
    lost_deliveries: int = 0
    twice: int = 0
    owed_in_the_end: int = 0
    wrong: list[str] = field(default_factory=list)

    def violated(self, what: str) -> None:
        """Note a violation; the first ones are shown in full."""
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        return (
            f"{engine}: {self.cycles} cycles of kill -9, acknowledged {self.acknowledged['STOP']} STOPs, "
            f"{self.acknowledged['HELP']} HELPs, {self.acknowledged[WORDS[-1]]} messages; {self.unanswered} webhooks "
            f"broken off and repeated; lost STOPs {self.lost}, lost deliveries {self.lost_deliveries}, "
            f"recorded twice {self.twice}, still owed {self.owed_in_the_end}, {seconds:.0f} s"
        )


class Campaign:
    """One lane a process: load, kill, restart, look."""

    def __init__(self, fleet: Fleet, chance: random.Random) -> None:
        self.found = Found()
        self._fleet = fleet
        self._chance = chance
        self._numbers: Iterator[int] = iter(range(10**7))
        self._stops: dict[str, str] = {}  # recipient → sender, acknowledged
        self._sids: dict[str, str] = {}  # MessageSid → body, acknowledged

    async def run(self, cycles: int, settle_seconds: float, give_up_at: float, engine: str) -> None:
        """Kill so many times, then settle and look at everything."""
        left = iter(range(cycles))
        telling = asyncio.create_task(self._tell(engine))
        try:
            async with asyncio.TaskGroup() as lanes:
                for replica in self._fleet.replicas:
                    lanes.create_task(self._lane(replica, left, give_up_at))
            await self._demand_blocked(self._fleet.replicas[0], self._stops.items())
            await self._settle(settle_seconds)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        self._look_at_rows()

    async def _lane(self, replica: Replica, cycles: Iterator[int], give_up_at: float) -> None:
        for _ in cycles:
            if time.monotonic() > give_up_at:
                return
            broken_off, stops = await self._live_and_die(replica)
            await replica.start(self._fleet.http)
            await self._demand_blocked(replica, stops.items())
            repeated = await self._repeat(replica, broken_off)
            await self._demand_blocked(replica, repeated.items())
            self.found.cycles += 1

    async def _live_and_die(self, replica: Replica) -> tuple[list[dict[str, str]], dict[str, str]]:
        """Load a process until it is killed; gives the webhooks that were broken off and the STOPs acknowledged."""
        broken_off: list[dict[str, str]] = []
        stops: dict[str, str] = {}
        is_over = asyncio.Event()

        async def be_phones() -> None:
            while not is_over.is_set():
                number = next(self._numbers)
                fields = keyword(self._chance.choice(WORDS), phone(number), self._chance.choice(SENDERS))
                try:
                    await self._acknowledge(replica, fields, stops)
                except NotAnswered:
                    broken_off.append(fields)
                    await asyncio.sleep(TRY_AGAIN_SECONDS)

        async with asyncio.TaskGroup() as phones:
            for _ in range(AT_A_TIME):
                phones.create_task(be_phones())
            await asyncio.sleep(self._chance.uniform(0, LONGEST_LIFE_SECONDS))
            await replica.end(signal.SIGKILL)
            is_over.set()
        self.found.unanswered += len(broken_off)
        return broken_off, stops

    async def _acknowledge(self, replica: Replica, fields: dict[str, str], stops: dict[str, str]) -> None:
        """Post a webhook and note that it was acknowledged. Raises `NotAnswered`."""
        answered = await self._fleet.webhook(replica, fields)
        if answered.status != 200:
            self.found.violated(f"a webhook was answered with {answered.status}")
            return
        self.found.acknowledged[fields["Body"]] += 1
        self._sids[fields["MessageSid"]] = fields["Body"]
        if fields["Body"] == "STOP":
            stops[fields["From"]] = self._stops[fields["From"]] = fields["To"]

    async def _repeat(self, replica: Replica, broken_off: list[dict[str, str]]) -> dict[str, str]:
        """Repeat webhooks that were not acknowledged, as Twilio does; gives the STOPs among them."""
        stops: dict[str, str] = {}
        for fields in broken_off:
            await answered_in_the_end(partial(self._acknowledge, replica, fields, stops))
        return stops

    async def _demand_blocked(self, replica: Replica, stops: Iterable[tuple[str, str]]) -> None:
        """Send to everybody who opted out; each send has to be refused."""
        left = iter(list(stops))

        async def send() -> None:
            for recipient, sender in left:
                ask = partial(self._fleet.send, replica, to=recipient, sender=sender, body="x")
                answered = await answered_in_the_end(ask)
                if answered.status == 201 or answered.json["code"] != OPTED_OUT:
                    self.found.lost += 1
                    self.found.violated(f"a send after an acknowledged STOP was answered with {answered.status}")

        async with asyncio.TaskGroup() as sends:
            for _ in range(AT_A_TIME):
                sends.create_task(send())

    async def _settle(self, seconds: float) -> None:
        """Wait until nothing is owed any more."""
        give_up_at = time.monotonic() + seconds
        while self._rows("SELECT 1 FROM deliveries WHERE state = 'owed' LIMIT 1"):
            if time.monotonic() > give_up_at:
                return
            await asyncio.sleep(0.5)

    def _look_at_rows(self) -> None:
        reached = {webhook.params["MessageSid"] for webhook in self._fleet.app.received if webhook.valid}
        owed = [str(payload) for (payload,) in self._rows("SELECT payload FROM deliveries WHERE state = 'owed'")]
        self.found.owed_in_the_end = len(owed)
        not_reached = [sid for sid in self._sids if sid not in reached]
        lost = [sid for sid in not_reached if not any(sid in payload for payload in owed)]
        self.found.lost_deliveries = len(lost)
        for body, count in Counter(self._sids[sid] for sid in lost).items():
            self.found.violated(f"{count} acknowledged webhooks ({body}) neither reached the app nor are owed to it")
        if dead := self._rows("SELECT 1 FROM deliveries WHERE state = 'dead'"):
            self.found.violated(f"{len(dead)} deliveries were given up")
        repeated = self._rows("SELECT message_sid FROM consent_events GROUP BY message_sid HAVING count(*) > 1")
        self.found.twice = len(repeated)
        if repeated:
            self.found.violated(f"{len(repeated)} messages stand in the history twice")

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        return rows_of(self._fleet.database_url, query)

    async def _tell(self, engine: str) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(10)
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


async def run(
    database_url: str,
    folder: Path,
    *,
    engine: str,
    cycles: int,
    processes: int,
    seed: int,
    seconds: float,
    settle_seconds: float = SETTLE_SECONDS,
) -> Found:
    """One campaign on one store."""
    async with started_fleet(database_url, processes, folder) as fleet:
        campaign = Campaign(fleet, random.Random(seed))  # noqa: S311 - to be repeatable
        began = time.monotonic()
        await campaign.run(cycles, settle_seconds, began + seconds, engine)
        found = campaign.found
    print(found.line(engine, time.monotonic() - began), flush=True)
    if found.cycles < cycles:
        found.wrong.append(f"only {found.cycles} of {cycles} cycles within the time")
    return found


EACH = "each has cycles of its own, on one store"


def main() -> int:
    return campaign_of_many(__doc__ or "", run, "cycles", count=200, processes=2, minutes=30.0, each=EACH)


if __name__ == "__main__":
    sys.exit(main())
