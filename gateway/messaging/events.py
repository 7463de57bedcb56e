"""What is told to sinks: CloudEvents 1.0 in JSON form, one for each inbound keyword and each consent change.

The inbound keyword has Twilio's own type and shape (Twilio, Event Streams: inbound message received); every member of
its ``data`` is optional there, and one that is not known is left out. The consent change has a type of our own, whose
schema is `docs/schemas/consent-changed-1.json`. A body that is no keyword is never told, nor words taken from one.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.instants import iso
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import RecipientKey

Event = dict[str, Any]

INBOUND: Final = "com.twilio.messaging.inbound-message.received"
CONSENT: Final = "optout-gateway.consent.changed"
TESTED: Final = "optout-gateway.sink.tested"

NEWEST_VERSION: Final[Mapping[str, int]] = {INBOUND: 6, CONSENT: 1}
"""What can be subscribed to, and the newest version of its schema."""

OPT_OUT_TYPE_SINCE: Final = 5  # Twilio, Event Streams: optOutType came with version 5 of Messaging.InboundMessageV1
TOLD_CHANGES: Final = frozenset({Change.ADDED, Change.LIFTED})
NO_KEYWORD: Final = ("intent.", "review.")  # keyword sets of bodies that ask to stop without being a keyword

# Members of ``data``, and the webhook's parameter that says the same (Twilio, webhook request for messaging).
PLACES: Final = {
    "fromCountry": "FromCountry", "fromState": "FromState", "fromCity": "FromCity", "fromZip": "FromZip",
    "toCountry": "ToCountry", "toState": "ToState", "toCity": "ToCity", "toZip": "ToZip",
}  # fmt: skip
COUNTS: Final = {"numMedia": "NumMedia", "numSegments": "NumSegments"}


def inbound_event(
    message: InboundMessage, fields: Mapping[str, str], opt_out_type: str, keyword_set: str, received_at: int
) -> Event:
    """An inbound keyword in Twilio's newest form; ``fields`` are the webhook's parameters, as far as there are any.

    ``received_at`` is in microseconds since 1970, UTC. The identifier follows from the MessageSid, so that the same
    message has the same one, whoever tells it.
    """
    at = iso(received_at, "milliseconds")
    account_sid, message_sid = message.account_sid, message.message_sid
    data: Event = {
        "messageSid": message_sid,
        "timestamp": at,
        "accountSid": account_sid,
        "eventName": INBOUND,
        "from": message.recipient.wire,
        "to": message.sender.wire,
        "body": None if keyword_set.startswith(NO_KEYWORD) else message.body,
        "messagingServiceSid": message.service_sid,
        "optOutType": opt_out_type,
        "recipients": [],
    }
    data |= {name: fields.get(parameter) or None for name, parameter in PLACES.items()}
    data |= {name: _count(fields.get(parameter)) for name, parameter in COUNTS.items()}
    source = f"/2010-04-01/Accounts/{account_sid}/Messages/{message_sid}.json"
    event_id = f"EZ{hashlib.sha256(f'{INBOUND} {account_sid} {message_sid}'.encode()).hexdigest()[:32]}"
    return _event(INBOUND, source, event_id, at, data)


def keyword_of(keyword: str | None, keyword_set: str | None) -> str | None:
    """The keyword of a line of the history; None where what stands there are words of a body that was none."""
    return None if (keyword_set or "").startswith(NO_KEYWORD) else keyword


def consent_event(event: ConsentEvent) -> Event:
    """A change of somebody's consent, as the line of the history says it; without an operator's reason, which is free
    text.
    """
    data: Event = {
        "eventId": event.event_id,
        "accountSid": event.key.account_sid,
        "channel": event.key.channel,
        "recipient": event.recipient,
        "change": str(event.change),
        "optOutType": str(event.event_type),
        "scopes": [{"kind": str(scope.kind), "id": scope.id} for scope in event.scopes],
        "source": str(event.source),
        "actor": event.actor,
        "role": event.role,
        "hold": event.hold,
        "enforced": event.enforced,
        "effectiveAt": iso(event.effective_at),
        "receivedAt": iso(event.received_at),
        "sender": event.sender,
        "messagingServiceSid": event.service_sid,
        "messageSid": event.message_sid,
        "keyword": keyword_of(event.keyword, event.keyword_set),
        "keywordSet": event.keyword_set,
    }
    source = f"/2010-04-01/Accounts/{event.key.account_sid}"
    return _event(CONSENT, source, event.event_id, iso(event.received_at), data)


def tested_event(account_sid: str, sink: str, event_id: str, now: int) -> Event:
    """An event by which an operator sees whether a sink takes any."""
    at = iso(now)
    return _event(
        TESTED, f"/2010-04-01/Accounts/{account_sid}", event_id, at, {"accountSid": account_sid, "sink": sink}
    )


def in_version(event: Event, version: int) -> Event:
    """The event as a subscription's schema version has it."""
    told = dict(event)
    if event["type"] == INBOUND:
        told["dataschema"] = f"https://events-schemas.twilio.com/Messaging.InboundMessageV1/{version}"
        if version < OPT_OUT_TYPE_SINCE:
            told["data"] = {name: value for name, value in event["data"].items() if name != "optOutType"}
    elif event["type"] == CONSENT:
        told["dataschema"] = f"urn:optout-gateway:schema:consent-changed:{version}"
    return told


def order_key(key: RecipientKey) -> str:
    """What events that must stay in order have in common: a hash of whose consent they are about."""
    text = " ".join((key.account_sid, key.channel, key.recipient_key))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _event(kind: str, source: str, event_id: str, at: str, data: Event) -> Event:
    return {
        "specversion": "1.0",
        "type": kind,
        "source": source,
        "id": event_id,
        "datacontenttype": "application/json",
        "time": at,
        "data": {name: value for name, value in data.items() if value is not None},
    }


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else None
