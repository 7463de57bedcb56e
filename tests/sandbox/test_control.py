import asyncio
import json
from datetime import datetime, timedelta

import pytest

PHONE = "%2B14155550100"
ALONE = "+12025550108"
TOLL_FREE = "+18005550109"
ROOT = "/sandbox/v1"


@pytest.fixture
def control(sandbox, http):
    """Call the control surface; gives status and JSON."""

    async def call(method, path, document=None):
        async with http.request(method, sandbox.url + ROOT + path, json=document) as response:
            text = await response.json(content_type=None) if response.status != 204 else None
            return response.status, text

    return call


async def test_a_phone_writes_and_the_answer_is_told(control, app):
    status, told = await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "Hello"})
    _, inbox = await control("GET", f"/phones/{PHONE}/messages")

    assert status == 201
    assert told["replies"] == ["Thanks, we got: Hello"]
    assert set(told["webhook"]) == {"url", "status", "content_type", "body", "seconds", "error"}
    assert (told["webhook"]["url"], told["webhook"]["status"]) == (app.sms_url, 200)
    (message,) = inbox["messages"]
    assert set(message) == {"sid", "from", "to", "body", "media", "direction", "received_at"}
    assert (message["from"], message["direction"]) == (ALONE, "outbound-reply")


async def test_a_phone_need_not_wait_for_the_answer(control, sandbox, app):
    app.answer_with(delay_seconds=0.1)
    status, told = await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "Hi", "wait": False})
    await sandbox.settle()

    assert (201, None, []) == (status, told["webhook"], told["replies"])
    assert app.received[0].params["MessageSid"] == told["message_sid"]


async def test_overrides_and_an_explicit_sid_are_taken(control, app):
    sid = "SM" + "d4" * 16
    document = {"to": ALONE, "body": "Stop", "extra": {"OptOutType": "STOP"}, "message_sid": sid, "media_urls": []}
    await control("POST", f"/phones/{PHONE}/messages", document)

    assert (app.received[0].params["OptOutType"], app.received[0].params["MessageSid"]) == ("STOP", sid)


async def test_a_message_is_delivered_again(control, app):
    _, told = await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "Hello"})
    status, again = await control("POST", f"/messages/{told['message_sid']}/redeliver")

    assert (201, told["message_sid"]) == (status, again["message_sid"])
    assert app.received[0].params == app.received[1].params


async def test_requests_are_told_to_the_byte(control, sandbox):
    target = "/2010-04-01/Accounts/AC0/Messages.json?x=%2f&%41=+"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    head = f"POST {target} HTTP/1.1\r\nHost: a\r\nX-Odd: 1\r\nx-ODD: 2\r\nContent-Length: 4\r\n\r\na=%4"
    writer.write(head.encode())
    await reader.readline()
    writer.close()
    await writer.wait_closed()
    _, told = await control("GET", "/requests")

    headers = [["Host", "a"], ["X-Odd", "1"], ["x-ODD", "2"], ["Content-Length", "4"]]
    expected = {"method": "POST", "target": target, "headers": headers, "body": "a=%4", "status": 401}
    assert told["requests"] == [expected]


async def test_webhooks_are_lost_as_long_as_that_is_wanted(control, app):
    status, told = await control("PUT", "/webhooks", {"losing": 1})
    assert (200, 1) == (status, told["losing"])
    _, first = await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "One"})
    await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "Two"})
    assert ["Two"] == [each.params["Body"] for each in app.received]
    assert (None, True) == (first["webhook"]["status"], "lost on its way" in first["webhook"]["error"])
    await control("POST", f"/messages/{first['message_sid']}/redeliver")
    assert ["Two", "One"] == [each.params["Body"] for each in app.received]
    assert 422 == (await control("PUT", "/webhooks", {"losing": -1}))[0]


