"""Senders: the addresses that speak for a company, and what each kind of them can do."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gateway.messaging.addresses import NUMBERED_PREFIXES, Address, read_number, read_recipient, split_prefix
from gateway.messaging.errors import UnreadableAddress


class SenderKind(StrEnum):
    """What a sender is; it decides who answers its keywords (Twilio: short codes, toll-free, WhatsApp)."""

    LONG_CODE = "long_code"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    ALPHANUMERIC = "alphanumeric"
    WHATSAPP = "whatsapp"
    RCS = "rcs"
    OTHER = "other"


# North American toll-free codes; a carrier layer outside Twilio answers STOP, START and UNSTOP on these.
TOLL_FREE: Final = re.compile(r"\+1(800|833|844|855|866|877|888)\d{7}", re.ASCII)
SHORT_CODE: Final = re.compile(r"\d{3,8}", re.ASCII)
SHORTEST_NUMBER: Final = 9  # of a number in full, its plus included
# Twilio, alphanumeric sender IDs: up to 11 characters of ASCII letters, digits, spaces and a little punctuation.
ALPHANUMERIC: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_.\-]{1,11}", re.ASCII)
# SIDs are taken in the one case that Twilio writes them in: another could miss an opt-out of the service.
MESSAGING_SERVICE_SID: Final = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
PREFIXED_IDENTITY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)

# The channel of short codes and sender IDs that write to us; nothing can be sent on it.
SENDER_ID_CHANNEL: Final = "sender_id"

KIND_BY_PREFIX: Final = {"whatsapp": SenderKind.WHATSAPP, "rcs": SenderKind.RCS}


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender: ``wire`` as Twilio gets it, ``key`` as scopes and pools know it, and its kind."""

    wire: str
    key: str
    kind: SenderKind

    @property
    def channel(self) -> str:
        """The channel it sends on: a value of `gateway.messaging.addresses.Channel`, or a prefix of its own."""
        prefix, _ = split_prefix(self.wire)
        return NUMBERED_PREFIXES.get(prefix, prefix)


@lru_cache(maxsize=4_096)  # there are few, and each send names one
def read_sender(text: str, region: str | None) -> Sender:
    """Read a ``From`` (outbound) or ``To`` (inbound) that is not a Messaging Service.

    ``region`` is where a number without ``+`` is read. Raises `UnreadableAddress`.
    """
    prefix, identity = split_prefix(text)
    if prefix:
        return _prefixed(prefix, identity, region)
    if SHORT_CODE.fullmatch(text):
        return Sender(text, text, SenderKind.SHORT_CODE)
    if ALPHANUMERIC.fullmatch(text.strip(" ")):
        sender_id = text.strip(" ")  # one sender ID, however it is padded
        return Sender(sender_id, sender_id.casefold(), SenderKind.ALPHANUMERIC)
    number = read_number(text, region)
    if len(number.key) < SHORTEST_NUMBER:
        raise UnreadableAddress("it is too short for a number in full; write a short code without spaces")
    kind = SenderKind.TOLL_FREE if TOLL_FREE.fullmatch(number.key) else SenderKind.LONG_CODE
    return Sender(number.wire, number.key, kind)


def read_author(text: str) -> Address:
    """Read who wrote an inbound message: a phone or channel address, else a short code or sender ID, which can be
    answered by nobody but has to reach its app. Raises `UnreadableAddress`.
    """
    if SHORT_CODE.fullmatch(text) or ALPHANUMERIC.fullmatch(text):
        return Address(SENDER_ID_CHANNEL, text, text.casefold())
    return read_recipient(text, None)


def is_messaging_service(text: str) -> bool:
    """Whether a ``From`` or ``MessagingServiceSid`` has the form of a Messaging Service's SID."""
    return MESSAGING_SERVICE_SID.fullmatch(text) is not None


def _prefixed(prefix: str, identity: str, region: str | None) -> Sender:
    kind = KIND_BY_PREFIX.get(prefix, SenderKind.OTHER)
    if kind is SenderKind.WHATSAPP:
        number = read_number(identity, region)
        return Sender(f"whatsapp:{number.wire}", f"whatsapp:{number.key}", kind)
    if not re.fullmatch(r"[a-z]{2,32}", prefix) or not PREFIXED_IDENTITY.fullmatch(identity):
        raise UnreadableAddress("it is neither a number nor a sender ID nor a channel's sender")
    return Sender(f"{prefix}:{identity}", f"{prefix}:{identity.casefold()}", kind)
