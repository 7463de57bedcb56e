"""Calls that the gateway makes to Twilio for itself: proving credentials, reading sender pools."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender
from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest, UpstreamResponse

MOST_PAGES: Final = 1_000
PAGE_SIZE: Final = 1_000
MISSING_PARAMETERS: Final = frozenset({21602, 21603, 21604})  # body, From, To
# Twilio's XML form of an error, as far as its code (Twilio, Twilio's response).
XML_ERROR: Final = re.compile(
    rb"(?:<\?xml[^>]*\?>)?\s*<TwilioResponse>\s*<RestException>(?:<\w+>[^<]*</\w+>)*?<Code>(\d{1,9})</Code>"
)
NOT_AS_DOCUMENTED: Final = "Twilio's list is not in the form it is documented in"
USER_AGENT: Final = ("User-Agent", "optout-gateway")

# The lists of a service's pool, each with the field that names the sender (Twilio, Messaging Service resources).
POOL_LISTS: Final = (
    ("PhoneNumbers", "phone_number"),
    ("ShortCodes", "short_code"),
    ("AlphaSenders", "alpha_sender"),
    ("ChannelSenders", "sender"),
)


class NotAnswered(UpstreamError):
    """Twilio answered a call of ours with something else than what it is documented to answer."""


class Proof(StrEnum):
    """What Twilio says of credentials."""

    PROVED = "proved"
    DISPROVED = "disproved"
    UNDECIDED = "undecided"


async def prove(
    api: Upstream, account_sid: str, authorization: str, *, as_xml: bool = False
) -> tuple[Proof, UpstreamResponse]:
    """Ask Twilio whether credentials may send for an account, by a create without parameters, which sends nothing:
    that To is missing proves them, 401 and 403 disprove them, in JSON or XML. Raises `UpstreamError`.
    """
    answer = await api.fetch(
        UpstreamRequest(
            "POST",
            f"/2010-04-01/Accounts/{account_sid}/Messages.{'xml' if as_xml else 'json'}",
            (
                ("Authorization", authorization),
                ("Content-Type", "application/x-www-form-urlencoded"),
                USER_AGENT,
            ),
        )
    )
    if answer.status in {401, 403}:
        return Proof.DISPROVED, answer
    return Proof.PROVED if _misses_parameters(answer) else Proof.UNDECIDED, answer


async def owner_of(api: Upstream, account_sid: str, parent_sid: str, auth_token: str) -> str | None:
    """The account that owns a sub-account, as Twilio shows it to a parent; None where it shows the parent no such
    account (Twilio, Account resource). Raises `UpstreamError`.
    """
    headers = (("Authorization", basic(parent_sid, auth_token)), ("Accept", "application/json"), USER_AGENT)
    answer = await api.fetch(UpstreamRequest("GET", f"/2010-04-01/Accounts/{account_sid}.json", headers))
    if answer.status in {401, 403, 404}:
        return None
    try:
        account = orjson.loads(answer.body)
        if answer.status == 200 and account["sid"] == account_sid:
            return str(account["owner_account_sid"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise NotAnswered("Twilio's account is not in the form it is documented in") from error
    raise NotAnswered(f"Twilio answered {answer.status} to an account")


def _misses_parameters(answer: UpstreamResponse) -> bool:
    """Whether Twilio's application said that parameters are missing, which it does to nobody it does not know. Any
    other 400 may come from what stands before it and has not looked at the credentials.
    """
    as_xml = XML_ERROR.match(answer.body)
    if answer.status != 400 or as_xml is not None:
        return answer.status == 400 and as_xml is not None and int(as_xml[1]) in MISSING_PARAMETERS
    try:
        return orjson.loads(answer.body).get("code") in MISSING_PARAMETERS
    except (orjson.JSONDecodeError, AttributeError):
        return False


@dataclass(frozen=True, slots=True)
class ReadService:
    """A Messaging Service as Twilio tells of it, with the keys of its senders.

    ``drops_incoming``: it has no URL and does not defer to its senders', so that Twilio sends no webhook (Twilio,
    Service resource).
    """

    sid: str
    friendly_name: str
    drops_incoming: bool
    use_inbound_webhook_on_number: bool
    senders: frozenset[str]


async def read_services(messaging: Upstream, account_sid: str, auth_token: str) -> tuple[ReadService, ...]:
    """Every Messaging Service of an account, with its pool. Raises `UpstreamError`."""
    authorization = basic(account_sid, auth_token)
    return tuple(
        [
            await _read_service(messaging, service, authorization)
            async for service in _listed(messaging, "/v1/Services", authorization)
        ]
    )


async def _read_service(messaging: Upstream, service: dict[str, Any], authorization: str) -> ReadService:
    service_sid = service.get("sid")
    if not isinstance(service_sid, str):
        raise NotAnswered(NOT_AS_DOCUMENTED)
    defers = service.get("use_inbound_webhook_on_number") is True
    return ReadService(
        sid=service_sid,
        friendly_name=str(service.get("friendly_name") or ""),
        drops_incoming="inbound_request_url" in service and not service["inbound_request_url"] and not defers,
        use_inbound_webhook_on_number=defers,
        senders=await _pool(messaging, service_sid, authorization),
    )


def basic(user: str, password: str) -> str:
    """The value of an ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def _pool(messaging: Upstream, service_sid: str, authorization: str) -> frozenset[str]:
    senders: set[str] = set()
    for resource, field in POOL_LISTS:
        async for item in _listed(messaging, f"/v1/Services/{service_sid}/{resource}", authorization):
            senders |= _sender_key(item.get(field))
    return frozenset(senders)


def _sender_key(text: object) -> frozenset[str]:
    """A sender's key; one that cannot be read can also not be sent from through the gateway."""
    if not isinstance(text, str):
        return frozenset()
    try:
        return frozenset({read_sender(text, None).key})
    except UnreadableAddress:
        return frozenset()


async def _listed(messaging: Upstream, path: str, authorization: str) -> AsyncIterator[dict[str, Any]]:
    """The items of a list over all its pages; the next page is asked for at the same origin as the first."""
    target: str | None = f"{path}?PageSize={PAGE_SIZE}"
    for _ in range(MOST_PAGES):
        page = await _page(messaging, target or "", authorization)
        for item in page[page["meta"]["key"]]:
            yield item
        target = _target(page["meta"].get("next_page_url"))
        if target is None:
            return
    raise NotAnswered(f"Twilio's list has more than {MOST_PAGES} pages")


async def _page(messaging: Upstream, target: str, authorization: str) -> dict[str, Any]:
    headers = (("Authorization", authorization), ("Accept", "application/json"), USER_AGENT)
    answer = await messaging.fetch(UpstreamRequest("GET", target, headers))
    if answer.status != 200:
        raise NotAnswered(f"Twilio answered {answer.status} to a list of {target.split('?')[0].rpartition('/')[2]}")
    try:
        page = orjson.loads(answer.body)
        items = page[page["meta"]["key"]]  # a list without its items must not look like an empty one
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            return dict(page)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise NotAnswered(NOT_AS_DOCUMENTED) from error
    raise NotAnswered(NOT_AS_DOCUMENTED)


def _target(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
