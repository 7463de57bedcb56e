"""What happened over time, for the charts: from the consent history, counted in spans of an hour or a day (UTC)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.admin.console.charts import Series
from gateway.admin.console.page import Visit

EVENTS: Final = "GET /api/v1/consent-events"
PAGE: Final = "500"
MOST_PAGES: Final = 10
# What is counted: title, look, and which events it is (type, change; None: whatever became of it).
COUNTED: Final = (
    ("Opt-outs", "bad", ("STOP", "added")),
    ("Opt-ins", "good", ("START", "lifted")),
    ("Help", "", ("HELP", None)),
)


@dataclass(frozen=True, slots=True)
class Span:
    """How long is looked back, and in which steps: ``form`` says how their beginnings are written (strftime)."""

    title: str
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
    "day": Span("Last 24 hours", timedelta(hours=1), 24, "%H:%M"),
    "month": Span("Last 30 days", timedelta(days=1), 30, "%d %b"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted; ``is_whole`` is false where there was more than is read for a page."""

    starts: tuple[datetime, ...]
    series: tuple[Series, ...]
    is_whole: bool


async def figures(visit: Visit, span: Span) -> Figures:
    """Count, up to now."""
    starts = span.starts(datetime.now(UTC))
    counts = [[0] * span.steps for _ in COUNTED]
    after: str | None = None
    for _ in range(MOST_PAGES):
        query = {"since": starts[0].isoformat().replace("+00:00", "Z"), "limit": PAGE, "after": after}
        told = await visit.ask(EVENTS, query=query)
        for event in told["events"]:
            index = int((datetime.fromisoformat(event["received_at"]) - starts[0]) / span.step)
            for kind, (_, _, (event_type, change)) in enumerate(COUNTED):
                if event["event_type"] == event_type and change in {None, event["change"]} and index < span.steps:
                    counts[kind][index] += 1
        after = told["next"]
        if after is None:
            break
    series = tuple(Series(title, tone, tuple(found)) for (title, tone, _), found in zip(COUNTED, counts, strict=True))
    return Figures(starts, series, after is None)
