"""Twilio's Python SDK in each form in which it can be pointed at a gateway."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from requests import Response
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from gateway.sdk import AsyncGatewayHttpClient, GatewayHttpClient
from tests.staging import ACCOUNT, TOKEN, Gateway


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine: what an SDK makes of the answers does not depend on the store."""
    return prepared_sqlite_url


@dataclass
class Pointed:
    """A client that is pointed at the gateway, and the URLs that it asked for."""

    client: Client
    urls: list[str]


def by_base_url(gateway: Gateway) -> Client:
    client = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient())
    client.api.base_url = gateway.url
    client.messaging.base_url = f"{gateway.url}/messaging"
    return client


def by_http_client_with_an_edge(gateway: Gateway) -> Client:
    return Client(ACCOUNT, TOKEN, http_client=GatewayHttpClient(gateway.url), region="ie1", edge="dublin")


FORMS = [by_base_url, by_http_client_with_an_edge]  # without an edge it is run by the tests of the README


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def pointed(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Pointed]:
    client = request.param(gateway)
    session = client.http_client.session
    urls: list[str] = []

    def note(response: Response, **_: object) -> None:
        urls.append(str(response.url))

    session.hooks["response"].append(note)
    yield Pointed(client, urls)
    session.close()


@pytest.fixture(params=["by_base_url", "by_http_client"])
async def async_twilio(request: pytest.FixtureRequest, gateway: Gateway) -> AsyncIterator[Client]:
    transport = AsyncTwilioHttpClient() if request.param == "by_base_url" else AsyncGatewayHttpClient(gateway.url)
    client = Client(ACCOUNT, TOKEN, http_client=transport)
    if request.param == "by_base_url":
        client.api.base_url = gateway.url
        client.messaging.base_url = f"{gateway.url}/messaging"
    yield client
    assert transport.session is not None
    await transport.session.close()
