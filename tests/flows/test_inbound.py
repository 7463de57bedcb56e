"""Inbound messages, over HTTP from the sandbox's phones or as hand-signed webhooks, through a gateway to the app."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from twilio.request_validator import RequestValidator
from yarl import URL

from gateway.sandbox import SampleApp, Sandbox
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    OTHER_ACCOUNT,
    PHONE,
    SERVICE,
    SHORT_CODE,
    TOKEN,
    TOLL_FREE,
    WHATSAPP,
    Gateway,
    StartGateway,
    inbound,
)

STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


def texts(twiml: str) -> list[str]:
    return [text.replace("&amp;", "&") for text in re.findall("<Body>(.*?)</Body>", twiml)]


def rows(gateway: Gateway, query: str) -> list[Any]:
    return gateway.rows(query)


async def is_blocked(gateway: Gateway, sender: str = ALONE) -> bool:
    to = f"whatsapp:{PHONE}" if sender.startswith("whatsapp:") else PHONE
    return (await gateway.send(To=to, from_=sender, Body="x")).status == 400


@pytest.fixture
def quiet_app(app: SampleApp) -> SampleApp:
    """An app that never replies, so that every reply is the gateway's."""
    app.answer_with(body="<Response/>")
    return app


KEYWORDS = [
    # body, reply to somebody who is not opted out, blocked afterwards
    *[
        pytest.param(word, [STOP_REPLY], True, id=word)
        for word in ("STOP", "unsubscribe", "End", "QUIT", "stopall", "REVOKE", "optout", "Cancel")
    ],
    *[pytest.param(word, [], False, id=f"{word}, not opted out") for word in ("START", "yes", "UNSTOP")],
    *[pytest.param(word, [HELP_REPLY], False, id=word) for word in ("HELP", "info")],
    pytest.param("  stop \n", [STOP_REPLY], True, id="outer white space"),
    pytest.param("sToP", [STOP_REPLY], True, id="any case"),
    pytest.param("ＳＴＯＰ", [STOP_REPLY], True, id="full-width letters"),
    pytest.param("\u200eSTOP\u200b", [STOP_REPLY], True, id="invisible marks"),
    pytest.param("STOP please", [], False, id="a keyword among other words"),
    pytest.param("Stop.", [], False, id="a keyword with a full stop"),
]


@pytest.mark.parametrize(("body", "replies", "blocked"), KEYWORDS)
async def test_a_whole_body_that_is_a_keyword_takes_effect_and_is_answered(
    gateway: Gateway, quiet_app: SampleApp, sandbox: Sandbox, body: str, replies: list[str], blocked: bool
) -> None:
    sent = await sandbox.phone(PHONE).send(body, to=ALONE)
    assert (200, replies) == (sent.webhook_status, list(sent.replies))
    assert blocked == await is_blocked(gateway)


TABLE = [
    # what came before (each a second apart), the keyword, its replies, blocked afterwards
    pytest.param(["STOP"], "STOP", [], True, id="opted out, STOP: stays, no second confirmation"),
    pytest.param(["STOP"], "START", [START_REPLY], False, id="opted out, START: lifted and confirmed"),
    pytest.param(["STOP"], "YES", [START_REPLY], False, id="opted out, another opt-in word: lifted and confirmed"),
    pytest.param(["STOP"], "HELP", [], True, id="opted out, HELP: no reply"),
    pytest.param(["STOP", "START"], "STOP", [STOP_REPLY], True, id="opted in again, STOP: confirmed again"),
    pytest.param(["STOP", "START"], "HELP", [HELP_REPLY], False, id="opted in again, HELP: answered"),
]


@pytest.mark.parametrize("sender", [pytest.param(ALONE, id="lone"), pytest.param(IN_POOL, id="in a pool")])
@pytest.mark.parametrize(("before", "keyword", "replies", "blocked"), TABLE)
async def test_what_a_keyword_does_depends_on_whether_the_recipient_is_opted_out(
    gateway: Gateway,
    quiet_app: SampleApp,
    sandbox: Sandbox,
    sender: str,
    before: list[str],
    keyword: str,
    replies: list[str],
    blocked: bool,
) -> None:
    for earlier in before:
        await sandbox.phone(PHONE).send(earlier, to=sender)
        gateway.clock.advance(2)
    sent = await sandbox.phone(PHONE).send(keyword, to=sender)
    assert replies == list(sent.replies)
    assert blocked == await is_blocked(gateway, sender)


