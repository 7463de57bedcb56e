"""Activity: what the gateway decided about each send and inbound keyword, and what Twilio told of them later.

A line of it says who, when, what and why, never what was written: no body is in it.
"""

from dataclasses import field
from enum import StrEnum
from functools import lru_cache
from typing import Final

import phonenumbers

from gateway.messaging.addresses import Channel, region_of
from gateway.messaging.values import value

NORTH_AMERICAN_AREA: Final = len("+1NPA")
ANY_SUBSCRIBER: Final = "2345678"  # a number that any area may have
NO_COUNTRY: Final = "001"  # how the metadata call what belongs to none, as satellites


class Direction(StrEnum):
    """What a line of activity is about."""

    OUTBOUND = "outbound"  # a send
    INBOUND = "inbound"  # a keyword
    STATUS = "status"  # a status callback of a send, led through the gateway


@value
class Activity:
    """One line. ``at`` is in microseconds since 1970, UTC; ``activity_id`` sorts by it.

    ``decision`` is what became of the message (``forwarded``, ``suppressed``, ``refused``, ``failed``, ``recorded``,
    ``repeated``, ``relayed``), ``reason`` why, in the words of logs and metrics; of a status callback the status that
    Twilio told. ``enforced`` is False for what was only noted and not carried out. ``status`` is the HTTP status that
    was answered, ``error_code`` Twilio's code in that answer, or in the callback. ``scope`` is what the opt-out that
    decided covers. ``recipient_key`` is None where none could be read, and where it was erased; ``country`` is the
    recipient's (ISO 3166), None where its number does not tell.
    """

    activity_id: str
    account_sid: str
    at: int
    direction: str
    decision: str
    reason: str
    enforced: bool
    status: int
    error_code: int | None
    message_sid: str | None
    service_sid: str | None
    sender: str | None
    channel: str | None
    recipient_key: str | None = field(repr=False)
    country: str | None
    scope_kind: str | None
    scope_id: str | None
    settings_version: int | None


def country_of(recipient_key: str | None) -> str | None:
    """The country of a recipient (ISO 3166) by its key; None where that is no number, or does not tell.

    `region_of` for a thousand lines a second: North America is told by the area code, a calling code of one country
    alone by itself, and only what is left is asked about in full.
    """
    if recipient_key is None or not recipient_key.startswith("+"):
        return None
    if recipient_key.startswith("+1"):
        return _country_of_area(recipient_key[:NORTH_AMERICAN_AREA])
    for digits in (2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(_number(recipient_key[1 : 1 + digits]), ())
        if len(regions) == 1 and regions[0] != NO_COUNTRY:
            return str(regions[0])
    return region_of(recipient_key)


def address_of(channel: str | None, recipient_key: str | None) -> str | None:
    """A recipient by its key, with the prefix that its channel has on the wire; None where it is not known any more."""
    if channel is None or recipient_key is None:
        return None
    return recipient_key if channel == Channel.PHONE else f"{channel}:{recipient_key}"


@lru_cache(maxsize=1_024)
def _country_of_area(prefix: str) -> str | None:
    return region_of(f"{prefix}{ANY_SUBSCRIBER}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
