"""Event Streams as a second source of keywords: over the sandbox's sinks, and as single signed requests."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from gateway.sandbox import EventTrouble, Fault, Sandbox
from tests.staging import (
    ACCOUNT,
    ALONE,
    IN_POOL,
    OTHER_ACCOUNT,
    PHONE,
    SERVICE,
    TOKEN,
    Answered,
    Gateway,
    code_of,
    inbound,
    on_screen,
    run_on,
)

INBOUND = "com.twilio.messaging.inbound-message.received"
OPTED_OUT = 21610


def sid(name: str) -> str:
    return "SM" + name.rjust(32, "0")


def iso(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="milliseconds")


def event(body: str, message: str = "01", at: int | None = None, **data: Any) -> dict[str, Any]:
    """One inbound-message event; ``at`` in microseconds since 1970."""
    told = {"messageSid": sid(message), "accountSid": ACCOUNT, "from": PHONE, "to": ALONE, "body": body}
    told |= {} if at is None else {"timestamp": iso(at)}
    return {"specversion": "1.0", "type": INBOUND, "id": f"EZ{message}", "data": told | data}


async def post(gateway: Gateway, told: object, *, token: str = TOKEN, hash_of: bytes | None = None) -> Answered:
    """A request of Event Streams, signed by Twilio's own library."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    url = f"{gateway.url}/events?bodySHA256={hashlib.sha256(body if hash_of is None else hash_of).hexdigest()}"
    signature = RequestValidator(token).compute_signature(url, {})
    return await gateway.post(url, body, Content_Type="application/json", X_Twilio_Signature=signature)


def changes(gateway: Gateway) -> list[tuple[str, str]]:
    return gateway.rows("SELECT event_type, change FROM consent_events ORDER BY event_id")


@pytest.fixture
def subscribe(sandbox: Sandbox) -> Callable[[Gateway], Awaitable[None]]:
    """Subscribe the gateway to its account's inbound messages."""

    async def subscribe(gateway: Gateway) -> None:
        auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
        configuration = json.dumps({"destination": f"{gateway.url}/events", "method": "POST"})
        sink = {"Description": "x", "SinkType": "webhook", "SinkConfiguration": configuration}
        async with gateway.http.post(f"{sandbox.url}/v1/Sinks", data=sink, headers=auth) as made:
            sink_sid = (await made.json())["sid"]
        types = json.dumps({"type": INBOUND, "schema_version": 6})
        form = {"Description": "x", "SinkSid": sink_sid, "Types": types}
        async with gateway.http.post(f"{sandbox.url}/v1/Subscriptions", data=form, headers=auth) as made:
            assert 201 == made.status

    return subscribe


def noted(gateway):
    return sorted(reason for (reason,) in gateway.rows("SELECT reason FROM activity WHERE direction = 'inbound'"))


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(EventTrouble(), id="once each"),
        pytest.param(EventTrouble(duplicate=3, shuffle=12), id="four times each, in any order"),
        pytest.param(EventTrouble(delay_seconds=0.05), id="late"),
    ],
)
async def test_keywords_whose_webhooks_never_come_take_effect(gateway, sandbox, subscribe, trouble, eventually):
    await subscribe(gateway)
    sandbox.point_webhooks_at("http://127.0.0.1:9/nowhere")
    sandbox.set_event_trouble(trouble)
    for body in ("STOP", "hello", "HELP"):
        await sandbox.phone(PHONE).send(body, to=IN_POOL)
    await sandbox.settle()
    assert [("HELP", "nothing"), ("STOP", "added")] == sorted(changes(gateway))
    assert [OPTED_OUT, OPTED_OUT, None] == [await code_of(gateway, by) for by in (IN_POOL, SERVICE, ALONE)]
    assert [] == on_screen(sandbox, "outbound-reply", "outbound-api")
    learned = gateway.rows("SELECT learned_from, webhook_at FROM learned_messages")
    assert [("events", None)] * 2 == learned
    await eventually(lambda: len(noted(gateway)) >= 2)
    assert ["help_nothing", "stop_added"] == noted(gateway)


async def test_an_event_beside_its_webhook_changes_nothing(gateway, sandbox, subscribe):
    await subscribe(gateway)
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    await sandbox.settle()
    assert [("STOP", "added")] == changes(gateway)


async def test_a_webhook_behind_its_event_finds_the_answer_and_is_relayed_once(gateway, app, eventually):
    assert 204 == (await post(gateway, [event("Stop")])).status
    first = await gateway.webhook(inbound("Stop"))
    second = await gateway.webhook(inbound("Stop"))
    assert (200, 200) == (first.status, second.status)
    assert "successfully been unsubscribed" in first.text
    assert first.text == second.text
    assert [("STOP", "added")] == changes(gateway)
    await eventually(lambda: gateway.rows("SELECT state FROM deliveries WHERE kind = 'relay'") == [("done",)])
    assert 1 == len(app.received)


