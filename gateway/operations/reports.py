"""Reports: how many opt-outs, opt-ins and sends of an account there were, by interval and by what they are told apart.

Counts that stand are read as they stand (`gateway.operations.counting`); what came after them is counted for the
report.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.messaging.counts import OF_CONSENT, OF_SENDS, By, Measure
from gateway.messaging.errors import Malformed
from gateway.messaging.intervals import Interval, bounds
from gateway.operations.counting import Counting, Truth, counts_of, truths_of
from gateway.store import Store
from gateway.store.activity_reads import AttributedOptOut

MOST_ROWS: Final = 20_000
SINCE: Final = 30 * 24 * 60 * 60 * 1_000_000  # microseconds: how far a report reaches back that does not say it

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of report: what it counts, and by what that can be told apart."""

    name: str
    measures: tuple[Measure, ...]
    by: tuple[By, ...]
    has_rate: bool = False


# Opt-outs stand beside the sends that went out, so that their rate is told, and beside those that were held back.
OPT_OUTS: Final = Kind(
    "opt-outs",
    (*OF_CONSENT, Measure.FORWARDED, Measure.SUPPRESSED),
    (By.SERVICE, By.SENDER, By.COUNTRY, By.KEYWORD, By.SOURCE),
    has_rate=True,
)
SENDS: Final = Kind("sends", OF_SENDS, (By.SERVICE, By.SENDER, By.COUNTRY, By.REASON, By.KEYWORD, By.SOURCE))
KINDS: Final = {kind.name: kind for kind in (OPT_OUTS, SENDS)}
OF_OPT_OUTS: Final = frozenset({By.KEYWORD, By.SOURCE})  # a send is of one only where an opt-out held it back


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is to tell; times are microseconds since 1970, UTC. ``service_sid`` None: of any service, and of
    none.
    """

    account_sid: str
    kind: Kind
    since: int
    until: int
    interval: Interval = Interval.DAY
    by: By | None = None
    service_sid: str | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Row:
    """One interval, of one group where the report is told apart ('': of none): how often each measure happened."""

    since: int
    until: int
    group: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, the rows of intervals in which something happened (all of them where it is not told apart), and
    their sum.
    """

    asked: Asked
    rows: tuple[Row, ...]
    total: Counts


class Reports:
    """Makes them. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def made(self, asked: Asked) -> Report:
        """Make a report. Raises `Malformed` where the span, or what comes of it, is too large."""
        if asked.by is not None and asked.by not in asked.kind.by:
            raise Malformed(f"it must be one of {', '.join(asked.kind.by)}")
        limits = bounds(asked.since, asked.until, asked.interval, asked.zone)
        found: dict[int, dict[str, Counts]] = {begin: {} for begin in limits[:-1]}
        for truth in truths_of(self._store):
            wanted = frozenset(truth.measures) & frozenset(asked.kind.measures)
            if wanted:
                await self._add(found, asked, limits, truth, wanted)
        rows = tuple(_rows(asked, limits, found))
        return Report(asked, rows, _sum(asked.kind, (row.counts for row in rows)))

    async def _add(
        self,
        found: dict[int, dict[str, Counts]],
        asked: Asked,
        limits: list[int],
        truth: Truth,
        wanted: frozenset[Measure],
    ) -> None:
        """Add counts that stand, up to the watermark, and what was not counted yet."""
        counted = await self._store.counted_until(truth.kind) or 0
        rows = 0
        for begin, end in pairwise(limits):
            if begin < counted:
                until = min(end, counted)
                some = await self._store.counts_by(asked.account_sid, asked.by, begin, until, asked.service_sid)
                _put(found[begin], {key: count for key, count in some.items() if key[0] in wanted})
            rows += len(found[begin])
            _demand_few(rows)
        since = max(limits[0], counted)
        if since < limits[-1]:
            await self._add_uncounted(found, asked, limits, truth, wanted, since)

    async def _add_uncounted(
        self,
        found: dict[int, dict[str, Counts]],
        asked: Asked,
        limits: list[int],
        truth: Truth,
        wanted: frozenset[Measure],
        since: int,
    ) -> None:
        counts = await counts_of(truth, asked.account_sid, since, limits[-1])
        for counted, count in counts.items():
            if counted.measure not in wanted or asked.service_sid not in {None, counted.service_sid}:
                continue
            begin = limits[max(bisect_right(limits, counted.quarter) - 1, 0)]
            group = "" if asked.by is None else str(getattr(counted, asked.by))
            _put(found[begin], {(counted.measure, group): count})

    async def attributed(
        self, account_sid: str, service_sid: str | None, since: int, until: int, after: str, limit: int
    ) -> list[AttributedOptOut]:
        """Opt-outs that phones brought about, oldest first, each with the last send that went there before; as far as
        activity is kept, and without those whose recipient was erased.
        """
        return await self._store.attributed_opt_outs(account_sid, service_sid, since, until, after, limit)

    async def recount(self, since: int, keep_days: int, keep_counts_days: int) -> None:
        """Count anew from an instant on; see `Counting.recount`."""
        counting = Counting(self._store, self._clock, keep_days=keep_days, keep_counts_days=keep_counts_days)
        await counting.recount(since)


def zone_of(name: str) -> tzinfo:
    """A time zone by its name in the IANA database; UTC needs none on the machine. Raises `Malformed`."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Malformed("there is no such time zone on this machine; names are as Europe/Berlin, or UTC") from None


def rate(counts: Counts) -> float | None:
    """Opt-outs for each send that went out; None where none did."""
    sends = counts.get(Measure.FORWARDED, 0)
    return round(counts.get(Measure.OPT_OUTS, 0) / sends, 6) if sends else None


def has_rate(asked: Asked) -> bool:
    """Whether a report tells a rate."""
    return asked.kind.has_rate and asked.by not in OF_OPT_OUTS


def untold(asked: Asked) -> frozenset[Measure]:
    """What a report of opt-outs cannot tell apart as it does these: the sends that nothing held back."""
    is_by_opt_out = asked.kind.has_rate and asked.by in OF_OPT_OUTS
    return frozenset(OF_SENDS) - {Measure.SUPPRESSED} if is_by_opt_out else frozenset()


def _put(groups: dict[str, Counts], some: Mapping[tuple[str, str], int]) -> None:
    for (measure, group), count in some.items():
        counts = groups.setdefault(group, {})
        counts[measure] = counts.get(measure, 0) + count


def _rows(asked: Asked, limits: list[int], found: Mapping[int, Mapping[str, Counts]]) -> Iterable[Row]:
    for begin, end in pairwise(limits):
        groups = found[begin]
        if asked.by is None:
            yield Row(begin, end, None, _sum(asked.kind, groups.values()))
            continue
        for group in sorted(groups):
            counts = _sum(asked.kind, [groups[group]])
            if any(counts[measure] for measure in asked.kind.measures if measure not in untold(asked)):
                yield Row(begin, end, group, counts)


def _sum(kind: Kind, some: Iterable[Counts]) -> Counts:
    total = {str(measure): 0 for measure in kind.measures}
    for counts in some:
        for measure, count in counts.items():
            total[measure] += count
    return total


def _demand_few(rows: int) -> None:
    if rows > MOST_ROWS:
        raise Malformed(f"it has more than {MOST_ROWS} rows; take a shorter span, or name a service")
