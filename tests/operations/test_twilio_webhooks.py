"""Webhooks at Twilio led to the gateway and back, with the apps' own URLs kept as where messages are relayed to."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.operations.actors import Actor
from gateway.operations.twilio_webhooks import Action, Step, WebhookOperations
from gateway.sandbox import SampleApp, Sandbox
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Origins, Upstreams
from tests.staging import ACCOUNT, ALONE, IN_POOL, SERVICE, SHORT_CODE, TOKEN, WHATSAPP, Gateway, Operator, StartGateway

FROM_APP = "<Response><Message>from its own app</Message></Response>"
NUMBERS = f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers"


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    """A gateway whose settings name no app: only Twilio knows where messages go."""
    return await start_gateway(account={"app_url": None})


@pytest.fixture
def webhooks(gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp) -> WebhookOperations:
    """The operations, with Twilio's webhooks at the app."""
    app.answer_with(body=FROM_APP)
    for number in sandbox.world.numbers.values():
        number.sms_url, number.sms_fallback_url = app.sms_url, ""
    service = sandbox.world.services[SERVICE]
    service.use_inbound_webhook_on_number, service.inbound_request_url = False, f"{app.sms_url}?of=service"
    origins = Origins(sandbox.url, sandbox.url, f"{sandbox.url}/{{product}}", sandbox.url)
    return WebhookOperations(operator.store, Upstreams(Upstream, origins), gateway.url, lambda _: None, gateway.clock)


@pytest.fixture
def work(webhooks: WebhookOperations, operator: Operator) -> Callable[..., Any]:
    """Plan and carry out; gives the steps by name. ``stop_after`` breaks off, as a kill does."""

    async def working(*, revert: bool = False, stop_after: int | None = None) -> dict[str, Step]:
        account = operator.directory.demand(ACCOUNT)
        steps = await webhooks.planned(account, revert=revert)
        done = 0
        async for _ in webhooks.carry_out(account, steps, Actor("ann")):
            done += 1
            if done == stop_after:
                break
        return {step.name: step for step in steps}

    return working


def urls(sandbox: Sandbox) -> set[str | None]:
    numbers = [number.sms_url for number in sandbox.world.numbers.values()]
    return {*numbers, sandbox.world.services[SERVICE].inbound_request_url}


async def test_webhooks_are_adopted_relayed_to_their_apps_and_put_back(
    gateway: Gateway, work: Callable[..., Any], sandbox: Sandbox, app: SampleApp
) -> None:
    before = urls(sandbox)
    await work(stop_after=2)
    assert 1 < len(urls(sandbox)), "it was broken off"
    steps = await work()
    assert {f"{gateway.url}/inbound"} == urls(sandbox)
    assert {Action.NOTHING} == {step.action for step in (await work()).values()}, "done twice it is as done once"
    assert {ALONE, SHORT_CODE, WHATSAPP, IN_POOL, "Pool"} <= steps.keys()

    for to, query in ((ALONE, ""), (IN_POOL, "?of=service"), (WHATSAPP, "")):
        handled = await sandbox.phone("+14155550100").send("hello", to=to)
        assert ["from its own app"] == list(handled.replies), to
        assert app.received[-1].valid, f"signed for {app.sms_url}{query}"

    steps = await work(revert=True)
    assert before == urls(sandbox)
    assert {Action.NOTHING} == {step.action for step in (await work(revert=True)).values()}


async def test_a_revert_that_was_broken_off_can_be_adopted_again(
    gateway: Gateway, work: Callable[..., Any], sandbox: Sandbox
) -> None:
    before = urls(sandbox)
    steps = await work()
    number, own = sandbox.world.numbers[ALONE], steps[ALONE].there
    number.sms_url, number.sms_fallback_url = own.url, own.fallback_url  # Twilio was told, and it is not written down
    assert Action.ADOPT is (await work())[ALONE].action
    assert {f"{gateway.url}/inbound"} == urls(sandbox)
    await work(revert=True)
    assert before == urls(sandbox)


async def test_what_somebody_else_changed_at_twilio_is_left_alone(
    gateway: Gateway, work: Callable[..., Any], sandbox: Sandbox
) -> None:
    await work()
    elsewhere = sandbox.world.numbers[ALONE]
    elsewhere.sms_url = "https://elsewhere.example.com/sms"
    assert Action.CONFLICT is (await work())[ALONE].action
    assert Action.CONFLICT is (await work(revert=True))[ALONE].action
    assert "https://elsewhere.example.com/sms" == elsewhere.sms_url


async def test_an_app_that_sets_its_url_reads_it_back_and_gets_its_messages_and_does_not_disconnect_the_gateway(
    gateway: Gateway, work: Callable[..., Any], sandbox: Sandbox, app: SampleApp
) -> None:
    await work()
    own = f"{app.sms_url}?tenant=a"
    number, sender = sandbox.world.numbers[ALONE], sandbox.world.numbers[WHATSAPP]
    for base, path, data, shown in (
        ("", f"{NUMBERS}/{number.sid}.json", {"SmsUrl": own, "FriendlyName": "mine"}, "sms_url"),
        ("", f"/v1/Services/{SERVICE}", {"InboundRequestUrl": own}, "inbound_request_url"),
        ("/messaging", f"/v2/Channels/Senders/{sender.sid}", {"webhook": {"callback_url": own}}, "callback_url"),
    ):
        body: Any = data
        headers = {}
        if "webhook" in data:
            body, headers = json.dumps(data), {"Content_Type": "application/json"}
        answered = await gateway.post(f"{gateway.url}{base}{path}", body, auth=(ACCOUNT, TOKEN), **headers)
        read = (await gateway.get(f"{gateway.url}{base}{path}")).json
        for told in (answered.json, read):
            assert own == (told.get("webhook") or told)[shown], path
    assert "mine" == number.friendly_name
    assert {f"{gateway.url}/inbound"} == urls(sandbox), "Twilio still sends everything to the gateway"
    listed = (await gateway.get(f"{gateway.url}{NUMBERS}.json")).json["incoming_phone_numbers"]
    assert own in {each["sms_url"] for each in listed}
    for to in (ALONE, IN_POOL, WHATSAPP):
        await sandbox.phone("+14155550100").send("hello", to=to)
        assert app.received[-1].valid, "signed over the URL that the app set"

    for refused, status in (({"SmsUrl": "ftp://x"}, 400), ({"SmsApplicationSid": "AP" + "1" * 32}, 400)):
        path = f"{NUMBERS}/{number.sid}.json"
        assert status == (await gateway.post(f"{gateway.url}{path}", refused, auth=(ACCOUNT, TOKEN))).status
    wrong = await gateway.post(f"{gateway.url}{path}", {"SmsUrl": "https://evil.example.com"}, auth=(ACCOUNT, "0" * 32))
    assert 401 == wrong.status
    await work(revert=True)
    assert own == number.sms_url, "put back is what the app set last"
