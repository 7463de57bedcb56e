import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException

from gateway.sandbox import ConsentItem, Fault, SampleApp, Sandbox, SandboxNumber, SandboxService, Seeds

PHONE = "+14155550100"
ALONE = "+12025550108"
TOLL_FREE = "+18005550109"
IN_POOL = "+15005550006"
ACCOUNT = "AC" + "a1" * 16
SERVICE = "MG" + "a1" * 16


def consent(**fields: Any) -> dict[str, Any]:
    given = {
        "contact_id": PHONE,
        "correlation_id": uuid.uuid4().hex,
        "sender_id": SERVICE,
        "status": "opt-out",
        "source": "website",
        "date_of_consent": "2026-02-28T10:05:27Z",
    }
    return {name: value for name, value in (given | fields).items() if value is not None}


@pytest.fixture
def give(sandbox: Sandbox, http: aiohttp.ClientSession) -> Callable[..., Any]:
    """Post consents in bulk; gives status and JSON."""

    async def post(*items: Any, auth: tuple[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        form = [("Items", each if isinstance(each, str) else json.dumps(each)) for each in items]
        headers = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        url = f"{sandbox.url}/v1/Consents/Bulk"
        async with http.post(url, data=aiohttp.FormData(form), headers=headers) as response:
            return response.status, await response.json()

    return post


async def test_consents_are_given_with_the_sdk(sandbox, twilio):
    items = [consent(), consent(contact_id="+19", date_of_consent="2026-03-25")]
    answer = await asyncio.to_thread(lambda: twilio.accounts.v1.bulk_consents.create(items=items))

    assert answer.items == [
        {"correlation_id": items[0]["correlation_id"], "error_code": 0, "error_messages": []},
        {
            "correlation_id": items[1]["correlation_id"],
            "error_code": 30646,
            "error_messages": ["INVALID_CONTACT_ID", "INVALID_DATE_OF_CONSENT"],
        },
    ]
    assert sandbox.world.opt_outs == {(SERVICE, PHONE)}


async def test_the_example_of_twilios_openapi_document_is_answered_as_published(seeds: Seeds, http):
    service = "MG" + "0" * 31 + "1"
    numbers = (*seeds.numbers, SandboxNumber(ACCOUNT, "123456"))
    services = (SandboxService(service, ACCOUNT, "Example"),)
    first = consent(contact_id="+19999999999", sender_id=service, date_of_consent="2025-02-28T10:05:27Z")
    second = {
        "contact_id": "+19",
        "correlation_id": "02520cfa6c432f0e3ec3a38c122d428d",
        "sender_id": "123456",
        "date_of_consent": "2025-03-25",
        "status": "opt-in",
        "source": "opt-in-message",
    }
    form = aiohttp.FormData([("Items", json.dumps(each)) for each in (first, second)])
    async with (
        Sandbox(replace(seeds, numbers=numbers, services=services)) as sandbox,
        http.post(f"{sandbox.url}/v1/Consents/Bulk", data=form) as response,
    ):
        answer = await response.json()

    assert response.status == 201
    assert [(each["error_code"], each["error_messages"]) for each in answer["items"]] == [
        (0, []),
        (30646, ["INVALID_CONTACT_ID", "INVALID_DATE_OF_CONSENT"]),
    ]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        pytest.param({}, [], id="in order"),
        pytest.param({"date_of_consent": None}, [], id="without a date"),
        pytest.param({"date_of_consent": ""}, [], id="with an empty date"),
        pytest.param({"date_of_consent": "2026-02-28T10:05:27+01:00"}, [], id="a date with an offset"),
        pytest.param({"sender_id": ALONE}, [], id="a from number"),
        pytest.param({"sender_id": "55501"}, [], id="a short code"),
        pytest.param({"correlation_id": "a" * 31}, ["INVALID_CORRELATION_ID"], id="31 characters"),
        pytest.param({"correlation_id": str(uuid.uuid4())}, ["INVALID_CORRELATION_ID"], id="a UUID with hyphens"),
        pytest.param({"correlation_id": None}, ["INVALID_CORRELATION_ID"], id="no correlation"),
        pytest.param({"sender_id": "MG" + "0" * 32}, ["INVALID_SENDER_ID"], id="an unknown service"),
        pytest.param({"sender_id": "+12025550111"}, ["INVALID_SENDER_ID"], id="another account's number"),
        pytest.param({"sender_id": "whatsapp:+12025550110"}, ["INVALID_SENDER_ID"], id="a WhatsApp sender"),
        pytest.param({"sender_id": "ACME"}, ["INVALID_SENDER_ID"], id="a sender ID"),
        pytest.param({"contact_id": "4155550100"}, ["INVALID_CONTACT_ID"], id="a national number"),
        pytest.param({"contact_id": "whatsapp:+14155550100"}, ["INVALID_CONTACT_ID"], id="on WhatsApp"),
        pytest.param({"contact_id": 14155550100}, ["INVALID_CONTACT_ID"], id="a number of JSON"),
        pytest.param({"status": "stop"}, ["INVALID_STATUS"], id="status"),
        pytest.param({"source": "web"}, ["INVALID_SOURCE"], id="source"),
        pytest.param({"date_of_consent": "28.02.2026"}, ["INVALID_DATE_OF_CONSENT"], id="not ISO 8601"),
        pytest.param({"date_of_consent": "2026-02-30T10:00:00Z"}, ["INVALID_DATE_OF_CONSENT"], id="no such day"),
        pytest.param({"date_of_consent": "2126-01-01T00:00:00Z"}, ["INVALID_DATE_OF_CONSENT"], id="in the future"),
        pytest.param({"date_of_consent": 5}, ["INVALID_DATE_OF_CONSENT"], id="no string"),
        pytest.param({"status": "", "source": ""}, ["INVALID_STATUS", "INVALID_SOURCE"], id="two faults"),
    ],
)
async def test_an_item_is_checked_field_by_field(sandbox, give, fields, errors):
    status, answer = await give(consent(**fields))

    assert status == 201
    assert (30646 if errors else 0, errors) == (answer["items"][0]["error_code"], answer["items"][0]["error_messages"])
    assert len(sandbox.world.opt_outs) == (0 if errors else 1)


