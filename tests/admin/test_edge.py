"""Health, metrics, who may call what, and errors."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs
from yarl import URL

from gateway.admin.edge import AdminEdge
from gateway.sandbox import Sandbox
from gateway.store.schema import metadata
from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, ALONE, PHONE, SERVICE, Gateway, StartGateway, inbound, run_on

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def test_it_lives_and_is_ready(gateway: Gateway) -> None:
    assert (200, {"live": True}) == ((live := await gateway.get(f"{gateway.admin_url}/livez")).status, live.json)
    ready = await gateway.get(f"{gateway.admin_url}/readyz")
    told = {"ready": True, "store": {"writable": True}, "services_dropping_incoming": {}, "shadow": {}, "gaps": None}
    assert (200, told) == (ready.status, ready.json)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_readiness_names_services_that_drop_incoming_messages_at_twilio(
    admin: AdminOfGateway, sandbox: Sandbox
) -> None:
    """No webhook comes from these, so that no STOP to their senders is ever seen; the gateway is ready all the same."""
    sandbox.world.services[SERVICE].inbound_request_url = None
    sandbox.world.services[SERVICE].use_inbound_webhook_on_number = False
    await admin.post("/api/v1/services/sync")
    ready = await admin.get("/readyz")
    assert (200, {ACCOUNT: [SERVICE]}) == (ready.status, ready.json["services_dropping_incoming"])


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


@pytest.mark.limits
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
        assert ready.json["services_dropping_incoming"] is None
    finally:
        await unlock()

    for _ in range(100):
        if (await gateway.get(f"{gateway.admin_url}/readyz")).status == 200:
            break
        await asyncio.sleep(0.1)
    assert 201 == (await gateway.send(To="+14155550101", from_=ALONE, Body="x")).status
    assert 200 == (await gateway.webhook(inbound("STOP"))).status, "Twilio's repetition of what was refused"
    assert 400 == (await gateway.send(To=PHONE, from_=ALONE, Body="x")).status


NO_TOKEN = [
    pytest.param("GET", "/api/v1/services", None, id="none"),
    pytest.param("GET", "/api/v1/services", "Bearer wrong", id="another"),
    pytest.param("GET", "/api/v1/services", "Basic YTpi", id="another scheme"),
    pytest.param("GET", "/api/v1/services", "Bearer caf\xe9", id="no ASCII"),
    pytest.param("POST", "/api/v1/explain", None, id="a POST"),
    pytest.param("GET", "/%61pi/v1/services", None, id="an encoded path"),
    pytest.param("HEAD", "/api/v1/services/export", None, id="HEAD"),
]


@pytest.mark.parametrize(("method", "path", "authorization"), NO_TOKEN)
async def test_the_admin_api_needs_the_admin_token(
    desk: Admin, method: str, path: str, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with desk.http.request(method, URL(desk.url + path, encoded=True), headers=headers) as answer:
        assert (401, "Bearer") == (answer.status, answer.headers["WWW-Authenticate"])
        assert ("no-store", "optout-gateway") == (answer.headers["Cache-Control"], answer.headers["Server"])


async def test_every_route_but_health_needs_the_admin_token_and_every_page_but_its_sign_in_a_session(
    desk: Admin,
) -> None:
    """Told by the routes themselves, so that none can be forgotten."""
    sids = {"MG": SERVICE, "n": "1", "a": "1", "b": "2", "id": "0" * 36, "name": "somebody", "sink": "crm", "type": "x"}
    sids |= {"sid": f"SM{'0' * 32}"}
    store: Any = None  # routes ask for nothing
    resources = AdminEdge(store, store, "", store, store).application().router.resources()
    open_ones = []
    for resource in resources:
        path = resource.canonical.format(**sids)
        for route in resource:
            async with desk.http.request(route.method, desk.url + path, allow_redirects=False) as answer:
                if (answer.status, answer.headers.get("Location")) not in {(401, None), (303, "/sign-in")}:
                    open_ones.append(path)
    assert {"/livez", "/readyz", "/api/v1/openapi.json", "/api/v1/docs", "/sign-in", "/static/somebody"} == set(
        open_ones
    )


NOT_HTTP = [
    pytest.param(b"+14155550100\r\n\r\n", b"400", b"not-http", id="no request line"),
    pytest.param(
        b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n", b"400", b"not-http", id="headers"
    ),
    pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", b"417", b"unexpected", id="an expectation"),
]


@pytest.mark.parametrize(("sent", "status", "kind"), NOT_HTTP)
async def test_what_is_not_http_is_a_problem_too(desk: Admin, sent: bytes, status: bytes, kind: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(sent)
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()
    assert status in head.partition(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert b'"type":"urn:optout-gateway:' + kind + b'"' in body
    assert b"4155550100" not in head + body


@pytest.mark.limits
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_store_that_is_away_is_a_problem_that_may_be_tried_again(admin: AdminOfGateway) -> None:
    unlock = await locked(admin.database_url)
    try:
        answer = await admin.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {})
    finally:
        await unlock()
    assert (503, "urn:optout-gateway:store-away") == (answer.status, answer.json["type"])
    assert "1" == answer.headers["retry-after"]


async def test_a_fault_of_ours_is_told_by_its_name_alone(desk: Admin) -> None:
    """Settings that somebody altered in the store, which no call lets in."""
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": PHONE})
    altered = f"""UPDATE service_versions SET settings = '{{"name": ["{PHONE}"]}}'"""  # noqa: S608 - the number above
    await asyncio.to_thread(run_on, desk.database_url, altered)
    with capture_logs() as lines:
        answer = await desk.get("/api/v1/services")
    assert (500, "urn:optout-gateway:fault") == (answer.status, answer.json["type"])
    assert ["ValidationError"] == [line["error"] for line in lines if line["event"] == "admin_failed"]
    assert PHONE not in f"{answer.text} {lines}"
