"""Sends that are held back and told as accepted: every way in which their app can look at them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from gateway.directory import Directory
from gateway.flows.forgetting import Forgetting
from gateway.messaging.opt_out_settings import BlockedMode, OptOutSettings
from gateway.operations.actors import Actor
from gateway.operations.deliveries import DeliveryOperations, about
from gateway.operations.services import ServiceOperations
from gateway.sandbox import Sandbox
from gateway.store import Store
from gateway.store.store import DeliveryFilter
from tests.flows.conftest import Pages
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Answered, Gateway, StartGateway, inbound

Eventually = Callable[[Callable[[], object]], Awaitable[None]]
OTHER_PHONE = "+14155550155"
HOUR_SECONDS = 3600


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    """A gateway in its default mode; somebody has opted out of the service and of a sender in none."""
    gateway = await start_gateway(account={"blocked": "auto"})
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await gateway.webhook(inbound("STOP", "02", To=ALONE))
    return gateway


async def send(gateway: Gateway, blocked: str | None = None, rest: str = ".json", **form: str) -> Answered:
    fields = {"To": PHONE, "Body": "Hello"} | {{"from_": "From"}.get(name, name): value for name, value in form.items()}
    headers = {"X-Gateway-Blocked": blocked} if blocked is not None else {}
    auth = (ACCOUNT, "fa4e" * 8)
    return await gateway.post(gateway.messages_url(rest), aiohttp.FormData(fields)(), auth=auth, **headers)


async def held(gateway: Gateway, **form: str) -> dict[str, Any]:
    answered = await send(gateway, MessagingServiceSid=SERVICE, **form)
    assert (201, "accepted") == (answered.status, answered.json["status"])
    return answered.json


async def listed(gateway: Gateway, query: str = "") -> dict[str, Any]:
    return (await gateway.get(gateway.messages_url(f".json{query}"))).json


LATER = {"ScheduleType": "fixed", "SendAt": "2027-01-01T00:00:00Z"}
FORMS = [
    pytest.param({"from_": ALONE}, None, 400, id="From alone"),
    pytest.param({"from_": IN_POOL}, None, 400, id="From of a pool, alone"),
    pytest.param({"MessagingServiceSid": SERVICE}, None, 201, id="a service"),
    pytest.param({"from_": SERVICE}, None, 201, id="a service as From"),
    pytest.param({"MessagingServiceSid": SERVICE, "from_": IN_POOL}, None, 201, id="a service and From"),
    pytest.param({"MessagingServiceSid": SERVICE, **LATER}, None, 400, id="scheduled"),
    pytest.param({"MessagingServiceSid": SERVICE, **LATER}, "async", 400, id="scheduled, asked for async"),
    pytest.param({"MessagingServiceSid": SERVICE}, "sync", 400, id="a service, asked for sync"),
    pytest.param({"from_": ALONE}, "async", 201, id="From alone, asked for async"),
    pytest.param({"from_": ALONE}, "auto", 400, id="From alone, asked for auto"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_blocked_send_fails_in_the_form_that_twilio_or_the_request_gives_it(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    for case in FORMS:
        form, blocked, status = case.values
        answered = await send(gateway, blocked, **form)  # type: ignore[arg-type]
        told = answered.json.get("code") or answered.json["status"]
        assert (status, 21610 if status == 400 else "accepted") == (answered.status, told), case.id
    assert [] == list(sandbox.messages)
    refused = await send(gateway, "later", from_=OTHER_PHONE)
    assert (400, 20001) == (refused.status, refused.json["code"])
    assert "X-Gateway-Blocked" in refused.json["message"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_header_does_not_go_on_to_twilio(gateway: Gateway, sandbox: Sandbox) -> None:
    assert 201 == (await send(gateway, "sync", To=OTHER_PHONE, from_=ALONE)).status
    assert [] == [name for request in sandbox.requests for name, _ in request.headers if "gateway" in name.lower()]


async def test_a_held_back_message_fails_and_is_fetched_redacted_and_deleted(
    gateway: Gateway, pages: Pages, eventually: Eventually
) -> None:
    callback = pages.put("/status", "")
    accepted = await held(gateway, StatusCallback=callback)
    url = gateway.messages_url(f"/{accepted['sid']}.json")
    gateway.clock.advance(1)
    failed = (await gateway.get(url)).json
    told = ("failed", 21610, "Attempt to send to unsubscribed recipient", None, "Hello")
    assert told == tuple(failed[name] for name in ("status", "error_code", "error_message", "from", "body"))
    assert b"<ErrorCode>21610</ErrorCode>" in (await gateway.get(url.removesuffix(".json"))).body
    await eventually(lambda: pages.asked)
    [asked] = pages.asked
    assert asked.is_signed
    fields = ("MessageStatus", "ErrorCode", "MessageSid", "To", "MessagingServiceSid", "OptOutType")
    assert ["failed", "21610", accepted["sid"], PHONE, SERVICE, None] == [asked.params.get(name) for name in fields]
    auth = (ACCOUNT, "fa4e" * 8)
    assert 400 == (await gateway.post(url, "Status=canceled", auth=auth)).status
    assert 400 == (await gateway.post(url, "Body=other", auth=auth)).status
    assert "" == (await gateway.post(url, "Body=", auth=auth)).json["body"]
    assert "" == (await gateway.get(url)).json["body"]
    assert 401 == (await gateway.get(url, auth=(ACCOUNT, "wrong"))).status
    async with gateway.http.delete(url, headers={"Authorization": aiohttp.encode_basic_auth(*auth)}) as answer:
        assert (204, b"") == (answer.status, await answer.read())
    assert 404 == (await gateway.get(url)).status


async def test_a_callback_survives_an_app_that_fails_and_the_text_is_kept_for_its_hours(
    gateway: Gateway, pages: Pages, eventually: Eventually
) -> None:
    callback = pages.put("/status", "", status=500)
    accepted = await held(gateway, StatusCallback=callback)
    gateway.clock.advance(1)
    await eventually(lambda: pages.asked)
    pages.put("/status", "")
    gateway.clock.advance(5)
    await eventually(lambda: len(pages.asked) == 2)
    await eventually(lambda: gateway.rows("SELECT state FROM deliveries WHERE kind = 'callback'") == [("done",)])
    gateway.clock.advance(169 * HOUR_SECONDS)
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        await Forgetting(store, gateway.clock).forget()
    finally:
        await store.close()
    left = (await gateway.get(gateway.messages_url(f"/{accepted['sid']}.json"))).json
    assert ("", "", "failed", 21610) == (left["to"], left["body"], left["status"], left["error_code"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_callback_that_no_app_takes_is_given_up_after_a_day_and_can_be_seen(
    gateway: Gateway, pages: Pages, eventually: Eventually
) -> None:
    accepted = await held(gateway, StatusCallback=pages.put("/status", "", status=500))
    gateway.clock.advance(1)
    told = "SELECT state, last_error FROM deliveries WHERE kind = 'callback'"
    await eventually(lambda: gateway.rows(told) == [("owed", "it answered 500")])
    gateway.clock.advance(25 * HOUR_SECONDS)
    await eventually(lambda: gateway.rows(told) == [("dead", "it answered 500")])
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        operations = DeliveryOperations(store, gateway.clock)
        [shown] = [dict(about(each)) async for each in operations.listed(DeliveryFilter(state="dead"))]
        assert (accepted["sid"], PHONE) == (shown["MessageSid"], shown["To"])
        pages.put("/status", "")
        assert 1 == await operations.retry_dead()
    finally:
        await store.close()
    await eventually(lambda: gateway.rows(told) == [("done", None)])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_held_back_messages_stand_once_on_the_page_whose_dates_they_fall_into(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    expected = []
    for number in range(4):
        sent = await send(gateway, To=OTHER_PHONE, from_=ALONE, Body=f"sent {number}")
        expected += [sent.json["sid"], (await held(gateway, Body=f"held {number}"))["sid"]]
        await asyncio.sleep(0.4)
    pages, uri = [], "?PageSize=1"
    while uri:
        page = await listed(gateway, uri)
        pages.append([message["sid"] for message in page["messages"]])
        uri = "?" + page["next_page_uri"].partition("?")[2] if page["next_page_uri"] else ""
    assert 4 == len(pages)
    assert sorted(expected) == sorted(sid for page in pages for sid in page)


FILTERS = [
    pytest.param("?To=%2B14155550100", ["held"], id="To"),
    pytest.param("?To=(415)%20555-0100", ["held"], id="To in another writing"),
    pytest.param("?To=%2B14155550155", [], id="another To"),
    pytest.param("?From=%2B12025550101", ["held"], id="From"),
    pytest.param("?From=%2B12025550103", [], id="another From"),
    pytest.param("?DateSent=2026-01-01", [], id="DateSent"),
    pytest.param("?DateSent%3E=2020-01-01", [], id="DateSent since"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_list_with_filters_shows_the_held_back_messages_that_fit(gateway: Gateway) -> None:
    await held(gateway, from_=IN_POOL, Body="held")
    for case in FILTERS:
        query, expected = case.values
        page = await listed(gateway, str(query))
        assert expected == [message["body"] for message in page["messages"]], case.id
    assert 401 == (await gateway.get(gateway.messages_url(), auth=(ACCOUNT, "wrong"))).status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_service_says_how_its_blocked_sends_fail(gateway: Gateway) -> None:
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        directory = Directory([], store, lambda _: None, gateway.clock)  # type: ignore[arg-type, return-value]
        operations = ServiceOperations(store, directory, gateway.clock)
        await operations.save(ACCOUNT, SERVICE, OptOutSettings(blocked=BlockedMode.SYNC), Actor("test"))
    finally:
        await store.close()
    assert 400 == (await send(gateway, MessagingServiceSid=SERVICE)).status
    assert 201 == (await send(gateway, "async", MessagingServiceSid=SERVICE)).status
