"""Look for a door that nobody guards: requests as apps write them, and as somebody writes them who wants to get past.

Phones opt out; then generated requests go over sockets through a gateway to the sandbox, which reads them as Twilio
does. A model of its own says what may be there: no message to anybody who opted out, no request in which anybody might
read such a message, none to a product that creates messages. Of plain sends it also says what has to become of them:
21610, or a message. Requests are written byte by byte, so that they may be wrong in every way that HTTP can be.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.sandbox import Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from scripts.campaigns.doors_model import Model
from scripts.campaigns.doors_requests import generated
from scripts.campaigns.doors_sends import RCS_SENDER, RCS_SERVICE, SENDERS, WHATSAPP, Draft, phones
from scripts.campaigns.fleet import Fleet, for_each_engine, keyword, parser, progress, started_fleet, told
from tests.staging import ACCOUNT, ALSO_IN_POOL, API_KEY, IN_POOL, OTHER_ACCOUNT, SERVICE, TOKEN
from tests.wire import Line, code_of

OPTED_OUT: Final = 21610
PHONES: Final = 200
LINES: Final = 12
BATCH: Final = 2_000  # requests, after which what reached Twilio is judged and forgotten
MOST_SHOWN: Final = 10
POOLS: Final = {SERVICE: (IN_POOL, ALSO_IN_POOL), RCS_SERVICE: (RCS_SENDER,)}
SEEDS: Final = Seeds(
    accounts=(
        SandboxAccount(ACCOUNT, (TOKEN,), api_keys=(API_KEY,)),
        SandboxAccount("AC" + "d4" * 16, ("4" * 32,), parent=ACCOUNT),
        SandboxAccount(OTHER_ACCOUNT, ("2" * 32,)),
    ),
    numbers=tuple(SandboxNumber(ACCOUNT, number) for number in (*SENDERS, WHATSAPP, RCS_SENDER)),
    services=tuple(SandboxService(sid, ACCOUNT, "Pool", senders=senders) for sid, senders in POOLS.items()),
    status_step_seconds=3_600.0,  # what becomes of messages later is none of the matter
)
# What may happen to a request that is no HTTP, or half of one.
BROKEN: Final = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)


@dataclass
class Found:
    """What a run has seen."""

    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    reached: int = 0
    plain: int = 0
    wrong: list[str] = field(default_factory=list)
    violations: int = 0

    def violated(self, what: str) -> None:
        """Note a violation; the first ones are shown in full."""
        self.violations += 1
        if len(self.wrong) < MOST_SHOWN:
            self.wrong.append(what)

    def line(self, engine: str, seconds: float) -> str:
        """All of it in one line."""
        return (
            f"{engine}: {self.requests} requests ({self.plain} of them plain sends), {self.reached} reached Twilio, "
            f"{self.messages} messages there, {self.answers['21610']} answered 21610, "
            f"{self.answers['no answer']} not at all, violations {self.violations}, {seconds:.0f} s"
        )


class Campaign:
    """Somebody who tries all doors, and somebody who looks what came through."""

    def __init__(self, url: str, sandbox: Sandbox, model: Model, recipients: list[str], chance: random.Random) -> None:
        self.found = Found()
        self._url = url
        self._sandbox = sandbox
        self._model = model
        self._recipients = recipients
        self._chance = chance

    async def run(self, count: int, engine: str, give_up_at: float) -> None:
        """Make so many requests."""
        began = time.monotonic()
        while self.found.requests < count and time.monotonic() < give_up_at:
            size = min(BATCH, count - self.found.requests)
            drafts = [generated(self._chance, self._chance.choice(self._recipients)) for _ in range(size)]
            waiting = iter(drafts)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(LINES):
                    tasks.create_task(self._knock(waiting))
            self._judge()
            progress(self.found.line(engine, time.monotonic() - began))

    async def _knock(self, waiting: Iterator[Draft]) -> None:
        async with Line(self._url) as line:
            for made in waiting:
                self.found.requests += 1
                try:
                    answered = await line.exchange(made.written().encoded())
                except BROKEN:
                    self.found.answers["no answer"] += 1
                    self._expect(made, "no answer")
                    continue
                code = code_of(answered) if answered.status >= 400 else None
                said = str(code or answered.status)
                self.found.answers[said] += 1
                self._expect(made, said)
                if made.bent:  # what is left on the line may be no request of ours
                    line.close()

    def _expect(self, made: Draft, said: str) -> None:
        """Compare a plain send's answer with what had to become of it."""
        if made.bent:
            return
        self.found.plain += 1
        service = made.speakers.get("MessagingServiceSid")
        speakers = [made.speakers[name] for name in ("From", "FallbackFrom") if name in made.speakers]
        recipient = made.recipient if not made.to.startswith("whatsapp:") else f"whatsapp:{made.recipient}"
        named = service or next((speaker for speaker in speakers if speaker in POOLS), None)
        expected = str(OPTED_OUT) if self._model.forbids(recipient, speakers, named) else "201"
        if said != expected:
            self.found.violated(f"a plain send was answered {said}, not {expected}: {made.to!a} {made.speakers}")

    def _judge(self) -> None:
        """Look at what reached Twilio since the last time, and forget it."""
        for message in self._sandbox.messages:
            self.found.messages += 1
            if (what := self._model.violation(message)) is not None:
                self.found.violated(f"{what}: to {message.to} from {message.sender} {message.messaging_service_sid}")
        for request in self._sandbox.requests:
            self.found.reached += 1
            if (what := self._model.violation_of(request)) is not None:
                self.found.violated(f"{what}: {request.method} {request.target} {request.body!r}")
        self._sandbox.world.messages.clear()
        self._sandbox.request_journal.clear()


