"""The lines of a transaction about shadow mode: what would have been done, counted, and the list that was kept."""

from dataclasses import dataclass, field

from gateway.messaging.instants import day_of
from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.store import shadow_statements as sql
from gateway.store.account_lines import Run, columns_of
from gateway.store.records import opt_out_of


@dataclass(frozen=True, slots=True)
class ShadowLine:
    """A line of the blocklist beside which something was learned in shadow mode, by the event ``shadow_event_id``."""

    opt_out_id: str
    key: RecipientKey = field(repr=False)
    recipient: str = field(repr=False)
    opt_out: OptOut
    shadow_event_id: str


@dataclass(frozen=True, slots=True)
class ShadowCount:
    """How often something would have been done on a day (YYYY-MM-DD, UTC) for a Messaging Service; None: for none."""

    day: str
    service_sid: str | None
    what: str
    count: int


class ShadowLines:
    """What a transaction does with them; it has ``_run``."""

    _run: Run

    async def count_shadow(self, account_sid: str, service_sid: str | None, what: str, now: int) -> None:
        """Count one thing that would have been done at an instant (microseconds since 1970, UTC)."""
        values = {"account_sid": account_sid, "service_sid": service_sid or "", "what": what, "day": day_of(now)}
        await self._run(sql.COUNT_SHADOW, values)

    async def shadow_lines(self, account_sid: str, after: str, limit: int) -> list[ShadowLine]:
        """Up to ``limit`` lines with a shadow in the order of their identifiers, from the one after ``after`` on."""
        values = {"account_sid": account_sid, "after": after, "limit": limit}
        return [_line(account_sid, *row) for row in await self._run(sql.SHADOW_LINES, values)]

    async def clear_shadow(self, line: ShadowLine) -> bool:
        """Take the shadow off a line; false where something else was learned meanwhile."""
        scope = line.opt_out.scope
        values = columns_of(line.key) | {"scope_kind": str(scope.kind), "scope_id": scope.id}
        return bool(await self._run(sql.CLEAR_SHADOW, values | {"shadow_event_id": line.shadow_event_id}))


def _line(account_sid: str, *row: object) -> ShadowLine:
    opt_out_id, channel, recipient_key, recipient, *columns, shadow_event_id = row
    key = RecipientKey(account_sid, str(channel), str(recipient_key))
    return ShadowLine(str(opt_out_id), key, str(recipient), opt_out_of(tuple(columns)), str(shadow_event_id))
