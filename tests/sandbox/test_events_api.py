"""Sinks, subscriptions and events as Twilio's own SDK and a webhook sink see them."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from twilio.base.exceptions import TwilioRestException

from gateway.sandbox import EventTrouble, Sandbox

TOKEN = "fa4e" * 8
INBOUND = "com.twilio.messaging.inbound-message.received"
PHONE, NUMBER = "+14155550100", "+15005550006"


class SinkServer:
    """A webhook sink: keeps what comes, answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.url = ""

    async def take(self, request: web.BaseRequest) -> web.Response:
        self.requests.append((request.path_qs, dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body)[0] for _, _, body in self.requests]


@pytest.fixture
async def sink() -> AsyncIterator[SinkServer]:
    server = SinkServer()
    runner = web.ServerRunner(web.Server(server.take))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    yield server
    await runner.cleanup()


@pytest.fixture
def subscribe(twilio, sandbox: Sandbox, sink: SinkServer) -> Callable[..., Awaitable[tuple[str, str]]]:
    twilio.events.base_url = sandbox.url

    def both(version: int) -> tuple[str, str]:
        made = twilio.events.v1.sinks.create("gateway", {"destination": sink.url, "method": "POST"}, "webhook")
        types = [{"type": INBOUND, "schema_version": version}]
        return made.sid, twilio.events.v1.subscriptions.create("inbound", made.sid, types).sid

    async def subscribe(version: int = 6) -> tuple[str, str]:
        return await asyncio.to_thread(both, version)

    return subscribe


async def write(sandbox: Sandbox, body: str, to: str = NUMBER) -> str:
    """A message whose events have all been taken."""
    sent = await sandbox.phone(PHONE).send(body, to=to)
    await sandbox.settle()
    return sent.message_sid


async def test_an_inbound_message_comes_as_a_signed_array_of_one_event(sandbox, sink, subscribe):
    await subscribe()
    sid = await write(sandbox, "Stop")
    [(target, headers, body)] = sink.requests
    assert target == f"/events?bodySHA256={hashlib.sha256(body).hexdigest()}"
    url = sink.url.removesuffix("/events") + target
    expected = base64.b64encode(hmac.digest(TOKEN.encode(), url.encode(), "sha1")).decode()
    assert expected == headers["X-Twilio-Signature"]
    [event] = json.loads(body)
    assert ("1.0", INBOUND) == (event["specversion"], event["type"])
    assert event["dataschema"].endswith("Messaging.InboundMessageV1/6")
    data = event["data"]
    assert (sid, PHONE, NUMBER, "Stop", "STOP") == (
        data["messageSid"],
        data["from"],
        data["to"],
        data["body"],
        data["optOutType"],
    )


async def test_below_schema_version_5_events_do_not_tell_the_type(sandbox, sink, subscribe):
    await subscribe(4)
    await write(sandbox, "Stop")
    assert "optOutType" not in sink.events[0]["data"]


async def test_an_event_that_is_not_taken_comes_again_under_its_id(sandbox, sink, subscribe):
    await subscribe()
    sink.statuses = [503, 500]
    await write(sandbox, "hello")
    assert 3 == len(sink.requests)
    assert 1 == len({event["id"] for event in sink.events})
    assert [503, 500, 204] == [tried.status for tried in sandbox.events]


@pytest.mark.parametrize(
    ("trouble", "arrive"),
    [
        pytest.param(EventTrouble(duplicate=2), [9, 3], id="each three times"),
        pytest.param(EventTrouble(drop=1), [2, 2], id="the first never"),
        pytest.param(EventTrouble(drop=None), [0, 0], id="none at all"),
        pytest.param(EventTrouble(delay_seconds=0.01), [3, 3], id="all late"),
        pytest.param(EventTrouble(shuffle=3), [3, 3], id="in any order, once there are three"),
        pytest.param(EventTrouble(shuffle=4), [0, 0], id="none before there are four"),
    ],
)
async def test_events_meet_with_trouble(sandbox, sink, subscribe, trouble, arrive):
    await subscribe()
    sandbox.set_event_trouble(trouble)
    for body in ("one", "two", "three"):
        await write(sandbox, body)
    assert arrive == [len(sink.requests), len({event["id"] for event in sink.events})]
    if trouble.shuffle == 4:
        sandbox.set_event_trouble(EventTrouble())
        await sandbox.settle()
        assert 3 == len(sink.requests)


async def test_trouble_is_ordered_by_remote_control(sandbox, http):
    async with http.put(f"{sandbox.url}/sandbox/v1/events", json={"duplicate": 1, "drop": None}) as answer:
        told = await answer.json()
    assert {"drop": None, "duplicate": 1, "delay_seconds": 0.0, "shuffle": 0} == told["trouble"]
    assert EventTrouble(drop=None, duplicate=1) == sandbox.event_streams.trouble
    async with http.put(f"{sandbox.url}/sandbox/v1/events", json={"shuffle": -1}) as answer:
        assert 422 == answer.status


async def test_a_sink_is_tested_and_validated_by_the_id_that_it_got(twilio, sandbox, sink, subscribe):
    sink_sid, _ = await subscribe()
    resource = twilio.events.v1.sinks(sink_sid)
    assert "active" == (await asyncio.to_thread(resource.fetch)).status
    await asyncio.to_thread(resource.sink_test.create)
    await sandbox.settle()
    assert "validating" == (await asyncio.to_thread(resource.fetch)).status
    test_id = sink.events[0]["data"]["test_id"]
    with pytest.raises(TwilioRestException):
        await asyncio.to_thread(resource.sink_validate.create, "TE" + "0" * 32)
    assert "valid" == (await asyncio.to_thread(resource.sink_validate.create, test_id)).result
    assert "active" == (await asyncio.to_thread(resource.fetch)).status


async def test_a_sink_serves_one_subscription_and_its_types_are_repeated(twilio, sandbox, subscribe, http):
    sink_sid, subscription_sid = await subscribe()
    with pytest.raises(TwilioRestException):
        await asyncio.to_thread(twilio.events.v1.subscriptions.create, "again", sink_sid, [{"type": INBOUND}])
    events = twilio.events.v1.subscriptions(subscription_sid).subscribed_events
    assert [(INBOUND, 6)] == [(each.type, each.schema_version) for each in await asyncio.to_thread(events.list)]
    form = {"Description": "x", "SinkSid": sink_sid, "Types": json.dumps([{"type": INBOUND}])}
    async with http.post(f"{sandbox.url}/v1/Subscriptions", data=form) as answer:
        assert 400 == answer.status