async def opted_out(fleet: Fleet, model: Model, recipients: list[str], chance: random.Random) -> None:
    """Let two phones in three opt out, of one sender each, and some of them on WhatsApp."""
    for recipient in recipients:
        if chance.random() < 1 / 3:
            continue
        sender = chance.choice(SENDERS)
        phone, by = (recipient, sender) if chance.random() < 0.8 else (f"whatsapp:{recipient}", WHATSAPP)
        answered = await fleet.webhook(fleet.replicas[0], keyword("STOP", phone, by))
        if answered.status != 200:
            raise RuntimeError(f"a webhook was answered with {answered.status}: {answered.text}")
        model.stop(phone, by)


async def run(database_url: str, folder: Path, *, engine: str, requests: int, seed: int, seconds: float) -> Found:
    """One campaign on one store."""
    chance = random.Random(seed)  # noqa: S311 - to be repeatable
    model, recipients = Model(POOLS), phones(PHONES)
    async with started_fleet(database_url, 1, folder, SEEDS) as fleet:
        await opted_out(fleet, model, recipients, chance)
        fleet.sandbox.request_journal.clear()
        campaign = Campaign(fleet.replicas[0].url, fleet.sandbox, model, recipients, chance)
        began = time.monotonic()
        await campaign.run(requests, engine, began + seconds)
        found = campaign.found
    print(found.line(engine, time.monotonic() - began), flush=True)
    if found.requests < requests:
        found.wrong.append(f"only {found.requests} of {requests} requests within the time")
    if not found.messages or not found.answers[str(OPTED_OUT)]:
        found.wrong.append("nothing was forwarded, or nothing held back: the campaign shows nothing")
    return found


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - hides nothing
    options.add_argument("--minutes", type=float, default=20.0, help="at most, for each engine")
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)

    async def campaign(engine: str, database_url: str, folder: Path) -> list[str]:
        found = await run(
            database_url, folder, engine=engine, requests=given.requests, seed=given.seed, seconds=given.minutes * 60
        )
        return found.wrong

    return told(for_each_engine(given, campaign))


if __name__ == "__main__":
    sys.exit(main())
