"""kill -9 at random points of the way to the app, which misbehaves as well, and a look for what was lost or done twice.

Processes on one store are killed again and again while phones send STOP, HELP and ordinary messages. What was broken
off is repeated, as Twilio does, until it is acknowledged; then the app behaves, and every acknowledged webhook has to
have reached it under one idempotency token, by which an app tells repetitions: so none of its effects happens twice. No
message may stand in the history twice or be owed twice, no delivery may be left or given up, and a repetition gets the
answer of the first.
"""

import asyncio
import random
import re
import signal
import sys
import uuid
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from scripts.campaigns.fleet import SENDERS, Fleet, Replica, campaign_of_many, keyword, phone, started_fleet
from scripts.campaigns.killing import EACH, Killing, Seen, answered_in_the_end
from scripts.campaigns.moody_app import MoodyApp
from tests.staging import run_on

WORDS: Final = ("STOP", "STOP", "HELP", "Hello there")
LONGEST_LIFE_SECONDS: Final = 1.0
AT_A_TIME: Final = 12
REPEATED_OF_A_CYCLE: Final = 5
SETTLE_SECONDS: Final = 60.0
PAYLOADS: Final = "SELECT payload FROM deliveries"


@dataclass(frozen=True)
class Webhook:
    """One inbound message and the token that all of Twilio's tries of it carry."""

    fields: dict[str, str]
    token: str

    @property
    def sid(self) -> str:
        return self.fields["MessageSid"]


@dataclass
class Found(Seen):
    """What a run has seen."""

    owed_at_the_last_kill: int = 0

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        counts = ", ".join(f"{self.acknowledged[word]} × {word}" for word in dict.fromkeys(WORDS))
        return (
            f"{engine}: {self.cycles} cycles of kill -9, acknowledged {counts}; {self.broken_off} broken off and "
            f"repeated; {self.owed_at_the_last_kill} owed at the last kill; violations {len(self.wrong)}, "
            f"{seconds:.0f} s"
        )


class Campaign(Killing[Found]):
    """Repeats after each restart what was broken off, and some of what was acknowledged."""

    def __init__(self, fleet: Fleet, app: MoodyApp, chance: random.Random) -> None:
        super().__init__(Found(), fleet, chance)
        self._app = app
        self._answers: dict[str, tuple[Webhook, bytes]] = {}  # by MessageSid, as first acknowledged

    async def cycle(self, replica: Replica) -> None:
        """Load, kill, restart, repeat."""
        post = partial(self._acknowledge, replica)
        broken_off = await self.killed_under(replica, self._said, post, AT_A_TIME, LONGEST_LIFE_SECONDS)
        await replica.start(self._fleet.http)
        again = self._chance.sample(sorted(self._answers), min(REPEATED_OF_A_CYCLE, len(self._answers)))
        async with asyncio.TaskGroup() as repeating:
            for webhook in (*broken_off, *(self._answers[sid][0] for sid in again)):
                repeating.create_task(answered_in_the_end(partial(self._acknowledge, replica, webhook)))

    def _said(self) -> Webhook:
        word, recipient = self._chance.choice(WORDS), phone(next(self._numbers))
        return Webhook(keyword(word, recipient, self._chance.choice(SENDERS)), str(uuid.uuid4()))

    async def _acknowledge(self, replica: Replica, webhook: Webhook) -> None:
        """Post a webhook and note its answer; one that was acknowledged before has to get the same. Raises
        `NotAnswered`.
        """
        answered = await self._fleet.webhook(replica, webhook.fields, webhook.token)
        if answered.status != 200:
            self.found.violated(f"a webhook was answered with {answered.status}")
            return
        word = webhook.fields["Body"]
        if webhook.sid not in self._answers:
            self._answers[webhook.sid] = (webhook, answered.body)
            self.found.acknowledged[word] += 1
        elif answered.body != self._answers[webhook.sid][1]:
            self.found.violated(f"a repetition ({word}) was answered otherwise than the first")
        confirmations = len(re.findall(b"Reply S", answered.body))
        if confirmations != {"STOP": 1, "HELP": 1}.get(word, 0):
            self.found.violated(f"{confirmations} confirmations in an answer to {word}")

    async def settle(self, seconds: float) -> None:
        """End all processes, let the app behave, make everything due at once and start one process."""
        for replica in self._fleet.replicas:
            await replica.end(signal.SIGKILL)
        self._app.behaves = True
        self.found.owed_at_the_last_kill = len(self.rows("SELECT 1 FROM deliveries WHERE state = 'owed'"))
        run_on(self._fleet.database_url, "UPDATE deliveries SET due_at = 0, lease = NULL WHERE state = 'owed'")
        await self._fleet.replicas[0].start(self._fleet.http)
        await self.settled(seconds)

    def look(self) -> None:
        """Whether all arrived, and nothing twice."""
        left = Counter(str(state) for (state,) in self.rows("SELECT state FROM deliveries WHERE state <> 'done'"))
        if left:
            self.found.violated(f"deliveries are left in the end: {dict(left)}")
        for sid, (webhook, _) in self._answers.items():
            tokens = self._app.tokens.get(sid, Counter())
            if list(tokens) != [webhook.token]:
                word = webhook.fields["Body"]
                self.found.violated(
                    f"the app took an acknowledged {word} under {len(tokens)} tokens, not under its one"
                )
        self._look_for_twice("SELECT message_sid FROM consent_events", "stands in the history")
        owed = [re.findall(r'"MessageSid","(\w+)"', str(payload)) for (payload,) in self.rows(PAYLOADS)]
        twice = [sid for sid, count in Counter(sid for sids in owed for sid in sids).items() if count > 1]
        if twice:
            self.found.violated(f"{len(twice)} messages are owed twice")

    def _look_for_twice(self, query: str, what: str) -> None:
        counts = Counter(sid for (sid,) in self.rows(query))
        if twice := [sid for sid, count in counts.items() if count > 1]:
            self.found.violated(f"each of {len(twice)} messages {what} twice")


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
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    async with MoodyApp(chance) as app, started_fleet(database_url, processes, folder, app_url=app.url) as fleet:
        campaign = Campaign(fleet, app, chance)
        found, line = await campaign.campaign(cycles, settle_seconds, seconds, engine)
        print(f"{line}; the app {dict(app.moods)}", flush=True)
    return found


def main() -> int:
    return campaign_of_many(__doc__ or "", run, "cycles", count=100, processes=2, minutes=30.0, each=EACH)


if __name__ == "__main__":
    sys.exit(main())
