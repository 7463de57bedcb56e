"""Twilio's Consents API: telling Twilio of opt-ins (Twilio, Consent Management API).

``POST /v1/Consents/Bulk`` takes at most 25 items, each JSON in a form field of its own; failures are told item by item
inside a 201.
"""

import uuid
from collections.abc import Sequence
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


class NotTaken(Exception):
    """Twilio did not take what it was told; the text says why, without numbers."""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One opt-in: whose (E.164), at which sender (a number or a Messaging Service's SID), and when it was given
    (microseconds since 1970, UTC).
    """

    contact: str
    sender: str
    at: int


async def opt_in(accounts: Upstream, account_sid: str, auth_token: str, items: Sequence[ConsentItem]) -> None:
    """Tell Twilio of at most 25 opt-ins. Raises `NotTaken` unless it took every one, and `UpstreamError`."""
    body = urlencode([("Items", orjson.dumps(_written(item)).decode()) for item in items[:MOST_ITEMS]]).encode()
    headers = (
        ("Authorization", basic(account_sid, auth_token)),
        ("Content-Type", MEDIA_TYPE),
        ("Accept", "application/json"),
        USER_AGENT,
    )
    _demand_all(await accounts.fetch(UpstreamRequest("POST", PATH, headers, body)))


def _written(item: ConsentItem) -> dict[str, str]:
    return {
        "contact_id": item.contact,
        "correlation_id": uuid.uuid4().hex,
        "sender_id": item.sender,
        "status": "opt-in",
        "source": "opt-in-message",
        "date_of_consent": datetime.fromtimestamp(item.at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _demand_all(answer: UpstreamResponse) -> None:
    if answer.status != CREATED:
        raise NotTaken(f"Twilio's Consents API answered {answer.status}")
    try:
        failed = [item for item in orjson.loads(answer.body)["items"] if item["error_code"]]
        why = {str(message) for item in failed for message in item["error_messages"]}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotTaken("Twilio's Consents API answered in another form than documented") from error
    if failed:
        raise NotTaken(f"Twilio's Consents API did not take {len(failed)} items: {', '.join(sorted(why))}")
