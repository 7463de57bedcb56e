"""When a line of a list says that something was."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.messaging.instants import instant_of

DAY: Final = 24 * 60 * 60 * 1_000_000  # microseconds


class NoDate(Exception):
    """A text is no date."""


def read_date(text: str, *, is_stop: bool) -> int:
    """An instant in microseconds since 1970, UTC, of ISO 8601 or, as Twilio's REST API writes it, RFC 2822; without an
    offset it is taken as UTC. A day without a time is taken so that an opt-out wins: it counts from the day's end, an
    opt-in from its beginning. Raises `NoDate`.
    """
    plain = text.removesuffix(" UTC")
    try:
        moment = datetime.fromisoformat(plain) if plain[:1].isdigit() else parsedate_to_datetime(plain)
        at = instant_of(moment)
    except (ValueError, OverflowError, TypeError):
        raise NoDate from None
    if at < 0:
        raise NoDate
    return at + DAY - 1 if is_stop and len(plain) <= len("2026-01-31") else at
