"""Addresses of people: how a recipient is written on the wire and under which key it is looked up.

A recipient has two forms. The *wire* form is what is sent to Twilio; the *key* is what the blocklist knows.
Both are made here from the same reading of the text, so that no spelling of a number can slip past the check.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers.phonenumberutil import NumberParseException

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.values import value


class Channel(StrEnum):
    """What an opt-out is valid on; each messaging app of its own kind is one more (see ``channel_of_prefix``)."""

    PHONE = "phone"
    WHATSAPP = "whatsapp"


# Which channel a prefix of the address means. SMS, MMS and RCS share one list since 16 March 2026
# (Twilio changelog, unified opt-outs); WhatsApp never shares it (Twilio Help Center, Advanced Opt-Out).
NUMBERED_PREFIXES: Final = {"": Channel.PHONE, "rcs": Channel.PHONE, "whatsapp": Channel.WHATSAPP}

# Address kinds whose identity is not a phone number; each is its own channel, taken letter by letter.
OPAQUE_PREFIXES: Final = frozenset({"messenger", "apple", "instagram", "viber", "line", "telegram", "wechat", "client"})

# Numbering plans in which one phone is written with and without a mobile digit: (written form, key form).
TWIN_WRITINGS: Final = (
    (
        re.compile(r"\+52(?:1|01|044|045)(\d{10})"),
        r"+52\1",
    ),  # Mexico: the 1 before mobiles and the trunk digits, abolished in 2019 but still in use
    (re.compile(r"\+549(\d{10})"), r"+54\1"),  # Argentina: the 9 before mobiles called from abroad
    (re.compile(r"\+55(\d{2})9(\d{8})"), r"+55\1\2"),  # Brazil: the ninth digit of mobiles
)

# North American numbers in full need no metadata: ten digits after +1, the first of them 2 to 9.
CANONICAL_NANP: Final = re.compile(r"\+1[2-9]\d{9}", re.ASCII)
READABLE_NUMBER: Final = re.compile(r"\+?[0-9 ().\-]+", re.ASCII)
OPAQUE_IDENTITY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
MOST_DIGITS: Final = 15  # ITU-T E.164, section 6


@value
class Address:
    """One recipient.

    ``channel`` is a value of `Channel` or an opaque prefix such as ``messenger``. ``wire`` is the address as
    Twilio gets it, prefix included. ``key`` is what opt-outs are stored under: E.164 with twin writings
    folded, or the opaque identity as given.
    """

    channel: str
    wire: str
    key: str


def read_recipient(text: str, region: str | None) -> Address:
    """Read who a message is for.

    ``region`` (ISO 3166 two-letter code) is where a number without ``+`` is dialled from; without it such a
    number cannot be read. Raises `UnreadableAddress` for anything that is not surely one address: letters,
    extensions, control characters, no digits, an unknown prefix. That a number is valid or possible by the
    numbering plan's metadata is not demanded.
    """
    prefix, identity = split_prefix(text)
    if prefix in OPAQUE_PREFIXES:
        return _opaque(prefix, identity)
    if prefix not in NUMBERED_PREFIXES:
        raise UnreadableAddress("it has a prefix that is not known")
    number = read_number(identity, region if prefix == "" else None)
    wire = f"{prefix}:{number.wire}" if prefix else number.wire
    return Address(NUMBERED_PREFIXES[prefix], wire, number.key)


def split_prefix(text: str) -> tuple[str, str]:
    """Split ``whatsapp:+1…`` into ``("whatsapp", "+1…")``; a plain number has the prefix ``""``."""
    prefix, colon, identity = text.partition(":")
    return (prefix, identity) if colon else ("", text)


@value
class Number:
    """A phone number in E.164: ``wire`` as its owner writes it, ``key`` with twin writings folded."""

    wire: str
    key: str


def read_number(text: str, region: str | None) -> Number:
    """Read a phone number in any spelling people use; raises `UnreadableAddress` when it is not surely one.

    The wire form is the number the text stands for, so ``+44 (0)20…`` goes out as ``+4420…``: what is sent is
    what was checked. A twin writing (WhatsApp still needs Mexico's ``+52 1``) is kept on the wire, not in the key.
    """
    if CANONICAL_NANP.fullmatch(text):
        return Number(text, text)
    dialled = _dialled(text)
    parsed = _parsed(dialled, region)
    meant = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if len(meant) > MOST_DIGITS + 1:
        raise UnreadableAddress("it has more than 15 digits")
    if _parsed(meant, None) != parsed:  # +44 00 20…: whoever reads what we write takes away a zero more
        raise UnreadableAddress("it has more trunk digits than one reading takes away")
    return Number(meant, fold_twin_writings(meant))


def fold_twin_writings(e164: str) -> str:
    """Give the one key of a number that its numbering plan writes in two ways."""
    for written, key in TWIN_WRITINGS:
        if written.fullmatch(e164):
            return written.sub(key, e164)
    return e164


@lru_cache(maxsize=16_384)  # asked for more than once on the way of a keyword, and for each line of activity
def region_of(number: str) -> str | None:
    """The ISO 3166 code of the country of an E.164 number, ``+1`` told apart into US, CA, JM and the rest.

    None where the number does not tell, as with ``+1 555`` numbers that no country assigned.
    """
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or region == "001":
        return None
    return region


@lru_cache(maxsize=4_096)  # asked for senders, of which there are few
def calling_region_of(number: str) -> str | None:
    """The main region of a number's country calling code: where a national number beside it is read.

    Unlike `region_of` it answers ``US`` for every ``+1`` number; the national form is the same in all of them.
    """
    try:
        region = phonenumbers.region_code_for_country_code(phonenumbers.parse(number).country_code or 0)
    except NumberParseException:
        return None
    return None if region in {"ZZ", "001"} else region


def calling_code_of(number: str) -> int | None:
    """The country calling code of a number in full: 1, 44, 598; None where it is none."""
    try:
        return phonenumbers.parse(number).country_code
    except NumberParseException:
        return None


def _opaque(prefix: str, identity: str) -> Address:
    if not OPAQUE_IDENTITY.fullmatch(identity):
        raise UnreadableAddress(f"what follows {prefix}: is not an identity without spaces")
    return Address(prefix, f"{prefix}:{identity}", identity)


def _dialled(text: str) -> str:
    """The text with compatibility forms and foreign digits made ASCII, and a lost ``+`` put back."""
    plain = _ascii_digits(unicodedata.normalize("NFKC", text))
    if re.match(r" [0-9]", plain):  # a form's "+" that was not percent-encoded decodes to a space
        plain = "+" + plain[1:]
    plain = plain.strip(" ")
    if not READABLE_NUMBER.fullmatch(plain):
        raise UnreadableAddress("it holds something that is not part of a phone number")
    if plain.startswith("+0"):
        raise UnreadableAddress("no country calling code begins with 0")
    return plain


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def _parsed(dialled: str, region: str | None) -> phonenumbers.PhoneNumber:
    if not dialled.startswith("+") and region is None:
        raise UnreadableAddress("it has no country calling code; write it in full, with + and the country's code")
    try:
        return phonenumbers.parse(dialled, region)
    except NumberParseException as error:
        raise UnreadableAddress("it is not a phone number in any country") from error
