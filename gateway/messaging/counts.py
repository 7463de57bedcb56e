"""What reports count: in which quarter of an hour something happened, and by what it can be told apart."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.messaging.activity import Direction

QUARTER: Final = 15 * 60 * 1_000_000  # microseconds; every time zone of today is whole quarters from UTC
ERROR: Final = 400  # the least HTTP status that refuses


class Measure(StrEnum):
    """What is counted. The first three come from the consent history, the others from activity."""

    OPT_OUTS = "opt_outs"
    OPT_INS = "opt_ins"
    HELP = "help"
    FORWARDED = "forwarded"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    FAILED = "failed"
    ERRORS = "errors"


OF_CONSENT: Final = (Measure.OPT_OUTS, Measure.OPT_INS, Measure.HELP)
OF_SENDS: Final = (Measure.FORWARDED, Measure.SUPPRESSED, Measure.REFUSED, Measure.FAILED, Measure.ERRORS)

# An opt-out is counted where it began, not where somebody who was opted out said STOP again: (type, change).
CHANGES: Final = {("STOP", "added"): Measure.OPT_OUTS, ("START", "lifted"): Measure.OPT_INS}


class By(StrEnum):
    """What a report is told apart by: names of fields of `Count`."""

    SERVICE = "service_sid"
    SENDER = "sender"
    COUNTRY = "country"
    KEYWORD = "keyword"
    SOURCE = "source"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Count:
    """What one count is of. ``quarter`` is when the quarter of an hour begins, in microseconds since 1970, UTC; ''
    stands for what there is none of.
    """

    account_sid: str
    quarter: int
    measure: str
    service_sid: str = ""
    sender: str = ""
    country: str = ""
    keyword: str = ""
    source: str = ""
    reason: str = ""


def measure_of_event(event_type: str, change: str) -> Measure | None:
    """What a line of the consent history counts as; None: as nothing."""
    if event_type == "HELP":
        return Measure.HELP
    return CHANGES.get((event_type, change))


def measure_of_send(direction: str, decision: str, status: int) -> Measure | None:
    """What a line of activity counts as. A send that Twilio refused is an error; None: it is no send."""
    if direction != Direction.OUTBOUND:
        return None
    if decision == Measure.FORWARDED and status >= ERROR:
        return Measure.ERRORS
    return next((measure for measure in OF_SENDS if measure == decision), None)


def quarter_of(at: int) -> int:
    """When the quarter of an hour began in which an instant lies."""
    return at - at % QUARTER
