"""Events that are learned late: an older STOP against opt-ins that are known already.

The blocklist keeps of each scope its last change alone. An opt-in that found nothing to lift left no line there, so
whoever learns of a STOP from before it has to ask the history as well. With that the state does not hang on the order
in which events are learned: a scope is opted out if, and only if, its latest STOP is not followed by an opt-in at least
a second later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.messaging.consent import Change, ConsentChange, opt_outs_after
from gateway.messaging.coverage import scopes_of_start
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import OptOut, wins
from gateway.messaging.pools import Pools


@dataclass(frozen=True, slots=True)
class OptIn:
    """An opt-in keyword of the history: to whom it was said, the word in the form of matching (``folded``), and when it
    counts from (microseconds since 1970, UTC).
    """

    message: InboundMessage
    folded: str
    effective_at: int


def let_in_again(opt_outs: Iterable[OptOut], opt_ins: Iterable[OptIn], pools: Pools) -> tuple[OptOut, ...]:
    """Opt-outs that were added just now, as they are after the opt-ins that came after them."""
    after = {opt_out.scope: opt_out for opt_out in opt_outs}
    for opt_in in sorted(opt_ins, key=lambda opt_in: opt_in.effective_at):
        for scope in scopes_of_start(opt_in.message, opt_in.folded, pools):
            last = after.get(scope)
            if last is not None and not last.hold and wins(False, opt_in.effective_at, last):
                after[scope] = replace(last, standing=False, effective_at=opt_in.effective_at)
    return tuple(after.values())


def settled(
    change: ConsentChange, effective_at: int, opt_ins: Iterable[OptIn], pools: Pools
) -> tuple[ConsentChange, tuple[OptOut, ...]]:
    """A STOP that was learned late, and the opt-outs after it, once the later opt-ins have had their say: what they let
    in again was never added, and a STOP of which nothing is left is history only.
    """
    after = opt_outs_after(change, effective_at)
    added = frozenset(change.add)
    again = let_in_again((opt_out for opt_out in after if opt_out.scope in added), opt_ins, pools)
    standing = {opt_out.scope for opt_out in again if opt_out.standing}
    add = tuple(scope for scope in change.add if scope in standing)
    rest = tuple(opt_out for opt_out in after if opt_out.scope not in added)
    if len(add) < len(change.add):
        left = change.change if add else Change.OUTDATED
        change = replace(change, change=left, add=add, confirmation=change.confirmation if add else None)
        change = replace(change, would_confirm=change.would_confirm and bool(add))
    return change, again + rest
