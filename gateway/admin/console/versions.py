"""The history of a service's settings: who saved what, and going back."""

from typing import Final

from aiohttp import web

from gateway.admin.console.faults import faults_at, same, typed
from gateway.admin.console.page import Page, Visit
from gateway.admin.console.service_views import groups_of
from gateway.admin.console.services import ONE, SERVICE
from gateway.admin.problems import Problem

LIST: Final = "GET /api/v1/services/{MG}/versions"
VERSION: Final = "GET /api/v1/services/{MG}/versions/{n}"
COMPARE: Final = "GET /api/v1/services/{MG}/versions/{a}/diff/{b}"
RESTORE: Final = "POST /api/v1/services/{MG}/versions/{n}/restore"
ONE_VERSION: Final = f"{SERVICE}/versions/{{n:[1-9][0-9]{{0,8}}}}"


class VersionPages:
    """The handlers."""

    def pages(self) -> list[Page]:
        """The table of these."""
        seeing = (ONE, VERSION, COMPARE)
        return [
            Page("GET", f"{SERVICE}/versions", "services", self._list, (ONE, LIST)),
            Page("GET", ONE_VERSION, "services", self._one, seeing, (RESTORE,)),
            Page("POST", f"{ONE_VERSION}/restore", "services", self._restore, (*seeing, RESTORE)),
        ]

    async def _list(self, visit: Visit) -> web.Response:
        service = await visit.ask(ONE, path=visit.path)
        versions = await visit.ask_all(LIST, "versions", path=visit.path)
        return visit.show("versions.html", service=service, versions=versions)

    async def _one(self, visit: Visit) -> web.Response:
        return await self._shown(visit, {})

    async def _shown(self, visit: Visit, errors: dict[str, str]) -> web.Response:
        """One version: what it changed, and what going back to it would."""
        service = await visit.ask(ONE, path=visit.path)
        version = await visit.ask(VERSION, path=visit.path)
        n, newest = version["version"], service["version"]

        async def between(a: int, b: int) -> list[dict[str, str | None]]:
            path = {"MG": visit.path["MG"], "a": str(a), "b": str(b)}
            return list((await visit.ask(COMPARE, path=path))["differences"])

        return visit.show(
            "version.html",
            422 if errors else 200,
            service=service,
            version=version,
            groups=groups_of(version["settings"]),
            made=await between(n - 1, n) if n > 1 else [],
            back=await between(newest, n) if n != newest else [],
            errors=errors,
            typed=typed(visit.form),
            may_restore=n != newest and visit.may(RESTORE),
        )

    async def _restore(self, visit: Visit) -> web.Response:
        try:
            planned = await visit.ask(RESTORE, path=visit.path, body={"reason": visit.form.get("reason") or None})
        except Problem as problem:
            return await self._shown(visit, faults_at(problem, same("reason")))
        return visit.go(f"/services/{visit.path['MG']}", "restored" if planned["changes"] else "unchanged")
