"""How messaging.twilio.com writes services and their members. Pure.

Source: Twilio, Messaging Service resource (names, types, ISO 8601 dates, absolute URLs).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.sandbox.addresses import channel_of, is_short_code, region_of
from gateway.sandbox.calls import Call
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.sids import sid_of
from gateway.sandbox.state import Service


@dataclass(frozen=True, slots=True)
class Pool:
    """One kind of member: its collection's path and list key, its SID, and what may be in it."""

    path: str
    key: str
    sid_prefix: str
    add_parameter: str
    may_repeat: bool
    """Whether adding a member again is answered with 200, as the OpenAPI document has it, and not an error."""

    holds: Callable[[str], bool]


POOLS = (
    Pool("PhoneNumbers", "phone_numbers", "PN", "PhoneNumberSid", True, lambda sender: sender.startswith("+")),
    Pool("ShortCodes", "short_codes", "SC", "ShortCodeSid", True, is_short_code),
    Pool("AlphaSenders", "alpha_senders", "AI", "AlphaSender", False, lambda _: True),
    Pool("ChannelSenders", "senders", "XE", "Sid", False, lambda sender: bool(channel_of(sender))),
)

_SENDER_TYPES = {"whatsapp:": "WhatsApp", "messenger:": "Messenger", "rcs:": "RCS"}

# Parameter of a create or update: field of the service.
_TEXTS = {
    "FriendlyName": "friendly_name",
    "InboundRequestUrl": "inbound_request_url",
    "InboundMethod": "inbound_method",
    "FallbackUrl": "fallback_url",
    "FallbackMethod": "fallback_method",
    "StatusCallback": "status_callback",
    "ScanMessageContent": "scan_message_content",
    "Usecase": "usecase",
}
_METHODS = frozenset({"InboundMethod", "FallbackMethod"})
_FLAGS = {
    "StickySender": "sticky_sender",
    "MmsConverter": "mms_converter",
    "SmartEncoding": "smart_encoding",
    "FallbackToLongCode": "fallback_to_long_code",
    "AreaCodeGeomatch": "area_code_geomatch",
    "SynchronousValidation": "synchronous_validation",
    "UseInboundWebhookOnNumber": "use_inbound_webhook_on_number",
}
_CLEARED_BY_EMPTY = frozenset({"inbound_request_url", "fallback_url", "status_callback"})
_MOST_VALIDITY_SECONDS = 36_000
_SHORT_CODE_COUNTRY = _BRAND_COUNTRY = "US"
"""Short codes and RCS agents tell no country by themselves."""

_WITH_PICTURES = ("US", "CA")
"""Countries whose long codes take MMS (Twilio, MMS)."""


def service_changes(call: Call) -> dict[str, object]:
    """The fields that a create or update sets; raises TwilioError 20001."""
    changes: dict[str, object] = {}
    for parameter, attribute in _TEXTS.items():
        text = call.text(parameter)
        if parameter in _METHODS and text not in (None, "GET", "POST"):
            raise TwilioError.of(20001, parameter=parameter)
        if text is not None:
            changes[attribute] = None if not text and attribute in _CLEARED_BY_EMPTY else text
    for parameter, attribute in _FLAGS.items():
        flag = call.flag(parameter)
        if flag is not None:
            changes[attribute] = flag
    validity = call.text("ValidityPeriod")
    if validity is not None:
        if not validity.isdecimal() or not 1 <= int(validity) <= _MOST_VALIDITY_SECONDS:
            raise TwilioError.of(20001, parameter="ValidityPeriod")
        changes["validity_period"] = int(validity)
    return changes


def represent_service(service: Service, base_url: str) -> dict[str, object]:
    """A Service resource."""
    url = f"{base_url}/v1/Services/{service.sid}"
    return {
        "sid": service.sid,
        "account_sid": service.account_sid,
        "friendly_name": service.friendly_name,
        "date_created": iso8601(service.created),
        "date_updated": iso8601(service.updated),
        "inbound_request_url": service.inbound_request_url,
        "inbound_method": service.inbound_method,
        "fallback_url": service.fallback_url,
        "fallback_method": service.fallback_method,
        "status_callback": service.status_callback,
        "sticky_sender": service.sticky_sender,
        "mms_converter": service.mms_converter,
        "smart_encoding": service.smart_encoding,
        "scan_message_content": service.scan_message_content,
        "fallback_to_long_code": service.fallback_to_long_code,
        "area_code_geomatch": service.area_code_geomatch,
        "synchronous_validation": service.synchronous_validation,
        "validity_period": service.validity_period,
        "usecase": service.usecase,
        "us_app_to_person_registered": False,
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
        "links": _links(url),
        "url": url,
    }


def _links(url: str) -> dict[str, str]:
    return {
        "phone_numbers": f"{url}/PhoneNumbers",
        "short_codes": f"{url}/ShortCodes",
        "alpha_senders": f"{url}/AlphaSenders",
        "channel_senders": f"{url}/ChannelSenders",
        "messages": f"{url}/Messages",
        "us_app_to_person": f"{url}/Compliance/Usa2p",
        "us_app_to_person_usecases": f"{url}/Compliance/Usa2p/Usecases",
        "destination_alpha_senders": f"{url}/DestinationAlphaSenders",
    }


def represent_member(service: Service, pool: Pool, member: str, base_url: str) -> dict[str, object]:
    """A member of a service's sender pool."""
    sid = sid_of(pool.sid_prefix, member)
    document: dict[str, object] = {
        "sid": sid,
        "account_sid": service.account_sid,
        "date_created": iso8601(service.created),
        "date_updated": iso8601(service.updated),
        "url": f"{base_url}/v1/Services/{service.sid}/{pool.path}/{sid}",
    }
    return document | _own_fields(service, pool, member)


def _own_fields(service: Service, pool: Pool, member: str) -> dict[str, object]:
    if pool.path == "ChannelSenders":
        return {
            "messaging_service_sid": service.sid,
            "sender": member,
            "sender_type": _SENDER_TYPES.get(channel_of(member), "Unknown"),
            "country_code": region_of(member) or _BRAND_COUNTRY,
        }
    common: dict[str, object] = {"service_sid": service.sid, "capabilities": ["SMS", "MMS"]}
    if pool.path == "AlphaSenders":
        return common | {"alpha_sender": member, "capabilities": ["SMS"]}
    if pool.path == "ShortCodes":
        return common | {"short_code": member, "country_code": _SHORT_CODE_COUNTRY}
    country = region_of(member)
    can = ["MMS", "SMS", "Voice"] if country in _WITH_PICTURES else ["SMS", "Voice"]
    return common | {"phone_number": member, "country_code": country or None, "capabilities": can}


def iso8601(moment: datetime) -> str:
    """A time as messaging.twilio.com writes it: `2015-07-30T20:12:31Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
