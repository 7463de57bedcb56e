"""Try it: what an inbound body would do, and whether a send would go, with the reasons. Nothing is changed or sent."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import faults_at, same, typed
from gateway.admin.console.opt_outs import SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

EXPLAIN: Final = "POST /api/v1/explain"
ONE: Final = "GET /api/v1/opt-outs/{id}"
FIELDS: Final = ("body", "recipient", "service_sid", "sender")


class TryPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        needs = (EXPLAIN, SERVICES)
        return [
            Page("GET", "/try", "try", self._form, needs),
            Page("POST", "/try/inbound", "try", self._inbound, needs, (ONE,)),
            Page("POST", "/try/send", "try", self._send, needs, (ONE,)),
        ]

    async def _form(self, visit: Visit) -> web.Response:
        return await self._shown(visit, "inbound", None, {})

    async def _inbound(self, visit: Visit) -> web.Response:
        return await self._explained(visit, "inbound", {"body": visit.form.get("body", "")})

    async def _send(self, visit: Visit) -> web.Response:
        return await self._explained(visit, "send", {})

    async def _explained(self, visit: Visit, kind: str, body: dict[str, Any]) -> web.Response:
        recipient, account_sid = await self._whom(visit)
        if visit.form.get("step") == "prefill":
            return await self._shown(visit, kind, None, {})
        asked = body | {name: visit.form.get(name) or None for name in ("service_sid", "sender")}
        try:
            told = await visit.ask(EXPLAIN, body=asked | {"recipient": recipient or None}, account_sid=account_sid)
        except Problem as problem:
            return await self._shown(visit, kind, None, faults_at(problem, same(*FIELDS)))
        return await self._shown(visit, kind, told, {})

    async def _whom(self, visit: Visit) -> tuple[str, str | None]:
        """Whose consent it is: a number of the form, or that of an opt-out, which the visitor may not be shown."""
        opt_out_id = visit.form.get("opt_out_id")
        if not opt_out_id:
            return visit.form.get("recipient", "").strip(), visit.account_sid
        line = await visit.ask_whole(ONE, path={"id": opt_out_id})
        return line["recipient"], line["account_sid"]

    async def _shown(self, visit: Visit, kind: str, told: Any, errors: dict[str, str]) -> web.Response:
        by, name = visit.form.get("opt_out_id"), None
        if by:
            name = (await visit.ask(ONE, path={"id": by}))["recipient"]
        return visit.show(
            "try.html",
            422 if errors else 200,
            kind=kind,
            told=told,
            errors=errors,
            typed=typed(visit.form),
            by=by,
            name=name,
            services=await services_by_sid(visit),
        )
