"""Opt-outs: whose they are, what each covers, and which of two events about one scope counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.messaging.values import value


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


@value
class RecipientKey:
    """The tenant-first key under which a recipient's opt-outs are looked up."""

    account_sid: str
    channel: str
    recipient_key: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """What was said of a scope in shadow mode since the list was last adopted or dropped: the last change, as in
    `OptOut`. It counts in shadow mode alone.
    """

    standing: bool
    effective_at: int
    source: Source


@value
class OptOut:
    """One line of the blocklist, standing or lifted.

    ``effective_at`` (microseconds since 1970, UTC) is when the last change took effect; ``standing`` tells
    whether that change was an opt-out. ``hold`` marks those that a recipient's opt-in never lifts. ``shadow`` is what
    was said in shadow mode beside it; a line that was made there alone is lifted as of 1970.
    """

    scope: Scope
    standing: bool
    effective_at: int
    source: Source
    hold: bool = False
    shadow: Shadow | None = None


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


def adopted(opt_out: OptOut) -> OptOut:
    """A line as it is once what was said in shadow mode counts: by the later of the two, as of any two events. What is
    on hold stays so.
    """
    shadow = opt_out.shadow
    if shadow is None:
        return opt_out
    is_kept = opt_out.standing and opt_out.hold and not shadow.standing
    if is_kept or not wins(shadow.standing, shadow.effective_at, opt_out):
        return replace(opt_out, shadow=None)
    hold = opt_out.hold and shadow.standing
    return OptOut(opt_out.scope, shadow.standing, shadow.effective_at, shadow.source, hold)


def as_counted(opt_outs: Iterable[OptOut], *, enforced: bool) -> tuple[OptOut, ...]:
    """The lines as they count: in shadow mode (``enforced`` False) with what was said there, else without."""
    return tuple(opt_outs) if enforced else tuple(adopted(opt_out) for opt_out in opt_outs)
