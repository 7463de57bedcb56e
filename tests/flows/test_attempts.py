"""Who guesses waits; nobody else does."""

import pytest

from gateway.flows.attempts import (
    FIRST_SECONDS,
    FORGET_SECONDS,
    FREE,
    LONGEST_WAIT_SECONDS,
    MOST_CALLERS,
    MOST_SECONDS,
    Attempts,
    caller_of,
)
from gateway.twilio.errors import TOO_MANY_ATTEMPTS, TrafficError


class Time:
    """A clock that goes on by what is slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def attempts(time: Time) -> Attempts:
    return Attempts(time, time.sleep)


ANN, BEN = caller_of("192.0.2.1", b"AC1"), caller_of("192.0.2.1", b"AC2")


async def guess(attempts: Attempts, times: int, caller: bytes = ANN) -> None:
    for _ in range(times):
        await attempts.slow_down(caller)
        attempts.wrong(caller)


async def test_each_wrong_attempt_after_the_free_ones_waits_twice_as_long_up_to_the_most(
    attempts: Attempts, time: Time
) -> None:
    await guess(attempts, FREE + 7)
    assert [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0] == time.slept
    assert (FIRST_SECONDS, MOST_SECONDS) == (time.slept[0], time.slept[-1])


async def test_others_do_not_wait(attempts: Attempts, time: Time) -> None:
    await guess(attempts, FREE + 2)
    time.slept.clear()
    await attempts.slow_down(BEN)
    await attempts.slow_down(caller_of("192.0.2.2", b"AC1"))
    assert [] == time.slept


async def test_the_right_credentials_end_it(attempts: Attempts, time: Time) -> None:
    await guess(attempts, FREE + 1)
    attempts.right(ANN)
    time.slept.clear()
    await guess(attempts, FREE)
    assert [] == time.slept


async def test_a_caller_who_rests_is_forgotten(attempts: Attempts, time: Time) -> None:
    await guess(attempts, FREE + 1)
    time.slept.clear()
    time.now += FORGET_SECONDS + 1
    await attempts.slow_down(ANN)
    assert [] == time.slept


async def test_attempts_at_the_same_time_wait_one_after_the_other_and_too_many_are_refused(time: Time) -> None:
    waits: list[float] = []

    async def standing_still(seconds: float) -> None:
        waits.append(seconds)

    attempts = Attempts(time, standing_still)
    for _ in range(FREE + 2):
        attempts.wrong(ANN)
    refused = []
    for _ in range(20):
        try:
            await attempts.slow_down(ANN)
        except TrafficError as error:
            refused.append(error.kind)
    assert waits == [float(number + 1) for number in range(10)]
    assert LONGEST_WAIT_SECONDS == waits[-1]
    assert [TOO_MANY_ATTEMPTS] * 10 == refused


async def test_attempts_under_way_count_as_wrong(attempts: Attempts, time: Time) -> None:
    for under_way in range(FREE):
        await attempts.slow_down(ANN, under_way)
    assert [] == time.slept
    await attempts.slow_down(ANN, FREE)
    assert [FIRST_SECONDS] == time.slept


async def test_no_more_callers_are_remembered_than_fit_and_the_busiest_stay(attempts: Attempts) -> None:
    for number in range(MOST_CALLERS + 500):
        attempts.wrong(caller_of("192.0.2.1", b"%d" % number))
        attempts.wrong(ANN)
    assert MOST_CALLERS == len(attempts._callers)
    assert ANN in attempts._callers


@pytest.mark.parametrize("user", [b"", b"x" * 4000, b"\xff\n"], ids=["none", "long", "bytes"])
def test_a_caller_takes_the_same_room_whatever_it_calls_itself(user: bytes) -> None:
    assert 16 == len(caller_of("2001:db8::1", user))