async def test_start_to_one_pool_sender_lifts_the_service_and_all_its_senders(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.send(To="+14155550199", Body="x", MessagingServiceSid=SERVICE)
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    await sandbox.phone(PHONE).send("STOP", to=ALSO_IN_POOL)
    gateway.clock.advance(2)
    await sandbox.phone(PHONE).send("START", to=ALSO_IN_POOL)
    assert not await is_blocked(gateway, IN_POOL)
    assert not await is_blocked(gateway, ALSO_IN_POOL)
    assert 201 == (await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)).status


async def test_within_one_second_stop_wins_over_start(gateway: Gateway, sandbox: Sandbox) -> None:
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    sent = await sandbox.phone(PHONE).send("START", to=ALONE)
    assert () == sent.replies
    assert await is_blocked(gateway)


OPTIONS = [
    pytest.param({"reply_when_not_opted_out": True}, [], "START", [START_REPLY], id="START confirmed all the same"),
    pytest.param({"help_when_opted_out": True}, ["STOP"], "HELP", [HELP_REPLY], id="HELP answered all the same"),
    pytest.param({"twilio_handling": "default"}, [], "STOP", [], id="Twilio answers its own words"),
    pytest.param({"twilio_handling": "default"}, ["STOP"], "START", [], id="Twilio answers START too"),
    pytest.param({"twilio_handling": "aoo"}, [], "STOP", [], id="Twilio's Advanced Opt-Out answers"),
]


@pytest.mark.parametrize(("account", "before", "keyword", "replies"), OPTIONS)
async def test_settings_of_the_account_decide_what_is_answered(
    start_gateway: StartGateway,
    sandbox: Sandbox,
    account: dict[str, object],
    before: list[str],
    keyword: str,
    replies: list[str],
) -> None:
    gateway = await start_gateway(account=account)
    for earlier in before:
        await sandbox.phone(PHONE).send(earlier, to=ALONE)
        gateway.clock.advance(2)
    sent = await sandbox.phone(PHONE).send(keyword, to=ALONE)
    assert replies == list(sent.replies)
    assert (keyword == "STOP" or (keyword == "HELP" and before == ["STOP"])) == await is_blocked(gateway)


async def test_twilios_opt_out_type_is_taken_at_its_word(gateway: Gateway) -> None:
    answered = await gateway.webhook(inbound("basta", OptOutType="STOP"))
    assert EMPTY == answered.text
    assert await is_blocked(gateway)
    assert [("twilio",)] == rows(gateway, "SELECT source FROM consent_events")


@pytest.mark.parametrize(("unmanaged", "blocked"), [("record", True), ("ignore", False)])
@pytest.mark.parametrize("sender", [SHORT_CODE, WHATSAPP])
async def test_keywords_on_senders_that_twilio_leaves_to_the_customer(
    start_gateway: StartGateway, sender: str, unmanaged: str, blocked: bool
) -> None:
    gateway = await start_gateway(account={"unmanaged_senders": unmanaged, "app_url": None})
    phone = f"whatsapp:{PHONE}" if sender == WHATSAPP else PHONE
    assert EMPTY == (await gateway.webhook(inbound("STOP", From=phone, To=sender))).text
    assert blocked == await is_blocked(gateway, sender)


TOLL_FREE_WORDS = [
    pytest.param("STOP", [], True, id="STOP: the carrier answers"),
    pytest.param("CANCEL", [STOP_REPLY], True, id="another opt-out word: as usual"),
]


@pytest.mark.parametrize(("word", "replies", "blocked"), TOLL_FREE_WORDS)
async def test_opt_out_words_on_a_toll_free_number(
    gateway: Gateway, sandbox: Sandbox, word: str, replies: list[str], blocked: bool
) -> None:
    sent = await sandbox.phone("+14155552671").send(word, to=TOLL_FREE)
    assert replies == list(sent.replies)
    answered = await gateway.send(To="+14155552671", from_=TOLL_FREE, Body="x")
    assert blocked == (answered.status == 400)


