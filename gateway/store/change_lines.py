"""Many changes of consent made ready to be written: what takes Python alone is done before the store has its turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut
from gateway.store.consent_columns import event_line, opt_out_line
from gateway.store.identifiers import new_ids
from gateway.store.many_lines import Insert, Line, NotForDocuments
from gateway.store.pending_lines import Statement
from gateway.store.statements import ADD_EVENTS, PUT_OPT_OUTS

Recorded = tuple[ConsentEvent, tuple[OptOut, ...]]
"""A line of history, and the opt-outs as they are after it."""


@dataclass(frozen=True, slots=True)
class ManyChanges:
    """Lines of history in their order, about recipients of one account, each with the opt-outs as they are after it;
    those of them that leave one standing, by account and channel; the ``lines`` that each of two tables gets of them,
    and the ``statements`` for these, None where a value of theirs is one that no document holds.
    """

    recorded: Sequence[Recorded]
    stopped: Mapping[tuple[str, str], list[ConsentEvent]]
    lines: tuple[tuple[Insert, list[Line]], ...]
    statements: tuple[Statement, ...] | None

    @classmethod
    def of(cls, recorded: Sequence[Recorded]) -> Self:
        """Make them ready."""
        tables = ((ADD_EVENTS, [event_line(event) for event, _ in recorded]), (PUT_OPT_OUTS, _opt_out_lines(recorded)))
        stopped: dict[tuple[str, str], list[ConsentEvent]] = {}
        for event, opt_outs in recorded:
            if any(opt_out.standing for opt_out in opt_outs):
                stopped.setdefault((event.key.account_sid, event.key.channel), []).append(event)
        lines = tuple((insert, lines) for insert, lines in tables if lines)
        try:
            return cls(recorded, stopped, lines, tuple(insert.many(some) for insert, some in lines))
        except NotForDocuments:
            return cls(recorded, stopped, lines, None)


def _opt_out_lines(recorded: Sequence[Recorded]) -> list[Line]:
    """The last line about each scope, in the order of the table, where neighbours share a page; new identifiers are in
    the same order, so that their indexes grow at one end.
    """
    last = {
        (event.key.channel, event.key.recipient_key, opt_out.scope.kind, opt_out.scope.id): (event, opt_out)
        for event, opt_outs in recorded
        for opt_out in opt_outs
    }
    ids = new_ids(recorded[0][0].received_at, len(last)) if last else []
    return [opt_out_line(*last[key], own_id) for key, own_id in zip(sorted(last), ids, strict=True)]
