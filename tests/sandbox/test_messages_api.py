import asyncio
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from lxml import etree
from twilio.base.exceptions import TwilioRestException
from twilio.rest.api.v2010.account.message import MessageInstance

TO = "+14155550100"
ALONE = "+12025550108"
ACCOUNT = "AC" + "a1" * 16
TOKEN = "fa4e" * 8
ERROR_KEYS = ["code", "message", "more_info", "status"]


async def test_a_create_gives_twilios_fields_types_and_dates(send):
    status, message = await send(To=TO, From=ALONE, Body="Hello!")

    assert status == 201
    assert re.fullmatch(r"SM[0-9a-f]{32}", message["sid"])
    uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{message['sid']}"
    created = message["date_created"]
    assert re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000", created)
    assert message == {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Hello!",
        "date_created": created,
        "date_sent": None,
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": ALONE,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message["sid"],
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": TO,
        "uri": f"{uri}.json",
    }


async def test_a_service_send_has_no_sender_until_one_is_chosen(sandbox, twilio, send, service):
    _, first = await send(To=TO, MessagingServiceSid=service, Body="Hello!")
    await sandbox.settle()
    later = await asyncio.to_thread(twilio.messages(first["sid"]).fetch)

    assert (first["status"], first["from"], first["num_segments"]) == ("accepted", None, "0")
    assert (later.status, later.from_, later.num_segments) == ("delivered", "+15005550006", "1")
    assert later.messaging_service_sid == service
    assert later.date_sent is not None


async def test_a_service_sid_may_stand_in_from(send, service):
    status, message = await send(To=TO, From=service, Body="Hello!")

    assert (201, service, None) == (status, message["messaging_service_sid"], message["from"])


async def test_the_extension_picks_the_format_and_xml_is_the_default(http, messages_url):
    for rest in ("", ".xml"):
        async with http.post(messages_url(rest), data={"To": TO, "From": ALONE, "Body": "a <b> & c"}) as response:
            root = etree.fromstring(await response.read())
        assert (201, "application/xml") == (response.status, response.content_type)
        assert root.findtext("Message/Body") == "a <b> & c"
        assert root.findtext("Message/SubresourceUris/Media", "").endswith("/Media.json")
        assert [child.tag for child in root[0]][:4] == ["Sid", "DateCreated", "DateUpdated", "DateSent"]


@pytest.mark.parametrize(
    ("form", "http_status", "code"),
    [
        pytest.param({}, 400, 21604, id="nothing at all"),
        pytest.param({"Body": "x", "From": ALONE}, 400, 21604, id="no To"),
        pytest.param({"Body": "x", "To": TO}, 400, 21603, id="no From"),
        pytest.param({"To": TO, "From": ALONE}, 400, 21602, id="no body"),
        pytest.param({"To": "+1555", "From": ALONE, "Body": "x"}, 400, 21211, id="To too short"),
        pytest.param({"To": "nobody", "From": ALONE, "Body": "x"}, 400, 21211, id="To is a word"),
        pytest.param({"To": TO, "From": "+12025550199", "Body": "x"}, 400, 21606, id="not our number"),
        pytest.param({"To": TO, "From": "+12025550111", "Body": "x"}, 400, 21606, id="sub-account's number"),
        pytest.param({"To": TO, "From": ALONE, "Body": "x" * 1601}, 400, 21617, id="long body"),
        pytest.param({"To": TO, "MessagingServiceSid": "MG" + "0" * 32, "Body": "x"}, 404, 21701, id="no service"),
        pytest.param({"To": TO, "MessagingServiceSid": "MG1", "Body": "x"}, 400, 21705, id="bad service sid"),
        pytest.param({"To": TO, "From": ALONE, "FallbackFrom": ALONE, "Body": "x"}, 400, 21664, id="fallback"),
        pytest.param({"To": TO, "From": ALONE, "Body": "x", "ScheduleType": "fixed"}, 400, 35118, id="schedule alone"),
    ],
)
async def test_what_twilio_refuses_at_once(sandbox, send, form, http_status, code):
    status, error = await send(**form)

    assert (http_status, code) == (status, error["code"])
    assert list(error) == ERROR_KEYS
    assert error["status"] == http_status
    assert error["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert sandbox.messages == ()


async def test_an_error_in_xml_has_the_observed_order(http, messages_url):
    async with http.post(messages_url(""), data={}) as response:
        root = etree.fromstring(await response.read())

    assert [child.tag for child in root[0]] == ["Code", "Message", "MoreInfo", "Status"]
    assert root.findtext("RestException/Code") == "21604"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("(415) 555-0100", TO),
        ("+1 415-555-0100", TO),
        (" 14155550100", TO),
        ("4155550100", TO),
        ("+44 20 7946 0000", "+442079460000"),
        ("whatsapp:+1 415 555 0100", "whatsapp:+14155550100"),
        ("rcs:+14155550100", "rcs:+14155550100"),
    ],
)
async def test_to_is_normalised_as_twilio_does(send, written, read):
    _, message = await send(To=written, From=ALONE, Body="x")

    assert read == message["to"]


