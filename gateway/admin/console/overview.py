"""The first page: what happened in the last hours or days, and how the gateway is."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.charts import chart
from gateway.admin.console.figures import NEEDS as FIGURES
from gateway.admin.console.figures import SPANS, figures
from gateway.admin.console.live import Onlookers
from gateway.admin.console.page import Page, Visit

READY: Final = "GET /readyz"
DELIVERIES: Final = "GET /api/v1/deliveries"
SINKS: Final = "GET /api/v1/sinks"
REVIEW: Final = "GET /api/v1/review-items"
NEEDS: Final = (READY, *FIGURES, DELIVERIES, SINKS, REVIEW)
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
        return visit.show("overview.html", spans=SPANS, span=span, **await self._values(visit, span))

    async def _live(self, visit: Visit) -> web.StreamResponse:
        span = _span_of(visit)

        async def parts() -> dict[str, str]:
            values = await self._values(visit, span)
            return {name: visit.part(f"overview_{name}.html", **values) for name in ("health", "charts")}

        return await self._onlookers.serve(visit, parts)

    async def _values(self, visit: Visit, span: str) -> dict[str, Any]:
        found = await figures(visit, SPANS[span])
        return {
            "figures": found,
            "charts": [(series, chart(series, found.starts, SPANS[span].form)) for series in found.series],
            "ready": await visit.ask(READY),
            "dead": await _count(visit, DELIVERIES, "deliveries", {"state": "dead"}),
            "owed": await _count(visit, DELIVERIES, "deliveries", {"state": "owed"}),
            "open": await _count(visit, REVIEW, "items", {}) if visit.account_sid else "0",
            "sinks": await visit.ask_all(SINKS, "sinks") if visit.account_sid else [],
        }


def _span_of(visit: Visit) -> str:
    wanted = visit.query.get("span", "")
    return wanted if wanted in SPANS else next(iter(SPANS))


async def _count(visit: Visit, route: str, name: str, query: dict[str, str]) -> str:
    """How many there are, as far as it matters."""
    told = await visit.ask(route, query=query | {"limit": str(MOST_TOLD)})
    return f"{len(told[name])}{'+' if told['next'] else ''}"
