"""The blocklist: list and filter it, find somebody on it, opt somebody out."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from aiohttp import web

from gateway.admin.api.opt_out_shapes import SourceName
from gateway.admin.console.faults import faults_at, same, typed
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/opt-outs"
ADD: Final = "POST /api/v1/opt-outs"
SERVICES: Final = "GET /api/v1/services"
EXPORT: Final = "GET /api/v1/opt-outs/export"
IMPORT: Final = "POST /api/v1/opt-outs/import"
SOURCES: Final[tuple[str, ...]] = get_args(SourceName)
CHANNELS: Final = ("phone", "whatsapp")
ON_A_PAGE: Final = "50"
ADD_FIELDS: Final = same("recipient", "service_sid", "sender", "reason", account_wide="covers")


class OptOutPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/opt-outs", "opt-outs", self._list, (LIST, SERVICES), (ADD, EXPORT, IMPORT)),
            Page("GET", "/opt-outs/new", "opt-outs", self._new, (ADD, SERVICES)),
            Page("POST", "/opt-outs/new", "opt-outs", self._add, (ADD, SERVICES)),
        ]

    async def _list(self, visit: Visit) -> web.Response:
        names = ("service_sid", "channel", "source", "since", "after")
        wanted = {name: visit.query.get(name, "") for name in names}
        errors: dict[str, str] = {}
        found: dict[str, Any] = {"opt_outs": [], "next": None}
        try:
            asked = wanted | {"limit": ON_A_PAGE, "since": f"{wanted['since']}T00:00:00Z" if wanted["since"] else ""}
            found = await visit.ask(LIST, query=asked)
        except Problem as problem:
            errors = faults_at(problem, same(*names))
        return visit.show(
            "opt_outs.html",
            422 if errors else 200,
            opt_outs=found["opt_outs"],
            next=found["next"],
            wanted=wanted,
            errors=errors,
            services=await services_by_sid(visit),
            sources=SOURCES,
            channels=CHANNELS,
            may_add=visit.may(ADD),
            may_export=visit.may(EXPORT),
            may_import=visit.may(IMPORT),
        )

    async def _new(self, visit: Visit) -> web.Response:
        return await self._form(visit, {}, {})

    async def _add(self, visit: Visit) -> web.Response:
        form = visit.form
        covers = form.get("covers", "service")
        body = {
            "recipient": form.get("recipient", ""),
            "service_sid": form.get("service_sid") or None if covers == "service" else None,
            "sender": form.get("sender") or None if covers == "sender" else None,
            "account_wide": True if covers == "account" else None,
            "hold": "hold" in form,
            "reason": form.get("reason") or None,
        }
        if form.get("step") == "prefill":  # the recipient's page brings the number along, in a form
            return await self._form(visit, form, {})
        try:
            changed = await visit.ask(ADD, body=body)
        except Problem as problem:
            return await self._form(visit, form, faults_at(problem, ADD_FIELDS))
        return visit.go(f"/opt-outs/{changed['opt_out_id']}", "stays" if changed["change"] == "stays" else "added")

    async def _form(self, visit: Visit, form: Mapping[str, str], errors: dict[str, str]) -> web.Response:
        services = await services_by_sid(visit)
        return visit.show(
            "opt_out_new.html", 422 if errors else 200, typed=typed(form), errors=errors, services=services
        )


async def services_by_sid(visit: Visit) -> dict[str, dict[str, Any]]:
    """The Messaging Services of the account that is looked at, by SID; none where there is no account."""
    if visit.account_sid is None:
        return {}
    return {service["service_sid"]: service for service in await visit.ask_all(SERVICES, "services")}
