"""What gateway processes know of whom they depend on: each upstream, each source of events, each gap.

Values alone: what one process has counted, written as JSON for the others, and the sum of several. Moments are
microseconds since 1970, UTC; counts begin with the start.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from gateway.flows.arrivals import Arrivals, Arrived, Source
from gateway.flows.gaps import GapClosing
from gateway.twilio.upstream import Upstream

SECOND: Final = 1_000_000
T = TypeVar("T", bound="UpstreamHealth | Tally | GapHealth")


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """An upstream: how often it answered and when last, the same of each kind of trouble, and its connections."""

    answered: int
    answered_at: int | None
    troubles: Mapping[str, int]
    troubled_at: int | None
    trouble: str | None
    in_use: int
    idle: int
    most: int

    def plus(self, other: "UpstreamHealth") -> "UpstreamHealth":
        """What two processes know together."""
        later = self if (self.troubled_at or 0) >= (other.troubled_at or 0) else other
        kinds = sorted({*self.troubles, *other.troubles})
        return UpstreamHealth(
            self.answered + other.answered,
            _later(self.answered_at, other.answered_at),
            {kind: self.troubles.get(kind, 0) + other.troubles.get(kind, 0) for kind in kinds},
            later.troubled_at,
            later.trouble,
            self.in_use + other.in_use,
            self.idle + other.idle,
            self.most + other.most,
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something came, and when last."""

    count: int = 0
    last_at: int | None = None

    def plus(self, other: "Tally") -> "Tally":
        """What two processes have counted together."""
        return Tally(self.count + other.count, _later(self.last_at, other.last_at))


@dataclass(frozen=True, slots=True)
class GapHealth:
    """An account's list at Twilio: why and when it could not be read last, and the keywords that were learned there."""

    error: str | None
    failed_at: int | None
    missed: int
    missed_at: int | None

    def plus(self, other: "GapHealth") -> "GapHealth":
        """What two processes know together."""
        later = self if (self.failed_at or 0) >= (other.failed_at or 0) else other
        missed_at = _later(self.missed_at, other.missed_at)
        return GapHealth(later.error, later.failed_at, self.missed + other.missed, missed_at)


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """All of it: upstreams by URL, sources by ``ACCOUNT SOURCE``, unsigned requests by source, gaps by account."""

    since: int
    processes: int = 1
    upstreams: Mapping[str, UpstreamHealth] = field(default_factory=dict)
    seen: Mapping[str, Tally] = field(default_factory=dict)
    failed: Mapping[str, Tally] = field(default_factory=dict)
    unsigned: Mapping[str, Tally] = field(default_factory=dict)
    gaps: Mapping[str, GapHealth] = field(default_factory=dict)

    def plus(self, other: "ProcessHealth") -> "ProcessHealth":
        """What two processes know together."""
        return ProcessHealth(
            min(self.since, other.since),
            self.processes + other.processes,
            _merged(self.upstreams, other.upstreams),
            _merged(self.seen, other.seen),
            _merged(self.failed, other.failed),
            _merged(self.unsigned, other.unsigned),
            _merged(self.gaps, other.gaps),
        )

    def of_the_past(self) -> "ProcessHealth":
        """The same of a process that has ended: it has no connections."""
        none = {url: replace(each, in_use=0, idle=0, most=0) for url, each in self.upstreams.items()}
        return replace(self, processes=0, upstreams=none)

    def to_json(self) -> bytes:
        """As another process reads it."""
        return orjson.dumps(self)


_READER: Final = TypeAdapter(ProcessHealth)


def read_health(content: bytes) -> ProcessHealth | None:
    """What another process wrote; None where it is not that."""
    try:
        return _READER.validate_json(content)
    except ValidationError:
        return None


def health_of(
    since: int, upstreams: Mapping[str, Upstream], began: int, arrivals: Arrivals, gaps: GapClosing | None
) -> ProcessHealth:
    """What this process knows. ``began`` is when the clock of upstreams stood at 0."""
    return ProcessHealth(
        since,
        1,
        {url: _upstream_health(upstream, began) for url, upstream in upstreams.items()},
        _tallies(arrivals.seen),
        _tallies(arrivals.failed),
        {str(source): _tally(arrived) for source, arrived in arrivals.unsigned.items()},
        {} if gaps is None else _gaps_health(gaps),
    )


def sum_of(parts: Iterable[ProcessHealth]) -> ProcessHealth:
    """What all know together; there is at least one."""
    return reduce(ProcessHealth.plus, parts)


def _upstream_health(upstream: Upstream, began: int) -> UpstreamHealth:
    contact, pool = upstream.contact, upstream.pool

    def moment(seconds: float | None) -> int | None:
        return None if seconds is None else began + int(seconds * SECOND)

    return UpstreamHealth(
        contact.answered,
        moment(contact.answered_at),
        {str(kind): count for kind, count in contact.troubles.items()},
        moment(contact.troubled_at),
        None if contact.trouble is None else str(contact.trouble),
        pool.in_use,
        pool.idle,
        pool.most,
    )


def _gaps_health(gaps: GapClosing) -> dict[str, GapHealth]:
    return {
        account_sid: GapHealth(status.error, status.failed_at, status.missed, status.missed_at)
        for account_sid, status in gaps.status().items()
    }


def _tallies(arrived: Mapping[tuple[str, Source], Arrived]) -> dict[str, Tally]:
    return {f"{account_sid} {source}": _tally(each) for (account_sid, source), each in arrived.items()}


def _tally(arrived: Arrived) -> Tally:
    return Tally(arrived.count, arrived.last_at)


def _merged(some: Mapping[str, T], others: Mapping[str, T]) -> dict[str, T]:
    merged = dict(some)
    for key, other in others.items():
        merged[key] = merged[key].plus(other) if key in merged else other  # type: ignore[arg-type, assignment]
    return merged


def _later(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)
