"""A gateway on free ports between a sandbox and a sample app: real HTTP, a real store, time as an argument."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.sandbox import SampleApp, Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from gateway.service import Service
from gateway.settings import Settings
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    API_KEY,
    IN_POOL,
    OTHER_ACCOUNT,
    SERVICE,
    SHORT_CODE,
    TOKEN,
    TOLL_FREE,
    WHATSAPP,
    Clock,
    Gateway,
    StartGateway,
    free_port,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app() -> AsyncIterator[SampleApp]:
    async with SampleApp(TOKEN) as app:
        yield app


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    seeds = Seeds(
        accounts=(
            SandboxAccount(ACCOUNT, (TOKEN,), api_keys=(API_KEY,)),
            SandboxAccount(OTHER_ACCOUNT, ("2" * 32,)),
        ),
        numbers=tuple(
            SandboxNumber(ACCOUNT, number) for number in (IN_POOL, ALSO_IN_POOL, ALONE, TOLL_FREE, SHORT_CODE, WHATSAPP)
        ),
        services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=(IN_POOL, ALSO_IN_POOL)),),
        status_step_seconds=0.005,
    )
    async with Sandbox(seeds) as sandbox:
        yield sandbox


@pytest.fixture
async def start_gateway(sandbox: Sandbox, app: SampleApp, clock: Clock, tmp_path: Path) -> AsyncIterator[StartGateway]:
    """Start a gateway; keywords override settings, ``account`` those of its account."""
    async with contextlib.AsyncExitStack() as undo:

        async def start(account: dict[str, Any] | None = None, **overrides: Any) -> Gateway:
            url = f"http://127.0.0.1:{free_port()}"
            database = tmp_path / "gateway.db"
            given = {
                "sid": ACCOUNT,
                "auth_tokens": [TOKEN],
                "twilio_handling": "off",
                "default_region": "US",
                "app_url": app.sms_url,
            }
            values = {
                "listen": url.removeprefix("http://"),
                "admin_listen": "127.0.0.1:0",
                "public_url": url,
                "database_url": f"sqlite:///{database}",
                "twilio": {"api_url": sandbox.url, "messaging_url": sandbox.url, "sync_seconds": 0},
                "accounts": [given | (account or {})],
            }
            service = Service(Settings.model_validate(values | overrides), clock)
            await service.start()
            undo.push_async_callback(service.stop)
            http = await undo.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            sandbox.point_webhooks_at(f"{url}/inbound")
            return Gateway(service, url, clock, database, http)

        yield start


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until something is so; fails after five seconds."""

    async def wait(is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not is_so():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    return wait