async def test_webhooks_and_callbacks_are_told(control, sandbox, app, send):
    await control("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "Hello"})
    await send(To="+14155550100", From=ALONE, Body="x", StatusCallback=app.status_url)
    await sandbox.settle()
    _, told = await control("GET", "/webhooks")

    assert [webhook["kind"] for webhook in told["webhooks"]] == ["inbound", "status", "status", "status"]
    assert told["webhooks"][0]["params"]["Body"] == "Hello"


async def test_faults_are_set_and_told(control, send):
    fault = {"kind": "status", "status": 429, "retry_after": 1, "times": 1}
    status, told = await control("PUT", "/faults", {"faults": [fault]})
    refused, error = await send(To="+14155550100", From=ALONE, Body="x")
    _, later = await control("GET", "/faults")

    assert status == 200
    assert told["faults"] == [fault | {"seconds": 0.5, "method": None, "path_prefix": "/2010-04-01/", "when": "before"}]
    assert (429, 20429) == (refused, error["code"])
    assert later == {"faults": []}


async def test_twilios_handling_is_switched(control, sandbox):
    status, told = await control("PUT", "/twilio-handling", {"enabled": True})

    assert (200, True) == (status, told["enabled"])
    assert set(told["accounts"].values()) == {"default"}
    assert sandbox.world.twilio_handling is True


async def test_twilios_handling_is_switched_in_one_account(control):
    account = "AC" + "a1" * 16
    _, told = await control("PUT", "/twilio-handling", {"handling": "default", "account_sid": account})

    assert [sid for sid, handling in told["accounts"].items() if handling == "default"] == [account]


async def test_an_advanced_opt_out_is_enabled_and_disabled(control, service):
    keyword_set = {"keyword_type": "STOP", "keywords": ["BAJA"], "reply": "Adiós.", "country": "MX", "language": "es"}
    path = f"/services/{service}/advanced-opt-out"
    _, enabled = await control("PUT", path, {"keyword_sets": [keyword_set]})
    _, disabled = await control("PUT", path, {"keyword_sets": None})

    assert enabled["keyword_sets"] == [keyword_set]
    assert disabled["keyword_sets"] is None


async def test_the_block_lists_are_told(control):
    await control("PUT", "/twilio-handling", {"handling": "default"})
    for sender in (ALONE, TOLL_FREE):
        await control("POST", f"/phones/{PHONE}/messages", {"to": sender, "body": "STOP"})
    _, told = await control("GET", "/opt-outs")

    phone = "+14155550100"
    assert told["opt_outs"] == [{"scope": scope, "recipient": phone} for scope in (ALONE, TOLL_FREE)]
    assert told["carrier_opt_outs"] == [{"scope": TOLL_FREE, "recipient": phone}]


async def test_calls_of_the_consents_api_are_told_and_made_to_fail(control, sandbox, http):
    item = {"contact_id": "+14155550100", "correlation_id": "0" * 32, "sender_id": ALONE, "status": "opt-out"}
    item |= {"source": "website"}
    _, switched = await control("PUT", "/consents", {"failing_items": 1})
    async with http.post(f"{sandbox.url}/v1/Consents/Bulk", data={"Items": json.dumps(item)}) as response:
        assert response.status == 201
    _, told = await control("GET", "/consents")

    assert switched == {"calls": [], "failing_items": 1}
    (call,) = told["calls"]
    assert call["items"] == [item | {"date_of_consent": None, "error_messages": ["INTERNAL_SERVER_ERROR"]}]
    assert told["failing_items"] == 0


async def test_the_clock_is_set_forward(control):
    _, before = await control("GET", "/clock")
    _, after = await control("POST", "/clock", {"advance_seconds": 86_400})

    assert datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"]) >= timedelta(days=1)


async def test_senders_and_services_are_changed(control, service):
    _, number = await control("PUT", f"/numbers/%2B{ALONE[1:]}", {"sms_url": "http://a.example/", "sms_method": "GET"})
    _, changed = await control("PUT", f"/services/{service}", {"senders": [ALONE], "inbound_request_url": None})

    assert (number["sms_url"], number["sms_method"]) == ("http://a.example/", "GET")
    assert (changed["senders"], changed["inbound_request_url"]) == ([ALONE], None)


async def test_a_reset_leads_back_to_the_seeds(control, sandbox, send):
    await send(To="+14155550100", From=ALONE, Body="x")
    await control("PUT", "/twilio-handling", {"enabled": True})
    await control("PUT", "/faults", {"faults": [{"kind": "reset", "times": None}]})
    await control("PUT", f"/numbers/%2B{ALONE[1:]}", {"sms_url": "http://a.example/"})
    status, _ = await control("POST", "/reset")
    await asyncio.sleep(0.05)

    assert status == 204
    assert (sandbox.requests, sandbox.messages, sandbox.faults.waiting) == ((), (), ())
    assert sandbox.world.twilio_handling is False
    assert sandbox.world.numbers[ALONE].sms_url == ""
    assert sandbox.phone("+14155550100").inbox == ()


@pytest.mark.parametrize(
    ("method", "path", "document", "field"),
    [
        pytest.param("POST", f"/phones/{PHONE}/messages", {"to": ALONE}, "body", id="missing"),
        pytest.param("POST", f"/phones/{PHONE}/messages", {"to": "+12025550199", "body": "x"}, "to", id="sender"),
        pytest.param("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": 1}, "body", id="no string"),
        pytest.param("POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "x", "a": 1}, "a", id="unknown"),
        pytest.param(
            "POST", f"/phones/{PHONE}/messages", {"to": ALONE, "body": "x", "extra": {"A": 1}}, "extra/A", id="map"
        ),
        pytest.param("PUT", "/faults", {"faults": [{"kind": "nap"}]}, "faults/0/kind", id="kind"),
        pytest.param("PUT", "/faults", {"faults": [{"kind": "hang", "seconds": -1}]}, "faults/0/seconds", id="time"),
        pytest.param("PUT", "/faults", {"faults": {}}, "faults", id="no list"),
        pytest.param("PUT", "/twilio-handling", {"enabled": "yes"}, "enabled", id="no flag"),
        pytest.param("PUT", "/twilio-handling", [], "", id="no object"),
        pytest.param("PUT", "/twilio-handling", {}, "handling", id="neither handling nor enabled"),
        pytest.param("PUT", "/twilio-handling", {"handling": "aoo"}, "handling", id="no handling of an account"),
        pytest.param(
            "PUT", "/twilio-handling", {"enabled": True, "account_sid": "AC0"}, "account_sid", id="unknown account"
        ),
        pytest.param("PUT", "/consents", {"failing_items": -1}, "failing_items", id="no count"),
        pytest.param("POST", "/clock", {"advance_seconds": -1}, "advance_seconds", id="back in time"),
        pytest.param(
            "PUT",
            f"/services/{'MG' + 'a1' * 16}/advanced-opt-out",
            {"keyword_sets": [{"keyword_type": "STOP", "keywords": "BAJA", "reply": "x"}]},
            "keyword_sets/0/keywords",
            id="no list of keywords",
        ),
        pytest.param("PUT", f"/numbers/%2B{ALONE[1:]}", {"sms_url": "ftp://a"}, "sms_url", id="no URL"),
    ],
)
async def test_bad_input_is_a_problem_that_names_the_field(control, method, path, document, field):
    status, problem = await control(method, path, document)

    assert (422, 422, field) == (status, problem["status"], problem["field"])
    assert {"type", "title", "detail"} <= set(problem)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/messages/SM0/redeliver"),
        ("PUT", "/numbers/1"),
        ("PUT", "/services/MG0"),
        ("PUT", "/services/MG0/advanced-opt-out"),
        ("GET", "/nothing"),
        ("DELETE", "/faults"),
    ],
)
async def test_what_is_not_there_is_a_problem(control, method, path):
    status, problem = await control(method, path, {} if method == "PUT" else None)

    assert (404, 404) == (status, problem["status"])


async def test_a_body_that_is_no_json_is_a_problem(sandbox, http):
    async with http.put(f"{sandbox.url}{ROOT}/faults", data=b"{") as response:
        assert (422, "application/problem+json") == (response.status, response.content_type)


async def test_another_sites_page_may_change_nothing(sandbox, http):
    async with http.post(f"{sandbox.url}{ROOT}/reset", headers={"Origin": "http://evil.example"}) as response:
        assert response.status == 403
    async with http.post(f"{sandbox.url}{ROOT}/reset", headers={"Origin": sandbox.url}) as response:
        assert response.status == 204
    async with http.post(f"{sandbox.url}/v1/Services", headers={"Origin": "http://evil.example"}) as response:
        assert response.status == 400