async def test_another_message_under_the_same_sid_is_refused_as_ever(gateway):
    await post(gateway, [event("Stop")])
    assert 403 == (await gateway.webhook(inbound("START"))).status


async def test_what_cannot_be_read_loses_nothing_else(gateway):
    nobody: dict[str, Any] = {"from": "nobody at all"}
    bad = [
        "text",
        {"type": 7},
        {"type": "com.twilio.messaging.message.sent", "data": None},
        event("Stop", data=None) | {"data": None},
        event("Stop", "02") | {"id": ""},
        event("Stop", "03", **nobody),
        event("Stop", "04", messageSid="SM1"),
        event("Stop", "05", accountSid=OTHER_ACCOUNT),
        event("Stop", "06", to={"x": []}),
    ]
    good = event("Stop", "10", at=gateway.clock(), newField=1, optOutType="SOMETHING NEW")
    assert 204 == (await post(gateway, [*bad, good])).status
    assert [(sid("10"),)] == gateway.rows("SELECT message_sid FROM consent_events")
    counted = await gateway.get(f"{gateway.admin_url}/metrics", auth=None, Authorization=await bearer(gateway))
    assert 'gateway_learned_total{outcome="malformed",source="events"}' in counted.text
    assert 'gateway_learned_total{outcome="foreign",source="events"}' in counted.text


async def bearer(gateway: Gateway) -> str:
    return f"Bearer {gateway.service.new_admin_token}"


REQUESTS: dict[str, tuple[Any, dict[str, Any], int]] = {
    "signed by somebody else": ([event("Stop")], {"token": "0" * 32}, 403),
    "another body than was signed": ([event("Stop")], {"hash_of": b"[]"}, 403),
    "no JSON": (b"no JSON", {}, 400),
    "too many": ([{}] * 1_001, {}, 413),
    "none": ([], {}, 204),
    "one without an array": (event("Stop"), {}, 204),
}


async def test_a_request_is_answered_by_whether_twilio_should_repeat_it(gateway):
    told = {}
    for name, (body, options, _) in REQUESTS.items():
        told[name] = (await post(gateway, body, **options)).status
        assert (name == "one without an array") == bool(changes(gateway))
    assert {name: status for name, (_, _, status) in REQUESTS.items()} == told


async def test_events_come_by_post_alone(gateway):
    assert 405 == (await gateway.get(f"{gateway.url}/events", auth=None)).status


async def test_what_is_not_committed_is_not_acknowledged_and_comes_again(gateway):
    await asyncio.to_thread(run_on, gateway.database_url, "ALTER TABLE consent_events RENAME TO elsewhere")
    assert 503 == (await post(gateway, [event("Stop")])).status
    await asyncio.to_thread(run_on, gateway.database_url, "ALTER TABLE elsewhere RENAME TO consent_events")
    async with asyncio.timeout(20):
        while (await post(gateway, [event("Stop")])).status != 204:  # noqa: ASYNC110 - as Twilio repeats it
            await asyncio.sleep(0.1)
    assert [("STOP", "added")] == changes(gateway)


ORDERS: dict[str, tuple[list[tuple[str, float]], bool]] = {
    "a START later": ([("STOP", 0.0), ("START", 5.0)], False),
    "learned the other way round": ([("START", 5.0), ("STOP", 0.0)], False),
    "a STOP later": ([("START", 0.0), ("STOP", 5.0)], True),
    "that learned the other way round": ([("STOP", 5.0), ("START", 0.0)], True),
    "within a second STOP wins": ([("STOP", 0.0), ("START", 0.9)], True),
    "in either order": ([("START", 0.9), ("STOP", 0.0)], True),
    "a second later it does not": ([("START", 1.0), ("STOP", 0.0)], False),
    "between two STARTs": ([("START", 9.0), ("START", 3.0), ("STOP", 6.0)], False),
    "and after a lift": ([("STOP", 0.0), ("START", 2.0), ("START", 9.0), ("STOP", 7.0)], False),
}


async def test_what_counts_is_when_it_was_said_not_when_it_is_learned(gateway):
    said, number = gateway.clock() // 1_000_000 * 1_000_000 - 60_000_000, iter(range(10, 99))
    blocked = {}
    for place, (name, (words, _)) in enumerate(ORDERS.items()):
        phone = f"+141555502{place:02}"
        for word, seconds in words:
            at = said + int(seconds * 1_000_000)
            await post(gateway, [event(word, str(next(number)), at=at, **{"from": phone})])
        blocked[name] = await code_of(gateway, ALONE, phone) == OPTED_OUT
    assert {name: is_blocked for name, (_, is_blocked) in ORDERS.items()} == blocked