async def test_media_make_an_mm_sid(http, messages_url):
    form = aiohttp.FormData({"To": TO, "From": ALONE})
    form.add_field("MediaUrl", "https://example.com/a.jpg")
    form.add_field("MediaUrl", "https://example.com/b.jpg")
    async with http.post(messages_url(), data=form) as response:
        message = await response.json()

    assert message["sid"].startswith("MM")
    assert message["num_media"] == "2"


async def test_parameters_in_the_query_count_too(http, messages_url):
    query = {"To": TO, "From": ALONE, "Body": "x"}
    async with http.post(messages_url(), params=query) as response:
        assert response.status == 201


@pytest.mark.parametrize(
    ("user", "password", "account", "status"),
    [
        pytest.param(ACCOUNT, "0" * 32, ACCOUNT, 400, id="second token"),
        pytest.param("SK" + "a1" * 16, "fake-secret", ACCOUNT, 400, id="API key"),
        pytest.param(ACCOUNT, TOKEN, "AC" + "b2" * 16, 400, id="parent on sub-account's path"),
        pytest.param("AC" + "b2" * 16, "1" * 32, ACCOUNT, 401, id="sub-account on parent's path"),
        pytest.param("AC" + "c3" * 16, "2" * 32, ACCOUNT, 401, id="another account"),
        pytest.param(ACCOUNT, "wrong", ACCOUNT, 401, id="wrong token"),
        pytest.param(ACCOUNT, TOKEN, "AC" + "0" * 32, 401, id="unknown account"),
    ],
)
async def test_whose_credentials_are_good_for_which_account(http, messages_url, user, password, account, status):
    headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
    async with http.post(messages_url(account=account), headers=headers) as response:
        assert status == response.status


async def test_a_401_carries_twilios_body_and_challenge(messages_url):
    async with aiohttp.ClientSession() as client, client.post(messages_url(), data={"To": TO}) as response:
        error = await response.json()

    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Twilio API"'
    assert error == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_every_answer_carries_twilios_headers(http, messages_url):
    async with http.get(messages_url()) as response:
        headers = response.headers

    assert re.fullmatch(r"RQ[0-9a-f]{32}", headers["Twilio-Request-Id"])
    assert float(headers["Twilio-Request-Duration"]) >= 0
    assert headers["Twilio-Concurrent-Requests"] == "1"
    assert {"X-Home-Region", "X-API-Domain", "X-Powered-By"} <= set(headers)
    assert headers["X-Shenanigans"] == "none"


async def test_status_callbacks_tell_every_later_status_and_are_signed(sandbox, app, send, service):
    _, message = await send(To=TO, MessagingServiceSid=service, Body="x", StatusCallback=app.status_url)
    await sandbox.settle()

    assert all(callback.valid for callback in app.statuses)
    params = {callback.params["MessageStatus"]: callback.params for callback in app.statuses}
    assert set(params) == {"queued", "sending", "sent", "delivered"}
    delivered = dict(params["delivered"])
    assert re.fullmatch(r"\d{10}", delivered.pop("RawDlrDoneDate"))
    assert delivered == {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": "+15005550006",
        "MessageSid": message["sid"],
        "MessageStatus": "delivered",
        "MessagingServiceSid": service,
        "SmsSid": message["sid"],
        "SmsStatus": "delivered",
        "To": TO,
    }