@pytest.mark.parametrize(("word", "lifts"), [("START", True), ("UNSTOP", True), ("YES", False)])
async def test_only_start_and_unstop_lift_on_a_toll_free_number(
    gateway: Gateway, quiet_app: SampleApp, sandbox: Sandbox, word: str, lifts: bool
) -> None:
    phone = sandbox.phone("+14155552671")
    await phone.send("STOP", to=TOLL_FREE)
    gateway.clock.advance(2)
    sent = await phone.send(word, to=TOLL_FREE)
    assert ([START_REPLY] if lifts else []) == list(sent.replies)
    assert lifts == ((await gateway.send(To="+14155552671", from_=TOLL_FREE, Body="x")).status == 201)


# Signatures and shape

REFUSED = [
    pytest.param({}, {"X-Twilio-Signature": "bm90IGl0"}, 403, id="another signature"),
    pytest.param({}, {"X-Twilio-Signature": ""}, 403, id="no signature"),
    pytest.param({"AccountSid": OTHER_ACCOUNT}, {}, 403, id="an account that is not in the settings"),
    pytest.param({"From": ""}, {}, 400, id="no From"),
    pytest.param({"MessageSid": "SM1"}, {}, 400, id="a MessageSid that is none"),
    pytest.param({"To": "not a sender at all"}, {}, 400, id="a To that is none"),
    pytest.param({"MessagingServiceSid": "MG1"}, {}, 400, id="a MessagingServiceSid that is none"),
    pytest.param({"Call me": ""}, {}, 400, id="a parameter's name that is none"),
]


@pytest.mark.parametrize(("fields", "headers", "status"), REFUSED)
async def test_a_webhook_that_is_not_twilios_or_not_in_shape_is_refused(
    gateway: Gateway, fields: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answered = await gateway.webhook(inbound("STOP") | fields, **headers)
    assert status == answered.status
    assert {"code", "message", "more_info", "status"} == set(answered.json)
    assert not await is_blocked(gateway)


@pytest.mark.parametrize("name", ["MessageSid", "AccountSid", "From", "To", "Body"])
async def test_a_webhook_without_a_field_it_needs_is_refused(gateway: Gateway, name: str) -> None:
    fields = inbound("STOP")
    del fields[name]
    answered = await gateway.webhook(fields)
    assert 400 == answered.status
    assert f"'{name}'" in answered.json["message"]


async def test_a_body_split_in_another_way_under_the_same_signature_lifts_nothing(gateway: Gateway) -> None:
    """Twilio joins names and values without a separator: Body=STARTX and Body=START with X= sign alike."""
    await gateway.webhook(inbound("STOP"))
    gateway.clock.advance(2)
    first = await gateway.webhook(inbound("STARTCallMe", "02"))
    resplit = await gateway.webhook(inbound("START", "02") | {"CallMe": ""})
    assert (200, 403) == (first.status, resplit.status)
    assert await is_blocked(gateway)


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
async def test_a_webhook_by_another_method_than_post_and_get_is_told_what_to_set(gateway: Gateway, method: str) -> None:
    async with gateway.http.request(method, f"{gateway.url}/inbound?From=x") as response:
        assert (405, 20004) == (response.status, (await response.json())["code"])


def queried(fields: dict[str, str], path: str = "/inbound") -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(fields)}"


async def asked_by_get(gateway: Gateway, target: str, signed: str | None = None, **rest: Any) -> tuple[int, str]:
    signature = RequestValidator(TOKEN).compute_signature(f"{gateway.url}{signed or target}", {})
    url = URL(f"{gateway.url}{target}", encoded=True)
    async with gateway.http.get(url, headers={"X-Twilio-Signature": signature}, **rest) as response:
        return response.status, await response.text()


async def test_a_webhook_by_get_takes_effect_as_one_by_post(gateway: Gateway, app: SampleApp) -> None:
    status, text = await asked_by_get(gateway, queried(inbound("STOP")))
    assert (200, [STOP_REPLY]) == (status, texts(text))
    assert await is_blocked(gateway)
    again = await gateway.webhook(inbound("STOP"))
    assert [STOP_REPLY] == texts(again.text), "the same message by POST is a repetition"
    assert [(1,)] == rows(gateway, "SELECT count(*) FROM consent_events")


@pytest.mark.parametrize(
    ("target", "signed", "body", "status"),
    [
        pytest.param(queried(inbound("STOP")), "/inbound", None, 403, id="parameters that were not signed"),
        pytest.param(queried(inbound("STOP")), queried(inbound("HELP")), None, 403, id="others than were signed"),
        pytest.param(queried(inbound("STOP")), None, b"From=x", 400, id="a body"),
        pytest.param(queried(inbound("STOP")) + "&Body=START", None, None, 400, id="a parameter twice"),
        pytest.param("/inbound", None, None, 400, id="no parameters"),
    ],
)
async def test_a_webhook_by_get_that_is_not_twilios_or_not_in_shape_is_refused(
    gateway: Gateway, target: str, signed: str | None, body: bytes | None, status: int
) -> None:
    assert status == (await asked_by_get(gateway, target, signed, data=body))[0]
    assert not await is_blocked(gateway)


