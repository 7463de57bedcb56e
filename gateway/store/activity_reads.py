"""What the store reads of activity, and of what reports count."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.activity import Activity, country_of
from gateway.messaging.counts import By, Count, Measure, measure_of_event, measure_of_send, quarter_of
from gateway.messaging.events import keyword_of
from gateway.store import activity_statements as sql
from gateway.store import report_statements as reports
from gateway.store.engine import Engine, Row
from gateway.store.identifiers import first_id, instant_of

AT_MOST_OF_A_MESSAGE: Final = 200
MOST_LOOKED_THROUGH: Final = 20_000
NOT_INDEXED: Final = frozenset({"direction", "decision", "reason", "service_sid"})


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which lines of activity to list; None means any. ``since`` and ``until`` are in microseconds since 1970, UTC;
    ``until`` is left out itself.
    """

    account_sid: str | None = None
    direction: str | None = None
    decision: str | None = None
    reason: str | None = None
    service_sid: str | None = None
    message_sid: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Some of what there is to count: how often what, up to which identifier, and whether there is more."""

    counts: dict[Count, int]
    after: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class LastSend:
    """The last send that went to somebody before they opted out. ``at`` is in microseconds since 1970, UTC."""

    message_sid: str | None
    at: int
    sender: str | None
    service_sid: str | None


@dataclass(frozen=True, slots=True)
class AttributedOptOut:
    """An opt-out, and the last send before it; None where none is known. ``effective_at`` as in the history."""

    event_id: str
    effective_at: int
    channel: str
    recipient: str
    sender: str | None
    service_sid: str | None
    keyword: str | None
    source: str
    message_sid: str | None
    last_send: LastSend | None


class ActivityReads:
    """What a store answers about them; it has ``_engine``. Each raises `StoreUnavailable`."""

    _engine: Engine

    async def list_activity(self, wanted: ActivityFilter, after: str | None, limit: int) -> list[Activity]:
        """Up to ``limit`` lines, newest first, from the one after ``after`` on, which is an older one."""
        return await self._listed(_asked(wanted, after), limit)

    async def page_of_activity(
        self, wanted: ActivityFilter, after: str | None, limit: int
    ) -> tuple[list[Activity], str | None]:
        """The same, with the ``after`` of the next page, None at the end. At most 20,000 lines are looked through for a
        page, so that it may have fewer lines, or none, and be followed by others: what reads keeps others from reading.
        """
        asked = _asked(wanted, after)
        floor = None
        if not NOT_INDEXED.isdisjoint(asked) and "message_sid" not in asked:
            span = {name: value for name, value in asked.items() if name not in NOT_INDEXED}
            statement = sql.reached_where(frozenset(span))
            [(count, oldest)] = await self._engine.read(statement, span | {"limit": MOST_LOOKED_THROUGH})
            if count == MOST_LOOKED_THROUGH:
                floor = asked["since"] = str(oldest)
        found = await self._listed(asked, limit + 1)
        page = found[:limit]
        return page, page[-1].activity_id if len(found) > limit else floor

    async def _listed(self, asked: dict[str, Any], limit: int) -> list[Activity]:
        statement = sql.activity_where(frozenset(asked))
        return [_activity(row) for row in await self._engine.read(statement, asked | {"limit": limit})]

    async def activity_of_message(self, account_sid: str, message_sid: str) -> list[Activity]:
        """What was noted of one message, oldest first."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "limit": AT_MOST_OF_A_MESSAGE}
        return [_activity(row) for row in await self._engine.read(sql.OF_MESSAGE, values)]

    # Reports

    async def first_to_count(self, kind_is_sends: bool) -> int | None:
        """When the first line of activity was written, else the first of the history; None: there is none."""
        rows = await self._engine.read(reports.FIRST_SEND if kind_is_sends else reports.FIRST_EVENT, {})
        return instant_of(rows[0][0]) if rows[0][0] is not None else None

    async def count_sends(self, account_sid: str | None, after: str, until: int, limit: int) -> Counted:
        """Count sends of up to ``limit`` lines of activity after one and from before an instant; None: any account."""
        values = {"account_sid": account_sid, "after": after, "until": first_id(until), "limit": limit}
        counts: dict[Count, int] = {}
        seen, last = 0, after
        for row in await self._engine.read(reports.SENDS, values):
            newest, count, account, quarter, direction, decision, status, *rest = row
            seen, last = seen + count, max(last, newest)
            measure = measure_of_send(direction, decision, status)
            if measure is not None:
                counted = _count_of_send(account, quarter, measure, *rest)
                counts[counted] = counts.get(counted, 0) + count
        return Counted(counts, last, is_last=seen < limit)

    async def count_consent(self, account_sid: str | None, after: str, until: int, limit: int) -> Counted:
        """Count changes of consent, likewise. An event counts in the quarter in which the gateway learned of it."""
        values = {"account_sid": account_sid, "after": after, "until": first_id(until), "limit": limit}
        counts: dict[Count, int] = {}
        rows = await self._engine.read(reports.EVENTS, values)
        for row in rows:
            counted = _count_of_event(*row)
            if counted is not None:
                counts[counted] = counts.get(counted, 0) + 1
        return Counted(counts, rows[-1][0] if rows else after, is_last=len(rows) < limit)

    async def counts_by(
        self, account_sid: str, by: By | None, since: int, until: int, service_sid: str | None
    ) -> dict[tuple[str, str], int]:
        """What was counted of an account in quarters from one instant on up to another: by measure and, '' for none, by
        what it is to be told apart by.
        """
        values = {"account_sid": account_sid, "since": since, "until": until, "service_sid": service_sid}
        rows = await self._engine.read(reports.counts_by(by), values)
        return {(measure, group): int(count) for measure, group, count in rows}

    async def counts_since(self, since: int) -> dict[str, int]:
        """What was counted since an instant, of all accounts, by measure."""
        return {measure: int(count) for measure, count in await self._engine.read(reports.LAST_DAY, {"since": since})}

    async def counts_since_by(self, by: By, since: int, before: int) -> dict[tuple[str, str], int]:
        """The same by measure and, '' for none, by what it is told apart by: the thousand largest. What was counted
        since an earlier instant (``before``) alone is 0.
        """
        rows = await self._engine.read(reports.last_day_by(by), {"since": since, "before": before})
        return {(measure, group): int(count) for measure, group, count in rows}

    async def counted_until(self, kind: str) -> int | None:
        """See `ActivityLines.counted_until`."""
        rows = await self._engine.read(reports.COUNTED_UNTIL, {"name": f"{reports.WATERMARK}{kind}"})
        return int(rows[0][0]) if rows else None

    async def attributed_opt_outs(
        self, account_sid: str, service_sid: str | None, since: int, until: int, after: str, limit: int
    ) -> list[AttributedOptOut]:
        """Up to ``limit`` opt-outs by keyword or by Twilio's word that were learned within a span, oldest first, from
        the one after ``after`` on, each with the last send before it.
        """
        values = {"account_sid": account_sid, "service_sid": service_sid, "after": after, "limit": limit}
        values |= {"since": first_id(since), "until": first_id(until)}
        return [_attributed(row) for row in await self._engine.read(reports.ATTRIBUTED, values)]