async def test_a_service_without_a_fitting_sender_fails_later(sandbox, send, service):
    await send(To="whatsapp:+14155550100", MessagingServiceSid=service, Body="x")
    await sandbox.settle()

    assert [(message.status, message.error_code) for message in sandbox.messages] == [("failed", 21703)]


async def test_a_list_is_filtered_and_paged_with_relative_uris(sandbox, twilio, http, messages_url, send):
    for number in range(5):
        await send(To=TO, From=ALONE, Body=str(number))
    await send(To="+14155550101", From=ALONE, Body="other")
    listed = await asyncio.to_thread(lambda: twilio.messages.list(to=TO, page_size=2))
    async with http.get(messages_url(), params={"To": TO, "PageSize": "2"}) as response:
        page = await response.json()

    assert [message.body for message in listed] == ["4", "3", "2", "1", "0"]
    assert page["next_page_uri"].startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B14155550100")
    assert "PageToken=PA" in page["next_page_uri"]
    assert page["previous_page_uri"] is None
    assert (page["page"], page["page_size"], page["start"], page["end"]) == (0, 2, 0, 1)


async def test_a_list_without_extension_is_xml(http, messages_url, send):
    await send(To=TO, From=ALONE, Body="x")
    async with http.get(messages_url("")) as response:
        root = etree.fromstring(await response.read())

    assert root.xpath("/TwilioResponse/Messages/Message/Body/text()") == ["x"]
    assert root[0].get("pagesize") == "50"


async def test_messages_are_listed_by_the_day_they_were_sent(sandbox, http, messages_url, send):
    _, message = await send(To=TO, From=ALONE, Body="x")
    await sandbox.settle()
    day = parsedate_to_datetime(message["date_created"]).date().isoformat()
    found = {}
    for query in ({"DateSent": day}, {"DateSent>": day}, {"DateSent<": "2008-01-02"}, {"DateSent": "2008-01-02"}):
        async with http.get(messages_url(), params=query) as response:
            found[str(query)] = len((await response.json())["messages"])

    assert list(found.values()) == [1, 1, 0, 0]


async def test_an_empty_body_redacts_and_delete_removes(sandbox, twilio, send):
    _, message = await send(To=TO, From=ALONE, Body="secret")
    await sandbox.settle()
    redacted = await asyncio.to_thread(lambda: twilio.messages(message["sid"]).update(body=""))
    deleted = await asyncio.to_thread(twilio.messages(message["sid"]).delete)

    assert redacted.body == ""
    assert deleted is True
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(twilio.messages(message["sid"]).fetch)
    assert (404, 20404) == (caught.value.status, caught.value.code)


async def test_a_scheduled_message_rests_until_it_is_canceled(sandbox, app, twilio, send, service):
    form = {"To": TO, "MessagingServiceSid": service, "Body": "x", "StatusCallback": app.status_url}
    form |= {"ScheduleType": "fixed", "SendAt": _in_days(2)}
    _, message = await send(**form)
    await sandbox.settle()
    resting = sandbox.messages[0].status
    canceled = await asyncio.to_thread(lambda: twilio.messages(message["sid"]).update(status="canceled"))
    await sandbox.settle()

    assert ("scheduled", "scheduled", "canceled") == (message["status"], resting, canceled.status)
    assert [callback.params["MessageStatus"] for callback in app.statuses] == ["canceled"]
    assert sandbox.phone(TO).inbox == ()


async def schedule(twilio, service, days=2, **parameters):
    """Schedule a message with the SDK."""
    form = {"to": TO, "messaging_service_sid": service, "body": "x", "schedule_type": "fixed"} | parameters
    when = datetime.now(UTC) + timedelta(days=days)
    return await asyncio.to_thread(lambda: twilio.messages.create(send_at=when, **form))


