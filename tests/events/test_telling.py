"""Events out: what a keyword and a change of consent tell the sinks, over real sinks, and what a failing sink does."""

import hashlib
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from gateway import metrics
from gateway.messaging.events import CONSENT, INBOUND
from gateway.operations.deliveries import DeliveryOperations
from tests.events.conftest import Receiver, Sinks
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, TOKEN, Operator, StartGateway, inbound

OWED = "SELECT state, count(*) FROM deliveries WHERE kind = 'event' GROUP BY state ORDER BY state"
LEFT = [("dead", 5)]


def backlog(sink: str = "crm") -> dict[str, float | None]:
    """What the metric says of a sink."""
    labels = [{"sink": sink, "state": state} for state in ("owed", "dead")]
    return {each["state"]: metrics.REGISTRY.get_sample_value("gateway_sink_backlog", each) for each in labels}


def phone(number: int) -> str:
    return f"+1415555{number:04}"


async def test_a_keyword_and_its_change_are_told_signed_and_in_this_order(gateway, sinks, receiver, eventually):
    await sinks.webhook("crm", receiver)
    await gateway.webhook(inbound("Stop", "01", To=IN_POOL, MessagingServiceSid=SERVICE, FromCountry="US"))
    await eventually(lambda: len(receiver.events()) == 2)
    assert all(told.is_signed and told.path == "/crm" for told in receiver.told)
    keyword, change = receiver.events()
    assert (INBOUND, CONSENT) == (keyword["type"], change["type"])
    expected = {
        "messageSid": "SM" + "01".rjust(32, "0"),
        "accountSid": ACCOUNT,
        "eventName": INBOUND,
        "from": PHONE,
        "to": IN_POOL,
        "body": "Stop",
        "messagingServiceSid": SERVICE,
        "optOutType": "STOP",
        "fromCountry": "US",
    }
    assert expected == {name: keyword["data"].get(name) for name in expected}
    told = {name: change["data"][name] for name in ("recipient", "change", "source", "actor", "keyword")}
    assert {"recipient": PHONE, "change": "added", "source": "keyword", "actor": "recipient", "keyword": "stop"} == told
    assert {SERVICE, IN_POOL} == {scope["id"] for scope in change["data"]["scopes"]}
    await eventually(lambda: [] == gateway.rows(OWED))  # what was taken is forgotten


@pytest.mark.parametrize(("version", "has_type"), [(4, False), (5, True), (6, True)])
async def test_a_subscription_below_version_5_has_no_opt_out_type(
    gateway, sinks, receiver, eventually, version, has_type
):
    await sinks.webhook("crm", receiver, INBOUND, version=version)
    await gateway.webhook(inbound("HELP", "01"))
    await eventually(receiver.events)
    [event] = receiver.events()
    assert event["dataschema"].endswith(f"/Messaging.InboundMessageV1/{version}")
    assert has_type == ("optOutType" in event["data"])


async def test_a_keyword_that_is_learned_days_later_is_told_all_the_same(gateway, sinks, receiver, eventually):
    """It is owed from when it was learned on, whenever it was said, and so tried again for as long as any other."""
    receiver.answers = lambda _: 503
    await sinks.webhook("crm", receiver)
    at = datetime.fromtimestamp(gateway.clock() / 1e6, UTC) - timedelta(days=3)
    data = {"messageSid": "SM" + "01".rjust(32, "0"), "accountSid": ACCOUNT, "from": PHONE, "to": ALONE, "body": "Stop"}
    event = {"type": INBOUND, "id": "EZ1", "data": data | {"timestamp": at.isoformat(timespec="milliseconds")}}
    body = json.dumps([event]).encode()
    url = f"{gateway.url}/events?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    answered = await gateway.post(url, body, Content_Type="application/json", X_Twilio_Signature=signature)
    assert 204 == answered.status
    await eventually(lambda: gateway.rows("SELECT 1 FROM sinks WHERE failures > 0"))
    assert [("owed", 2)] == gateway.rows(OWED)
    receiver.answers = lambda _: 200
    gateway.clock.advance(300)
    await eventually(lambda: len(receiver.events()) == 2)
    keyword, change = receiver.events()
    assert (INBOUND, CONSENT) == (keyword["type"], change["type"])
    assert keyword["time"].startswith(f"{at:%Y-%m-%dT%H:%M:%S}")


