"""Apps that hang: they hold their own deliveries, nobody else's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from gateway.deliveries import NotDelivered, Outbox
from gateway.web.client import AppUnreachable

WITHIN_SECONDS = 2.0


@contextlib.asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    try:
        yield
    finally:
        outbox.stop()
        async with asyncio.timeout(5):
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
                await client.post(url, {}, delivery.payload.encode(), 5.0)
            except AppUnreachable as error:
                raise NotDelivered(str(error)) from error

        return post

    return Outbox(store, {"app": to(app.url), "other_app": to(other_app.url)}, clock)


async def test_more_than_sixteen_due_deliveries_begin_at_once(outbox, app, owe):
    app.is_open.clear()
    for number in range(40):
        await owe(f"message {number}", kind="app")
    async with running(outbox):
        await becomes(lambda: app.waiting == 40)
        app.is_open.set()


@pytest.mark.parametrize("hanging", [5, 20, 40])
async def test_deliveries_to_an_app_that_hangs_hold_up_no_other_apps(outbox, app, other_app, owe, hanging):
    app.is_open.clear()
    for number in range(hanging):
        await owe(f"message {number}", kind="app")
    async with running(outbox):
        await becomes(lambda: app.waiting == hanging)
        await owe("to another app", kind="other_app")
        outbox.wake()
        await becomes(lambda: other_app.taken == ["to another app"])
        assert hanging == app.waiting
        app.is_open.set()
