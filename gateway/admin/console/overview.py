"""The first page: what happened in the last hours or days, and how the gateway is, with all that it depends on."""

import contextlib
from typing import Any, Final

from aiohttp import web

from gateway.admin.console.charts import chart
from gateway.admin.console.figures import NEEDS as FIGURES
from gateway.admin.console.figures import SPANS, figures
from gateway.admin.console.live import Onlookers
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

READY: Final = "GET /readyz"
HEALTH: Final = "GET /api/v1/health"
REVIEW: Final = "GET /api/v1/review-items"
NEEDS: Final = (READY, HEALTH, *FIGURES, REVIEW)
MOST_TOLD: Final = 100  # of what waits; more is told as "100+"


class OverviewPages:
    """The handlers."""

    def __init__(self, onlookers: Onlookers) -> None:
        self._onlookers = onlookers

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/", "overview", self._show, NEEDS),
            Page("GET", "/overview/live", "overview", self._live, NEEDS),
        ]

    async def _show(self, visit: Visit) -> web.Response:
        span = _span_of(visit)
        charted, health = await _charted(visit, span), await _health(visit)
        return visit.show("overview.html", spans=SPANS, span=span, **charted, **health)

    async def _live(self, visit: Visit) -> web.StreamResponse:
        span = _span_of(visit)

        async def parts() -> dict[str, str]:
            made = {"health": visit.part("overview_health.html", **await _health(visit))}
            with contextlib.suppress(Problem):  # without a store it is still told that it is away
                made["charts"] = visit.part("overview_charts.html", **await _charted(visit, span))
            return made

        return await self._onlookers.serve(visit, parts)


async def _charted(visit: Visit, span: str) -> dict[str, Any]:
    found = await figures(visit, SPANS[span])
    charts = [(series, chart(series, found.starts, SPANS[span].form)) for series in found.series]
    return {"figures": found, "charts": charts}


async def _health(visit: Visit) -> dict[str, Any]:
    health = await visit.ask(HEALTH)
    here = [each for each in health["sources"] if each["account_sid"] == visit.account_sid]
    unsigned = {each["source"]: each for each in health["unsigned"]}
    return {
        "ready": await visit.ask(READY),
        "health": health,
        "sources": [(each, unsigned[each["source"]]) for each in here],
        "open": await _open(visit),
    }


def _span_of(visit: Visit) -> str:
    wanted = visit.query.get("span", "")
    return wanted if wanted in SPANS else next(iter(SPANS))


async def _open(visit: Visit) -> str:
    """How many messages are to be decided on, as far as it matters; nothing where nobody can tell."""
    try:
        told = await visit.ask(REVIEW, query={"limit": str(MOST_TOLD)}) if visit.account_sid else None
    except Problem:
        return ""
    return f"{len(told['items'])}{'+' if told['next'] else ''}" if told and told["items"] else ""
