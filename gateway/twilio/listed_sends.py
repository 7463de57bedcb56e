"""Sends in Twilio's list of messages (Twilio, Message resource): what apps sent, and what became of it. Pure.

Read leniently: what is no send of an app, or cannot be read, is passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.addresses import read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.senders import is_messaging_service, read_sender
from gateway.twilio.late_messages import listed_at
from gateway.twilio.lists import ListPage

BY_API: Final = frozenset({"outbound-api", "outbound-call"})  # not replies: a STOP's confirmation is one


@dataclass(frozen=True, slots=True)
class ListedSend:
    """A message that an app had sent, and when (microseconds since 1970, UTC), with Twilio's status and error code."""

    message: OutboundMessage
    sid: str
    at: int
    status: str
    code: int | None


def sends_in(page: ListPage, account_sid: str, since: int) -> Sequence[ListedSend]:
    """The sends of a page from an instant on."""
    found = (_send_of(item, account_sid) for item in page)
    return [sent for sent in found if sent is not None and sent.at >= since]


def _send_of(item: Mapping[str, Any], account_sid: str) -> ListedSend | None:
    at = listed_at(item)
    if item.get("direction") not in BY_API or at is None or item.get("account_sid") != account_sid:
        return None
    service, sender = item.get("messaging_service_sid"), item.get("from")
    try:
        recipient = read_recipient(str(item.get("to") or ""), None)
        speaking = read_sender(str(sender), None) if sender else None
    except UnreadableAddress:
        return None
    named = service if isinstance(service, str) and is_messaging_service(service) else None
    if named is None and speaking is None:
        return None
    message = OutboundMessage(account_sid, recipient, named, speaking)
    code = str(item.get("error_code") or "")
    return ListedSend(message, str(item.get("sid")), at, str(item.get("status")), int(code) if code.isdigit() else None)
