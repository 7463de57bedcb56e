"""How often somebody may fail to sign in."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from gateway.admin.console.throttle import MOST_FROM_ONE, MOST_IN_ALL, Throttle


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["in memory", "in a file"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "failures" if request.param == "in a file" else None


@pytest.mark.parametrize(
    ("first", "other", "waits"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", True, id="the same address waits"),
        pytest.param("192.0.2.1", "192.0.2.2", False, id="another does not"),
        pytest.param("2001:db8::1", "2001:db8::2", True, id="an IPv6 network is one"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="another IPv6 network is another"),
        pytest.param("192.0.2.1", "::ffff:192.0.2.1", True, id="an address written as IPv6 is the same"),
        pytest.param(None, None, True, id="without an address all are one"),
    ],
)
def test_five_failures_a_minute_from_one_address(
    file: Path | None, first: str | None, other: str | None, waits: bool
) -> None:
    clock = Seconds()
    throttle = Throttle(file, clock)
    for _ in range(MOST_FROM_ONE):
        assert 0 == throttle.begin(first)
    assert waits == (throttle.begin(other) > 0)
    clock.now += 60
    assert 0 == throttle.begin(other)


def test_sixty_failures_a_minute_from_wherever(file: Path | None) -> None:
    clock = Seconds()
    throttle = Throttle(file, clock)
    for n in range(MOST_IN_ALL):
        assert 0 == throttle.begin(f"192.0.2.{n}")
    assert 61 == throttle.begin("198.51.100.1")
    clock.now += 60
    assert 0 == throttle.begin("198.51.100.1")


def test_a_try_that_did_not_fail_counts_for_nothing(file: Path | None) -> None:
    throttle = Throttle(file, Seconds())
    for _ in range(2 * MOST_FROM_ONE):
        assert 0 == throttle.begin("192.0.2.1")
        throttle.take_back("192.0.2.1")
    throttle.begin("192.0.2.2")
    throttle.take_back("192.0.2.1")  # which takes nothing of another's
    assert [0] * 4 == [throttle.begin("192.0.2.2") for _ in range(4)]
    assert throttle.begin("192.0.2.2") > 0


def test_who_waits_is_told_how_long_their_own_failures_last(file: Path | None) -> None:
    clock = Seconds()
    throttle = Throttle(file, clock)
    throttle.begin("192.0.2.9")
    clock.now += 30
    for _ in range(MOST_FROM_ONE):
        throttle.begin("192.0.2.1")
    clock.now += 10
    assert 51 == throttle.begin("192.0.2.1")


def test_processes_with_one_file_count_together(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        waits = list(processes.map(_try_once, [tmp_path / "failures"] * 40))
    assert MOST_FROM_ONE == waits.count(0)


def _try_once(file: Path) -> int:
    return Throttle(file).begin("192.0.2.1")
