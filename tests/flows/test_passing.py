"""Calls that are no sends, over HTTP through a gateway to the sandbox."""

import pytest

from gateway.sandbox import Fault, Sandbox
from tests.staging import ACCOUNT, ALONE, OTHER_ACCOUNT, PHONE, SERVICE, TOKEN, Gateway, StartGateway

PASSED = [
    pytest.param(f"/2010-04-01/Accounts/{ACCOUNT}.json", 200, id="the account"),
    pytest.param(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=2&DateSent%3E=2008-01-02", 200, id="a list"),
    pytest.param(f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json", 200, id="numbers"),
    pytest.param(f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'0' * 32}.json", 404, id="Twilio's own 404"),
    pytest.param("/v1/Services", 200, id="services by messaging's own path"),
    pytest.param(f"/messaging/v1/Services/{SERVICE}/PhoneNumbers", 200, id="a pool below /messaging"),
]


@pytest.mark.parametrize(("path", "status"), PASSED)
async def test_other_calls_pass_with_twilios_answer(gateway: Gateway, sandbox: Sandbox, path: str, status: int) -> None:
    answered = await gateway.get(gateway.url + path)
    direct = await gateway.get(sandbox.url + path.removeprefix("/messaging"))
    led_back = direct.body.replace(sandbox.url.encode(), f"{gateway.url}/messaging".encode())
    assert (status, led_back) == (answered.status, answered.body)
    assert path.removeprefix("/messaging") == sandbox.requests[0].target


async def test_updates_and_deletes_of_a_message_pass(gateway: Gateway, sandbox: Sandbox) -> None:
    sid = (await gateway.send(To=PHONE, from_=ALONE, Body="secret")).json["sid"]
    await sandbox.settle()
    redacted = await gateway.post(gateway.messages_url(f"/{sid}.json"), "Body=", auth=(ACCOUNT, TOKEN))
    assert (200, "") == (redacted.status, redacted.json["body"])
    url = gateway.messages_url(f"/{sid}.json")
    async with gateway.http.delete(url, headers={"Authorization": "Basic bm9ib2R5Og=="}) as response:
        assert 401 == response.status
    assert 200 == (await gateway.get(url)).status


TEXTING_CALLS = [
    pytest.param("<Response><Sms>Hi</Sms></Response>", id="<Sms>"),
    pytest.param("<Response><Message>Hi</Message></Response>", id="<Message>"),
    pytest.param("<Response>< sMs to='+14155550100'>Hi</sMs></Response>", id="in another spelling"),
]


@pytest.mark.parametrize("twiml", TEXTING_CALLS)
async def test_a_phone_call_whose_twiml_texts_is_refused(gateway: Gateway, sandbox: Sandbox, twiml: str) -> None:
    url = f"{gateway.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    form = {"To": PHONE, "From": ALONE, "Twiml": twiml}
    answered = await gateway.post(
        url, "&".join(f"{k}={v.replace('+', '%2B')}" for k, v in form.items()), auth=(ACCOUNT, TOKEN)
    )
    assert (403, 900403) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


async def test_a_phone_call_that_only_speaks_passes(gateway: Gateway, sandbox: Sandbox) -> None:
    url = f"{gateway.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    await gateway.post(
        url, "To=%2B14155550100&Twiml=%3CResponse%3E%3CSay%3EHi%3C%2FSay%3E%3C%2FResponse%3E", auth=(ACCOUNT, TOKEN)
    )
    assert b"To=%2B14155550100&Twiml=%3CResponse%3E%3CSay%3EHi%3C%2FSay%3E%3C%2FResponse%3E" == sandbox.requests[0].body


async def test_an_account_that_is_not_in_the_settings_is_answered_401(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await gateway.get(f"{gateway.url}/2010-04-01/Accounts/{OTHER_ACCOUNT}.json")
    assert (401, 20003) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


BROKEN = [
    pytest.param(Fault(kind="reset", when="before"), 409, 900409, id="broken before an answer"),
    pytest.param(Fault(kind="truncate", when="after"), 409, 900409, id="broken within the answer"),
]


@pytest.mark.parametrize(("fault", "status", "code"), BROKEN)
async def test_an_answer_that_breaks_off_is_an_unknown_outcome(
    gateway: Gateway, sandbox: Sandbox, fault: Fault, status: int, code: int
) -> None:
    sandbox.inject(fault)
    answered = await gateway.get(gateway.messages_url())
    assert (status, code) == (answered.status, answered.json["code"])


async def test_twilio_out_of_reach_is_told_in_the_format_asked_for(start_gateway: StartGateway) -> None:
    nobody = "http://127.0.0.1:9"
    gateway = await start_gateway(twilio={"api_url": nobody, "messaging_url": nobody, "sync_seconds": 0})
    answered = await gateway.get(gateway.messages_url(".xml"))
    assert (503, "1") == (answered.status, answered.headers["Retry-After"])
    assert "<Code>900502</Code>" in answered.text
