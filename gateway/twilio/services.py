"""Messaging Services as Twilio tells of them, each with its sender pool."""

from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender
from gateway.twilio.lists import NOT_AS_DOCUMENTED, PAGE_SIZE, items_of
from gateway.twilio.rest import NotAnswered, basic
from gateway.twilio.upstream import Upstream

# The lists of a service's pool, each with the field that names the sender (Twilio, Messaging Service resources).
POOL_LISTS: Final = (
    ("PhoneNumbers", "phone_number"),
    ("ShortCodes", "short_code"),
    ("AlphaSenders", "alpha_sender"),
    ("ChannelSenders", "sender"),
)


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
            async for service in items_of(messaging, f"/v1/Services?PageSize={PAGE_SIZE}", authorization)
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


async def _pool(messaging: Upstream, service_sid: str, authorization: str) -> frozenset[str]:
    senders: set[str] = set()
    for resource, field in POOL_LISTS:
        target = f"/v1/Services/{service_sid}/{resource}?PageSize={PAGE_SIZE}"
        async for item in items_of(messaging, target, authorization):
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