async def test_what_nobody_subscribed_to_is_not_written(gateway, sinks, receiver):
    await sinks.webhook("changes", receiver, CONSENT)
    await gateway.webhook(inbound("HELP", "01"))
    await gateway.webhook(inbound("hello", "02"))
    assert [] == gateway.rows(OWED)


async def test_an_operators_change_and_an_opt_in_are_told_too(gateway, sinks, receiver, operator, eventually):
    await sinks.webhook("crm", receiver, CONSENT)
    await gateway.webhook(inbound("STOP", "01"))
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02"))
    await eventually(lambda: receiver.changes() == [(PHONE, "added"), (PHONE, "lifted")])


async def test_what_is_owed_is_told_after_a_start_anew(start_gateway: StartGateway, sinks, receiver, eventually):
    receiver.answers = lambda _: 503
    first = await start_gateway()
    await sinks.webhook("crm", receiver, CONSENT)
    await first.webhook(inbound("STOP", "01"))
    await eventually(lambda: first.rows("SELECT failures FROM sinks WHERE failures > 0"))
    await first.service.stop()
    assert [("owed", 1)] == first.rows(OWED)
    receiver.answers = lambda _: 200
    first.clock.advance(300)
    await start_gateway()
    await eventually(lambda: receiver.changes() == [(PHONE, "added")])


@pytest.mark.parametrize("batch", [False, True], ids=["one by one", "in batches"])
async def test_a_recipients_events_stay_in_order_whatever_fails(
    start_gateway: StartGateway, sinks: Sinks, receiver: Receiver, eventually: Any, batch: bool
) -> None:
    """Of each recipient the sink takes all events, none before one that came earlier; it may take one twice."""
    chance = random.Random(7)
    receiver.answers = lambda _: 200 if chance.random() < 0.6 else chance.choice([500, 400, 429])
    gateways = [await start_gateway() for _ in range(2)]  # both tell the same sinks
    await sinks.webhook("crm", receiver, CONSENT, batch=batch)
    expected = defaultdict(list)
    for turn in range(3):
        for number in range(6):
            for word, change in (("STOP", "added"), ("START", "lifted")):
                sid = f"{turn}{number}{'a' if word == 'STOP' else 'b'}"
                await gateways[number % 2].webhook(inbound(word, sid, From=phone(number), To=ALONE))
                gateways[0].clock.advance(2)
                expected[phone(number)].append(change)

    def all_told() -> bool:
        gateways[0].clock.advance(15)  # past every pause
        return [] == gateways[0].rows(OWED)

    await eventually(all_told)
    taken: dict[str, list[str]] = defaultdict(list)
    seen = set()
    for event in receiver.events():
        if event["id"] not in seen:
            seen.add(event["id"])
            taken[event["data"]["recipient"]].append(event["data"]["change"])
    assert expected == taken


async def test_an_event_that_is_refused_holds_back_its_recipient_alone(gateway, sinks, receiver, eventually):
    refused = phone(1)
    receiver.answers = lambda body: 400 if body[0]["data"]["recipient"] == refused else 200
    await sinks.webhook("crm", receiver, CONSENT)
    for number in range(4):
        await gateway.webhook(inbound("STOP", f"0{number}", From=phone(number)))
    await eventually(lambda: len(receiver.changes()) == 3)
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "11", From=refused))
    await gateway.webhook(inbound("START", "12", From=phone(2)))
    await eventually(lambda: (phone(2), "lifted") in receiver.changes())
    assert refused not in {recipient for recipient, _ in receiver.changes()}
    receiver.answers = lambda _: 200

    def told() -> bool:
        gateway.clock.advance(5)
        return len(receiver.changes()) == 6

    await eventually(told)
    assert ["added", "lifted"] == [change for recipient, change in receiver.changes() if recipient == refused]


async def test_a_dead_sink_holds_nothing_of_another_and_no_stop(gateway, sinks, receiver, eventually):
    await sinks.add("dead", "webhook", {"destination": "http://127.0.0.1:9/"}, CONSENT)
    await sinks.webhook("live", receiver, CONSENT)
    for number in range(5):
        assert 200 == (await gateway.webhook(inbound("STOP", f"0{number}", From=phone(number)))).status
    await eventually(lambda: len(receiver.changes()) == 5)
    await eventually(
        lambda: gateway.rows("SELECT sink, count(*) FROM deliveries WHERE sink > '' GROUP BY sink") == LEFT
    )
    known = {each.sink.name: each for each in await sinks.operations.listed()}
    assert (5, 0) == (known["dead"].events["owed"], known["live"].events["owed"])
    assert known["dead"].sink.failures >= 1
    assert (known["live"].sink.failures, known["live"].sink.last_error) == (0, None)


