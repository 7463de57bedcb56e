"""Addresses as Twilio reads them: phones, senders and channels.

Source: Twilio, Message resource (forms of `To` and `From`); normalisation as seen in answers, whose `to` is
E.164 whatever was sent.
"""

import re
from functools import lru_cache

import phonenumbers

DEFAULT_REGION = "US"
"""Region in which a number without country code is read."""

_CHANNELS = ("whatsapp:", "rcs:", "messenger:", "apple:")
_PHONE_CHANNELS = ("whatsapp:", "rcs:")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_ALPHA = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +\-_&]{1,11}")
_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)\d{7}")


def channel_of(address: str) -> str:
    """The channel's prefix with its colon, or an empty string for SMS and MMS."""
    return next((channel for channel in _CHANNELS if address.startswith(channel)), "")


def normalise_recipient(text: str) -> str | None:
    """`To` as Twilio will show it, in E.164 with its channel prefix, or None where no phone can be meant."""
    channel = channel_of(text.strip())
    rest = text.strip().removeprefix(channel)
    if channel and channel not in _PHONE_CHANNELS:
        return channel + rest if rest else None
    number = _e164(rest)
    return None if number is None else channel + number


def _e164(text: str) -> str | None:
    if _E164.fullmatch(text) and not text.startswith("+1"):
        return text
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_of(address: str) -> str:
    """The phone behind an address: the bare number, the same for SMS, WhatsApp and RCS."""
    normalised = normalise_recipient(address) or address.strip()
    channel = channel_of(normalised)
    return normalised.removeprefix(channel) if channel in _PHONE_CHANNELS else normalised


def consent_address(address: str) -> str:
    """The address that consents are kept under: one for SMS, MMS and RCS, one of its own for WhatsApp and the others.

    Source: Twilio, Unified opt-outs across RCS, SMS and MMS (16 March 2026).
    """
    normalised = normalise_recipient(address) or address.strip()
    return normalised.removeprefix("rcs:")


@lru_cache(maxsize=4096)
def region_of(address: str) -> str:
    """The ISO 3166 code of the country that a number belongs to, or an empty string where it tells none."""
    try:
        number = phonenumbers.parse(address.removeprefix(channel_of(address)))
    except phonenumbers.NumberParseException:
        return ""
    country_code = number.country_code or 0
    # a number outside its country's plan, as a made-up one may be, still tells the country by its code
    guess = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(country_code)
    return "" if guess in ("ZZ", "001") else str(guess)


def on_channel_of(phone: str, sender: str) -> str:
    """The phone's address on the channel of `sender`: the `From` of its message to that sender."""
    channel = channel_of(sender)
    return channel + phone if channel in _PHONE_CHANNELS else phone


def normalise_sender(text: str) -> str:
    """`From` as Twilio keys it: a phone number in E.164, anything else (short code, sender ID) as it is."""
    text = text.strip()
    if is_short_code(text) or is_alphanumeric(text) or channel_of(text):
        return text
    return _e164(text) or text


def is_short_code(sender: str) -> bool:
    """Whether the sender is a short code: three to eight digits without a plus sign."""
    return _SHORT_CODE.fullmatch(sender) is not None


def is_alphanumeric(sender: str) -> bool:
    """Whether the sender is an alphanumeric sender ID: at most 11 characters with at least one letter."""
    return not channel_of(sender) and _ALPHA.fullmatch(sender) is not None


def is_toll_free(sender: str) -> bool:
    """Whether the sender is a toll-free number of the United States and Canada."""
    return _TOLL_FREE.fullmatch(sender) is not None