async def test_a_post_with_the_messages_parameters_in_its_url_is_refused(gateway: Gateway) -> None:
    answered = await gateway.webhook(inbound("STOP"), path="/inbound?Body=START")
    assert (400, 900401) == (answered.status, answered.json["code"])
    assert not await is_blocked(gateway)


async def test_a_refused_signature_tells_the_url_that_was_tried_and_what_differs(gateway: Gateway) -> None:
    fields, port = inbound("STOP"), gateway.url.rpartition(":")[2]
    signature = RequestValidator(TOKEN).compute_signature(f"https://127.0.0.1:{port}/inbound", fields)
    with structlog.testing.capture_logs() as logged:
        answered = await gateway.webhook(fields, **{"X-Twilio-Signature": signature})
    why = (
        f"X-Twilio-Signature does not fit {gateway.url}/inbound and the parameters; "
        f"it fits https://127.0.0.1:{port}/inbound, where scheme differs"
    )
    assert (403, why) == (answered.status, answered.json["message"].partition(": ")[2])
    assert [why] == [line["detail"] for line in logged if line["event"] == "webhook"]
    assert not await is_blocked(gateway)


async def test_every_auth_token_of_the_account_signs(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(account={"auth_tokens": [TOKEN, "beef" * 8]})
    assert 200 == (await gateway.webhook(inbound("STOP"), token="beef" * 8)).status
    assert await is_blocked(gateway)


async def test_the_signature_is_made_over_the_public_url_not_over_the_hosts_header(gateway: Gateway) -> None:
    answered = await gateway.webhook(inbound("STOP"), Host="evil.example", X_Forwarded_Host="evil.example")
    assert 200 == answered.status


# Once per MessageSid, history, one transaction


async def test_the_same_message_again_gets_the_same_answer_and_changes_nothing(gateway: Gateway) -> None:
    first = await gateway.webhook(inbound("STOP"))
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02"))
    gateway.clock.advance(2)
    again = await gateway.webhook(inbound("STOP"))
    assert first.body == again.body
    assert not await is_blocked(gateway)
    assert [(2,)] == rows(gateway, "SELECT count(*) FROM consent_events")


async def test_ten_repetitions_at_once_take_effect_once(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.webhook(inbound("STOP")) for _ in range(10)))
    assert {(200, answers[0].body)} == {(answer.status, answer.body) for answer in answers}
    assert [(1,)] == rows(gateway, "SELECT count(*) FROM consent_events")


async def test_history_says_who_when_what_changed_and_on_what_evidence(gateway: Gateway) -> None:
    await gateway.webhook(inbound("  Stop ", "07", To=IN_POOL, MessagingServiceSid=SERVICE))
    query = "SELECT event_type, change, source, actor, sender, service_sid, keyword, keyword_set, message_sid, scopes "
    [(event_type, change, source, actor, sender, service, keyword, keyword_set, sid, scopes)] = rows(
        gateway, query + "FROM consent_events"
    )
    assert ("STOP", "added", "keyword", "recipient") == (event_type, change, source, actor)
    assert (IN_POOL, SERVICE, "stop", "default.STOP") == (sender, service, keyword, keyword_set)
    assert "SM" + "07".rjust(32, "0") == sid
    assert f'[["service","{SERVICE}"],["sender","{IN_POOL}"]]' == scopes


async def test_every_keyword_is_in_the_history_even_when_nothing_changes(gateway: Gateway) -> None:
    for number, word in enumerate(("START", "HELP", "STOP", "STOP", "HELP")):
        await gateway.webhook(inbound(word, str(number)))
        gateway.clock.advance(2)
    changes = rows(gateway, "SELECT event_type, change FROM consent_events ORDER BY event_id")
    assert [
        ("START", "nothing"),
        ("HELP", "nothing"),
        ("STOP", "added"),
        ("STOP", "stays"),
        ("HELP", "nothing"),
    ] == changes


# The app behind