async def test_a_correlation_id_that_comes_twice_is_good_for_neither(sandbox, give):
    twice = consent()
    _, answer = await give(twice, twice | {"contact_id": "+14155550101"}, consent(contact_id="+14155550102"))

    messages = [each["error_messages"] for each in answer["items"]]
    assert [["INVALID_CORRELATION_ID"], ["INVALID_CORRELATION_ID"], []] == messages
    assert sandbox.world.opt_outs == {(SERVICE, "+14155550102")}


async def test_an_opt_out_for_a_service_holds_back_its_sends(sandbox, give, send):
    await give(consent())
    refused, error = await send(To=PHONE, From=IN_POOL, Body="x")
    accepted, _ = await send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")
    alone, _ = await send(To=PHONE, From=ALONE, Body="x")
    await sandbox.settle()

    assert (400, 21610) == (refused, error["code"])
    assert (201, 201) == (accepted, alone)
    assert [message.error_code for message in sandbox.messages] == [21610, None]


async def test_an_opt_out_for_a_number_holds_back_that_number_alone(give, send):
    await give(consent(sender_id=ALONE))

    assert (await send(To=PHONE, From=ALONE, Body="x"))[0] == 400
    assert (await send(To=PHONE, From=IN_POOL, Body="x"))[0] == 201
    assert (await send(To=f"whatsapp:{PHONE}", From="whatsapp:+12025550110", Body="x"))[0] == 201


async def test_an_opt_in_lifts_what_a_keyword_blocked(sandbox, app, give, send):
    app.answer_with()
    sandbox.set_twilio_handling("default")
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    before, _ = await send(To=PHONE, From=IN_POOL, Body="x")
    await give(consent(status="opt-in", source="opt-in-message"))
    after, _ = await send(To=PHONE, From=IN_POOL, Body="x")

    assert (400, 201) == (before, after)


async def test_an_opt_in_lifts_no_carriers_block(sandbox, app, give, send):
    app.answer_with()
    await sandbox.phone(PHONE).send("STOP", to=TOLL_FREE)
    _, answer = await give(consent(sender_id=TOLL_FREE, status="opt-in"))
    status, error = await send(To=PHONE, From=TOLL_FREE, Body="x")

    assert answer["items"][0]["error_code"] == 0
    assert (400, 21610) == (status, error["code"])


