"""How often somebody may fail to sign in."""

import pytest

from gateway.admin.console.throttle import MOST_IN_ALL, Throttle


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


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
def test_five_failures_a_minute_from_one_address(first: str | None, other: str | None, waits: bool) -> None:
    clock = Seconds()
    throttle = Throttle(clock)
    for _ in range(5):
        assert 0 == throttle.wait(first)
        throttle.failed(first)
    assert waits == (throttle.wait(other) > 0)
    clock.now += 60
    assert 0 == throttle.wait(other)


def test_sixty_failures_a_minute_from_wherever() -> None:
    clock = Seconds()
    throttle = Throttle(clock)
    for n in range(MOST_IN_ALL):
        throttle.failed(f"192.0.2.{n}")
    assert 61 == throttle.wait("198.51.100.1")
    clock.now += 60
    assert 0 == throttle.wait("198.51.100.1")