async def test_the_app_gets_the_whole_webhook_with_a_signature_that_its_sdk_accepts(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox, eventually: Eventually
) -> None:
    for word in ("STOP", "HELP", "What are your opening hours?"):
        await sandbox.phone(PHONE).send(word, to=IN_POOL)
    await eventually(lambda: len(app.received) == 3)
    assert all(webhook.valid for webhook in app.received)
    sent = {dict(webhook.params)["Body"]: dict(webhook.params) for webhook in sandbox.webhooks}
    for webhook in app.received:
        assert sent[webhook.params["Body"]] == dict(webhook.params)
        assert "OptOutType" not in webhook.params
        assert dict(webhook.headers)["I-Twilio-Idempotency-Token"]


async def test_the_confirmation_of_a_stop_does_not_wait_for_the_app(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox, eventually: Eventually
) -> None:
    app.answer_with(body="<Response><Message>Do not go!</Message></Response>", delay_seconds=2)
    started = time.monotonic()
    sent = await sandbox.phone(PHONE).send("STOP", to=ALONE)
    assert [STOP_REPLY] == list(sent.replies), "what the app answers to a STOP is discarded"
    assert time.monotonic() - started < 2
    await eventually(lambda: app.received)


async def test_start_and_help_carry_the_apps_answer_after_the_confirmation(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox
) -> None:
    app.answer_with(body="<Response><Message>Welcome back</Message></Response>")
    assert [HELP_REPLY, "Welcome back"] == list((await sandbox.phone(PHONE).send("HELP", to=ALONE)).replies)
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    gateway.clock.advance(2)
    first = await gateway.webhook(inbound("START", "09"))
    assert [START_REPLY, "Welcome back"] == texts(first.text)
    assert first.body == (await gateway.webhook(inbound("START", "09"))).body


async def test_a_slow_app_gets_the_webhook_of_a_help_as_a_delivery(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox, eventually: Eventually
) -> None:
    app.answer_with(delay_seconds=4)
    sent = await sandbox.phone(PHONE).send("HELP", to=ALONE)
    assert [HELP_REPLY] == list(sent.replies)
    app.answer_as_usual()
    await eventually(lambda: len(app.received) == 2)
    tokens = {dict(webhook.headers)["I-Twilio-Idempotency-Token"] for webhook in app.received}
    assert 1 == len(tokens), "the app can tell that it is the same message"


async def test_a_failing_app_is_told_of_the_stop_in_the_end(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox, eventually: Eventually
) -> None:
    app.answer_with(status=500)
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    await eventually(lambda: len(app.received) == 1)
    app.answer_as_usual()
    gateway.clock.advance(60)
    await eventually(lambda: rows(gateway, "SELECT state FROM deliveries") == [("done",)])
    assert 2 == len(app.received)


async def test_the_fallback_url_gets_the_message_when_the_app_fails(
    start_gateway: StartGateway, app: SampleApp, sandbox: Sandbox
) -> None:
    nobody = "http://127.0.0.1:9/sms"
    await start_gateway(account={"app_url": nobody, "app_fallback_url": app.sms_url})
    sent = await sandbox.phone(PHONE).send("Hello?", to=ALONE)
    assert ["Thanks, we got: Hello?"] == list(sent.replies)


async def test_without_an_app_keywords_work_and_other_messages_get_the_empty_answer(
    start_gateway: StartGateway,
) -> None:
    gateway = await start_gateway(account={"app_url": None})
    assert [STOP_REPLY] == texts((await gateway.webhook(inbound("STOP"))).text)
    assert EMPTY == (await gateway.webhook(inbound("Hello?", "02"))).text


async def test_an_app_that_fails_on_an_ordinary_message_is_told_to_twilio(gateway: Gateway, app: SampleApp) -> None:
    app.answer_with(status=500)
    assert 502 == (await gateway.webhook(inbound("Hello?"))).status


COOKIES = {"Set-Cookie": "session=1; Path=/"}


async def test_cookies_pass_both_ways(gateway: Gateway, app: SampleApp) -> None:
    app.answer_with(headers=tuple(COOKIES.items()))
    answered = await gateway.webhook(inbound("Hello?"), Cookie="session=0")
    assert COOKIES["Set-Cookie"] == answered.headers["Set-Cookie"]
    assert "session=0" == dict(app.received[0].headers)["Cookie"]


# What an app answers is a send too

OPTED_OUT_ELSEWHERE = "+14155550177"

