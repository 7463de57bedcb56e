"""Inbound messages as Twilio tells of them beside the webhook: in its event stream and in its list of messages.

Read leniently: unknown fields are left alone, every field may be missing, what cannot be a message is told as such and
loses nothing else. Addresses and SIDs are held to the shapes of the webhook (`gateway.twilio.inbound`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from gateway.messaging.events import INBOUND as INBOUND_EVENT
from gateway.messaging.messages import InboundMessage
from gateway.twilio.errors import TrafficError
from gateway.twilio.forms import Form
from gateway.twilio.inbound import read_inbound

INBOUND: Final = "inbound"
MOST_ID_CHARACTERS: Final = 128

# The webhook's parameters by the names that they have in an event's data (Twilio, Inbound Message events) and in the
# list (Twilio, Message resource).
IN_EVENTS: Final = {
    "MessageSid": "messageSid",
    "AccountSid": "accountSid",
    "From": "from",
    "To": "to",
    "Body": "body",
    "MessagingServiceSid": "messagingServiceSid",
    "OptOutType": "optOutType",
    "FromCountry": "fromCountry",
}
IN_LISTS: Final = {
    "MessageSid": "sid",
    "AccountSid": "account_sid",
    "From": "from",
    "To": "to",
    "Body": "body",
    "MessagingServiceSid": "messaging_service_sid",
}


class NotAMessage(Exception):
    """Something that should be a message is none; the text says why, without numbers and bodies."""


@dataclass(frozen=True, slots=True)
class LateMessage:
    """An inbound message, when Twilio received it (microseconds since 1970, UTC; None where it does not say), and the
    event's id.
    """

    message: InboundMessage
    at: int | None
    event_id: str | None = None


def read_event(item: object) -> LateMessage | None:
    """The message that an event tells of; None for an event of any other type. Raises `NotAMessage`."""
    if not isinstance(item, dict):
        raise NotAMessage("an event is not an object")
    kind = item.get("type")
    if not isinstance(kind, str):
        raise NotAMessage("an event has no type")
    if kind != INBOUND_EVENT:
        return None
    data, event_id = item.get("data"), item.get("id")
    if not isinstance(data, dict):
        raise NotAMessage("an inbound-message event has no data")
    if not isinstance(event_id, str) or not 0 < len(event_id) <= MOST_ID_CHARACTERS or not event_id.isprintable():
        raise NotAMessage("an inbound-message event has no id")
    at = _iso(data.get("timestamp"))
    return LateMessage(_message(data, IN_EVENTS), at if at is not None else _iso(item.get("time")), event_id)


def read_listed(item: Mapping[str, Any]) -> LateMessage | None:
    """The message of one line of the list; None for one that did not come in. Raises `NotAMessage`."""
    if item.get("direction") != INBOUND:
        return None
    return LateMessage(_message(item, IN_LISTS), listed_at(item))


def listed_at(item: Mapping[str, Any]) -> int | None:
    """When a message of the list was sent or received, to the second."""
    for name in ("date_sent", "date_created"):
        try:
            moment = parsedate_to_datetime(item[name])
        except (KeyError, TypeError, ValueError):
            continue
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1_000_000
    return None


def _message(fields: Mapping[str, Any], names: Mapping[str, str]) -> InboundMessage:
    told = {name: fields.get(given) for name, given in names.items()}
    told["Body"] = told["Body"] if told["Body"] is not None else ""
    form = Form(tuple((name, value) for name, value in told.items() if isinstance(value, str)))
    try:
        return read_inbound(form)
    except TrafficError as error:
        raise NotAMessage(error.detail) from error


def _iso(text: object) -> int | None:
    """An instant of ISO 8601, in UTC where it does not say; None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        return None
