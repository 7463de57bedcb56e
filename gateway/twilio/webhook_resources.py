"""The resources at Twilio that say where inbound messages go, and what each of them calls it. Pure but for `tell`.

Sources: Twilio, IncomingPhoneNumber, ShortCode and Service resources; Channels Senders API.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from gateway.messaging.targets import Webhook
from gateway.twilio.forms import MEDIA_TYPE
from gateway.twilio.products import API, MESSAGING
from gateway.twilio.rest import USER_AGENT, NotAnswered
from gateway.twilio.upstream import Upstream, UpstreamRequest

JSON: Final = "application/json"
TAKEN: Final = range(200, 300)


class ResourceKind(StrEnum):
    """A kind of resource that has a webhook for inbound messages."""

    NUMBER = "number"
    SHORT_CODE = "short_code"
    SERVICE = "service"
    CHANNEL_SENDER = "channel_sender"


# URL, method, fallback URL, fallback method: as members of the resource, and as parameters of an update. A channel
# sender has them below ``webhook``, and its update is JSON.
_OF_NUMBER: Final = ("sms_url", "sms_method", "sms_fallback_url", "sms_fallback_method")
MEMBERS: Final[Mapping[ResourceKind, tuple[str, str, str, str]]] = {
    ResourceKind.NUMBER: _OF_NUMBER,
    ResourceKind.SHORT_CODE: _OF_NUMBER,
    ResourceKind.SERVICE: ("inbound_request_url", "inbound_method", "fallback_url", "fallback_method"),
    ResourceKind.CHANNEL_SENDER: ("callback_url", "callback_method", "fallback_url", "fallback_method"),
}
_SMS: Final = ("SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod")
PARAMETERS: Final[Mapping[ResourceKind, tuple[str, str, str, str]]] = {
    ResourceKind.NUMBER: _SMS,
    ResourceKind.SHORT_CODE: _SMS,
    ResourceKind.SERVICE: ("InboundRequestUrl", "InboundMethod", "FallbackUrl", "FallbackMethod"),
}
WEBHOOK: Final = "webhook"

PRODUCT: Final[Mapping[ResourceKind, str]] = {
    ResourceKind.NUMBER: API,
    ResourceKind.SHORT_CODE: API,
    ResourceKind.SERVICE: MESSAGING,
    ResourceKind.CHANNEL_SENDER: MESSAGING,
}
_ACCOUNT: Final = r"/2010-04-01/Accounts/AC[0-9a-f]{32}"
_EXTENSION: Final = r"(?:\.(?:json|xml|csv))?"
PATHS: Final[Mapping[ResourceKind, re.Pattern[str]]] = {
    ResourceKind.NUMBER: re.compile(
        rf"{_ACCOUNT}/IncomingPhoneNumbers(?:/(?P<sid>PN[0-9a-f]{{32}}))?{_EXTENSION}", re.ASCII
    ),
    ResourceKind.SHORT_CODE: re.compile(
        rf"{_ACCOUNT}/SMS/ShortCodes(?:/(?P<sid>SC[0-9a-f]{{32}}))?{_EXTENSION}", re.ASCII
    ),
    ResourceKind.SERVICE: re.compile(r"/v1/Services(?:/(?P<sid>MG[0-9a-f]{32}))?", re.ASCII),
    ResourceKind.CHANNEL_SENDER: re.compile(r"/v2/Channels/Senders(?:/(?P<sid>XE[0-9a-f]{32}))?", re.ASCII),
}


def kind_of(product: str, path: str) -> tuple[ResourceKind, str | None] | None:
    """Which kind of resource a path names, and which one (None: the list of all); None where it is none of these."""
    for kind, pattern in PATHS.items():
        found = pattern.fullmatch(path) if PRODUCT[kind] == product else None
        if found is not None:
            return kind, found["sid"]
    return None


def webhook_in(kind: ResourceKind, resource: Mapping[str, Any]) -> Webhook:
    """The webhook of a resource as Twilio shows it."""
    place = resource.get(WEBHOOK) or {} if kind is ResourceKind.CHANNEL_SENDER else resource
    url, method, fallback_url, fallback_method = (place.get(name) for name in MEMBERS[kind])
    return Webhook(str(url or ""), str(method or "POST"), str(fallback_url or ""), str(fallback_method or "POST"))


def show(kind: ResourceKind, resource: dict[str, Any], webhook: Webhook) -> None:
    """Let a resource, as Twilio shows it, show another webhook."""
    place = resource.get(WEBHOOK) if kind is ResourceKind.CHANNEL_SENDER else resource
    if not isinstance(place, dict):
        return
    values = (webhook.url, webhook.method, webhook.fallback_url, webhook.fallback_method)
    for name, value in zip(MEMBERS[kind], values, strict=True):
        if name in place:
            place[name] = value if value or not _is_nullable(kind) else None


def _is_nullable(kind: ResourceKind) -> bool:
    """Whether no URL is null and not the empty string."""
    return kind in {ResourceKind.SERVICE, ResourceKind.CHANNEL_SENDER}


def path_of(kind: ResourceKind, account_sid: str, sid: str) -> str:
    """The path of a resource."""
    match kind:
        case ResourceKind.NUMBER:
            return f"/2010-04-01/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json"
        case ResourceKind.SHORT_CODE:
            return f"/2010-04-01/Accounts/{account_sid}/SMS/ShortCodes/{sid}.json"
        case ResourceKind.SERVICE:
            return f"/v1/Services/{sid}"
        case ResourceKind.CHANNEL_SENDER:
            return f"/v2/Channels/Senders/{sid}"


async def tell(upstream: Upstream, target: str, kind: ResourceKind, webhook: Webhook, authorization: str) -> None:
    """Have Twilio send the messages of a resource somewhere else. Raises `UpstreamError`."""
    values = (webhook.url, webhook.method, webhook.fallback_url, webhook.fallback_method)
    if kind is ResourceKind.CHANNEL_SENDER:
        content_type = JSON
        body = orjson.dumps({WEBHOOK: dict(zip(MEMBERS[kind], values, strict=True))})
    else:
        content_type = MEDIA_TYPE
        body = urlencode(dict(zip(PARAMETERS[kind], values, strict=True))).encode()
    headers = (("Authorization", authorization), ("Content-Type", content_type), ("Accept", JSON), USER_AGENT)
    answer = await upstream.fetch(UpstreamRequest("POST", target, headers, body))
    if answer.status not in TAKEN:
        raise NotAnswered(f"Twilio answered {answer.status}")
