"""The test for an oracle in its short form; that it finds what there is to find, and nothing where there is nothing."""

import random
import time

import pytest

from gateway.sandbox import Sandbox
from scripts.campaigns.oracle import NOTICED_SECONDS, STOPPED, THRESHOLD, Campaign, Series, signed_rank
from tests.staging import ALONE, IN_POOL, Answered, Gateway, inbound
from tests.wire import Raw

PAIRS = 150


@pytest.fixture
async def stopped(gateway: Gateway) -> Gateway:
    for number, sender in enumerate((ALONE, IN_POOL)):
        await gateway.webhook(inbound("STOP", f"{number + 1}", from_=STOPPED, To=sender))
    return gateway


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["a wrong secret", "none", "no account of ours"])
async def test_nobody_without_credentials_can_tell_who_opted_out(stopped: Gateway, sandbox: Sandbox, kind: str) -> None:
    series = await Campaign(stopped.url, random.Random(1)).run(kind, PAIRS, at_most=PAIRS)
    assert (PAIRS, 0) == (len(series.differences), series.told_apart)
    assert abs(series.z) <= THRESHOLD
    assert () == sandbox.messages


class Leaking(Campaign):
    """A gateway that takes half a millisecond longer for who opted out."""

    async def ask(self, request: Raw) -> tuple[Answered, float]:
        answered, seconds = await super().ask(request)
        until = time.perf_counter() + (0.000_5 if STOPPED[1:].encode() in request.body else 0.0)
        while time.perf_counter() < until:
            pass
        return answered, seconds + (0.000_5 if STOPPED[1:].encode() in request.body else 0.0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_half_a_millisecond_would_be_noticed(stopped: Gateway) -> None:
    series = await Leaking(stopped.url, random.Random(1)).run("none", PAIRS, at_most=PAIRS)
    assert series.z > THRESHOLD
    assert any("tell who opted out" in wrong for wrong in series.wrong())


async def test_an_answer_that_differs_would_be_noticed() -> None:
    series = Series("a wrong secret", [0.0] * 10, told_apart=1)
    assert any("1 pairs differ" in wrong for wrong in series.wrong())


def times(seed: int, pairs: int, shift: float = 0.0) -> list[float]:
    """Differences of times as a busy machine gives them: half a millisecond wide, and now and then ten."""
    chance = random.Random(seed)

    def seconds() -> float:
        return 0.001 + chance.lognormvariate(0, 0.5) * 0.000_4 + (0.01 if chance.random() < 0.02 else 0.0)

    return [seconds() + shift - seconds() for _ in range(pairs)]


def test_two_tenths_of_a_millisecond_are_noticed_in_a_thousand_pairs() -> None:
    assert min(signed_rank(times(seed, 1_000, NOTICED_SECONDS)) for seed in range(20)) > THRESHOLD
    assert max(signed_rank(times(seed, 1_000, -NOTICED_SECONDS)) for seed in range(20)) < -THRESHOLD


def test_nothing_is_noticed_where_there_is_nothing() -> None:
    found = [signed_rank(times(seed, 200)) for seed in range(300)]
    assert max(map(abs, found)) < THRESHOLD
    assert 0.8 < sum(value * value for value in found) / len(found) < 1.2, "it is a standard normal deviate"


@pytest.mark.parametrize(
    ("differences", "z"),
    [
        pytest.param([], 0.0, id="nothing"),
        pytest.param([0.0, 0.0], 0.0, id="no difference"),
        pytest.param([1.0, -1.0], 0.0, id="as much one way as the other"),
        pytest.param([1.0, 2.0, 3.0], 1.604, id="all one way"),
        pytest.param([-1.0, -2.0, -3.0], -1.604, id="all the other way"),
    ],
)
def test_the_statistic_is_wilcoxons(differences: list[float], z: float) -> None:
    assert z == pytest.approx(signed_rank(differences), abs=0.001)
