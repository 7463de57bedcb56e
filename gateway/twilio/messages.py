"""A message that was held back, as Twilio writes its Message resource, in JSON and XML, and its status callback.

Sources: Twilio, Message resource; Twilio, Outbound Message Status in Status Callbacks.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from xml.sax.saxutils import escape

import orjson

from gateway.twilio.errors import OPTED_OUT
from gateway.twilio.paths import Format

API_VERSION: Final = "2010-04-01"
SECOND: Final = 1_000_000  # microseconds
ACCEPTED: Final = "accepted"
FAILED: Final = "failed"

# The elements in the order of Twilio's XML, each with the property of the JSON that it shows.
IN_XML: Final = (
    ("Sid", "sid"),
    ("DateCreated", "date_created"),
    ("DateUpdated", "date_updated"),
    ("DateSent", "date_sent"),
    ("AccountSid", "account_sid"),
    ("To", "to"),
    ("From", "from"),
    ("MessagingServiceSid", "messaging_service_sid"),
    ("Body", "body"),
    ("Status", "status"),
    ("NumSegments", "num_segments"),
    ("NumMedia", "num_media"),
    ("Direction", "direction"),
    ("ApiVersion", "api_version"),
    ("Price", "price"),
    ("PriceUnit", "price_unit"),
    ("ErrorCode", "error_code"),
    ("ErrorMessage", "error_message"),
)


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message of the gateway's own as it is told: times are microseconds since 1970, UTC; ``num_segments`` is 0 while
    no sender was chosen. ``has_failed``: by 21610, else it is only accepted.
    """

    account_sid: str
    sid: str
    to: str = field(repr=False)
    sender: str | None
    service_sid: str | None
    body: str = field(repr=False)
    num_media: int
    num_segments: int
    created_at: int
    updated_at: int
    has_failed: bool

    @property
    def status(self) -> str:
        """Its status, in Twilio's words."""
        return FAILED if self.has_failed else ACCEPTED


def resource(message: ToldMessage) -> dict[str, object]:
    """The resource with Twilio's names and types."""
    uri = f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"
    return {
        "account_sid": message.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": None,
        "date_updated": rfc2822(message.updated_at),
        "direction": "outbound-api",
        "error_code": OPTED_OUT.code if message.has_failed else None,
        "error_message": OPTED_OUT.message if message.has_failed else None,
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": str(message.num_media),
        "num_segments": str(message.num_segments),
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def written(message: ToldMessage, answer_as: Format) -> tuple[str, bytes]:
    """The content type and the body of an answer that holds the message."""
    shown = resource(message)
    if answer_as is not Format.XML:
        return "application/json", orjson.dumps(shown)
    uri = str(shown["uri"]).removesuffix(".json")
    elements = "".join(_element(name, shown[key]) for name, key in IN_XML)
    inner = f"{elements}<Uri>{uri}</Uri><SubresourceUris><Media>{uri}/Media</Media></SubresourceUris>"
    return "application/xml", _document(f"<Message>{inner}</Message>")


def no_media(message: ToldMessage, answer_as: Format) -> tuple[str, bytes]:
    """The content type and the body of its list of media, of which nothing is kept."""
    uri = f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}/Media"
    if answer_as is Format.XML:
        page = f'page="0" pagesize="50" start="0" end="0" uri="{uri}?PageSize=50&amp;Page=0"'
        return "application/xml", _document(f'<MediaList {page} nextpageuri="" previouspageuri=""></MediaList>')
    first = f"{uri}.json?PageSize=50&Page=0"
    return "application/json", orjson.dumps(
        {
            "end": 0,
            "first_page_uri": first,
            "media_list": [],
            "next_page_uri": None,
            "page": 0,
            "page_size": 50,
            "previous_page_uri": None,
            "start": 0,
            "uri": first,
        }
    )


def failure_callback(message: ToldMessage) -> tuple[tuple[str, str], ...]:
    """The form of the callback that tells that it failed; without ``From`` where no sender was chosen, and never with
    ``OptOutType``.
    """
    fields = (
        ("ErrorCode", str(OPTED_OUT.code)),
        ("ErrorMessage", OPTED_OUT.message),
        ("SmsSid", message.sid),
        ("SmsStatus", FAILED),
        ("MessageStatus", FAILED),
        ("To", message.to),
        ("MessagingServiceSid", message.service_sid),
        ("MessageSid", message.sid),
        ("AccountSid", message.account_sid),
        ("From", message.sender),
        ("ApiVersion", API_VERSION),
    )
    return tuple((name, value) for name, value in fields if value is not None)


def rfc2822(at: int) -> str:
    """An instant as api.twilio.com writes it: ``Thu, 24 Aug 2023 05:01:45 +0000``."""
    return format_datetime(datetime.fromtimestamp(at // SECOND, UTC))


def _element(name: str, value: object) -> str:
    return f"<{name}/>" if value is None else f"<{name}>{escape(str(value))}</{name}>"


def _document(inner: str) -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse>{inner}</TwilioResponse>".encode()
