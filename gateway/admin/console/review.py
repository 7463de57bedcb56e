"""The review list: messages that are no keyword but ask to stop, for a person to decide on."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import WHOLE, faults_at, same
from gateway.admin.console.opt_outs import SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/review-items"
ACCEPT: Final = "POST /api/v1/review-items/{id}/accept"
DISMISS: Final = "POST /api/v1/review-items/{id}/dismiss"
ITEM: Final = "/review/{id:[0-9a-f-]{36}}"
STATES: Final = ("open", "accepted", "dismissed", "any")
ON_A_PAGE: Final = "50"


class ReviewPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        seeing = (LIST, SERVICES)
        return [
            Page("GET", "/review", "review", self._list, seeing, (ACCEPT, DISMISS)),
            Page("POST", f"{ITEM}/accept", "review", self._accept, (ACCEPT, *seeing), (DISMISS,)),
            Page("POST", f"{ITEM}/dismiss", "review", self._dismiss, (DISMISS, *seeing), (ACCEPT,)),
        ]

    async def _list(self, visit: Visit) -> web.Response:
        return await self._shown(visit, {})

    async def _shown(self, visit: Visit, errors: dict[str, str]) -> web.Response:
        wanted = {"state": visit.query.get("state", "") or "open", "after": visit.query.get("after", "")}
        found: dict[str, Any] = {"items": [], "next": None}
        if visit.account_sid is not None:
            found = await visit.ask(LIST, query=wanted | {"limit": ON_A_PAGE})
        return visit.show(
            "review.html",
            422 if errors else 200,
            items=found["items"],
            next=found["next"],
            wanted=wanted,
            states=STATES,
            errors=errors,
            typed=(visit.path.get("id"), visit.form.get("reason", "")) if errors else (None, ""),
            services=await services_by_sid(visit),
            may_decide=visit.may(ACCEPT) and visit.may(DISMISS),
        )

    async def _accept(self, visit: Visit) -> web.Response:
        return await self._decide(visit, ACCEPT, "accepted")

    async def _dismiss(self, visit: Visit) -> web.Response:
        return await self._decide(visit, DISMISS, "dismissed")

    async def _decide(self, visit: Visit, route: str, said: str) -> web.Response:
        try:
            await visit.ask(route, path=visit.path, body={"reason": visit.form.get("reason") or None})
        except Problem as problem:
            faults = faults_at(problem, same("reason"))
            told = faults.get(WHOLE) or f"Reason: {faults['reason']}"
            return await self._shown(visit, {WHOLE: told})
        return visit.go("/review", said)
