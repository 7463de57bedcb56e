"""A sandbox and a sample app on free ports, and Twilio's own SDK pointed at the sandbox."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from gateway.sandbox import SampleApp, Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds

ACCOUNT = "AC" + "a1" * 16
SUBACCOUNT = "AC" + "b2" * 16
OTHER_ACCOUNT = "AC" + "c3" * 16
SERVICE = "MG" + "a1" * 16
TOKEN = "fa4e" * 8


@pytest.fixture
def seeds() -> Seeds:
    return Seeds(
        accounts=(
            SandboxAccount(ACCOUNT, (TOKEN, "0" * 32), api_keys=(("SK" + "a1" * 16, "fake-secret"),)),
            SandboxAccount(SUBACCOUNT, ("1" * 32,), parent=ACCOUNT),
            SandboxAccount(OTHER_ACCOUNT, ("2" * 32,)),
        ),
        numbers=(
            SandboxNumber(ACCOUNT, "+15005550006"),
            SandboxNumber(ACCOUNT, "+15005550007"),
            SandboxNumber(ACCOUNT, "+12025550108"),
            SandboxNumber(ACCOUNT, "+18005550109"),
            SandboxNumber(ACCOUNT, "55501"),
            SandboxNumber(ACCOUNT, "whatsapp:+12025550110"),
            SandboxNumber(ACCOUNT, "rcs:brand_agent"),
            SandboxNumber(ACCOUNT, "ACME"),
            SandboxNumber(SUBACCOUNT, "+12025550111"),
        ),
        services=(SandboxService(SERVICE, ACCOUNT, "Pool", senders=("+15005550006", "+15005550007")),),
        status_step_seconds=0.005,
    )


@pytest.fixture
def service() -> str:
    return SERVICE


@pytest.fixture
async def app() -> AsyncIterator[SampleApp]:
    async with SampleApp(TOKEN) as app:
        yield app


@pytest.fixture
async def sandbox(seeds: Seeds, app: SampleApp) -> AsyncIterator[Sandbox]:
    async with Sandbox(seeds) as sandbox:
        sandbox.point_webhooks_at(app.sms_url)
        yield sandbox


@pytest.fixture
def twilio(sandbox: Sandbox) -> Iterator[Client]:
    transport = TwilioHttpClient()
    client = Client(ACCOUNT, TOKEN, http_client=transport)
    client.api.base_url = sandbox.url
    client.messaging.base_url = sandbox.url
    client.accounts.base_url = sandbox.url
    yield client
    if transport.session is not None:
        transport.session.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}) as session:
        yield session


@pytest.fixture
def messages_url(sandbox: Sandbox) -> Callable[..., str]:
    def url(rest: str = ".json", account: str = ACCOUNT) -> str:
        return f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages{rest}"

    return url


@pytest.fixture
def send(http: aiohttp.ClientSession, messages_url: Callable[..., str]) -> Callable[..., Any]:
    """Create a message; gives status and JSON."""

    async def create(**form: str) -> tuple[int, dict[str, Any]]:
        async with http.post(messages_url(), data=form) as response:
            return response.status, await response.json()

    return create
