"""The intervals of a report: hours or days of a time zone, as instants between which to count.

Days begin at midnight there and are 23 or 25 hours long where clocks are changed; hours are always 60 minutes.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from gateway.messaging.errors import Malformed
from gateway.messaging.instants import EPOCH

MOST: Final = 1_000  # intervals of one report
LATEST: Final = 4_102_444_800_000_000  # 2100; beyond, and before 1970, calendars of computers end
HOUR: Final = timedelta(hours=1)


class Interval(StrEnum):
    """How long an interval is."""

    HOUR = "hour"
    DAY = "day"


def bounds(since: int, until: int, interval: Interval, zone: tzinfo) -> list[int]:
    """The instants between which the intervals lie that hold a span: one more than there are intervals.

    All in microseconds since 1970, UTC; the first is at or before ``since``, the last at or after ``until``. Raises
    `Malformed` where ``until`` is not after ``since``, the span does not lie between 1970 and 2100, or has more than
    ``MOST`` intervals.
    """
    if until <= since:
        raise Malformed("until must be after since")
    if since < 0 or until > LATEST:
        raise Malformed("it must lie between 1970 and 2100")
    at = _begin(_local(since, zone), interval)
    found = [_microseconds(at)]
    while found[-1] < until:
        if len(found) > MOST:
            raise Malformed(f"it has more than {MOST} intervals; take a shorter span, or days")
        at = _next(at, interval)
        found.append(_microseconds(at))
    return found


def local_iso(microseconds: int, zone: tzinfo) -> str:
    """An instant as clocks in a time zone show it, with its offset: ``2026-03-29T00:00:00+01:00``."""
    return _local(microseconds, zone).isoformat(timespec="seconds")


def _begin(at: datetime, interval: Interval) -> datetime:
    """When the interval began in which an instant lies."""
    if interval is Interval.DAY:
        return at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return at - timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _next(at: datetime, interval: Interval) -> datetime:
    if interval is Interval.DAY:
        return at + timedelta(days=1)  # by the clock on the wall: the next midnight
    return (at.astimezone(UTC) + HOUR).astimezone(at.tzinfo)


def _local(microseconds: int, zone: tzinfo) -> datetime:
    return (EPOCH + timedelta(microseconds=microseconds)).astimezone(zone)


def _microseconds(at: datetime) -> int:
    passed = at.astimezone(UTC) - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
