"""A store, a little app on a free port, and time that the test turns."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network

import pytest
from aiohttp import web

from gateway.deliveries import SECOND
from gateway.store import Store
from gateway.web.client import AppClient
from gateway.web.guard import Guard

NOW = 1_760_000_000 * SECOND


class Clock:
    """Time as an argument, in microseconds since 1970."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class LittleApp:
    """Answers 200 unless a test put something else before it; keeps what it was sent, in order."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.answers: dict[str, list[int]] = {}
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.waiting = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        name = await request.text()
        self.taken.append(name)
        self.waiting += 1
        await self.is_open.wait()
        self.waiting -= 1
        statuses = self.answers.get(name)
        return web.Response(status=statuses.pop(0) if statuses else 200)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    made = "prepared_sqlite_url" if request.param == "sqlite" else "prepared_postgres_url"
    return str(request.getfixturevalue(made))


@pytest.fixture
async def store(url: str, clock: Clock) -> AsyncIterator[Store]:
    store = Store(url, clock)
    await store.open(serving=False)
    yield store
    await store.close()


@pytest.fixture
async def app() -> AsyncIterator[LittleApp]:
    app = LittleApp()
    application = web.Application()
    application.router.add_post("/", app.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield app
    app.is_open.set()
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[AppClient]:
    client = AppClient.open(Guard((ip_network("127.0.0.0/8"),), ((1, 65535),)))
    yield client
    await client.close()


Owe = Callable[..., Awaitable[str]]


@pytest.fixture
def owe(store: Store, clock: Clock) -> Owe:
    """Writes down a delivery that is due now."""

    async def write(payload: str, *, kind: str = "post", account: str = "AC1", give_up_after: float = 60.0) -> str:
        now = clock()
        give_up_at = now + int(give_up_after * SECOND)
        return await store.write(
            lambda transaction: transaction.owe(
                account, kind, payload, now=now, due_at=now, give_up_at=give_up_at, lease=None
            )
        )

    return write