ANSWERS = [
    # the app's answer: what reaches whom
    pytest.param("<Message>Hi</Message>", "text/xml", [(PHONE, "Hi")], id="a reply"),
    pytest.param("<Message><Body>Hi</Body></Message>", "application/xml", [(PHONE, "Hi")], id="a reply with <Body>"),
    pytest.param("<Sms>Hi</Sms>", "text/xml", [(PHONE, "Hi")], id="the old verb"),
    pytest.param(
        f'<Message to="{OPTED_OUT_ELSEWHERE}">Psst</Message><Message>Hi</Message>',
        "text/xml",
        [(PHONE, "Hi")],
        id="a message to somebody who opted out is taken out",
    ),
    pytest.param(
        '<Message to="(415) 555-0177">Psst</Message>', "text/xml", [], id="in whatever spelling of the number"
    ),
    pytest.param(
        f'<Message to="{OPTED_OUT_ELSEWHERE}" from="{IN_POOL}">From another</Message>',
        "text/xml",
        [(OPTED_OUT_ELSEWHERE, "From another")],
        id="from a sender that they did not opt out of",
    ),
    pytest.param('<Message to="nobody">x</Message>', "text/xml", [], id="to nobody that can be read"),
    pytest.param("<Dial>+14155550177</Dial><Message>Hi</Message>", "text/xml", [(PHONE, "Hi")], id="unknown verbs"),
    pytest.param("Hi & bye", "text/plain", [(PHONE, "Hi & bye")], id="plain text is a message"),
    pytest.param("<Message>Hi", "text/xml", [], id="not well-formed"),
    pytest.param('{"a": 1}', "application/json", [], id="not TwiML"),
]


@pytest.mark.parametrize(("answer", "content_type", "reach"), ANSWERS)
async def test_replies_of_the_app_are_checked_like_sends(
    gateway: Gateway,
    app: SampleApp,
    sandbox: Sandbox,
    answer: str,
    content_type: str,
    reach: list[tuple[str, str]],
) -> None:
    await sandbox.phone(OPTED_OUT_ELSEWHERE).send("STOP", to=ALONE)
    before = {number: len(sandbox.phone(number).inbox) for number in (PHONE, OPTED_OUT_ELSEWHERE)}
    body = f"<Response>{answer}</Response>" if "xml" in content_type else answer
    app.answer_with(body=body, content_type=content_type)
    await sandbox.phone(PHONE).send("Hello?", to=ALONE)
    got = [
        (number, message.body)
        for number in (PHONE, OPTED_OUT_ELSEWHERE)
        for message in sandbox.phone(number).inbox[before[number] :]
    ]
    assert reach == got


async def test_an_app_cannot_answer_somebody_who_is_opted_out(
    gateway: Gateway, app: SampleApp, sandbox: Sandbox
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    app.answer_with(body="<Response><Message>Just one more thing</Message></Response>")
    for body in ("HELP", "Who is this?"):
        assert () == (await sandbox.phone(PHONE).send(body, to=ALONE)).replies


async def test_documents_behind_a_redirect_are_checked_too(gateway: Gateway, app: SampleApp, sandbox: Sandbox) -> None:
    await sandbox.phone(OPTED_OUT_ELSEWHERE).send("STOP", to=ALONE)
    answers = iter(
        [
            "<Response><Message>One</Message><Redirect>sms?page=2</Redirect></Response>",
            f'<Response><Message to="{OPTED_OUT_ELSEWHERE}">No</Message><Message>Two</Message></Response>',
        ]
    )

    app.answer_with(body=next(answers))
    first = await gateway.webhook(inbound("Hello?", "05"))
    url = re.findall("<Redirect>(.*?)</Redirect>", first.text)[0]
    assert url.startswith(f"{gateway.url}/redirect/")
    app.answer_with(body=next(answers))
    second = await gateway.webhook(inbound("Hello?", "05"), path=url.removeprefix(gateway.url))
    assert ["Two"] == texts(second.text)
    assert app.received[-1].valid


@pytest.mark.parametrize("path", ["/redirect/", "/redirect/bm90IG91cnM", "/redirect/%00"])
async def test_a_redirect_that_the_gateway_did_not_make_leads_nowhere(gateway: Gateway, path: str) -> None:
    assert (await gateway.webhook(inbound("Hello?"), path=path)).status in {400, 403, 404}
    assert ACCOUNT  # the account itself is known: only the URL is not ours
