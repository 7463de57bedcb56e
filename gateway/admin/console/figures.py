"""What happened over time, for the charts: from the reports, in steps of an hour or a day (UTC)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.admin.console.charts import Series
from gateway.admin.console.page import Visit

OPT_OUTS: Final = "GET /api/v1/reports/opt-outs"
SENDS: Final = "GET /api/v1/reports/sends"
NEEDS: Final = (OPT_OUTS, SENDS)
# What is charted: the report, its counts, title and look.
CHARTED: Final = (
    (OPT_OUTS, ("opt_outs",), "Opt-outs", "bad"),
    (OPT_OUTS, ("opt_ins",), "Opt-ins", "good"),
    (OPT_OUTS, ("help",), "Help", ""),
    (SENDS, ("suppressed",), "Suppressed sends", "warn"),
    (SENDS, ("forwarded",), "Forwarded sends", ""),
    (SENDS, ("refused", "failed", "errors"), "Refused or failed sends", "bad"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """How long is looked back, and in which steps: ``form`` says how their beginnings are written (strftime)."""

    title: str
    interval: str
    step: timedelta
    steps: int
    form: str

    def starts(self, now: datetime) -> tuple[datetime, ...]:
        """When each step begins, the last of them under way."""
        last = now.replace(minute=0, second=0, microsecond=0)
        if self.step >= timedelta(days=1):
            last = last.replace(hour=0)
        return tuple(last - self.step * back for back in reversed(range(self.steps)))


SPANS: Final[Mapping[str, Span]] = {
    "day": Span("Last 24 hours", "hour", timedelta(hours=1), 24, "%H:%M"),
    "month": Span("Last 30 days", "day", timedelta(days=1), 30, "%d %b"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted. ``rate`` is how many opt-outs there were for each send that went out; None: none went out."""

    starts: tuple[datetime, ...]
    series: tuple[Series, ...]
    rate: float | None


async def figures(visit: Visit, span: Span) -> Figures:
    """What the reports tell, up to now; nothing where there is no account to look at."""
    starts = span.starts(datetime.now(UTC))
    since = starts[0].isoformat().replace("+00:00", "Z")
    query = {"since": since, "interval": span.interval, "time_zone": "UTC", "format": "json"}
    reports: dict[str, Any] = {name: {"rows": [], "total": {}} for name in NEEDS}
    if visit.account_sid is not None:
        reports = {name: await visit.ask(name, query=query) for name in NEEDS}
    series = tuple(
        Series(title, tone, _counts(reports[name]["rows"], fields, starts, span.step))
        for name, fields, title, tone in CHARTED
    )
    return Figures(starts, series, reports[OPT_OUTS]["total"].get("opt_out_rate"))


def _counts(
    rows: list[dict[str, Any]], fields: tuple[str, ...], starts: tuple[datetime, ...], step: timedelta
) -> tuple[int, ...]:
    """The sum of some fields in each step; a report has no row where nothing happened."""
    counts = [0] * len(starts)
    for row in rows:
        index = int((datetime.fromisoformat(row["since"]) - starts[0]) / step)
        if 0 <= index < len(counts):
            counts[index] += sum(row[field] for field in fields)
    return tuple(counts)
