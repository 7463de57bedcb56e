"""What the gateway owes apps, Twilio and sinks, and having it tried again."""

from typing import Final

from aiohttp import web

from gateway.admin.console.faults import WHOLE, faults_at, same
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/deliveries"
ONE: Final = "GET /api/v1/deliveries/{id}"
RETRY: Final = "POST /api/v1/deliveries/{id}/retry"
DELIVERY: Final = "/deliveries/{id:[0-9a-f-]{36}}"
STATES: Final = ("dead", "owed", "done")
ON_A_PAGE: Final = "50"


class DeliveryPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/deliveries", "deliveries", self._list, (LIST,), (RETRY,)),
            Page("GET", DELIVERY, "deliveries", self._one, (ONE,), (RETRY,)),
            Page("POST", f"{DELIVERY}/retry", "deliveries", self._retry, (ONE, RETRY)),
        ]

    async def _list(self, visit: Visit) -> web.Response:
        wanted = {name: visit.query.get(name, "") for name in ("state", "after")}
        found = await visit.ask(LIST, query=wanted | {"limit": ON_A_PAGE})
        return visit.show(
            "deliveries.html",
            deliveries=found["deliveries"],
            next=found["next"],
            wanted=wanted,
            states=STATES,
            may_retry=visit.may(RETRY),
        )

    async def _one(self, visit: Visit) -> web.Response:
        return await self._shown(visit, None)

    async def _shown(self, visit: Visit, error: str | None) -> web.Response:
        delivery = await visit.ask(ONE, path=visit.path)
        may_retry = visit.may(RETRY) and delivery["state"] != "done"
        return visit.show("delivery.html", 409 if error else 200, delivery=delivery, may_retry=may_retry, error=error)

    async def _retry(self, visit: Visit) -> web.Response:
        try:
            await visit.ask(RETRY, path=visit.path)
        except Problem as problem:
            return await self._shown(visit, faults_at(problem, same())[WHOLE])
        return visit.go(f"/deliveries/{visit.path['id']}", "retried")