async def test_a_keyword_lifts_what_a_consent_blocked(sandbox, app, give, send):
    app.answer_with()
    sandbox.set_twilio_handling("default")
    await give(consent(sender_id=ALONE))
    await sandbox.phone(PHONE).send("START", to=ALONE)
    status, _ = await send(To=PHONE, From=ALONE, Body="x")

    assert status == 201


async def test_an_error_of_twilios_own_is_switched_on_for_some_items_or_all(sandbox, give):
    sandbox.fail_consent_items(1)
    _, some = await give(consent(status="x"), consent(), consent(contact_id="+14155550101"))
    sandbox.fail_consent_items(None)
    _, every = await give(consent(contact_id="+14155550102"))

    failed = ["INTERNAL_SERVER_ERROR"]
    assert [["INVALID_STATUS"], failed, []] == [each["error_messages"] for each in some["items"]]
    assert [failed] == [each["error_messages"] for each in every["items"]]
    assert sandbox.world.opt_outs == {(SERVICE, "+14155550101")}


@pytest.mark.parametrize(
    ("items", "status", "code"),
    [
        pytest.param([consent() for _ in range(25)], 201, None, id="25"),
        pytest.param([consent() for _ in range(26)], 400, 20001, id="26"),
        pytest.param([], 400, 20001, id="none"),
        pytest.param(["{"], 400, 20001, id="no JSON"),
        pytest.param(["[]"], 400, 20001, id="no object"),
    ],
)
async def test_how_many_items_a_call_may_have_and_in_what_form(sandbox, give, items, status, code):
    answered, answer = await give(*items)

    assert (status, code) == (answered, answer.get("code"))
    assert len(sandbox.consent_calls) == (1 if status == 201 else 0)


async def test_wrong_credentials_are_refused(sandbox, give):
    status, error = await give(consent(), auth=(ACCOUNT, "wrong"))

    assert (401, 20003) == (status, error["code"])
    assert (sandbox.consent_calls, sandbox.world.opt_outs) == ((), set())


async def test_a_hundred_calls_a_minute_are_taken_and_more_a_minute_later(seeds: Seeds, app: SampleApp, http):
    async with Sandbox(replace(seeds, consent_calls_per_minute=2)) as sandbox:

        async def call(account: str = ACCOUNT, token: str = "fa4e" * 8) -> tuple[int, int | None]:
            headers = {"Authorization": aiohttp.encode_basic_auth(account, token)}
            form = {"Items": json.dumps(consent())}
            async with http.post(f"{sandbox.url}/v1/Consents/Bulk", data=form, headers=headers) as response:
                return response.status, (await response.json()).get("code")

        at_once = [await call() for _ in range(3)]
        another = await call("AC" + "b2" * 16, "1" * 32)
        sandbox.advance(60)
        later = await call()

    assert Seeds(()).consent_calls_per_minute == 100
    assert [(201, None), (201, None), (429, 20429)] == at_once
    assert (201, None) == another == later


async def test_calls_are_kept_with_what_came_of_each_item(sandbox, give):
    item = consent(status="opt-in", date_of_consent=None)
    await give(item, consent(source="x"))

    (call,) = sandbox.consent_calls
    assert call.account_sid == ACCOUNT
    assert datetime.now(UTC) - call.received_at < timedelta(seconds=5)
    assert call.results[0].item == ConsentItem(**(item | {"date_of_consent": None}))
    assert [(), ("INVALID_SOURCE",)] == [each.error_messages for each in call.results]


async def test_a_fault_spoils_a_call_as_a_whole(sandbox, give):
    sandbox.inject(Fault("status", status=503, path_prefix="/v1/Consents"))
    status, _ = await give(consent())

    assert (503, ()) == (status, sandbox.consent_calls)


async def test_a_reset_forgets_consents(sandbox, give):
    await give(consent())
    sandbox.fail_consent_items(None)
    sandbox.reset()

    assert (sandbox.consent_calls, sandbox.world.opt_outs) == ((), set())
    assert (await give(consent()))[1]["items"][0]["error_code"] == 0


async def test_the_sdk_raises_for_a_call_that_is_refused(twilio):
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: twilio.accounts.v1.bulk_consents.create(items=[]))

    assert (400, 20001) == (caught.value.status, caught.value.code)