async def test_nothing_counts_from_later_than_now(gateway):
    await post(gateway, [event("STOP", at=gateway.clock() + 3_600_000_000)])
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02"))
    assert await code_of(gateway, ALONE) is None


# Twilio's word


@pytest.mark.parametrize(
    ("handling", "expected"),
    [
        pytest.param("off", ["keyword", "twilio", "keyword"], id="where Twilio handles none"),
        pytest.param("default", ["twilio", "twilio", "keyword"], id="where it handles its default words"),
        pytest.param("aoo", ["twilio", "twilio", "keyword"], id="where it has Advanced Opt-Out"),
    ],
)
async def test_twilios_word_is_taken_where_it_tells_who_handled_it(start_gateway, handling, expected):
    gateway = await start_gateway(account={"twilio_handling": handling})
    await post(gateway, [event("Stop", "01", optOutType="STOP")])
    await post(gateway, [event("adios", "02", optOutType="STOP")])
    await post(gateway, [event("Stop", "03"), event("hello", "04")])  # as an older schema has it
    assert [(source,) for source in expected] == gateway.rows("SELECT source FROM consent_events ORDER BY message_sid")


# confirm_late


async def confirmed(gateway: Gateway, sandbox: Sandbox, eventually: Any) -> list[str]:
    """What is on the phone once the confirmation has had its turn."""
    gateway.clock.advance(40)
    await eventually(lambda: gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'confirm' AND state <> 'owed'"))
    await sandbox.settle()
    return on_screen(sandbox, "outbound-api")


@pytest.mark.parametrize(
    ("before", "body", "is_answered"),
    [
        pytest.param([], "STOP", "successfully been unsubscribed", id="STOP, in spite of its block"),
        pytest.param(["STOP"], "START", "successfully been re-subscribed", id="START"),
        pytest.param([], "HELP", "Reply STOP to unsubscribe", id="HELP"),
    ],
)
async def test_the_confirmation_follows_as_a_message_where_the_settings_say_so(
    start_gateway, sandbox, eventually, before, body, is_answered
):
    gateway = await start_gateway(account={"confirm_late": True})
    for number, word in enumerate(before):
        await gateway.webhook(inbound(word, f"9{number}"))
    gateway.clock.advance(2)
    await post(gateway, [event(body, at=gateway.clock())])
    [text] = await confirmed(gateway, sandbox, eventually)
    assert is_answered in text
    late = await gateway.webhook(inbound(body))  # comes after all, and says nothing twice
    assert (200, False) == (late.status, "<Message" in late.text)


async def test_the_webhook_that_comes_in_time_confirms_and_nothing_else(start_gateway, sandbox, eventually):
    gateway = await start_gateway(account={"confirm_late": True})
    await post(gateway, [event("STOP", at=gateway.clock())])
    assert "unsubscribed" in (await gateway.webhook(inbound("STOP"))).text
    assert [] == await confirmed(gateway, sandbox, eventually)


async def test_a_stop_that_was_taken_back_meanwhile_is_not_confirmed(start_gateway, sandbox, eventually):
    gateway = await start_gateway(account={"confirm_late": True})
    await post(gateway, [event("STOP", at=gateway.clock())])
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02"))
    assert [] == await confirmed(gateway, sandbox, eventually)


@pytest.mark.parametrize(
    ("account", "age"),
    [
        pytest.param({}, 0, id="nobody asked for it"),
        pytest.param({"confirm_late": True}, 300, id="five minutes old"),
        pytest.param({"confirm_late": True, "twilio_handling": "default"}, 0, id="Twilio has answered it"),
    ],
)
async def test_nothing_is_sent_late(start_gateway, account, age):
    gateway = await start_gateway(account=account)
    await post(gateway, [event("STOP", at=gateway.clock() - age * 1_000_000)])
    assert [("STOP", "added")] == changes(gateway)
    assert [] == gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'confirm'")


async def test_a_confirmation_of_unknown_outcome_is_not_sent_again(start_gateway, sandbox, eventually):
    gateway = await start_gateway(account={"confirm_late": True})
    sandbox.inject(Fault("reset", method="POST", when="after", times=1))
    await post(gateway, [event("STOP", at=gateway.clock())])
    assert 1 == len(await confirmed(gateway, sandbox, eventually))
    assert 1 == len([each for each in sandbox.requests if each.method == "POST" and "Messages" in each.target])
