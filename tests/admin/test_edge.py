"""Health and metrics."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from gateway.store.schema import metadata
from tests.staging import ALONE, PHONE, Gateway, StartGateway, inbound

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def test_it_lives_and_is_ready(gateway: Gateway) -> None:
    assert (200, {"live": True}) == ((live := await gateway.get(f"{gateway.admin_url}/livez")).status, live.json)
    ready = await gateway.get(f"{gateway.admin_url}/readyz")
    assert (200, {"ready": True, "store": {"writable": True}}) == (ready.status, ready.json)


async def test_metrics_need_the_admin_token(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(admin_token="a-token-of-sixteen")
    url = f"{gateway.admin_url}/metrics"
    for authorization in (None, "Bearer wrong", "Basic YTpi"):
        headers = {"Authorization": authorization} if authorization else {}
        async with gateway.http.get(url, headers=headers) as response:
            assert (401, "application/problem+json") == (response.status, response.content_type)
            assert "Bearer" == response.headers["WWW-Authenticate"]
            assert 401 == (await response.json(content_type=None))["status"]
    await gateway.webhook(inbound("STOP"))
    await gateway.send(To=PHONE, from_=ALONE, Body="x")
    async with gateway.http.get(url, headers={"Authorization": "Bearer a-token-of-sixteen"}) as response:
        text = await response.text()
    assert 'gateway_outbound_total{outcome="suppressed",reason="opted_out_of_sender"}' in text
    assert 'gateway_inbound_total{outcome="recorded",reason="stop_added"}' in text
    assert "gateway_store_writable 1.0" in text


async def test_an_admin_token_is_made_at_the_first_start_shown_once_and_kept_as_a_hash(
    start_gateway: StartGateway,
) -> None:
    first = await start_gateway()
    token = first.service.new_admin_token
    assert token is not None
    again = await start_gateway()
    assert again.service.new_admin_token is None
    async with again.http.get(f"{again.admin_url}/metrics", headers={"Authorization": f"Bearer {token}"}) as response:
        assert 200 == response.status
    assert token not in str(again.rows("SELECT * FROM gateway_values"))


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/livez", 405)])
async def test_errors_are_problem_details(gateway: Gateway, method: str, path: str, status: int) -> None:
    async with gateway.http.request(method, gateway.admin_url + path) as response:
        assert (status, "application/problem+json") == (response.status, response.content_type)
        assert status == (await response.json(content_type=None))["status"]


async def locked(database_url: str) -> Callable[[], Awaitable[None]]:
    """Take a lock that keeps everybody from writing; gives what lets go of it."""
    if database_url.startswith("sqlite:///"):
        path = database_url.removeprefix("sqlite:///")
        intruder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(intruder.execute, "BEGIN IMMEDIATE")

        async def unlock() -> None:
            intruder.close()

        return unlock
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"BEGIN; LOCK TABLE {', '.join(metadata.tables)} IN EXCLUSIVE MODE")
    return connection.close


async def test_a_store_that_cannot_be_written_refuses_sends_and_webhooks_and_recovers_by_itself(
    gateway: Gateway, eventually: Eventually
) -> None:
    """Another process holds the write lock: reads would still work, but a STOP could not be kept."""
    unlock = await locked(gateway.database_url)
    try:
        stopped = await gateway.webhook(inbound("STOP"))
        assert (503, 900503) == (stopped.status, stopped.json["code"])
        sent = await gateway.send(To=PHONE, from_=ALONE, Body="x")
        assert (503, 900503, "1") == (sent.status, sent.json["code"], sent.headers["Retry-After"])
        ready = await gateway.get(f"{gateway.admin_url}/readyz")
        assert (503, False) == (ready.status, ready.json["ready"])
    finally:
        await unlock()

    for _ in range(100):
        if (await gateway.get(f"{gateway.admin_url}/readyz")).status == 200:
            break
        await asyncio.sleep(0.1)
    assert 201 == (await gateway.send(To="+14155550101", from_=ALONE, Body="x")).status
    assert 200 == (await gateway.webhook(inbound("STOP"))).status, "Twilio's repetition of what was refused"
    assert 400 == (await gateway.send(To=PHONE, from_=ALONE, Body="x")).status
