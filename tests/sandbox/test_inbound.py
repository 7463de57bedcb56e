import re
from typing import Any

import pytest
from aiohttp import web

from gateway.sandbox import PHONES, Sandbox, UnknownSender

PHONE = "+14155550100"
ALONE = "+12025550108"
IN_POOL = "+15005550006"
XML = "text/xml"


def twiml(inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'


@pytest.fixture
async def site():
    """A web server whose documents a test writes; keeps the requests."""
    documents: dict[str, tuple[Any, ...]] = {}
    requests: list[tuple[Any, ...]] = []

    async def answer(request):
        requests.append(
            (request.method, request.path, dict(request.headers), dict(await request.post()), dict(request.query))
        )
        status, content_type, body, *headers = documents.get(request.path, (404, "text/plain", "none"))
        response = web.Response(status=status, body=body.encode(), headers={"Content-Type": content_type})
        response.headers.update(dict(headers))
        return response

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", documents, requests
    await runner.cleanup()


async def test_a_message_to_a_pool_sender_brings_twilios_full_parameter_set(sandbox, app, service):
    sent = await sandbox.phone(PHONE).send("Hello", to=IN_POOL)
    (webhook,) = app.received

    assert webhook.valid
    assert dict(webhook.params) == {
        "ToCountry": "US",
        "ToState": "",
        "ToCity": "",
        "ToZip": "",
        "FromCountry": "US",
        "FromState": "",
        "FromCity": "",
        "FromZip": "",
        "SmsMessageSid": sent.message_sid,
        "SmsSid": sent.message_sid,
        "MessageSid": sent.message_sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "Body": "Hello",
        "To": IN_POOL,
        "From": PHONE,
        "AccountSid": sandbox.world.numbers[IN_POOL].account_sid,
        "MessagingServiceSid": service,
        "ApiVersion": "2010-04-01",
    }


async def test_the_webhook_carries_twilios_headers(sandbox, app):
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    headers = dict(app.received[0].headers)

    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert headers["User-Agent"] == "TwilioProxy/1.1"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["I-Twilio-Idempotency-Token"])
    assert headers["X-Twilio-Signature"]


async def test_the_apps_reply_is_on_the_phone_and_a_message_resource(sandbox):
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)
    (message,) = sandbox.messages
    (received,) = sandbox.phone(PHONE).inbox

    assert sent.replies == ("Thanks, we got: Hello",)
    assert (message.direction, message.sender, message.to) == ("outbound-reply", ALONE, PHONE)
    assert (received.body, received.sender, received.sid) == (sent.replies[0], ALONE, message.sid)


async def test_extra_parameters_and_an_explicit_sid_reach_the_app(sandbox, app):
    sid = "SM" + "d4" * 16
    sent = await sandbox.phone(PHONE).send("Stop", to=ALONE, extra={"OptOutType": "STOP"}, message_sid=sid)

    assert sent.message_sid == app.received[0].params["MessageSid"] == sid
    assert app.received[0].params["OptOutType"] == "STOP"
    assert app.received[0].valid


async def test_whatsapp_has_its_own_parameters_and_no_geography(sandbox, app):
    await sandbox.phone(PHONE).send("Hello", to="whatsapp:+12025550110")
    params = app.received[0].params

    assert params["From"] == f"whatsapp:{PHONE}"
    assert params["WaId"] == PHONE.removeprefix("+")
    assert params["MessageType"] == "text"
    assert "FromCountry" not in params
    assert sandbox.phone(PHONE).inbox[0].sender == "whatsapp:+12025550110"


@pytest.mark.parametrize("country", PHONES)
async def test_the_country_of_a_phone_comes_with_sms(sandbox, app, country):
    await sandbox.phone(PHONES[country]).send("Hello", to=ALONE)

    assert country == app.received[0].params["FromCountry"]


@pytest.mark.parametrize("sender", ["whatsapp:+12025550110", "rcs:brand_agent"])
async def test_no_country_comes_on_channels(sandbox, app, sender):
    await sandbox.phone(PHONES["MX"]).send("Hello", to=sender)
    params = app.received[0].params

    assert params["From"] == sender.partition(":")[0] + ":" + PHONES["MX"]
    assert [name for name in params if "Country" in name] == []


async def test_a_sender_id_takes_no_messages(sandbox):
    with pytest.raises(UnknownSender):
        await sandbox.phone(PHONE).send("STOP", to="ACME")


