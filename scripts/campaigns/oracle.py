"""Look for an oracle, by which somebody without credentials could tell who opted out.

Pairs of requests that differ in nothing but the recipient, one who opted out and one who did not, in random order and
with wrong credentials, each of a caller of its own (so that guessing is not slowed down). Status, body and headers have
to be the same, ids and counters of a single request left out. The times are compared by Wilcoxon's signed-rank test on
the differences within pairs, which asks nothing of their distribution and does not mind a machine that grows slower:
|z| over 4.5 is an oracle (by chance once in 49,000 runs: three tests, two-sided). A run is only as good as what it
would notice, so it tests itself as well: the same times with 0.2 ms added to those of the opted-out must be told apart,
or it takes more pairs.
"""

import itertools
import math
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.campaigns.fleet import Fleet, for_each_engine, keyword, parser, progress, started_fleet, told
from tests.staging import ACCOUNT, ALONE, IN_POOL, SERVICE, Answered
from tests.wire import FORM, Line, Raw, basic

THRESHOLD: Final = 4.5
NOTICED_SECONDS: Final = 0.000_2
MOST_TIMES_OVER: Final = 5  # as many pairs as asked for, where fewer would not notice 0.2 ms
STOPPED, OTHER = "+14155550100", "+14155550177"
# What differs from one request to the next whoever is asked about.
OF_ONE_REQUEST: Final = frozenset(
    {"date", "twilio-concurrent-requests", "twilio-request-duration", "twilio-request-id", "x-gateway-request-id"}
)
SENDERS: Final = (f"From=%2B{ALONE[1:]}", f"From=%2B{IN_POOL[1:]}", f"MessagingServiceSid={SERVICE}")
KINDS: Final = ("a wrong secret", "none", "no account of ours")


def signed_rank(differences: Sequence[float]) -> float:
    """Wilcoxon's signed-rank statistic as a standard normal deviate; 0 where all differences are nothing."""
    ranked = sorted((difference for difference in differences if difference), key=abs)
    count, before, above = len(ranked), 0, 0.0
    if not count:
        return 0.0
    for _, alike in itertools.groupby(ranked, key=abs):
        group = list(alike)
        above += sum(difference > 0 for difference in group) * (before + (len(group) + 1) / 2)
        before += len(group)
    return (above - count * (count + 1) / 4) / math.sqrt(count * (count + 1) * (2 * count + 1) / 24)


@dataclass
class Series:
    """What was seen with one kind of credentials: seconds for the opted-out minus seconds for the other, by pair."""

    kind: str
    differences: list[float] = field(default_factory=list)
    told_apart: int = 0

    @property
    def z(self) -> float:
        """How far the times are from those of one recipient."""
        return signed_rank(self.differences)

    @property
    def would_notice(self) -> bool:
        """Whether 0.2 ms between them would have shown."""
        return signed_rank([difference + NOTICED_SECONDS for difference in self.differences]) > THRESHOLD

    def line(self) -> str:
        """All of it in one line."""
        ordered = sorted(self.differences)
        median = ordered[len(ordered) // 2] * 1e6 if ordered else 0.0
        return (
            f"{self.kind}: {len(self.differences)} pairs, {self.told_apart} told apart by what is in them, "
            f"times z = {self.z:+.2f} (median difference {median:+.0f} µs; "
            f"0.2 ms {'would' if self.would_notice else 'WOULD NOT'} be noticed)"
        )

    def wrong(self) -> list[str]:
        """What was violated."""
        found = []
        if self.told_apart:
            found.append(f"{self.kind}: {self.told_apart} pairs differ in status, headers or body")
        if abs(self.z) > THRESHOLD:
            found.append(f"{self.kind}: the times tell who opted out, z = {self.z:+.2f}")
        if not self.would_notice:
            found.append(f"{self.kind}: the machine is too noisy, 0.2 ms would not be noticed; take more requests")
        return found


class Campaign:
    """Somebody who asks about two recipients in turn."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self._line = Line(url)
        self._chance = chance

    async def run(self, kind: str, pairs: int, *, at_most: int) -> Series:
        """So many pairs with one kind of credentials; more, if fewer would not notice anything."""
        series = Series(kind)
        async with self._line:
            while len(series.differences) < pairs or (not series.would_notice and len(series.differences) < at_most):
                await self._pair(series)
                if len(series.differences) % 500 == 0:
                    progress(series.line())
        return series

    async def _pair(self, series: Series) -> None:
        sender, rest = self._chance.choice(SENDERS), self._chance.choice((".json", ""))
        recipients = [STOPPED, OTHER]
        self._chance.shuffle(recipients)
        seen = {
            recipient: await self.ask(self._request(series.kind, recipient, sender, rest)) for recipient in recipients
        }
        series.differences.append(seen[STOPPED][1] - seen[OTHER][1])
        series.told_apart += _comparable(seen[STOPPED][0]) != _comparable(seen[OTHER][0])

    async def ask(self, request: Raw) -> tuple[Answered, float]:
        """The answer to a request, and how many seconds it took."""
        encoded = request.encoded()
        began = time.perf_counter()
        answered = await self._line.exchange(encoded)
        return answered, time.perf_counter() - began

    def _request(self, kind: str, recipient: str, sender: str, rest: str) -> Raw:
        account = ACCOUNT if kind != "no account of ours" else f"AC{self._chance.getrandbits(128):032x}"
        key = basic(f"SK{self._chance.getrandbits(128):032x}", f"{self._chance.getrandbits(128):032x}")
        headers = (FORM,) if kind == "none" else (key, FORM)
        target = f"/2010-04-01/Accounts/{account}/Messages{rest}"
        return Raw("POST", target, headers, f"To=%2B{recipient[1:]}&{sender}&Body=x".encode())


def _comparable(answered: Answered) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    headers = tuple((name, value) for name, value in answered.headers.items() if name.lower() not in OF_ONE_REQUEST)
    return answered.status, headers, answered.body


async def look(fleet: Fleet, requests: int, seed: int) -> list[Series]:
    """Opt somebody out everywhere, then ask about them and somebody else."""
    for sender in (ALONE, IN_POOL):
        answered = await fleet.webhook(fleet.replicas[0], keyword("STOP", STOPPED, sender))
        if answered.status != 200:
            raise RuntimeError(f"a webhook was answered with {answered.status}: {answered.text}")
    campaign = Campaign(fleet.replicas[0].url, random.Random(seed))  # noqa: S311 - to be repeatable
    pairs = max(1, requests // 2)
    return [await campaign.run(kind, pairs, at_most=MOST_TIMES_OVER * pairs) for kind in KINDS]


async def run(database_url: str, folder: Path, *, engine: str, requests: int, seed: int) -> list[str]:
    """One campaign on one store; gives what was violated."""
    async with started_fleet(database_url, 1, folder) as fleet:
        found = await look(fleet, requests, seed)
    for series in found:
        print(f"{engine}: {series.line()}", flush=True)
    return [wrong for series in found for wrong in series.wrong()]


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--requests", type=int, default=2_000, help="with each kind of credentials")
    options.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - hides nothing
    given = options.parse_args()
    print(f"seed {given.seed}", flush=True)

    async def campaign(engine: str, database_url: str, folder: Path) -> list[str]:
        return await run(database_url, folder, engine=engine, requests=given.requests, seed=given.seed)

    return told(for_each_engine(given, campaign))


if __name__ == "__main__":
    sys.exit(main())
