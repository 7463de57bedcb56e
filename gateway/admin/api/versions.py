"""``…/enable``, ``…/disable`` and ``…/versions``: what is in force, what was, and going back to it."""

from typing import Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.actor import BY
from gateway.admin.api.reading import Calls
from gateway.admin.api.services import SERVICE, known_service
from gateway.operations.json_forms import difference_as_json, planned_as_json, version_as_json
from gateway.operations.services import ServiceOperations

VERSIONS: Final = f"{SERVICE}/versions"
NUMBER: Final = "[1-9][0-9]{0,8}"


class VersionsApi:
    """The handlers."""

    def __init__(self, calls: Calls, services: ServiceOperations) -> None:
        self._calls = calls
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.post(f"{SERVICE}/enable", self._enable),
            web.post(f"{SERVICE}/disable", self._disable),
            web.get(VERSIONS, self._list),
            web.get(f"{VERSIONS}/{{n:{NUMBER}}}", self._one),
            web.get(f"{VERSIONS}/{{a:{NUMBER}}}/diff/{{b:{NUMBER}}}", self._compare),
            web.post(f"{VERSIONS}/{{n:{NUMBER}}}/restore", self._restore),
        ]

    async def _enable(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "reason", query=["dry_run"])
        known = await known_service(self._services, call.account.sid, request)
        planned = await self._services.enable(call.account.sid, known.sid, BY, call.reason, dry_run=call.dry_run)
        return answer(planned_as_json(planned, dry_run=call.dry_run))

    async def _disable(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "reason", query=["dry_run"], required=["reason"])
        known = await known_service(self._services, call.account.sid, request)
        planned = await self._services.disable(call.account.sid, known.sid, BY, call.reason or "", dry_run=call.dry_run)
        return answer(planned_as_json(planned, dry_run=call.dry_run))

    async def _list(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        known = await known_service(self._services, call.account.sid, request)
        found = [version_as_json(version) for version in await self._services.versions(call.account.sid, known.sid)]
        versions = [{name: value for name, value in version.items() if name != "settings"} for version in found]
        return answer({"service_sid": known.sid, "versions": versions})

    async def _one(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        sid, number = request.match_info["MG"], int(request.match_info["n"])
        return answer(version_as_json(await self._services.version(call.account.sid, sid, number)))

    async def _compare(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        sid, before, after = (request.match_info[name] for name in ("MG", "a", "b"))
        found = await self._services.compare(call.account.sid, sid, int(before), int(after))
        told = {"service_sid": sid, "before": int(before), "after": int(after)}
        return answer(told | {"differences": [difference_as_json(difference) for difference in found]})

    async def _restore(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "reason", query=["dry_run"])
        sid, number = request.match_info["MG"], int(request.match_info["n"])
        planned = await self._services.restore(
            call.account.sid, sid, number, BY, call.reason, dry_run=call.dry_run
        )  # fmt: skip
        return answer(planned_as_json(planned, dry_run=call.dry_run))
