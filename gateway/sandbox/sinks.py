"""Sinks and subscriptions of Event Streams, and the events that they get. Pure.

Sources: Twilio, Event Streams (Sink, Subscription, delivery); Inbound Message event type.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.sandbox.keywords import DEFAULT_SETS, match
from gateway.sandbox.seeds import KeywordType
from gateway.sandbox.sids import new_sid
from gateway.sandbox.state import Message, Sink, Subscription, World

INBOUND_EVENT = "com.twilio.messaging.inbound-message.received"
TEST_EVENT = "com.twilio.eventstreams.test-event"
OPT_OUT_TYPE_SINCE = 5
"""The schema version from which events carry `optOutType`."""


@dataclass(frozen=True, slots=True)
class EventTrouble:
    """What may happen to events on their way; nothing does at first.

    drop: so many of the next events never arrive, None: none of them does. duplicate: each arrives so many times
    more. delay_seconds: each is late by that. shuffle: events wait until there are so many, and go out in any order.
    """

    drop: int | None = 0
    duplicate: int = 0
    delay_seconds: float = 0.0
    shuffle: int = 0


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One try to deliver an event, and the HTTP status of the answer; None where there was none."""

    sink_sid: str
    event_id: str
    body: bytes = field(repr=False)
    status: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent and the sink that it is for; every delivery of it has the same id."""

    sink: Sink
    document: dict[str, Any]


def events_of(world: World, message: Message, opt_out_type: KeywordType | None) -> list[Event]:
    """The events of one inbound message, one for each subscription to them."""
    return [
        Event(sink, _inbound_event(message, opt_out_type, subscription.types[INBOUND_EVENT]))
        for sink, subscription in _subscribed(world, message.account_sid)
    ]


def test_event(sink: Sink) -> Event:
    """The event of a sink's test; it names the id by which the sink is validated."""
    document = _event(TEST_EVENT, "Sink", "EventStreams.TestSinkEvent/1", sink.updated) | {
        "data": {"test_id": sink.test_id}
    }
    return Event(sink, document)


def type_of_event(message: Message, own: KeywordType | None) -> KeywordType | None:
    """The `optOutType` of an event: that of the service's Advanced Opt-Out, else of the default words, whether or not
    Twilio acts on them (Twilio, OptOutType).
    """
    if own is not None:
        return own
    matched = match(DEFAULT_SETS, "", message.body)
    return None if matched is None else matched.keyword_type


def _subscribed(world: World, account_sid: str) -> Iterable[tuple[Sink, Subscription]]:
    for subscription in world.subscriptions.values():
        sink = world.sinks.get(subscription.sink_sid)
        if sink is None or INBOUND_EVENT not in subscription.types:
            continue
        is_child = world.accounts[account_sid].parent == subscription.account_sid
        if subscription.account_sid == account_sid or (is_child and subscription.with_subaccounts):
            yield sink, subscription


def _inbound_event(message: Message, opt_out_type: KeywordType | None, schema_version: int) -> dict[str, Any]:
    source = f"/2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}.json"
    schema = f"Messaging.InboundMessageV1/{schema_version}"
    data: dict[str, Any] = {
        "messageSid": message.sid,
        "timestamp": _iso(message.created),
        "accountSid": message.account_sid,
        "eventName": INBOUND_EVENT,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "numMedia": len(message.media_urls),
        "numSegments": 1,
        "recipients": [],
        "referralCtwaClid": None,
    }
    if message.messaging_service_sid is not None:
        data["messagingServiceSid"] = message.messaging_service_sid
    if opt_out_type is not None and schema_version >= OPT_OUT_TYPE_SINCE:
        data["optOutType"] = opt_out_type
    return _event(INBOUND_EVENT, source, schema, message.created) | {"data": data}


def _event(kind: str, source: str, schema: str, moment: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": kind,
        "source": source,
        "id": new_sid("EZ"),
        "dataschema": f"https://events-schemas.twilio.com/{schema}",
        "datacontenttype": "application/json",
        "time": _iso(moment),
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
