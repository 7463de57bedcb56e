"""Messaging Services: which there are, with their senders; what is in force, and putting it in force and out."""

import math
import re
from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import WHOLE, faults_at, same, typed
from gateway.admin.console.page import Page, Visit
from gateway.admin.console.service_views import groups_of
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/services"
SYNC: Final = "POST /api/v1/services/sync"
ONE: Final = "GET /api/v1/services/{MG}"
SENDERS: Final = "GET /api/v1/services/{MG}/senders"
SETTINGS: Final = "GET /api/v1/services/{MG}/opt-out-settings"
SAVE: Final = "PUT /api/v1/services/{MG}/opt-out-settings"
ENABLE: Final = "POST /api/v1/services/{MG}/enable"
DISABLE: Final = "POST /api/v1/services/{MG}/disable"
SERVICE: Final = "/services/{MG:MG[0-9a-f]{32}}"
SEEING: Final = (ONE, SETTINGS)
ON_A_PAGE: Final = 200
NUMBER: Final = re.compile(r"[1-9]\d{0,5}", re.ASCII)


class ServicePages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", "/services", "services", self._list, (LIST,), (SYNC,)),
            Page("POST", "/services/sync", "services", self._sync, (SYNC, LIST)),
            Page("GET", SERVICE, "services", self._one, (*SEEING, SENDERS), (SAVE, ENABLE, DISABLE)),
            Page("GET", f"{SERVICE}/enable", "services", self._enabling, (*SEEING, ENABLE)),
            Page("POST", f"{SERVICE}/enable", "services", self._enable, (*SEEING, ENABLE)),
            Page("GET", f"{SERVICE}/disable", "services", self._disabling, (*SEEING, DISABLE)),
            Page("POST", f"{SERVICE}/disable", "services", self._disable, (*SEEING, DISABLE)),
        ]

    async def _list(self, visit: Visit) -> web.Response:
        return await self._listed(visit, None)

    async def _listed(self, visit: Visit, error: str | None) -> web.Response:
        """A page of them, by their names."""
        services = await visit.ask_all(LIST, "services") if visit.account_sid else []
        services.sort(key=lambda each: (each["name"].casefold(), each["service_sid"]))
        pages = max(1, math.ceil(len(services) / ON_A_PAGE))
        page = min(int(wanted) if NUMBER.fullmatch(wanted := visit.query.get("page", "")) else 1, pages)
        return visit.show(
            "services.html",
            502 if error else 200,
            services=services[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
            count=len(services),
            page=page,
            pages=pages,
            may_sync=visit.may(SYNC),
            error=error,
        )

    async def _sync(self, visit: Visit) -> web.Response:
        try:
            await visit.ask(SYNC)
        except Problem as problem:
            return await self._listed(visit, faults_at(problem, same())[WHOLE])
        return visit.go("/services", "synced")

    async def _one(self, visit: Visit) -> web.Response:
        service, settings = await service_and_settings(visit)
        senders = await visit.ask_all(SENDERS, "senders", path=visit.path)
        groups = groups_of(settings)
        return visit.show(
            "service.html",
            service=service,
            settings=settings,
            senders=senders,
            standard=groups[0],
            languages=[group for group in groups if group.language and not group.country],
            countries=[group for group in groups if group.country],
            may_save=visit.may(SAVE),
            may_switch=visit.may(ENABLE if not service["enabled"] else DISABLE),
        )

    async def _enabling(self, visit: Visit) -> web.Response:
        return await self._switching(visit, ENABLE, {})

    async def _enable(self, visit: Visit) -> web.Response:
        return await self._switch(visit, ENABLE, "enabled")

    async def _disabling(self, visit: Visit) -> web.Response:
        return await self._switching(visit, DISABLE, {})

    async def _disable(self, visit: Visit) -> web.Response:
        return await self._switch(visit, DISABLE, "disabled")

    async def _switching(self, visit: Visit, route: str, errors: dict[str, str]) -> web.Response:
        """What enabling or disabling would do, and the button that does it."""
        service, settings = await service_and_settings(visit)
        planned: dict[str, Any] = {"differences": [], "warnings": []}
        try:
            tried = {"reason": "a trial"} if route == DISABLE else {}
            planned = await visit.ask(route, path=visit.path, query={"dry_run": "true"}, body=tried)
        except Problem as problem:
            errors = faults_at(problem, same())
        return visit.show(
            "service_switch.html",
            422 if errors else 200,
            service=service,
            settings=settings,
            groups=groups_of(settings),
            planned=planned,
            enabling=route == ENABLE,
            errors=errors,
            typed=typed(visit.form),
        )

    async def _switch(self, visit: Visit, route: str, said: str) -> web.Response:
        reason = visit.form.get("reason", "") or (None if route == ENABLE else "")
        try:
            await visit.ask(route, path=visit.path, body={"reason": reason})
        except Problem as problem:
            return await self._switching(visit, route, faults_at(problem, same("reason")))
        return visit.go(f"/services/{visit.path['MG']}", said)


async def service_and_settings(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
    """The service of the path, and its settings: those saved, else Twilio's presets."""
    service = await visit.ask(ONE, path=visit.path)
    return service, service["settings"] or await visit.ask(SETTINGS, path=visit.path)
