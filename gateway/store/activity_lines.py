"""The lines of a transaction about activity and the counts for reports."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from gateway.messaging.activity import Activity
from gateway.messaging.counts import Count
from gateway.store import activity_statements as sql
from gateway.store import report_statements
from gateway.store.account_lines import Run
from gateway.store.identifiers import first_id
from gateway.store.many_lines import Insert, Line

RunMany = Callable[[str, Sequence[Mapping[str, object]]], Awaitable[None]]
"""Runs one statement with each of many values."""

AddAll = Callable[[Insert, Sequence[Line]], Awaitable[None]]
"""Adds many lines to a table."""

VALUES_OF: Final = attrgetter(*sql.COLUMNS)
COUNTED_BY: Final = attrgetter(*report_statements.COLUMNS[:-1])


class ActivityLines:
    """What a transaction does with them; it has ``_run``."""

    _run: Run
    _run_many: RunMany
    _add_all: AddAll

    async def add_activity(self, lines: Sequence[Activity]) -> None:
        """Add lines of activity; one that is there already is left as it is, so that adding twice is as adding once."""
        await self._add_all(sql.ADD, [VALUES_OF(line) for line in lines])

    async def forget_activity(self, before: int, limit: int) -> int:
        """Drop the oldest lines from before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET, {"before": first_id(before), "limit": limit}))

    # Counts for reports

    async def replace_counts(
        self, measures: Iterable[str], since: int, until: int, counts: Mapping[Count, int]
    ) -> None:
        """Put counts of these measures in the place of what there was from one quarter on up to another."""
        for measure in measures:
            await self._run(report_statements.DROP, {"measure": measure, "since": since, "until": until})
        columns = report_statements.COLUMNS
        lines = [_values(columns, (*COUNTED_BY(counted), count)) for counted, count in counts.items()]
        await self._run_many(report_statements.ADD, lines)

    async def forget_counts(self, before: int, limit: int) -> int:
        """Drop counts of quarters before an instant, some at a time; gives how many."""
        return len(await self._run(report_statements.FORGET, {"before": before, "limit": limit}))

    async def counted_until(self, kind: str) -> int | None:
        """Up to which quarter one kind of what there is to count was counted; None: never."""
        rows = await self._run(report_statements.COUNTED_UNTIL, {"name": f"{report_statements.WATERMARK}{kind}"})
        return int(rows[0][0]) if rows else None

    async def count_from(self, kind: str, until: int) -> None:
        """Note up to which quarter one kind was counted."""
        values = {"name": f"{report_statements.WATERMARK}{kind}", "value": str(until)}
        await self._run(report_statements.PUT_COUNTED_UNTIL, values)


def _values(columns: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))
