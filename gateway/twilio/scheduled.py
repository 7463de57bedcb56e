"""Scheduled messages at Twilio: which SID a new one has, and how one is cancelled (Twilio, Message Scheduling)."""

import re
from datetime import UTC, datetime
from typing import Final

import orjson

from gateway.twilio.forms import MEDIA_TYPE
from gateway.twilio.rest import USER_AGENT
from gateway.twilio.upstream import Upstream, UpstreamRequest, UpstreamResponse

CANCELED: Final = "canceled"
SCHEDULED: Final = "scheduled"
MESSAGE_SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
SID_IN_XML: Final = re.compile(rb"<Sid>((?:SM|MM)[0-9a-f]{32})</Sid>")
STATUS_IN_XML: Final = b"<Status>scheduled</Status>"
FURTHEST: Final = 35 * 24 * 60 * 60 * 1_000_000  # microseconds that a message is scheduled ahead, at most


class NotAnswered(Exception):
    """Twilio did not say what became of the message; the text says what it answered. It may be asked again."""


class Unauthorized(Exception):
    """Twilio refuses the credentials."""


def scheduled_sid(body: bytes) -> str | None:
    """The SID of the message that an answer to a create says is scheduled; None where it says something else."""
    in_xml = SID_IN_XML.search(body)
    if in_xml is not None:
        return in_xml[1].decode() if STATUS_IN_XML in body else None
    told = _object(body)
    sid = str(told.get("sid"))
    return sid if told.get("status") == SCHEDULED and MESSAGE_SID.fullmatch(sid) else None


def read_send_at(text: str, now: int) -> int:
    """When a message is to be sent, ISO 8601, in microseconds since 1970, UTC; where that cannot be read the latest
    that Twilio takes.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return now + FURTHEST
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)


async def cancel(api: Upstream, account_sid: str, message_sid: str, authorization: str) -> str | None:
    """Cancel a scheduled message. None when it is cancelled, else the status that it has instead, or ``deleted``.

    Raises `Unauthorized`, `NotAnswered`, and `UpstreamError` when Twilio cannot be reached.
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


def _object(body: bytes) -> dict[str, object]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
