"""One recipient: what stands, why, the whole history; lifting an opt-out, and the evidence to hand over.

A recipient is found by a number in a form, or by an opt-out's identifier in the path. The number goes no other way.
"""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import WHOLE, faults_at, same, typed
from gateway.admin.console.opt_outs import ADD, SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.console.person import ERASE, LINK
from gateway.admin.problems import Problem
from gateway.messaging.instants import iso

ONE: Final = "GET /api/v1/opt-outs/{id}"
LIFT: Final = "DELETE /api/v1/opt-outs/{id}"
LINES: Final = "POST /api/v1/opt-outs/search"
HISTORY: Final = "POST /api/v1/consent-events/search"
EXPLAIN: Final = "POST /api/v1/explain"
EVIDENCE: Final = "POST /api/v1/opt-outs/evidence/page"
RECIPIENT: Final = "/opt-outs/{id:[0-9a-f-]{36}}"
SEEING: Final = (ONE, LINES, HISTORY, SERVICES)
NEVER: Final = iso(0)  # of lines that shadow mode alone made: nothing ever stood there


class RecipientPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        uses = (LIFT, EVIDENCE, ADD, EXPLAIN, LINK, ERASE)
        return [
            Page("POST", "/opt-outs/search", "opt-outs", self._search, SEEING, uses),
            Page("GET", RECIPIENT, "opt-outs", self._one, SEEING, uses),
            Page("POST", f"{RECIPIENT}/lift", "opt-outs", self._lift, (*SEEING, LIFT), uses),
            Page("POST", f"{RECIPIENT}/evidence", "opt-outs", self._evidence, (ONE, EVIDENCE)),
        ]

    async def _search(self, visit: Visit) -> web.Response:
        return await self._shown(visit, visit.form.get("recipient", "").strip(), visit.account_sid)

    async def _one(self, visit: Visit) -> web.Response:
        line = await visit.ask_whole(ONE, path=visit.path)
        if not line["recipient"]:
            return visit.show("erased.html", 410)
        visit.account_sid = line["account_sid"]  # whatever was looked at before
        return await self._shown(visit, line["recipient"], line["account_sid"], by=visit.path["id"])

    async def _shown(
        self,
        visit: Visit,
        recipient: str,
        account_sid: str | None,
        *,
        by: str | None = None,
        errors: dict[str, str] | None = None,
    ) -> web.Response:
        """The page of a recipient. ``by`` is the opt-out that led here; without one the visitor wrote the number."""
        whom = {"recipient": recipient}
        try:
            lines = await visit.ask_all(LINES, "opt_outs", body=whom, account_sid=account_sid)
        except Problem as problem:
            wrong = faults_at(problem, same("recipient"))
            return visit.show("not_found.html", 422, typed=recipient, errors=wrong, may_add=visit.may(ADD))
        events = await visit.ask_all(HISTORY, "events", body=whom, account_sid=account_sid)
        shown = [*lines, *events]
        by = by or (lines[0]["opt_out_id"] if lines else None)
        return visit.show(
            "recipient.html",
            422 if errors else 200,
            name=shown[0]["recipient"] if shown and shown[0]["recipient"] else recipient,
            typed=None if by else recipient,
            by=by,
            standing=[line for line in lines if line["standing"]],
            lifted=[line for line in lines if not line["standing"] and line["effective_at"] != NEVER],
            events=events[::-1],
            by_event={event["event_id"]: event for event in events},
            services=await services_by_sid(visit),
            errors=errors or {},
            form=typed(visit.form),
            may_lift=visit.may(LIFT),
            may_add=visit.may(ADD),
            may_evidence=visit.may(EVIDENCE),
            may_link=visit.may(LINK),
            may_erase=visit.may(ERASE),
        )

    async def _lift(self, visit: Visit) -> web.Response:
        form, opt_out_id = visit.form, visit.path["id"]
        body = {"reason": form.get("reason", ""), "even_held": "even_held" in form}
        try:
            changed = await visit.ask(LIFT, path=visit.path, body=body)
        except Problem as problem:
            line = await visit.ask_whole(ONE, path=visit.path)
            faults = faults_at(problem, same("reason"))
            errors: dict[str, Any] = {"reason": faults.get("reason") or faults.get(WHOLE, ""), "at": opt_out_id}
            return await self._shown(visit, line["recipient"], line["account_sid"], by=opt_out_id, errors=errors)
        return visit.go(f"/opt-outs/{opt_out_id}", "lifted" if changed["change"] == "lifted" else "nothing-lifted")

    async def _evidence(self, visit: Visit) -> web.StreamResponse:
        line = await visit.ask_whole(ONE, path=visit.path)
        body = {"recipient": line["recipient"]}
        response = await visit.ask(EVIDENCE, body=body, account_sid=line["account_sid"])
        if not isinstance(response, web.StreamResponse):
            raise TypeError("the evidence page is a response")
        return response
