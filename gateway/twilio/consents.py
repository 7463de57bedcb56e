"""Twilio's Consents API: telling Twilio of opt-ins and opt-outs (Twilio, Consent Management API).

``POST /v1/Consents/Bulk`` takes at most 25 items, each JSON in a form field of its own; failures are told item by item
inside a 201.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

import orjson

from gateway.twilio.forms import MEDIA_TYPE
from gateway.twilio.rest import USER_AGENT, basic
from gateway.twilio.upstream import Upstream, UpstreamRequest, UpstreamResponse

PATH: Final = "/v1/Consents/Bulk"
MOST_ITEMS: Final = 25
CREATED: Final = 201
TOO_MANY: Final = 429
NAME: Final = re.compile(r"[A-Z_]{1,64}", re.ASCII)


class NotTaken(Exception):
    """Twilio did not take what it was told; the text says why, without numbers."""


class TooMany(NotTaken):
    """Twilio takes a hundred calls a minute, and this was one more."""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One opt-in, or opt-out (``is_stop``): whose (E.164), at which sender (a number or a Messaging Service's SID), and
    when it was given (microseconds since 1970, UTC). ``source`` is how, in Twilio's words.
    """

    contact: str
    sender: str
    at: int
    is_stop: bool = False
    source: str = "opt-in-message"


async def opt_in(accounts: Upstream, account_sid: str, auth_token: str, items: Sequence[ConsentItem]) -> None:
    """Tell Twilio of at most 25 opt-ins. Raises `NotTaken` unless it took every one, and `UpstreamError`."""
    failed = await tell(accounts, account_sid, auth_token, items[:MOST_ITEMS])
    if failed:
        why = ", ".join(sorted(set(failed.values())))
        raise NotTaken(f"Twilio's Consents API did not take {len(failed)} items: {why}")


async def tell(accounts: Upstream, account_sid: str, auth_token: str, items: Sequence[ConsentItem]) -> dict[int, str]:
    """Tell Twilio of at most 25 consents; which of them it did not take, by their place among them, and why (names of
    Twilio's, as ``INVALID_CONTACT_ID``). Raises `NotTaken` where it took none, and `UpstreamError`.
    """
    named = {uuid.uuid4().hex: place for place, _ in enumerate(items)}
    written = [_written(item, name) for item, name in zip(items, named, strict=True)]
    body = urlencode([("Items", orjson.dumps(item).decode()) for item in written]).encode()
    headers = (
        ("Authorization", basic(account_sid, auth_token)),
        ("Content-Type", MEDIA_TYPE),
        ("Accept", "application/json"),
        USER_AGENT,
    )
    return _failed(await accounts.fetch(UpstreamRequest("POST", PATH, headers, body)), named)


def _written(item: ConsentItem, correlation_id: str) -> dict[str, str]:
    return {
        "contact_id": item.contact,
        "correlation_id": correlation_id,
        "sender_id": item.sender,
        "status": "opt-out" if item.is_stop else "opt-in",
        "source": item.source,
        "date_of_consent": datetime.fromtimestamp(item.at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _failed(answer: UpstreamResponse, named: Mapping[str, int]) -> dict[int, str]:
    if answer.status == TOO_MANY:
        raise TooMany("Twilio's Consents API takes a hundred calls a minute, and this was one more")
    if answer.status != CREATED:
        raise NotTaken(f"Twilio's Consents API answered {answer.status}")
    try:
        told = [item for item in orjson.loads(answer.body)["items"] if item["error_code"]]
        return {named[item["correlation_id"]]: _why(item["error_messages"]) for item in told}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotTaken("Twilio's Consents API answered in another form than documented") from error


def _why(messages: Sequence[object]) -> str:
    """Twilio's names of what is wrong; nothing else, as it could repeat what it was told."""
    names = sorted(str(message) for message in messages if NAME.fullmatch(str(message)))
    return ", ".join(names) or "no reason given"
