"""A replay ends when its time is up, and what did not have its turn by then is left for the next run."""

from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from gateway.capture.records import Traffic
from gateway.capture.replay import Bounds, Pace, Replay
from gateway.capture.requests import Player, Target
from gateway.capture.results import Results
from tests.staging import ACCOUNT, free_port

RUN = "0123456789abcdef"


class Slow:
    """A target whose every answer takes a minute, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.asked += 1
        self.now += 60.0
        return web.json_response({}, status=201, headers={"X-Gateway-Outcome": "forwarded no_opt_out"})


@pytest.fixture
async def slow() -> AsyncIterator[tuple[Slow, str]]:
    target, app, port = Slow(), web.Application(), free_port()
    app.router.add_route("*", "/{path:.*}", target.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield target, f"http://127.0.0.1:{port}"
    await runner.cleanup()


def sends(count: int) -> Iterator[Traffic]:
    for number in range(count):
        told = {"record": "send", "at": number, "account_sid": ACCOUNT, "path": "/x", "outcome": "forwarded"}
        yield Traffic.model_validate(told | {"fields": [["To", f"+1415555{number:04}"]], "reason": "no_opt_out"})


async def run(slow: tuple[Slow, str], results: Results, bounds: Bounds) -> None:
    target = Target(slow[1], slow[1], slow[1], {"": "token"})
    player = Player(RUN, target, lambda *_: "", lambda _: [])
    replay = Replay(player, results, Pace(), bounds, 1, lambda: None, monotonic=lambda: slow[0].now)
    await replay.run(sends(5))


async def test_what_waits_when_the_time_is_up_is_not_played_and_comes_first_the_next_time(
    slow: tuple[Slow, str],
) -> None:
    results = Results(RUN, "")
    await run(slow, results, Bounds(seconds=90))
    assert (2, 2, 2, True) == (slow[0].asked, results.requests, results.handled, results.is_cut)
    assert [True, True, False] == [results.is_done(index) for index in range(3)]
    results.is_cut = False
    await run(slow, results, Bounds())
    assert (5, 5, 5, False) == (slow[0].asked, results.requests, results.handled, results.is_cut)
    assert results.is_same


async def test_as_many_are_played_as_are_wanted(slow: tuple[Slow, str]) -> None:
    results = Results(RUN, "")
    await run(slow, results, Bounds(requests=3))
    assert (3, 3, True) == (slow[0].asked, results.requests, results.is_cut)
