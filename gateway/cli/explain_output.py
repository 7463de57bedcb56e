"""Explanations in words for the eye."""

from collections.abc import Iterator
from typing import Final

from gateway.cli.output import to_the_second
from gateway.messaging.keywords import Matching
from gateway.messaging.policy import Forward
from gateway.operations.explain import BodyExplained, SendExplained

WIDTH: Final = 13


def tell_body(explained: BodyExplained) -> Iterator[str]:
    """What a body means and would do, line by line."""
    reading, change = explained.reading, explained.change
    yield _line("folded", repr(explained.folded))
    if explained.loosely_folded is not None:
        yield _line("as typed", repr(explained.loosely_folded))
    if reading.match is None:
        yield _line("keyword", "none: the message is relayed like any other" if reading.handling.relays else "none")
    else:
        yield _line("keyword", reading.match.opt_out_type)
        yield _line("keyword set", _set_and_why(explained))
    if explained.country:
        yield _line("country", explained.country)
    if change is not None and change.scopes:
        yield _line("change", f"{change.change}: {', '.join(map(str, change.scopes))}")
    elif change is not None:
        yield _line("change", change.change)
    if reading.match is not None:
        yield _line("reply", _reply(explained))
    for remark in explained.remarks:
        yield _line("remark", remark)


def tell_send(explained: SendExplained) -> Iterator[str]:
    """Whether a send would go, line by line."""
    decision, event = explained.decision, explained.event
    yield _line("send", "would be held back with error 21610" if decision.holds_back else "would go")
    if not decision.enforced:
        yield _line("shadow mode", "nothing is held back; the reason is that of the list once it is adopted")
    yield _line("reason", decision.reason)
    if not isinstance(decision, Forward):
        opt_out = decision.opt_out
        yield _line("opt-out", f"{opt_out.scope} since {to_the_second(opt_out.effective_at)} ({opt_out.source})")
    if event is not None:
        told = {"by": event.actor, "keyword": event.keyword, "set": event.keyword_set, "message": event.message_sid}
        told |= {"sender": event.sender, "reason": event.reason}
        yield _line("evidence", ", ".join(f"{name} {value}" for name, value in told.items() if value))
    if explained.unplaced:
        yield _line("not placed", f"{', '.join(explained.unplaced)}: covered by every opt-out until Twilio was asked")
    yield _line("settings", f"version {explained.settings_version} of the account's")


def _set_and_why(explained: BodyExplained) -> str:
    match, handling = explained.reading.match, explained.reading.handling
    if match is None:
        return ""
    how = "" if match.matching is Matching.EXACT else f", as people type {match.keyword!r}"
    if not handling.is_advanced or handling.service is None:
        return f"{match.set_name}{how}"
    return f"{match.set_name} of {handling.service.sid}, version {handling.version}{how}"


def _reply(explained: BodyExplained) -> str:
    change, segments = explained.change, explained.segments
    if change is None or change.confirmation is None or segments is None:
        return "none"
    unit = "segment" if segments.count == 1 else "segments"
    return f"{change.confirmation}  ({segments.count} {unit}, {segments.encoding})"


def _line(name: str, text: str) -> str:
    return f"{name.ljust(WIDTH)}{text}"