async def test_media_are_numbered_from_zero(sandbox, app):
    sent = await sandbox.phone(PHONE).send("", to=ALONE, media_urls=("https://example.com/a.jpg",))

    assert sent.message_sid.startswith("MM")
    assert app.received[0].params["MediaUrl0"] == "https://example.com/a.jpg"
    assert app.received[0].params["NumMedia"] == "1"


async def test_a_redelivery_has_the_same_sid_and_idempotency_token(sandbox, app):
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)
    await sandbox.inbound.handle(sent.message_sid)
    first, second = app.received

    assert first.params == second.params
    token = "I-Twilio-Idempotency-Token"
    assert dict(first.headers)[token] == dict(second.headers)[token]


@pytest.mark.parametrize(
    ("deferred", "service_url", "called"),
    [
        pytest.param(True, "/service", "/number", id="deferred to the sender"),
        pytest.param(False, "/service", "/service", id="the service's URL"),
        pytest.param(False, None, None, id="dropped"),
    ],
)
async def test_where_a_message_to_a_pool_sender_goes(sandbox, site, service, deferred, service_url, called):
    url, documents, requests = site
    documents |= {"/number": (200, XML, twiml("")), "/service": (200, XML, twiml(""))}
    sandbox.world.numbers[IN_POOL].sms_url = f"{url}/number"
    sandbox.world.services[service].inbound_request_url = service_url and url + service_url
    sandbox.world.services[service].use_inbound_webhook_on_number = deferred
    sent = await sandbox.phone(PHONE).send("Hello", to=IN_POOL)

    assert [request[1] for request in requests] == ([called] if called else [])
    assert (sent.message_sid in sandbox.world.messages) is (called is not None)


@pytest.mark.parametrize(
    ("answer", "error_code"),
    [
        pytest.param((500, XML, twiml("")), "11200", id="server error"),
        pytest.param((404, XML, twiml("")), "11200", id="not found"),
        pytest.param((200, XML, "<Response>"), "12100", id="broken TwiML"),
        pytest.param((200, "application/json", "{}"), "12300", id="content type"),
    ],
)
async def test_a_failure_leads_to_the_fallback_url(sandbox, site, answer, error_code):
    url, documents, requests = site
    documents |= {"/sms": answer, "/fallback": (200, XML, twiml("<Message>Sorry</Message>"))}
    number = sandbox.world.numbers[ALONE]
    number.sms_url, number.sms_fallback_url = f"{url}/sms", f"{url}/fallback"
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert sent.replies == ("Sorry",)
    form = requests[1][3]
    assert (form["ErrorCode"], form["ErrorUrl"]) == (error_code, f"{url}/sms")
    assert form["Body"] == "Hello"


async def test_an_answer_without_content_type_is_of_no_use(sandbox, app):
    app.answer_with(body=twiml("<Message>x</Message>"), content_type=None)
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert (sent.webhook_error, sent.replies) == ("12300 Invalid Content-Type: None", ())


async def test_a_refused_connection_is_tried_twice_and_then_falls_back(sandbox, site, unused_tcp_port):
    url, documents, requests = site
    documents |= {"/fallback": (200, XML, twiml(""))}
    number = sandbox.world.numbers[ALONE]
    number.sms_url, number.sms_fallback_url = f"http://127.0.0.1:{unused_tcp_port}/", f"{url}/fallback"
    await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert requests[0][3]["ErrorCode"] == "11205"
    assert [webhook.kind for webhook in sandbox.webhooks] == ["inbound", "fallback"]


async def test_without_fallback_the_failure_is_told(sandbox, app):
    app.answer_with(status=503)
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert sent.webhook_status == 503
    assert sent.webhook_error == "11200 HTTP retrieval failure: status 503"


async def test_relative_redirects_are_followed_from_document_to_document(sandbox, site):
    url, documents, requests = site
    documents |= {
        "/a/sms": (200, XML, twiml("<Message>one</Message><Redirect>next</Redirect><Message>never</Message>")),
        "/a/next": (200, XML, twiml('<Redirect method="GET">../b/last?x=1</Redirect>')),
        "/b/last": (200, XML, twiml("<Message>two</Message>")),
    }
    sandbox.world.numbers[ALONE].sms_url = f"{url}/a/sms"
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert sent.replies == ("one", "two")
    assert [request[:2] for request in requests] == [("POST", "/a/sms"), ("POST", "/a/next"), ("GET", "/b/last")]
    assert requests[2][4]["x"] == "1"
    assert requests[2][4]["Body"] == "Hello"


