"""Segment as a sink: `track` calls, alone or in a batch, each with the event's identifier."""

import pytest
from aiohttp import encode_basic_auth

from gateway.messaging.events import CONSENT, INBOUND
from tests.staging import PHONE, inbound


@pytest.fixture
def database_url(prepared_sqlite_url):
    return prepared_sqlite_url


@pytest.mark.parametrize(("identify", "who"), [("hash", "anonymousId"), ("recipient", "userId")])
async def test_an_event_is_a_track_call(gateway, sinks, receiver, eventually, identify, who):
    await sinks.add(
        "s", "segment", {"endpoint": f"{receiver.url}/v1", "identify": identify}, CONSENT, secret="write-key"
    )
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: receiver.told)
    [told] = receiver.told
    assert ("/v1/track", encode_basic_auth("write-key", "")) == (told.path, told.headers["Authorization"])
    assert (CONSENT, "added", PHONE) == (
        told.body["event"],
        told.body["properties"]["change"],
        told.body["properties"]["recipient"],
    )
    [(event_id,)] = gateway.rows("SELECT event_id FROM consent_events")
    assert event_id == told.body["messageId"] == told.body["properties"]["eventId"]
    assert told.body["timestamp"]
    assert (PHONE == told.body[who]) == (identify == "recipient")


async def test_several_recipients_are_one_batch_and_one_recipient_never_twice_in_it(
    gateway, sinks, receiver, eventually
):
    receiver.answers = lambda _: 503
    await sinks.add("s", "segment", {"endpoint": f"{receiver.url}/v1"}, INBOUND, secret="write-key")
    for number in range(4):
        await gateway.webhook(inbound("HELP", f"0{number}", From=f"+1415555000{number % 3}"))
    await eventually(lambda: gateway.rows("SELECT failures FROM sinks WHERE failures > 0"))
    receiver.answers = lambda _: 200

    def told() -> bool:
        gateway.clock.advance(5)
        return [] == gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'event'")

    await eventually(told)
    batches = [told.body["batch"] for told in receiver.told if told.path == "/v1/batch"]
    assert batches
    assert {"track"} == {call["type"] for batch in batches for call in batch}
    for batch in batches:
        assert len(batch) == len({call["anonymousId"] for call in batch})
    alone = [told.body for told in receiver.told if told.path == "/v1/track"]
    assert 4 == len(alone) + sum(map(len, batches))
