"""Look for stale answers: a STOP to one process, then at once a send through another.

Phones opt out at one process; right after its 2xx a send through another one has to be answered 21610 and must not
reach Twilio. A part of them opts in again (dated more than a second later, as within one second STOP wins); after that
2xx a send through another process has to be forwarded. Meanwhile sends race with the STOP, which may go either way, and
processes are ended by SIGTERM and kill -9 and started again.
"""

import asyncio
import contextlib
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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

AFTER: Final = "after the acknowledgement"
BEFORE: Final = "begun before the acknowledgement"
BACK: Final = "opted in again"
OPTED_OUT: Final = 21610
APART_SECONDS: Final = 1.1  # a START has to be later than the STOP by more than one second
OPTING_IN: Final = 0.05  # of all phones
RACING: Final = 0.25  # of all pairs
MOST_SHOWN: Final = 10
PATIENCE_SECONDS: Final = 60.0


@dataclass
class Found:
    """What a run has seen."""

    pairs: int = 0
    opt_ins: int = 0
    raced: int = 0
    stale: int = 0
    reached: int = 0
    tried_again: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def violated(self, what: str) -> None:
        """Note a violation; the first ones are shown in full."""
        self.stale += 1
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        again = sum(self.tried_again.values())
        return (
            f"{engine}: {self.pairs} pairs, {self.opt_ins} opt-ins, {self.raced} racing sends, "
            f"{self.restarts['SIGTERM']} SIGTERM + {self.restarts['SIGKILL']} kill -9, "
            f"{again} tried again ({self.tried_again['503']} of them 503), "
            f"stale answers {self.stale}, reached Twilio after the acknowledgement {self.reached}, {seconds:.0f} s"
        )


class Campaign:
    """Phones, and somebody who ends processes, on one fleet."""

    def __init__(self, fleet: Fleet, chance: random.Random, give_up_at: float) -> None:
        self.found = Found()
        self._fleet = fleet
        self._chance = chance
        self._give_up_at = give_up_at

    async def run(self, pairs: int, phones: int, restart_every: float, engine: str) -> None:
        """Make so many pairs with so many phones at a time."""
        numbers = iter(range(pairs))
        around = [
            asyncio.create_task(self._restart_now_and_then(restart_every)),
            asyncio.create_task(self._tell(engine)),
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(phones):
                    tasks.create_task(self._be_phones(numbers))
        finally:
            for task in around:
                task.cancel()
            ended = await asyncio.gather(*around, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure
        bodies = Counter(message.body for message in self._fleet.sandbox.messages)
        self.found.reached = bodies[AFTER]

    async def _be_phones(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            if time.monotonic() > self._give_up_at:
                return
            sender = SENDERS[number % len(SENDERS)]
            await self._pair(phone(number), sender)
            if self._chance.random() < OPTING_IN:
                await self._opt_in_and_out(phone(number), sender)

    async def _pair(self, recipient: str, sender: str) -> None:
        racing = None
        if self._chance.random() < RACING:
            racing = asyncio.create_task(self._race(recipient, sender))
        at = await self._acknowledged("STOP", recipient, sender)
        code = await self._sent(recipient, self._also_covered(sender), AFTER, not_through=at)
        self.found.pairs += 1
        if code != OPTED_OUT:
            self.found.violated(f"a send after a STOP was answered with {code}, not {OPTED_OUT}")
        if racing is not None:
            await racing

    async def _opt_in_and_out(self, recipient: str, sender: str) -> None:
        await asyncio.sleep(APART_SECONDS)
        at = await self._acknowledged("START", recipient, sender)
        code = await self._sent(recipient, sender, BACK, not_through=at)
        self.found.opt_ins += 1
        if code is not None:
            self.found.violated(f"a send after a START was answered with {code}, not forwarded")
        await self._pair(recipient, sender)

    def _also_covered(self, sender: str) -> str:
        """The sender itself, or another of its service."""
        return self._chance.choice([other for other in SENDERS[1:] if sender in SENDERS[1:]] or [sender])

    async def _race(self, recipient: str, sender: str) -> None:
        with contextlib.suppress(NotAnswered):
            await self._fleet.send(self._one_that_is_up(), to=recipient, sender=sender, body=BEFORE)
            self.found.raced += 1

    async def _acknowledged(self, word: str, recipient: str, sender: str) -> Replica:
        """Repeat a webhook until it is acknowledged, as Twilio may; gives the process that did so."""
        fields = keyword(word, recipient, sender)
        while True:
            replica = self._one_that_is_up()
            try:
                answered = await self._fleet.webhook(replica, fields)
            except NotAnswered as error:
                await self._wait_after(error)
                continue
            if answered.status != 200:
                raise RuntimeError(f"a webhook was answered with {answered.status}: {answered.text}")
            return replica

    async def _sent(self, recipient: str, sender: str, body: str, *, not_through: Replica) -> int | None:
        """Send until it is answered; gives the error code, or None when it was forwarded."""
        while True:
            replica = self._one_that_is_up(not_through)
            try:
                answered = await self._fleet.send(replica, to=recipient, sender=sender, body=body)
            except NotAnswered as error:
                await self._wait_after(error)
                continue
            return None if answered.status == 201 else int(answered.json["code"])

    async def _wait_after(self, error: NotAnswered) -> None:
        self.found.tried_again[str(error)] += 1
        if time.monotonic() > self._give_up_at + PATIENCE_SECONDS:
            raise RuntimeError("no process answers") from error
        await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _one_that_is_up(self, but: Replica | None = None) -> Replica:
        others = [replica for replica in self._fleet.replicas if replica is not but]
        return self._chance.choice([replica for replica in others if replica.is_up] or others)

    async def _restart_now_and_then(self, every: float) -> None:
        """End one process after the other at random instants, politely or not, and start it again."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, 2 * every))
            replica = self._chance.choice(self._fleet.replicas)
            by = self._chance.choice([signal.SIGTERM, signal.SIGKILL])
            await replica.end(by)
            self.found.restarts[by.name] += 1
            await replica.start(self._fleet.http)

    async def _tell(self, engine: str) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(5)
            progress(self.found.line(engine, time.monotonic() - began))


async def run(
    database_url: str,
    folder: Path,
    *,
    engine: str,
    pairs: int,
    processes: int,
    seed: int,
    seconds: float,
    phones: int = 32,
    restart_every: float = 1.0,
) -> Found:
    """One campaign on one store."""
    async with started_fleet(database_url, processes, folder) as fleet:
        campaign = Campaign(fleet, random.Random(seed), time.monotonic() + seconds)  # noqa: S311 - to be repeatable
        began = time.monotonic()
        await campaign.run(pairs, phones, restart_every, engine)
        found = campaign.found
    print(found.line(engine, time.monotonic() - began), flush=True)
    if found.pairs < pairs:  # those of phones that opted in again count as well
        found.wrong.append(f"only {found.pairs} of {pairs} pairs within the time")
    if found.reached:
        found.wrong.append(f"{found.reached} messages reached Twilio after the acknowledgement of a STOP")
    return found


def main() -> int:
    return campaign_of_many(__doc__ or "", run, "pairs", count=10_000, processes=3, minutes=10.0)


if __name__ == "__main__":
    sys.exit(main())