async def test_redirects_in_a_circle_end(sandbox, site):
    url, documents, requests = site
    documents["/sms"] = (200, XML, twiml("<Redirect/>"))
    sandbox.world.numbers[ALONE].sms_url = f"{url}/sms"
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert len(requests) == 10
    assert sent.webhook_error == "11200 HTTP retrieval failure: too many documents"


async def test_an_action_is_called_with_the_reply_and_continues_the_flow(sandbox, site):
    url, documents, requests = site
    documents |= {
        "/sms": (200, XML, twiml('<Message action="done">one</Message>')),
        "/done": (200, XML, twiml("<Message>two</Message>")),
    }
    sandbox.world.numbers[ALONE].sms_url = f"{url}/sms"
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert sent.replies == ("one", "two")
    assert requests[1][3]["MessageSid"] == sandbox.messages[0].sid


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_an_http_redirect_turns_post_into_get_and_loses_the_form(sandbox, site, status):
    url, documents, requests = site
    documents |= {"/sms": (status, "text/plain", "", ("Location", "moved")), "/moved": (200, XML, twiml(""))}
    sandbox.world.numbers[ALONE].sms_url = f"{url}/sms"
    await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert (requests[1][0], requests[1][1], requests[1][3]) == ("GET", "/moved", {})


async def test_cookies_are_kept_for_the_pair_of_numbers(sandbox, site):
    url, documents, requests = site
    documents["/sms"] = (200, XML, twiml(""), ("Set-Cookie", "turn=1"))
    sandbox.world.numbers[ALONE].sms_url = f"{url}/sms"
    for phone in (PHONE, PHONE, "+14155550101"):
        await sandbox.phone(phone).send("Hello", to=ALONE)

    assert [request[2].get("Cookie") for request in requests] == [None, "turn=1", None]


async def test_credentials_in_the_url_go_out_as_basic(sandbox, site):
    url, documents, requests = site
    documents["/sms"] = (200, XML, twiml(""))
    sandbox.world.numbers[ALONE].sms_url = url.replace("//", "//user:pass@") + "/sms#rc=2"
    await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert requests[0][2]["Authorization"] == "Basic dXNlcjpwYXNz"


async def test_a_get_webhook_carries_the_parameters_in_the_query_and_is_signed(sandbox, app):
    sandbox.world.numbers[ALONE].sms_method = "GET"
    await sandbox.phone(PHONE).send("Hällo & more", to=ALONE)

    assert app.received[0].valid
    assert app.received[0].params["Body"] == "Hällo & more"


@pytest.mark.parametrize(
    ("answer", "replies"),
    [
        pytest.param({"body": "plain text", "content_type": "text/plain"}, ("plain text",), id="text/plain"),
        pytest.param({"status": 204, "body": ""}, (), id="204"),
        pytest.param({"body": ""}, (), id="empty 200"),
        pytest.param({"body": twiml("<Sms>legacy</Sms>")}, ("legacy",), id="Sms"),
        pytest.param({"body": twiml("<Message>a</Message><Message>b</Message>")}, ("a", "b"), id="two"),
    ],
)
async def test_what_an_answer_puts_on_the_phone(sandbox, app, answer, replies):
    app.answer_with(**answer)
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert replies == sent.replies


async def test_a_reply_may_go_to_another_phone_from_another_sender(sandbox, app):
    app.answer_with(body=twiml(f'<Message to="+14155550101" from="{IN_POOL}" statusCallback="/status">x</Message>'))
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    await sandbox.settle()

    assert [(each.sender, each.body) for each in sandbox.phone("+14155550101").inbox] == [(IN_POOL, "x")]
    assert [callback.params["MessageStatus"] for callback in app.statuses] == ["delivered"]


async def test_a_reply_from_a_sender_of_another_account_is_not_sent(sandbox, app):
    app.answer_with(body=twiml('<Message from="+12025550111">x</Message>'))
    sandbox.world.numbers[ALONE].sms_fallback_url = app.sms_url
    sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert sent.webhook_error.startswith("21606")
    assert len(app.received) == 1, "a verb that is passed over does not lead to the fallback URL"
    assert sandbox.messages == ()


async def test_a_message_to_an_unknown_sender_is_an_error(sandbox):
    with pytest.raises(UnknownSender):
        await sandbox.phone(PHONE).send("Hello", to="+12025550199")


async def test_a_slow_app_uses_up_the_budget(seeds, app):
    app.answer_with(delay_seconds=5)
    async with Sandbox(seeds, webhook_budget_seconds=0.05) as sandbox:
        sandbox.point_webhooks_at(app.sms_url)
        sent = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert (sent.webhook_status, sent.webhook_error) == (None, "11200 HTTP retrieval failure: time-out")
