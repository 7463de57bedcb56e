"""What the gateway decided about messages as it happens, newest first; and all that is known of one of them.

A screen with this page may hang on a wall, so numbers are masked here for everybody; a message's own page tells them.
"""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import faults_at, same
from gateway.admin.console.live import Onlookers
from gateway.admin.console.opt_outs import SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/activity"
JOURNEY: Final = "GET /api/v1/messages/{sid}/journey"
NEEDS: Final = (LIST, SERVICES)
FILTERS: Final = ("direction", "decision", "service_sid")
DIRECTIONS: Final = ("outbound", "inbound", "status")
DECISIONS: Final = ("forwarded", "suppressed", "refused", "failed", "recorded", "repeated", "relayed")
ON_A_PAGE: Final = "100"


class ActivityPages:
    """The handlers."""

    def __init__(self, onlookers: Onlookers) -> None:
        self._onlookers = onlookers

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/activity", "activity", self._show, NEEDS),
            Page("GET", "/activity/live", "activity", self._live, NEEDS),
            Page("GET", "/messages/{sid:(?:SM|MM)[0-9a-f]{32}}", "activity", self._journey, (JOURNEY, SERVICES)),
        ]

    async def _show(self, visit: Visit) -> web.Response:
        errors: dict[str, str] = {}
        try:
            values = await self._values(visit)
        except Problem as problem:
            errors = faults_at(problem, same(*FILTERS))
            values = {"lines": [], "next": None, "services": await services_by_sid(visit)}
        wanted = _wanted(visit)
        return visit.show(
            "activity.html",
            422 if errors else 200,
            errors=errors,
            wanted=wanted,
            directions=DIRECTIONS,
            decisions=DECISIONS,
            is_live=not wanted["after"] and not errors,
            live_query="&".join(f"{name}={value}" for name, value in wanted.items() if value),
            **values,
        )

    async def _live(self, visit: Visit) -> web.StreamResponse:
        async def parts() -> dict[str, str]:
            return {"lines": visit.part("activity_lines.html", **await self._values(visit))}

        return await self._onlookers.serve(visit, parts)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        told = await visit.ask(LIST, query=_wanted(visit) | {"limit": ON_A_PAGE})
        return {"lines": told["activity"], "next": told["next"], "services": await services_by_sid(visit)}

    async def _journey(self, visit: Visit) -> web.Response:
        journey = await visit.ask(JOURNEY, path=visit.path)
        return visit.show("journey.html", journey=journey, services=await services_by_sid(visit))


def _wanted(visit: Visit) -> dict[str, str]:
    return {name: visit.query.get(name, "") for name in (*FILTERS, "after")}
