"""Twilio's Python SDK behind the gateway, in its two forms."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from gateway.sandbox import Sandbox
from gateway.sdk import AsyncGatewayHttpClient, GatewayHttpClient, through_gateway
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, TOKEN, Gateway


def by_base_url(gateway: Gateway) -> tuple[Client, TwilioHttpClient]:
    transport = TwilioHttpClient()
    client = Client(ACCOUNT, TOKEN, http_client=transport)
    client.api.base_url = gateway.url
    client.messaging.base_url = gateway.url
    return client, transport


def by_http_client(gateway: Gateway) -> tuple[Client, TwilioHttpClient]:
    transport = GatewayHttpClient(gateway.url)
    return Client(ACCOUNT, TOKEN, http_client=transport), transport


def by_http_client_with_an_edge(gateway: Gateway) -> tuple[Client, TwilioHttpClient]:
    transport = GatewayHttpClient(gateway.url)
    return Client(ACCOUNT, TOKEN, http_client=transport, region="ie1", edge="dublin"), transport


@pytest.fixture(params=[by_base_url, by_http_client, by_http_client_with_an_edge], ids=lambda form: form.__name__)
def twilio(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Client]:
    client, transport = request.param(gateway)
    yield client
    if transport.session is not None:
        transport.session.close()


async def test_create_fetch_list_update_and_delete(twilio: Client, sandbox: Sandbox) -> None:
    def journey() -> list[Any]:
        created = twilio.messages.create(to=PHONE, from_=ALONE, body="Hello", media_url=["https://a.example/1"])
        fetched = twilio.messages(str(created.sid)).fetch()
        listed = [message.sid for message in twilio.messages.stream(to=PHONE, page_size=1)]
        return [created.sid, fetched.body, listed]

    sid, body, listed = await asyncio.to_thread(journey)
    assert ("Hello", [sid]) == (body, listed)
    await sandbox.settle()
    redacted = await asyncio.to_thread(lambda: twilio.messages(sid).update(body=""))
    assert "" == redacted.body
    assert await asyncio.to_thread(lambda: twilio.messages(sid).delete())


@pytest.mark.parametrize("by", [{"from_": IN_POOL}, {"messaging_service_sid": SERVICE}], ids=["number", "service"])
async def test_a_blocked_send_is_the_sdks_own_exception_with_21610(
    twilio: Client, sandbox: Sandbox, by: dict[str, str]
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: twilio.messages.create(to=PHONE, body="x", **by))
    assert (400, 21610) == (caught.value.status, caught.value.code)
    assert "Attempt to send to unsubscribed recipient" in caught.value.msg


async def test_services_and_their_pools_are_listed(twilio: Client) -> None:
    def pool() -> list[str]:
        return [str(number.phone_number) for number in twilio.messaging.v1.services(SERVICE).phone_numbers.list()]

    assert IN_POOL in await asyncio.to_thread(pool)


@pytest.fixture
async def async_twilio(gateway: Gateway) -> AsyncIterator[Client]:
    transport = AsyncGatewayHttpClient(gateway.url)
    yield Client(ACCOUNT, TOKEN, http_client=transport)
    assert transport.session is not None
    await transport.session.close()


# The SDK itself uses what aiohttp will drop.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated")
async def test_the_asynchronous_client_sends_and_is_blocked_alike(async_twilio: Client, sandbox: Sandbox) -> None:
    sent = await async_twilio.messages.create_async(to=PHONE, from_=ALONE, body="Hello")
    assert str(sent.sid).startswith("SM")
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    with pytest.raises(TwilioRestException) as caught:
        await async_twilio.messages.create_async(to=PHONE, from_=ALONE, body="Hello")
    assert 21610 == caught.value.code


URLS = [
    ("https://api.twilio.com/2010-04-01/Accounts/AC1.json?a=b", "http://gw:8080/2010-04-01/Accounts/AC1.json?a=b"),
    ("https://api.dublin.ie1.twilio.com/2010-04-01/x", "http://gw:8080/2010-04-01/x"),
    ("https://messaging.twilio.com/v1/Services", "http://gw:8080/messaging/v1/Services"),
    ("https://verify.twilio.com/v2/Services", "https://verify.twilio.com/v2/Services"),
    ("https://api.twilio.com.evil.example/x", "https://api.twilio.com.evil.example/x"),
]


@pytest.mark.parametrize(("url", "led_to"), URLS)
def test_only_hosts_that_the_gateway_stands_in_for_are_led_through_it(url: str, led_to: str) -> None:
    assert led_to == through_gateway("http://gw:8080/", url)
