"""What an examination finds. Its texts name accounts, services and senders, never a recipient or a secret."""

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is looked at."""

    ENVIRONMENT = "environment"
    PUBLIC_URL = "public_url"
    STORE = "store"
    ACCOUNTS = "accounts"
    CREDENTIALS = "credentials"
    CLOCK = "clock"
    POOLS = "pools"
    SERVICES = "services"
    NUMBERS = "numbers"
    CHANNELS = "channels"
    HANDLING = "handling"
    SHADOW = "shadow"


class Level(StrEnum):
    """How a finding is meant: all well, worth knowing, or to be put right."""

    WELL = "well"
    NOTICE = "notice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: what was looked at, how it is, and, where it is not well, what to do."""

    check: Check
    level: Level
    text: str
    to_do: str = ""


def well(check: Check, text: str) -> Finding:
    """Nothing is wrong."""
    return Finding(check, Level.WELL, text)


def notice(check: Check, text: str, to_do: str) -> Finding:
    """Something may be wrong, or could not be looked at."""
    return Finding(check, Level.NOTICE, text, to_do)


def wrong(check: Check, text: str, to_do: str) -> Finding:
    """Something is wrong."""
    return Finding(check, Level.WRONG, text, to_do)
