"""kill -9 at random instants under load, and a look for what was lost.

Processes on one store are killed again and again while phones send STOP, HELP and ordinary messages to them. After each
restart every STOP of that cycle that was acknowledged has to block a send, and every one that was not is sent again,
has to be accepted and then to block. In the end every acknowledged STOP of the whole run still has to block, no
message may stand in the history twice, and every acknowledged webhook has to have reached the app, or still to be owed
to it.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from scripts.campaigns.fleet import SENDERS, Fleet, Replica, campaign_of_many, keyword, phone, started_fleet
from scripts.campaigns.killing import EACH, Killing, Seen, answered_in_the_end

WORDS: Final = ("STOP", "STOP", "STOP", "HELP", "Hello there")
OPTED_OUT: Final = 21610
LONGEST_LIFE_SECONDS: Final = 0.8
AT_A_TIME: Final = 16
SETTLE_SECONDS: Final = 150.0  # a delivery that was under way at a kill is taken up when its lease of 60 s has passed

Fields = dict[str, str]


@dataclass
class Found(Seen):
    """What a run has seen."""

    lost: int = 0
    lost_deliveries: int = 0
    twice: int = 0
    owed_in_the_end: int = 0

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        return (
            f"{engine}: {self.cycles} cycles of kill -9, acknowledged {self.acknowledged['STOP']} STOPs, "
            f"{self.acknowledged['HELP']} HELPs, {self.acknowledged[WORDS[-1]]} messages; {self.broken_off} webhooks "
            f"broken off and repeated; lost STOPs {self.lost}, lost deliveries {self.lost_deliveries}, "
            f"recorded twice {self.twice}, still owed {self.owed_in_the_end}, {seconds:.0f} s"
        )


class Campaign(Killing[Found]):
    """Looks after each restart whether what was acknowledged blocks."""

    def __init__(self, fleet: Fleet, chance: random.Random) -> None:
        super().__init__(Found(), fleet, chance)
        self._stops: dict[str, str] = {}  # recipient → sender, acknowledged
        self._sids: dict[str, str] = {}  # MessageSid → body, acknowledged

    async def cycle(self, replica: Replica) -> None:
        """Load, kill, restart, look; then repeat what was broken off, and look again."""
        stops: dict[str, str] = {}

        async def post(fields: Fields) -> None:
            await self._acknowledge(replica, fields, stops)

        broken_off = await self.killed_under(replica, self._said, post, AT_A_TIME, LONGEST_LIFE_SECONDS)
        await replica.start(self._fleet.http)
        await self._demand_blocked(replica, stops.items())
        repeated = await self._repeat(replica, broken_off)
        await self._demand_blocked(replica, repeated.items())

    def _said(self) -> Fields:
        return keyword(self._chance.choice(WORDS), phone(next(self._numbers)), self._chance.choice(SENDERS))

    async def settle(self, seconds: float) -> None:
        """Look at every STOP once more, then wait until nothing is owed any more."""
        await self._demand_blocked(self._fleet.replicas[0], self._stops.items())
        await self.settled(seconds)

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

    def look(self) -> None:
        """Whether anything that was acknowledged is lost, or there twice."""
        reached = {webhook.params["MessageSid"] for webhook in self._fleet.app.received if webhook.valid}
        owed = [str(payload) for (payload,) in self.rows("SELECT payload FROM deliveries WHERE state = 'owed'")]
        self.found.owed_in_the_end = len(owed)
        not_reached = [sid for sid in self._sids if sid not in reached]
        lost = [sid for sid in not_reached if not any(sid in payload for payload in owed)]
        self.found.lost_deliveries = len(lost)
        for body, count in Counter(self._sids[sid] for sid in lost).items():
            self.found.violated(f"{count} acknowledged webhooks ({body}) neither reached the app nor are owed to it")
        if dead := self.rows("SELECT 1 FROM deliveries WHERE state = 'dead'"):
            self.found.violated(f"{len(dead)} deliveries were given up")
        repeated = self.rows("SELECT message_sid FROM consent_events GROUP BY message_sid HAVING count(*) > 1")
        self.found.twice = len(repeated)
        if repeated:
            self.found.violated(f"{len(repeated)} messages stand in the history twice")


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
        found, line = await campaign.campaign(cycles, settle_seconds, seconds, engine)
    print(line, flush=True)
    return found


def main() -> int:
    return campaign_of_many(__doc__ or "", run, "cycles", count=200, processes=2, minutes=30.0, each=EACH)


if __name__ == "__main__":
    sys.exit(main())