async def test_a_scheduled_message_goes_out_when_the_clock_says_so(sandbox, app, twilio, service):
    message = await schedule(twilio, service, status_callback=app.status_url)
    sandbox.advance(2 * 86_400 - 60)
    await sandbox.settle()
    early = sandbox.phone(TO).inbox
    sandbox.advance(61)
    await sandbox.settle()
    later = await asyncio.to_thread(twilio.messages(message.sid).fetch)

    assert ("scheduled", (), "delivered") == (message.status, early, later.status)
    assert later.date_sent - message.date_created >= timedelta(days=2)
    assert [each.body for each in sandbox.phone(TO).inbox] == ["x"]
    told = [callback.params["MessageStatus"] for callback in app.statuses]
    assert set(told) == {"accepted", "queued", "sending", "sent", "delivered"}


async def test_a_scheduled_message_to_one_who_opted_out_meanwhile_fails_when_it_is_due(sandbox, app, twilio, service):
    app.answer_with()
    sandbox.set_twilio_handling("default")
    message = await schedule(twilio, service, status_callback=app.status_url)
    await sandbox.phone(TO).send("STOP", to="+15005550006")
    sandbox.advance(2 * 86_400)
    await sandbox.settle()
    later = await asyncio.to_thread(twilio.messages(message.sid).fetch)

    assert ("failed", 21610) == (later.status, later.error_code)
    assert "failed" in [callback.params["MessageStatus"] for callback in app.statuses]


async def test_a_canceled_message_never_goes_out_and_cannot_be_canceled_again(sandbox, twilio, service):
    message = await schedule(twilio, service)
    await asyncio.to_thread(lambda: twilio.messages(message.sid).update(status="canceled"))
    sandbox.advance(3 * 86_400)
    await sandbox.settle()
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: twilio.messages(message.sid).update(status="canceled"))

    assert ["canceled"] == [each.status for each in sandbox.messages]
    assert 30409 == caught.value.code
    assert sandbox.phone(TO).inbox == ()


async def test_a_message_that_was_sent_cannot_be_canceled(sandbox, twilio, send):
    _, message = await send(To=TO, From=ALONE, Body="x")
    await sandbox.settle()
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: twilio.messages(message["sid"]).update(status="canceled"))

    assert 30409 == caught.value.code


async def test_the_window_for_schedules_moves_with_the_clock(sandbox, send, service):
    sandbox.advance(10 * 86_400)
    form = {"To": TO, "MessagingServiceSid": service, "Body": "x", "ScheduleType": "fixed"}
    past, error = await send(**form, SendAt=_in_days(9))
    ahead, _ = await send(**form, SendAt=_in_days(44))

    assert (400, 35115, 201) == (past, error["code"], ahead)


async def test_a_message_has_the_fields_that_twilios_sdk_reads(twilio, send):
    _, message = await send(To=TO, From=ALONE, Body="x")
    read = {
        name.rstrip("_") for name in vars(MessageInstance(twilio.api.v2010, {}, ACCOUNT)) if not name.startswith("_")
    }

    assert read == set(message)


@pytest.mark.parametrize(("days", "code"), [(36, 35115), (0, 35115), (None, 35114)])
async def test_a_schedule_outside_the_window_is_refused(send, service, days, code):
    send_at = "soon" if days is None else _in_days(days)
    _, error = await send(To=TO, MessagingServiceSid=service, Body="x", ScheduleType="fixed", SendAt=send_at)

    assert code == error["code"]


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", 404, 20404),
        ("GET", "/v1/Nothing", 404, 20404),
        ("DELETE", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", 405, 20004),
        ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/SMS/Messages.json", 410, 20410),
    ],
)
async def test_all_else_is_answered_in_twilios_form(sandbox, http, method, path, status, code):
    async with http.request(method, sandbox.url + path) as response:
        error = await response.json()

    assert (status, code) == (response.status, error["code"])
    assert list(error) == ERROR_KEYS
