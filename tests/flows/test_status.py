"""Status callbacks led through the gateway: verified, learned from, relayed as they came."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from gateway.flows.status import LedCallback, StatusTokens, learned_from
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.sandbox import SampleApp, Sandbox
from gateway.twilio.forms import Form
from tests.flows.conftest import Pages
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Answered, Gateway, StartGateway, inbound

Eventually = Callable[[Callable[[], object]], Awaitable[None]]
LED = LedCallback(ACCOUNT, "https://app.example.com/status", 1_000)
FAILED = {"ErrorCode": "21610", "MessageStatus": "failed", "To": PHONE, "From": ALONE, "MessagingServiceSid": SERVICE}
BY_SERVICE, BY_SENDER = Scope(ScopeKind.SERVICE, SERVICE), Scope(ScopeKind.SENDER, ALONE)


LEARNED = [
    pytest.param({}, BY_SERVICE, id="for the service"),
    pytest.param({"MessagingServiceSid": None}, BY_SENDER, id="without one for the sender"),
    pytest.param({"From": None}, BY_SERVICE, id="no sender was chosen"),
    pytest.param({"MessageStatus": "undelivered"}, BY_SERVICE, id="undelivered"),
    pytest.param({"MessageStatus": "delivered"}, None, id="delivered"),
    pytest.param({"ErrorCode": "30003"}, None, id="another error"),
    pytest.param({"ErrorCode": "²1610"}, None, id="an error that is no number"),
    pytest.param({"ErrorCode": None}, None, id="no error"),
    pytest.param({"To": "nobody"}, None, id="nobody"),
    pytest.param({"MessagingServiceSid": None, "From": None}, None, id="neither service nor sender"),
]


@pytest.mark.parametrize(("changed", "expected"), LEARNED)
def test_a_21610_is_learned_for_what_the_callback_names(changed: dict[str, str | None], expected: Scope | None) -> None:
    form = Form(tuple((name, value) for name, value in (FAILED | changed).items() if value is not None))
    learned = learned_from(form, LED)
    assert expected == (learned.scope if learned is not None else None)
    assert learned is None or LED.created_at == learned.created_at


def test_a_callback_that_says_it_twice_tells_nothing() -> None:
    assert None is learned_from(Form((*FAILED.items(), ("To", "+14155550101"))), LED)


def test_a_token_that_was_changed_or_is_for_something_else_is_not_read() -> None:
    tokens = StatusTokens(b"s" * 32, "https://g")
    assert [None] * 3 == [tokens.read(text) for text in ("", "AAAA", "A" * 80)]


@dataclass
class Told:
    """What the app got, and where Twilio was sent to."""

    gateway: Gateway
    path: str


async def leading(start_gateway: StartGateway, sandbox: Sandbox, callback: str) -> Told:
    """A gateway that leads callbacks, and the path that stands for a send's."""
    gateway = await start_gateway(account={"lead_status_callbacks": True})
    assert 201 == (await gateway.send(To=PHONE, from_=ALONE, Body="x", StatusCallback=callback)).status
    [sent] = sandbox.messages
    url = sent.status_callback or ""
    assert url.startswith(f"{gateway.url}/status/")
    return Told(gateway, urlsplit(url).path)


async def test_a_21610_that_twilio_tells_later_is_learned_and_a_later_opt_in_lifts_it(
    start_gateway: StartGateway, sandbox: Sandbox, pages: Pages
) -> None:
    told = await leading(start_gateway, sandbox, pages.put("/status", "", status=204) + "?a=%2f#rc=2")
    gateway = told.gateway
    await sandbox.settle()
    statuses = [asked.params["MessageStatus"] for asked in pages.asked]
    assert "delivered" in statuses
    assert all(asked.is_signed and "OptOutType" not in asked.params for asked in pages.asked)
    form = FAILED | {"AccountSid": ACCOUNT, "MessageSid": "SM" + "9" * 32}
    assert 204 == (await gateway.webhook(form, path=told.path)).status
    assert pages.asked[-1].is_signed
    assert form == pages.asked[-1].params
    assert 21610 == (await gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")).json["code"]
    gateway.clock.advance(5)
    await gateway.webhook(inbound("START", To=IN_POOL))
    assert 204 == (await gateway.webhook(form, path=told.path)).status
    assert 201 == (await gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")).status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_callback_is_relayed_byte_for_byte_and_answered_as_the_app_answers(
    start_gateway: StartGateway, sandbox: Sandbox, pages: Pages
) -> None:
    bodies: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=418)

    application = web.Application()
    application.router.add_post("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        told = await leading(start_gateway, sandbox, f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await sandbox.settle()
        body = f"z=1&AccountSid={ACCOUNT}&a=%7e+%2B&MessageStatus=sent&Empty="
        fields = {"z": "1", "AccountSid": ACCOUNT, "a": "~ +", "MessageStatus": "sent", "Empty": ""}
        answered = await signed(told, body, fields)
        assert (418, body.encode()) == (answered.status, bodies[-1])
        count = len(bodies)
        unsigned = await told.gateway.post(f"{told.gateway.url}{told.path}", body)
        changed = await told.gateway.post(f"{told.gateway.url}{told.path}x", body)
        assert (403, 404, count) == (unsigned.status, changed.status, len(bodies))
        assert told.path[8:] not in unsigned.text
    finally:
        await runner.cleanup()
    assert 502 == (await signed(told, body, fields)).status


async def signed(told: Told, body: str, fields: dict[str, str]) -> Answered:
    url = f"{told.gateway.url}{told.path}"
    signature = RequestValidator("fa4e" * 8).compute_signature(url, fields)
    return await told.gateway.post(url, body, **{"X-Twilio-Signature": signature})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_the_setting_twilio_calls_the_app_itself(
    gateway: Gateway, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    await gateway.send(To=PHONE, from_=ALONE, Body="x", StatusCallback=app.status_url)
    assert [app.status_url] == [message.status_callback for message in sandbox.messages]
