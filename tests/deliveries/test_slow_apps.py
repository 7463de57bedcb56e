"""Apps that hang: they hold their own deliveries, nobody else's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from gateway.deliveries import MOST_AT_ONCE, SHARE, NotDelivered, Outbox, places
from gateway.web.client import AppUnreachable

WITHIN_SECONDS = 15.0
HANGS_FOR_SECONDS = 40.0  # longer than the test waits for anything


@contextlib.asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    try:
        yield
    finally:
        outbox.stop()
        async with asyncio.timeout(20):
            await task


async def becomes(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is awaited is what an app was sent
            await asyncio.sleep(0.01)


class OtherApp:
    """Answers 200 at once; keeps what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[str] = []

    async def take(self, request: web.BaseRequest) -> web.Response:
        self.taken.append(await request.text())
        return web.Response()


@pytest.fixture
async def other_app() -> AsyncIterator[OtherApp]:
    other_app = OtherApp()
    runner = web.ServerRunner(web.Server(other_app.take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other_app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield other_app
    await runner.cleanup()


@pytest.fixture
def outbox(store, clock, app, other_app, client) -> Outbox:
    """Delivers to either app; the first does not answer while it is closed."""

    def to(url: str):
        async def post(delivery):
            try:
                await client.post(url, {}, delivery.payload.encode(), HANGS_FOR_SECONDS)
            except AppUnreachable as error:
                raise NotDelivered(str(error)) from error

        return post

    return Outbox(store, {"app": to(app.url), "other_app": to(other_app.url), "app_2": to(other_app.url)}, clock)


async def test_as_many_due_deliveries_as_an_account_may_have_begin_at_once(outbox, app, owe):
    app.is_open.clear()
    for number in range(SHARE):
        await owe(f"message {number}", kind="app")
    async with running(outbox):
        await becomes(lambda: app.waiting == SHARE)
        app.is_open.set()


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        pytest.param("other_app", "AC1", id="of another kind"),
        pytest.param("app_2", "AC2", id="of another account"),
    ],
)
@pytest.mark.parametrize("hanging", [5, SHARE, 3 * SHARE])
async def test_deliveries_to_an_app_that_hangs_hold_up_no_others(outbox, app, other_app, owe, hanging, kind, account):
    app.is_open.clear()
    for number in range(hanging):
        await owe(f"message {number}", kind="app")
    async with running(outbox):
        await becomes(lambda: app.waiting == min(hanging, SHARE))
        await owe("to another app", kind=kind, account=account)
        outbox.wake()
        await becomes(lambda: other_app.taken == ["to another app"])
        await asyncio.sleep(0.05)
        assert min(hanging, SHARE) == app.waiting
        app.is_open.set()
        await becomes(lambda: len(app.taken) == hanging)


PLACES = [
    # how many each of an account has under way: how many may be taken up, whose may not
    pytest.param({}, SHARE, [], id="nobody"),
    pytest.param({"AC1": 1}, SHARE - 1, [], id="one of one"),
    pytest.param({"AC1": SHARE}, SHARE, ["AC1"], id="a whole share"),
    pytest.param({"AC1": SHARE, "AC2": SHARE - 1}, 1, ["AC1"], id="nearly another"),
    pytest.param({f"AC{n}": SHARE for n in range(8)}, 0, [f"AC{n}" for n in range(8)], id="all places"),
    pytest.param({f"AC{n}": SHARE - 1 for n in range(8)}, 1, [], id="nearly all"),
]


@pytest.mark.parametrize(("under_way", "most", "full"), PLACES)
def test_nobody_gets_beyond_its_share_whoever_what_is_taken_up_belongs_to(under_way, most, full):
    lanes = {(account, "relay"): count for account, count in under_way.items()}

    assert (most, tuple((account, "relay") for account in full)) == places(lanes)
    assert MOST_AT_ONCE == 8 * SHARE
