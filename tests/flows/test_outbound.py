"""Sends, over HTTP through a gateway to the sandbox."""

import gzip
import json

import pytest

from gateway.sandbox import Fault, Sandbox
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    API_KEY,
    IN_POOL,
    OTHER_ACCOUNT,
    PHONE,
    SERVICE,
    TOKEN,
    WHATSAPP,
    Gateway,
    StartGateway,
    inbound,
)
from tests.wire import Line, Raw, basic

OPTED_OUT_BODY = {
    "code": 21610,
    "message": "Attempt to send to unsubscribed recipient",
    "more_info": "https://www.twilio.com/docs/errors/21610",
    "status": 400,
}


def sends_at(sandbox: Sandbox) -> list[bytes]:
    """The bodies of creates that reached Twilio, those without parameters that prove credentials left out."""
    return [r.body for r in sandbox.requests if r.method == "POST" and "/Messages" in r.target and r.body]


async def test_a_send_comes_back_byte_for_byte_with_twilios_headers(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await gateway.send(To=PHONE, from_=ALONE, Body="Hello + you & me = 100 %, ça va?")
    assert 201 == answered.status
    assert answered.headers["Content-Type"].startswith("application/json")
    assert answered.headers["Twilio-Request-Id"].startswith("RQ")
    assert "Hello + you & me = 100 %, ça va?" == answered.json["body"]
    assert "X-Gateway-Request-Id" in answered.headers


async def test_unknown_parameters_survive_in_order_and_repetition(gateway: Gateway, sandbox: Sandbox) -> None:
    body = f"Zeta=1&To=%2B14155550100&MediaUrl=https%3A%2F%2Fa.example%2F1&From={ALONE.replace('+', '%2B')}"
    body += "&MediaUrl=https%3A%2F%2Fa.example%2F2&Alpha=2&Zeta=3&Empty="
    await gateway.post(gateway.messages_url(), body, auth=(ACCOUNT, TOKEN))
    assert [body.encode()] == sends_at(sandbox)


HOP = [
    pytest.param(("Connection", "keep-alive"), True, id="an ordinary connection"),
    pytest.param(("Connection", "keep-alive, User-Agent"), False, id="one that declares a header to be of this hop"),
    pytest.param(("X-Private", "of the app alone"), True, id="a header that does not pass"),
]


@pytest.mark.parametrize(("header", "passes"), HOP)
async def test_what_clients_have_in_common_goes_on_with_each_send(
    gateway: Gateway, sandbox: Sandbox, header: tuple[str, str], *, passes: bool
) -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", "app/1"), ("Accept-Encoding", "br"))
    body = f"To=%2B{PHONE[1:]}&From=%2B{ALONE[1:]}&Body=x".encode()
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    async with Line(gateway.url) as line:
        for _ in range(2):
            answered = await line.exchange(
                Raw("POST", path, (*form, header, basic(ACCOUNT, TOKEN)), body, "gateway").encoded()
            )
            assert 201 == answered.status
    arrived = [dict(request.headers) for request in sandbox.requests if request.body == body]
    assert 2 == len(arrived)
    for headers in arrived:
        assert headers.get("User-Agent") == ("app/1" if passes else None)
        assert ("identity", "application/x-www-form-urlencoded") == (
            headers["Accept-Encoding"],
            headers["Content-Type"],
        )
        assert basic(ACCOUNT, TOKEN)[1] == headers["Authorization"]
        assert not {"X-Private", "Connection"} & headers.keys()


SPELLINGS = [
    pytest.param("+14155550100", id="E.164"),
    pytest.param("(415) 555-0100", id="national, as people write it"),
    pytest.param("+1 415-555-0100", id="international with separators"),
    pytest.param(" 14155550100", id="the plus not percent-encoded"),
    pytest.param("4155550100", id="national digits"),
    pytest.param("1-415-555-0100", id="national with trunk prefix"),
    pytest.param("+14155550100", id="full-width digits"),
    pytest.param("011 1 415 555 0100", id="dialled from the US with the exit code"),
    pytest.param("rcs:+14155550100", id="RCS is the same channel"),
]


@pytest.mark.parametrize("to", SPELLINGS)
async def test_no_spelling_of_an_opted_out_number_slips_past(gateway: Gateway, sandbox: Sandbox, to: str) -> None:
    await gateway.webhook(inbound("STOP"))
    answered = await gateway.send(To=to, from_=ALONE, Body="x")
    assert (400, OPTED_OUT_BODY) == (answered.status, answered.json)
    assert "application/json" == answered.headers["Content-Type"]
    assert [] == sends_at(sandbox)


@pytest.mark.parametrize("to", SPELLINGS)
async def test_every_spelling_of_another_number_goes_out_as_the_number_it_is(
    gateway: Gateway, sandbox: Sandbox, to: str
) -> None:
    answered = await gateway.send(To=to, from_=ALONE, Body="x")
    assert 201 == answered.status
    assert "+14155550100" == answered.json["to"].removeprefix("rcs:")


UNREADABLE = [
    pytest.param("415-FLOWERS", id="letters"),
    pytest.param("+14155550100;ext=5", id="extension"),
    pytest.param("+14155550100,+14155550101", id="two numbers"),
    pytest.param("+1415555010\x000", id="NUL inside"),
    pytest.param("+14155550100\n", id="line break behind"),
    pytest.param("WhatsApp:+14155550100", id="prefix in another case"),
    pytest.param("sip:someone@example.com", id="unknown prefix"),
    pytest.param("+0014155550100", id="no such country"),
    pytest.param("+", id="only a plus"),
    pytest.param("+123456789012345678", id="too long"),
]


@pytest.mark.parametrize("to", UNREADABLE)
async def test_a_recipient_that_cannot_be_read_is_refused(gateway: Gateway, sandbox: Sandbox, to: str) -> None:
    answered = await gateway.send(To=to, from_=ALONE, Body="x")
    assert (400, 21211) == (answered.status, answered.json["code"])
    assert to.strip() not in answered.text or to == "+"
    assert [] == sends_at(sandbox)


SCOPES = [
    # who got the STOP, how it is sent, whether it is blocked
    pytest.param(IN_POOL, {"MessagingServiceSid": SERVICE}, True, id="pool sender, send by its service"),
    pytest.param(IN_POOL, {"From": SERVICE}, True, id="pool sender, service named in From"),
    pytest.param(IN_POOL, {"From": IN_POOL}, True, id="pool sender, send from itself"),
    pytest.param(IN_POOL, {"From": ALSO_IN_POOL}, True, id="pool sender, send from another of its pool"),
    pytest.param(IN_POOL, {"MessagingServiceSid": SERVICE, "From": ALSO_IN_POOL}, True, id="service and another"),
    pytest.param(IN_POOL, {"From": ALONE}, False, id="pool sender, send from a number outside"),
    pytest.param(ALONE, {"From": ALONE}, True, id="lone sender, send from itself"),
    pytest.param(ALONE, {"From": IN_POOL}, False, id="lone sender, send from a pool sender"),
    pytest.param(ALONE, {"MessagingServiceSid": SERVICE}, False, id="lone sender, send by a service"),
    pytest.param(
        ALONE, {"MessagingServiceSid": SERVICE, "FallbackFrom": ALONE}, True, id="lone sender is the fallback"
    ),
]


@pytest.mark.parametrize(("stopped", "parameters", "is_blocked"), SCOPES)
async def test_a_stop_covers_its_sender_and_the_service_that_holds_it(
    gateway: Gateway, sandbox: Sandbox, stopped: str, parameters: dict[str, str], is_blocked: bool
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=stopped)
    answered = await gateway.send(To=PHONE, Body="x", **parameters)  # type: ignore[arg-type]
    assert is_blocked == (answered.status == 400 and answered.json["code"] == 21610)
    assert (0 if is_blocked else 1) == len(sends_at(sandbox))


async def test_a_sender_moved_out_of_its_service_keeps_its_own_opt_out(gateway: Gateway, sandbox: Sandbox) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    sandbox.world.services[SERVICE].senders.remove(IN_POOL)
    assert 21610 == (await gateway.send(To=PHONE, from_=IN_POOL, Body="x")).json["code"]


async def test_whatsapp_and_sms_do_not_share_opt_outs(gateway: Gateway, sandbox: Sandbox) -> None:
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    assert 201 == (await gateway.send(To=f"whatsapp:{PHONE}", from_=WHATSAPP, Body="x")).status
    await gateway.webhook(inbound("STOP", "02", from_=f"whatsapp:{PHONE}", To=WHATSAPP))
    assert 21610 == (await gateway.send(To=f"whatsapp:{PHONE}", from_=WHATSAPP, Body="x")).json["code"]


async def test_other_recipients_are_not_blocked(gateway: Gateway, sandbox: Sandbox) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    assert 201 == (await gateway.send(To="+14155550101", from_=IN_POOL, Body="x")).status


async def test_the_error_is_xml_where_the_path_asks_for_xml(gateway: Gateway) -> None:
    await gateway.webhook(inbound("STOP"))
    for rest in ("", ".xml"):
        answered = await gateway.send(To=PHONE, from_=ALONE, Body="x", rest=rest)
        assert "application/xml" == answered.headers["Content-Type"]
        assert "<Code>21610</Code>" in answered.text


FORMATS = [
    pytest.param(".json", "application/json", id="JSON"),
    pytest.param(".xml", "application/xml", id="XML"),
    pytest.param("", "application/xml", id="none: XML"),
    pytest.param(".csv", "application/json", id="CSV: JSON"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("rest", "content_type"), FORMATS)
async def test_every_error_has_the_form_that_the_extension_asks_for(
    gateway: Gateway, rest: str, content_type: str
) -> None:
    """Twilio's own answers, a refusal, an opt-out, no credentials, a whole account that is not ours: never Accept."""
    await gateway.webhook(inbound("STOP"))
    send = f"To=%2B{PHONE[1:]}&From=%2B{ALONE[1:]}&Body=x"
    url, auth = gateway.messages_url(rest), (ACCOUNT, TOKEN)
    answers = [
        await gateway.post(url, send, auth=auth, Accept="text/csv"),
        await gateway.post(url, "To=1", auth=auth, Accept="application/json"),
        await gateway.post(url, send, auth=auth, Accept="application/xml", Content_Encoding="gzip"),
        await gateway.post(f"{url}?x=1", send, auth=auth),
        await gateway.post(url, send),
        await gateway.post(gateway.messages_url(rest, OTHER_ACCOUNT), send, auth=auth),
        await gateway.post(url.replace("Messages", "Calls"), "Twiml=<Response><Sms>x</Sms></Response>", auth=auth),
        await gateway.post(url.replace("Messages", "messages"), send, auth=auth),
    ]
    assert [400, 400, 415, 400, 401, 401, 403, 403] == [answered.status for answered in answers]
    assert {content_type} == {answered.headers["Content-Type"] for answered in answers}


BAD_FORMS = [
    # body, content type, other headers: status, code
    pytest.param("From=%2B12025550103&Body=x", {}, 400, 21604, id="no To"),
    pytest.param("To=%2B14155550100&Body=x", {}, 400, 21603, id="neither From nor service"),
    pytest.param("To=%2B14155550100&To=%2B14155550101&From=%2B12025550103", {}, 400, 900401, id="two To"),
    pytest.param("To=%2B14155550100&to=%2B14155550101&From=%2B12025550103", {}, 400, 900401, id="to in another case"),
    pytest.param("To[]=%2B14155550100&From=%2B12025550103", {}, 400, 900401, id="bracketed name"),
    pytest.param("To=%2B14155550100&From=%2B12025550103&Body=%FF", {}, 400, 900401, id="not UTF-8"),
    pytest.param("To=%2B1415555010%zz&From=%2B12025550103", {}, 400, 900401, id="broken escape"),
    pytest.param("To=%2B14155550100&MessagingServiceSid=MG1", {}, 400, 20001, id="service SID of another form"),
    pytest.param(
        f"To=%2B14155550100&MessagingServiceSid={SERVICE}&From=MG{'0' * 32}", {}, 400, 900401, id="two services"
    ),
    pytest.param(
        json.dumps({"To": PHONE, "From": ALONE}), {"Content-Type": "application/json"}, 415, 900415, id="JSON"
    ),
    pytest.param(
        "To=%2B14155550100&From=%2B12025550103",
        {"Content-Type": "multipart/form-data; boundary=x"},
        415,
        900415,
        id="multipart",
    ),
    pytest.param(
        "To=%2B14155550100&From=%2B12025550103",
        {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-16"},
        415,
        900415,
        id="another charset",
    ),
    pytest.param(
        gzip.compress(b"To=%2B14155550100&From=%2B12025550103"),
        {"Content-Encoding": "gzip"},
        415,
        900415,
        id="compressed",
    ),
    pytest.param("Body=" + "x" * 1_100_000, {}, 413, 900413, id="too large"),
]


@pytest.mark.parametrize(("body", "headers", "status", "code"), BAD_FORMS)
async def test_a_form_that_cannot_be_read_in_one_way_is_refused(
    gateway: Gateway, sandbox: Sandbox, body: str | bytes, headers: dict[str, str], status: int, code: int
) -> None:
    answered = await gateway.post(gateway.messages_url(), body, auth=(ACCOUNT, TOKEN), **headers)
    assert (status, code) == (answered.status, answered.json["code"])
    assert {"code", "message", "more_info", "status"} == set(answered.json)
    assert [] == sends_at(sandbox)


async def test_parameters_in_the_url_of_a_send_are_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await gateway.post(gateway.messages_url(f".json?To={PHONE}"), "From=55501", auth=(ACCOUNT, TOKEN))
    assert (400, 900401) == (answered.status, answered.json["code"])


# Credentials


async def test_wrong_credentials_get_twilios_own_answer_whether_or_not_the_number_opted_out(gateway: Gateway) -> None:
    await gateway.webhook(inbound("STOP"))
    answers = [
        await gateway.send(To=to, from_=ALONE, Body="x", auth=(ACCOUNT, "wrong")) for to in (PHONE, "+14155550101")
    ]
    assert [401, 401] == [answered.status for answered in answers]
    assert answers[0].body == answers[1].body
    assert 20003 == answers[0].json["code"]
    assert "Basic" in answers[0].headers["WWW-Authenticate"]


async def test_without_credentials_nothing_is_decided(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await gateway.post(gateway.messages_url(), f"To={PHONE}")
    assert (401, 20003) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


async def test_an_api_key_is_proved_at_twilio_once(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.webhook(inbound("STOP"))
    for _ in range(3):
        assert 21610 == (await gateway.send(To=PHONE, from_=ALONE, Body="x", auth=API_KEY)).json["code"]
    proofs = [request for request in sandbox.requests if request.method == "POST"]
    assert [(b"", 400)] == [(request.body, request.status) for request in proofs]


async def test_an_account_that_is_not_in_the_settings_is_answered_401(gateway: Gateway, sandbox: Sandbox) -> None:
    url = gateway.messages_url(account=OTHER_ACCOUNT)
    answered = await gateway.post(url, f"To={PHONE}", auth=(OTHER_ACCOUNT, "2" * 32))
    assert (401, 20003) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


# Upstream


async def test_a_connection_that_breaks_after_the_request_is_an_unknown_outcome(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault(kind="reset", when="after"))
    answered = await gateway.send(To=PHONE, from_=ALONE, Body="once")
    assert (409, 900409) == (answered.status, answered.json["code"])
    assert "Retry-After" not in answered.headers
    assert 1 == len(sandbox.messages), "never sent again"


async def test_twilio_out_of_reach_is_a_retryable_error_and_nothing_is_sent(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    nobody = "http://127.0.0.1:9"
    gateway = await start_gateway(twilio={"api_url": nobody, "messaging_url": nobody, "sync_seconds": 0})
    answered = await gateway.send(To=PHONE, from_=ALONE, Body="x")
    assert (503, 900502, "1") == (answered.status, answered.json["code"], answered.headers["Retry-After"])


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500)])
async def test_twilios_own_errors_pass_as_they_are(gateway: Gateway, sandbox: Sandbox, status: int, code: int) -> None:
    sandbox.inject(Fault(kind="status", status=status, retry_after=7))
    answered = await gateway.send(To=PHONE, from_=ALONE, Body="x")
    assert (status, code) == (answered.status, answered.json["code"])
    if status == 429:
        assert "7" == answered.headers["Retry-After"]


async def test_a_sender_that_nobody_placed_is_placed_by_asking_twilio(gateway: Gateway, sandbox: Sandbox) -> None:
    """STOP to a lone number; a send by a service that the gateway has never heard of is not suppressed for good."""
    await gateway.webhook(inbound("STOP"))
    assert 201 == (await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)).status
    assert any("/v1/Services" in request.target for request in sandbox.requests)


async def test_while_a_sender_cannot_be_placed_every_opt_out_of_the_account_covers_it(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    twilio = {"api_url": sandbox.url, "messaging_url": "http://127.0.0.1:9", "sync_seconds": 0}
    gateway = await start_gateway(twilio=twilio)
    await gateway.webhook(inbound("STOP"))
    assert 21610 == (await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)).json["code"]
    assert 201 == (await gateway.send(To="+14155550101", Body="x", MessagingServiceSid=SERVICE)).status


async def test_services_stated_in_the_settings_need_no_call_to_twilio(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    gateway = await start_gateway(account={"services": [{"sid": SERVICE, "senders": [ALONE]}]})
    await gateway.webhook(inbound("STOP"))
    assert 21610 == (await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)).json["code"]
    assert not any("/v1/Services" in request.target for request in sandbox.requests)


async def test_pools_are_read_from_twilio_on_a_timer(start_gateway: StartGateway, sandbox: Sandbox) -> None:
    twilio = {"api_url": sandbox.url, "messaging_url": sandbox.url, "sync_seconds": 60}
    gateway = await start_gateway(twilio=twilio)
    await gateway.webhook(inbound("STOP", To=IN_POOL))  # without MessagingServiceSid
    assert 21610 == (await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)).json["code"]


async def test_an_answer_to_a_send_is_asked_for_uncompressed(gateway: Gateway, sandbox: Sandbox) -> None:
    """A 21610 of Twilio's own could not be learned from what cannot be read."""
    body = f"To={PHONE.replace('+', '%2B')}&From={ALONE.replace('+', '%2B')}&Body=x"
    await gateway.post(gateway.messages_url(), body, auth=(ACCOUNT, TOKEN), Accept_Encoding="gzip, br")
    (sent,) = [asked for asked in sandbox.requests if asked.method == "POST"]
    assert ["identity"] == [value for name, value in sent.headers if name.lower() == "accept-encoding"]
