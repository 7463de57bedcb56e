"""What tests wait for: longer than the gateway does, unless they are about its limits."""

import pytest

from gateway.store import lookup, postgres_engine, sqlite
from gateway.twilio import upstream

AS_THEY_ARE = (0.9, 0.8, 1.0)


def seconds() -> tuple[float, float, float]:
    return lookup.ANSWER_WITHIN_SECONDS, postgres_engine.FIND_SECONDS, upstream.WAIT_FOR_PLACE_SECONDS


def test_a_test_waits_ten_times_as_long_as_the_gateway_does() -> None:
    assert tuple(10 * limit for limit in AS_THEY_ARE) == seconds()
    assert "PRAGMA busy_timeout = 20000" in sqlite.PRAGMAS


@pytest.mark.limits
def test_a_test_about_limits_has_them_as_they_are() -> None:
    assert seconds() == AS_THEY_ARE
    assert "PRAGMA busy_timeout = 2000" in sqlite.PRAGMAS
