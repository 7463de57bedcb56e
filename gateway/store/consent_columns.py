"""The columns of a change of consent: its line of history, and the lines of the list as they are after it."""

from functools import lru_cache
from operator import attrgetter
from typing import Final

import orjson

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, Scope
from gateway.store.identifiers import new_id
from gateway.store.many_lines import Line
from gateway.store.statements import ADD_EVENTS, PUT_OPT_OUTS

AHEAD: Final = ("account_sid", "channel", "recipient_key", "scopes")
_cells: Final = attrgetter(*(column for column in ADD_EVENTS.kinds if column not in AHEAD))


def event_line(event: ConsentEvent) -> Line:
    """A line of history in the order of `ADD_EVENTS`."""
    key = event.key
    return (key.account_sid, key.channel, key.recipient_key, _in_json(event.scopes), *_cells(event))


def opt_out_line(event: ConsentEvent, opt_out: OptOut, opt_out_id: str) -> Line:
    """An opt-out as it is after an event, in the order of `PUT_OPT_OUTS`; the identifier is for one that is new."""
    key, scope = event.key, opt_out.scope
    return (
        key.account_sid,
        key.channel,
        key.recipient_key,
        scope.kind,
        scope.id,
        opt_out_id,
        event.recipient,
        opt_out.standing,
        opt_out.hold,
        opt_out.source,
        event.actor,
        event.role,
        event.settings_version,
        event.event_id,
        opt_out.effective_at,
        event.received_at,
    )


def event_columns(event: ConsentEvent) -> dict[str, object]:
    """A line of history by the names of its columns."""
    return dict(zip(ADD_EVENTS.kinds, event_line(event), strict=True))


def opt_out_columns(event: ConsentEvent, opt_out: OptOut) -> dict[str, object]:
    """An opt-out as it is after an event, by the names of its columns."""
    return dict(zip(PUT_OPT_OUTS.kinds, opt_out_line(event, opt_out, new_id(event.received_at)), strict=True))


@lru_cache(maxsize=1_024)  # the lines of a list cover the same
def _in_json(scopes: tuple[Scope, ...]) -> str:
    return orjson.dumps([(scope.kind, scope.id) for scope in scopes]).decode()