async def test_a_full_backlog_puts_the_oldest_aside_as_dead_letters_which_can_be_tried_again(
    start_gateway: StartGateway, sinks: Sinks, receiver: Receiver, operator: Operator, eventually: Any
) -> None:
    receiver.answers = lambda _: 503
    gateway = await start_gateway(events={"most_owed": 3})
    await sinks.webhook("crm", receiver, CONSENT)
    for number in range(6):
        assert 200 == (await gateway.webhook(inbound("STOP", f"0{number}", From=phone(number)))).status
    await eventually(lambda: gateway.rows(OWED) == [("dead", 3), ("owed", 3)])
    await eventually(lambda: backlog() == {"owed": 3.0, "dead": 3.0})
    receiver.answers = lambda _: 200
    gateway.clock.advance(300)
    await eventually(lambda: [phone(3), phone(4), phone(5)] == sorted(recipient for recipient, _ in receiver.changes()))
    dead = [row[0] for row in gateway.rows("SELECT delivery_id FROM deliveries WHERE state = 'dead'")]
    assert 3 == len(dead) == await DeliveryOperations(operator.store, gateway.clock).retry_dead(ACCOUNT, "crm")
    await eventually(lambda: len(receiver.changes()) == 6)


async def test_what_no_sink_takes_for_a_day_is_a_dead_letter(gateway, sinks, receiver, eventually):
    receiver.answers = lambda _: 503
    await sinks.webhook("crm", receiver, CONSENT)
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: gateway.rows("SELECT failures FROM sinks WHERE failures > 0"))
    gateway.clock.advance(25 * 60 * 60)
    await eventually(lambda: gateway.rows(OWED) == [("dead", 1)])


async def test_a_sink_with_a_secret_of_its_own_is_signed_by_it(gateway, sinks, receiver, eventually):
    receiver.key = "a secret of its own"
    await sinks.webhook("crm", receiver, CONSENT, secret=receiver.key)
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: [told.is_signed for told in receiver.told] == [True])


async def test_a_batch_is_one_request_with_one_event_of_a_recipient(start_gateway, sinks, receiver, eventually):
    gateway = await start_gateway()
    receiver.answers = lambda _: 503
    await sinks.webhook("crm", receiver, CONSENT, batch=True)
    for number in range(4):
        await gateway.webhook(inbound("STOP", f"0{number}", From=phone(number)))
    await eventually(lambda: gateway.rows("SELECT failures FROM sinks WHERE failures > 0"))
    receiver.answers = lambda _: 200

    def told() -> bool:
        gateway.clock.advance(5)  # not so far that events become too old, however often this is asked
        return len(receiver.changes()) == 4

    await eventually(told)
    assert max(len(told.body) for told in receiver.told) >= 3  # the first alone, to see whether it works again


async def test_a_test_event_says_whether_a_sink_takes_any(gateway, sinks, receiver, eventually):
    await sinks.webhook("crm", receiver, CONSENT)
    delivery_id = await sinks.operations.test(ACCOUNT, "crm")
    await eventually(receiver.events)
    [event] = receiver.events()
    assert ("optout-gateway.sink.tested", {"accountSid": ACCOUNT, "sink": "crm"}) == (event["type"], event["data"])
    await eventually(lambda: [] == gateway.rows(OWED))
    tested = await sinks.operations.tested(delivery_id)
    assert (True, None) == (tested.taken, tested.why)


async def test_no_secret_number_or_body_of_events_is_logged(gateway, sinks, receiver, eventually, capfd):
    receiver.answers = lambda _: 400
    await sinks.webhook("crm", receiver, secret="canary-secret")
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: gateway.rows("SELECT last_error FROM deliveries WHERE last_error IS NOT NULL"))
    logged = "".join(capfd.readouterr())
    assert not [canary for canary in ("canary-secret", PHONE, PHONE.removeprefix("+"), 'STOP"') if canary in logged]
