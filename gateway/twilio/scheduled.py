"""Scheduled messages at Twilio: which SID a new one has, how one is cancelled, and which ones a recipient has.

Sources: Twilio, Message Scheduling; Twilio, Message resource. The list of messages has filters by To, From and DateSent
and none by status, and the resource does not say for when a message is scheduled: what stands is picked out of all that
the recipient was sent.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import orjson

from gateway.twilio.forms import MEDIA_TYPE
from gateway.twilio.lists import Refused
from gateway.twilio.message_list import messages_to
from gateway.twilio.rest import USER_AGENT, NotAnswered
from gateway.twilio.upstream import Upstream, UpstreamRequest, UpstreamResponse

CANCELED: Final = "canceled"
SCHEDULED: Final = "scheduled"
MESSAGE_SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
SID_IN_XML: Final = re.compile(rb"<Sid>((?:SM|MM)[0-9a-f]{32})</Sid>")
STATUS_IN_XML: Final = re.compile(rb"<Status>([a-z_]+)</Status>")
MOST_PAGES: Final = 10  # of what one recipient was ever sent, newest first
FURTHEST: Final = 35 * 24 * 60 * 60 * 1_000_000  # microseconds that a message is scheduled ahead, at most


class Unauthorized(Exception):
    """Twilio refuses the credentials."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message as Twilio tells of it; ``sender`` is None while none is chosen."""

    sid: str
    status: str
    service_sid: str | None = None
    sender: str | None = field(default=None, repr=False)


def read_message(body: bytes) -> Told | None:
    """The message that an answer holds, in JSON or XML (there its SID and status alone); None where it holds none."""
    told = _object(body)
    if told:
        return _told(told)
    sid, status = SID_IN_XML.search(body), STATUS_IN_XML.search(body)
    return Told(sid[1].decode(), status[1].decode()) if sid is not None and status is not None else None


def read_send_at(text: str, now: int) -> int:
    """When a message is to be sent, ISO 8601, in microseconds since 1970, UTC; where that cannot be read the latest
    that Twilio takes.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return now + FURTHEST
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def write_send_at(at: int) -> str:
    """An instant (microseconds since 1970, UTC) as ``SendAt`` has it: ``2026-12-01T09:30:00Z``."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def cancel(api: Upstream, account_sid: str, message_sid: str, authorization: str) -> str | None:
    """Cancel a scheduled message. None when it is cancelled, else the status that it has instead, or ``deleted``.

    Raises `Unauthorized`, and `UpstreamError` when Twilio cannot be reached or says nothing of it.
    """
    path = f"/2010-04-01/Accounts/{account_sid}/Messages/{message_sid}.json"
    headers = (("Authorization", authorization), ("Accept", "application/json"), USER_AGENT)
    form = (*headers, ("Content-Type", MEDIA_TYPE))
    answer = await api.fetch(UpstreamRequest("POST", path, form, b"Status=canceled"))
    status = _status(answer)
    if status is None:  # refused, as when it was sent or cancelled meanwhile: what is it then?
        status = _status(await api.fetch(UpstreamRequest("GET", path, headers)))
    if status in {None, SCHEDULED}:
        raise NotAnswered(f"Twilio answered {answer.status}")
    return None if status == CANCELED else status


async def scheduled_to(api: Upstream, account_sid: str, recipient: str, authorization: str) -> list[Told]:
    """The messages to a recipient that Twilio holds until a time, as far as its list shows them.

    Raises `Unauthorized`, and `UpstreamError` when Twilio cannot be reached or says nothing of it.
    """
    found: list[Told] = []
    pages = 0
    try:
        async for page in messages_to(api, account_sid, authorization, recipient):
            told = (_told(message) for message in page)
            found += [message for message in told if message is not None and message.status == SCHEDULED]
            pages += 1
            if pages == MOST_PAGES:
                break
    except Refused as error:
        if error.status in {401, 403}:
            raise Unauthorized from None
        raise
    return found


def _status(answer: UpstreamResponse) -> str | None:
    """The status of the message that an answer holds; None where Twilio refused to tell or to change it."""
    if answer.status in {401, 403}:
        raise Unauthorized
    if answer.status == 404:
        return "deleted"
    if answer.status == 429 or answer.status >= 500:
        raise NotAnswered(f"Twilio answered {answer.status}")
    status = _object(answer.body).get("status")
    return status if answer.status == 200 and isinstance(status, str) else None


def _told(message: object) -> Told | None:
    if not isinstance(message, dict):
        return None
    sid, status = message.get("sid"), message.get("status")
    if not isinstance(sid, str) or not isinstance(status, str) or not MESSAGE_SID.fullmatch(sid):
        return None
    service_sid, sender = message.get("messaging_service_sid"), message.get("from")
    return Told(
        sid,
        status,
        service_sid if isinstance(service_sid, str) and service_sid else None,
        sender if isinstance(sender, str) and sender else None,
    )


def _object(body: bytes) -> dict[str, object]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
