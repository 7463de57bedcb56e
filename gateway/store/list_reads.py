"""What the store reads of opt-outs and of the history, page by page or for one recipient."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind, Shadow, Source
from gateway.store import list_statements as sql
from gateway.store.engine import Engine, Row
from gateway.store.identifiers import first_id
from gateway.store.persons import Persons
from gateway.store.records import ListedOptOut


@dataclass(frozen=True, slots=True)
class OptOutFilter:
    """Which standing opt-outs to list; None means any. ``since`` is in microseconds since 1970, UTC."""

    account_sid: str | None = None
    channel: str | None = None
    source: str | None = None
    since: int | None = None
    scope_kind: str | None = None
    scope_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which consent events to list; None means any. ``since`` and ``until`` are about when the gateway learned of it,
    in microseconds since 1970, UTC; ``until`` is left out itself.
    """

    account_sid: str | None = None
    channel: str | None = None
    event_type: str | None = None
    change: str | None = None
    source: str | None = None
    service_sid: str | None = None
    message_sid: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class OptOutLine:
    """One line of the blocklist with all that is kept of it, standing or lifted; ``event_id`` is its last change,
    ``shadow_event_id`` that of what was learned in shadow mode (``shadow``).
    """

    listed: ListedOptOut
    standing: bool
    role: str
    settings_version: int
    event_id: str
    shadow: Shadow | None = None
    shadow_event_id: str | None = None


class ListReads:
    """What the store reads; it has ``_engine`` and ``_persons``."""

    _engine: Engine
    _persons: Persons

    async def list_opt_outs(self, wanted: OptOutFilter, after: str, limit: int) -> list[ListedOptOut]:
        """Up to ``limit`` standing opt-outs in the order of their identifiers, from the one after ``after`` on."""
        values = _asked(wanted)
        rows = await self._engine.read(sql.opt_outs_where(frozenset(values)), values | _page(after, limit))
        return [_line(row).listed for row in rows]

    async def opt_out_line(self, opt_out_id: str) -> OptOutLine | None:
        """One line of the blocklist by its identifier; None when there is none."""
        rows = await self._engine.read(sql.OPT_OUT, {"opt_out_id": opt_out_id})
        return _line(rows[0]) if rows else None

    async def list_lifted(self, account_sid: str, since: int, after: str, limit: int) -> list[OptOutLine]:
        """Up to ``limit`` lifted opt-outs of an account whose lift counts from an instant (microseconds since 1970,
        UTC) or later, in the order of their identifiers, from the one after ``after`` on.
        """
        values = {"account_sid": account_sid, "since": since} | _page(after, limit)
        return [_line(row) for row in await self._engine.read(sql.LIFTED, values)]

    async def oldest_lift(self, account_sid: str, since: int) -> int | None:
        """When the first of these lifts counts from, in microseconds since 1970, UTC; None when there is none."""
        [(at,)] = await self._engine.read(sql.OLDEST_LIFT, {"account_sid": account_sid, "since": since})
        return None if at is None else int(at)

    async def opt_out_lines_of(self, key: RecipientKey) -> list[OptOutLine]:
        """All lines of a recipient, standing and lifted."""
        return [_line(row) for row in await self._engine.read(sql.OPT_OUT_LINES_OF, self._persons.columns(key))]

    async def history_of(self, key: RecipientKey) -> list[ConsentEvent]:
        """Everything that ever happened to a recipient's consent, oldest first."""
        return [event_of(row) for row in await self._engine.read(sql.HISTORY_OF, self._persons.columns(key))]

    async def history_page(self, key: RecipientKey, after: str, limit: int) -> list[ConsentEvent]:
        """Up to ``limit`` of these, from the one after ``after`` on."""
        values = self._persons.columns(key) | _page(after, limit)
        return [event_of(row) for row in await self._engine.read(sql.HISTORY_PAGE, values)]

    async def list_events(self, wanted: EventFilter, after: str, limit: int) -> list[ConsentEvent]:
        """Up to ``limit`` consent events in the order of their identifiers, which is that of their coming, from the one
        after ``after`` on.
        """
        values = _asked(wanted)
        for name in {"since", "until"} & set(values):
            values[name] = first_id(int(str(values[name])))
        rows = await self._engine.read(sql.events_where(frozenset(values)), values | _page(after, limit))
        return [event_of(row) for row in rows]


def event_of(row: Row) -> ConsentEvent:
    """Read the columns of one consent event."""
    event_id, account, channel, key, recipient, event_type, change, scopes, *rest = row
    rest[-3], rest[-1] = bool(rest[-3]), bool(rest[-1])  # hold and enforced, which SQLite keeps as numbers
    listed = tuple(Scope(ScopeKind(kind), scope_id) for kind, scope_id in orjson.loads(scopes))
    return ConsentEvent(event_id, RecipientKey(account, channel, key), recipient, event_type, change, listed, *rest)


def _line(row: Row) -> OptOutLine:
    opt_out_id, account, channel, key, recipient, kind, scope_id, hold, source, actor, effective, received, *rest = row
    standing, role, settings_version, event_id, in_shadow, shadow_at, shadow_source, shadow_event_id = rest
    shadow = None if in_shadow is None else Shadow(bool(in_shadow), shadow_at, Source(shadow_source))
    listed = ListedOptOut(
        opt_out_id=opt_out_id,
        key=RecipientKey(account, channel, key),
        recipient=recipient,
        scope=Scope(ScopeKind(kind), scope_id),
        hold=bool(hold),
        source=source,
        actor=actor,
        effective_at=effective,
        received_at=received,
    )
    return OptOutLine(listed, bool(standing), role, settings_version, event_id, shadow, shadow_event_id)


def _asked(wanted: OptOutFilter | EventFilter) -> dict[str, Any]:
    names: Iterable[str] = type(wanted).__slots__
    return {name: value for name in names if (value := getattr(wanted, name)) is not None}


def _page(after: str, limit: int) -> dict[str, object]:
    return {"after": after, "limit": limit}
