"""What the end of a number means for its opt-outs: a carrier takes it away from somebody, and gives it to somebody else
later. Pure.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from gateway.messaging.optouts import OptOut, Source

DEACTIVATED: Final = "DEACTIVATED"  # the type of an event that tells of it
FLAGGED: Final = "flagged"  # its change where nothing is lifted


class Deactivated(StrEnum):
    """What becomes of the opt-outs of a number that was deactivated."""

    KEEP = "keep"
    FLAG = "flag"
    EXPIRE = "expire"


def ended(opt_outs: Iterable[OptOut], before: int) -> tuple[OptOut, ...]:
    """The opt-outs that whoever had the number left standing: what took effect before it ended (microseconds since
    1970, UTC). A later one is its new owner's.
    """
    return tuple(opt_out for opt_out in opt_outs if opt_out.standing and opt_out.effective_at < before)


def expired(opt_outs: Iterable[OptOut], at: int) -> tuple[OptOut, ...]:
    """The same opt-outs, lifted at an instant, but for what is on hold: a law or a complaint stands behind that."""
    return tuple(
        replace(opt_out, standing=False, effective_at=max(at, opt_out.effective_at), source=Source.DEACTIVATIONS)
        for opt_out in opt_outs
        if not opt_out.hold
    )
