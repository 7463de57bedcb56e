"""What happens to consent as it happens: keywords that phones sent, and what operators did, newest first."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from gateway.admin.console.live import Onlookers
from gateway.admin.console.opt_outs import SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit

EVENTS: Final = "GET /api/v1/consent-events"
NEEDS: Final = (EVENTS, SERVICES)
SHOWN: Final = 100
WINDOWS: Final = (timedelta(minutes=15), timedelta(hours=6), timedelta(days=3), timedelta(days=90))


class ActivityPages:
    """The handlers."""

    def __init__(self, onlookers: Onlookers) -> None:
        self._onlookers = onlookers

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/activity", "activity", self._show, NEEDS),
            Page("GET", "/activity/live", "activity", self._live, NEEDS),
        ]

    async def _show(self, visit: Visit) -> web.Response:
        return visit.show("activity.html", **await self._values(visit))

    async def _live(self, visit: Visit) -> web.StreamResponse:
        async def parts() -> dict[str, str]:
            return {"lines": visit.part("activity_lines.html", **await self._values(visit))}

        return await self._onlookers.serve(visit, parts)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        return {"events": await _newest(visit), "services": await services_by_sid(visit)}


async def _newest(visit: Visit) -> list[dict[str, Any]]:
    """The newest events; the API tells the oldest first, so ever longer times are asked for."""
    events: list[dict[str, Any]] = []
    for window in WINDOWS:
        since = (datetime.now(UTC) - window).isoformat().replace("+00:00", "Z")
        told = await visit.ask(EVENTS, query={"since": since, "limit": "500"})
        events = told["events"]
        if len(events) >= SHOWN or told["next"]:
            break
    return events[::-1][:SHOWN]
