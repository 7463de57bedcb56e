"""Hours and days of a time zone, also where clocks are changed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.messaging.errors import Malformed
from gateway.messaging.intervals import Interval, bounds, local_iso


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("zone", "interval", "since", "until", "expected"),
    [
        pytest.param(
            "UTC", "day", "2026-01-31T10:00Z", "2026-02-02T00:00Z",
            ["2026-01-31T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "2026-02-02T00:00:00+00:00"],
            id="a day that ends where the span does is the last",
        ),
        pytest.param(
            "Europe/Berlin", "day", "2026-03-28T23:30Z", "2026-03-30T00:00Z",
            ["2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"],
            id="a day of 23 hours in spring",
        ),
        pytest.param(
            "Asia/Kathmandu", "hour", "2026-01-01T00:20Z", "2026-01-01T00:30Z",
            ["2026-01-01T06:00:00+05:45", "2026-01-01T07:00:00+05:45"],
            id="hours of a zone that is no whole hours from UTC",
        ),
        pytest.param(
            "America/New_York", "hour", "2026-11-01T05:00Z", "2026-11-01T07:00Z",
            ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"],
            id="the hour that comes twice in autumn",
        ),
    ],
)  # fmt: skip
def test_intervals_begin_where_clocks_there_say(zone, interval, since, until, expected):
    there = ZoneInfo(zone)
    found = bounds(at(since), at(until), Interval(interval), there)
    assert expected == [local_iso(each, there) for each in found]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param("2026-01-02T00:00Z", "2026-01-02T00:00Z", id="a span of nothing"),
        pytest.param("2026-01-01T00:00Z", "2026-03-01T00:00Z", id="more than a thousand hours"),
        pytest.param("0001-01-02T00:00Z", "0001-01-03T00:00Z", id="before there were calendars of computers"),
    ],
)
def test_a_span_that_cannot_be_cut_is_refused(since, until):
    with pytest.raises(Malformed):
        bounds(at(since), at(until), Interval.HOUR, ZoneInfo("UTC"))
