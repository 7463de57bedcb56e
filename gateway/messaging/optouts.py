"""Opt-outs: whose they are, what each covers, and which of two events about one scope counts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ScopeKind(StrEnum):
    """What kind of thing an opt-out covers."""

    SERVICE = "service"
    SENDER = "sender"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """What one opt-out covers: ``id`` is a Messaging Service SID, a sender's key, or the account SID."""

    kind: ScopeKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Source(StrEnum):
    """How an opt-out was learned."""

    KEYWORD = "keyword"
    TWILIO = "twilio"
    OPERATOR = "operator"
    IMPORT = "import"
    API = "api"
    PAGE = "page"
    DEACTIVATIONS = "deactivations"


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """The tenant-first key under which a recipient's opt-outs are looked up."""

    account_sid: str
    channel: str
    recipient_key: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """One line of the blocklist, standing or lifted.

    ``effective_at`` (microseconds since 1970, UTC) is when the last change took effect; ``standing`` tells
    whether that change was an opt-out. ``hold`` marks those that a recipient's opt-in never lifts.
    """

    scope: Scope
    standing: bool
    effective_at: int
    source: Source
    hold: bool = False


ONE_SECOND: Final = 1_000_000  # microseconds


def wins(is_stop: bool, effective_at: int, last: OptOut | None) -> bool:
    """Whether an event changes a scope whose last change is ``last``.

    The later one wins; within one second STOP wins over START, whichever came first.
    """
    if last is None:
        return True
    if abs(effective_at - last.effective_at) < ONE_SECOND:
        return is_stop or not last.standing
    return effective_at > last.effective_at
