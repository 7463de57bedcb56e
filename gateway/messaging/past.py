"""Which opt-outs stood at an instant: the history read again up to it.

What counts is when the gateway learned of a change (``received_at``): that is what it could act on. An event of a kind
that this version does not know changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import Scope


@dataclass(frozen=True, slots=True)
class PastOptOut:
    """An opt-out that stood; ``event_id`` is the change that made it. Times are microseconds since 1970, UTC."""

    scope: Scope
    effective_at: int
    source: str
    hold: bool
    event_id: str


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line of the blocklist as it is now: standing or lifted by its last change, which was received then."""

    opt_out: PastOptOut
    standing: bool
    received_at: int


def standing_at(events: Iterable[ConsentEvent], lines: Iterable[KeptLine], at: int) -> tuple[PastOptOut, ...]:
    """The opt-outs that stood at an instant (microseconds since 1970, UTC), by their scopes.

    ``events`` are all of one recipient on one channel, oldest first. ``lines`` are the recipient's as they are now: one
    whose last change is not after the instant is as it was then. Such a line may be the opt-out of a service that goes
    on at a sender that left, which no event names.
    """
    standing: dict[Scope, PastOptOut] = {}
    for event in events:
        if event.received_at <= at:
            _apply(event, standing)
    for line in lines:
        if line.received_at <= at:
            standing.pop(line.opt_out.scope, None)
            if line.standing:
                standing[line.opt_out.scope] = line.opt_out
    return tuple(standing[scope] for scope in sorted(standing))


def _apply(event: ConsentEvent, standing: dict[Scope, PastOptOut]) -> None:
    for scope in event.scopes if event.enforced else ():
        if event.change == Change.ADDED:
            standing[scope] = PastOptOut(scope, event.effective_at, event.source, event.hold, event.event_id)
        elif event.change == Change.LIFTED:
            standing.pop(scope, None)