def _asked(wanted: ActivityFilter, after: str | None) -> dict[str, Any]:
    names: Iterable[str] = ActivityFilter.__slots__
    asked: dict[str, Any] = {name: value for name in names if (value := getattr(wanted, name)) is not None}
    for name in {"since", "until"} & set(asked):
        asked[name] = first_id(asked[name])
    return asked if after is None else asked | {"after": after}


def _activity(row: Row) -> Activity:
    columns = list(row)
    columns[6] = bool(columns[6])  # whether it was enforced, which SQLite gives as a number
    return Activity(*columns)


def _count_of_send(
    account_sid: str,
    quarter: int,
    measure: Measure,
    service_sid: str | None,
    sender: str | None,
    country: str | None,
    reason: str,
    error_code: int | None,
    keyword: str | None,
    keyword_set: str | None,
    source: str | None,
) -> Count:
    why = f"code_{error_code}" if measure is Measure.ERRORS and error_code is not None else reason
    said = keyword_of(keyword, keyword_set) or ""
    return Count(account_sid, quarter, measure, service_sid or "", sender or "", country or "", said, source or "", why)


def _count_of_event(
    event_id: str,
    account_sid: str,
    event_type: str,
    change: str,
    service_sid: str | None,
    sender: str | None,
    recipient_key: str,
    keyword: str | None,
    keyword_set: str | None,
    source: str,
) -> Count | None:
    measure = measure_of_event(event_type, change)
    if measure is None:
        return None
    quarter, country = quarter_of(instant_of(event_id)), country_of(recipient_key) or ""
    said = keyword_of(keyword, keyword_set) or ""
    return Count(account_sid, quarter, measure, service_sid or "", sender or "", country, said, source)


def _attributed(row: Row) -> AttributedOptOut:
    *event, keyword, keyword_set, source, own_sid, message_sid, at, sender, service_sid = row
    event += [keyword_of(keyword, keyword_set), source, own_sid]
    last = None if at is None else LastSend(message_sid, at, sender, service_sid)
    values = dict(zip(AttributedOptOut.__slots__, event, strict=False))
    return AttributedOptOut(**values, last_send=last)
