"""``…/enable``, ``…/disable`` and ``…/versions``: what is in force, what was, and going back to it."""

from typing import Final

from pydantic import Field

from gateway.admin.api.paging import AFTER, LIMIT, page_of
from gateway.admin.api.reasons import reason_of
from gateway.admin.api.service_shapes import ComparedTold, PlannedTold, VersionsTold, VersionWithSettingsTold
from gateway.admin.api.services import SERVICE, known_service
from gateway.admin.api.shapes import DemandedWhyBody, DryRun, WhyBody
from gateway.admin.problems import INVALID_SETTINGS, UNKNOWN_SERVICE, UNKNOWN_VERSION
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import PAGE, AccountQuery, Body, Count, Limit
from gateway.operations.json_forms import difference_as_json, planned_as_json, version_as_json
from gateway.operations.services import ServiceOperations
from gateway.operations.tokens import Role

VERSIONS: Final = f"{SERVICE}/versions"
NUMBER: Final = "[1-9][0-9]{0,8}"


class VersionsQuery(AccountQuery):
    """Which page of the versions."""

    after: Count | None = Field(default=None, description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)


class VersionsApi:
    """The handlers."""

    def __init__(self, services: ServiceOperations) -> None:
        self._services = services

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", f"{SERVICE}/enable", "Put the keyword sets in force", Role.ADMIN, self._enable, PlannedTold,
                query=DryRun, body=WhyBody, problems=(UNKNOWN_SERVICE, INVALID_SETTINGS),
            ),
            Route(
                "POST", f"{SERVICE}/disable", "Take the keyword sets out of force; who is opted out stays so",
                Role.ADMIN, self._disable, PlannedTold, query=DryRun, body=DemandedWhyBody,
                problems=(UNKNOWN_SERVICE,),
            ),
            Route(
                "GET", VERSIONS, "One page of the versions of a service's settings, newest first", Role.READ,
                self._list, VersionsTold, query=VersionsQuery, problems=(UNKNOWN_SERVICE,),
            ),
            Route(
                "GET", f"{VERSIONS}/{{n:{NUMBER}}}", "One version, with its settings", Role.READ, self._one,
                VersionWithSettingsTold, query=AccountQuery, problems=(UNKNOWN_VERSION,),
            ),
            Route(
                "GET", f"{VERSIONS}/{{a:{NUMBER}}}/diff/{{b:{NUMBER}}}", "What differs between two versions",
                Role.READ, self._compare, ComparedTold, query=AccountQuery, problems=(UNKNOWN_VERSION,),
            ),
            Route(
                "POST", f"{VERSIONS}/{{n:{NUMBER}}}/restore", "Save an old version's settings as a new version",
                Role.ADMIN, self._restore, PlannedTold, query=DryRun, body=WhyBody,
                problems=(UNKNOWN_VERSION, INVALID_SETTINGS),
            ),
        ]  # fmt: skip

    async def _enable(self, call: Call[DryRun, WhyBody]) -> Answer:
        known, dry_run = await known_service(self._services, call), call.query.dry_run
        by, reason = call.caller.actor, reason_of(call.body.reason)
        planned = await self._services.enable(call.account.sid, known.sid, by, reason, dry_run=dry_run)
        return Answer(planned_as_json(planned, dry_run=dry_run))

    async def _disable(self, call: Call[DryRun, DemandedWhyBody]) -> Answer:
        known, dry_run = await known_service(self._services, call), call.query.dry_run
        by, reason = call.caller.actor, reason_of(call.body.reason) or ""
        planned = await self._services.disable(call.account.sid, known.sid, by, reason, dry_run=dry_run)
        return Answer(planned_as_json(planned, dry_run=dry_run))

    async def _list(self, call: Call[VersionsQuery, Body]) -> Answer:
        known, query = await known_service(self._services, call), call.query
        found = await self._services.versions(call.account.sid, known.sid, query.limit + 1, before=query.after)
        page, following = page_of(found, query.limit, lambda each: str(each.service.version))
        told = [{name: value for name, value in version_as_json(each).items() if name != "settings"} for each in page]
        return Answer({"service_sid": known.sid, "versions": told, "next": following})

    async def _one(self, call: Call[AccountQuery, Body]) -> Answer:
        sid, number = call.path["MG"], int(call.path["n"])
        return Answer(version_as_json(await self._services.version(call.account.sid, sid, number)))

    async def _compare(self, call: Call[AccountQuery, Body]) -> Answer:
        sid, before, after = (call.path[name] for name in ("MG", "a", "b"))
        found = await self._services.compare(call.account.sid, sid, int(before), int(after))
        told = {"service_sid": sid, "before": int(before), "after": int(after)}
        return Answer(told | {"differences": [difference_as_json(difference) for difference in found]})

    async def _restore(self, call: Call[DryRun, WhyBody]) -> Answer:
        sid, number, dry_run = call.path["MG"], int(call.path["n"]), call.query.dry_run
        by, reason = call.caller.actor, reason_of(call.body.reason)
        planned = await self._services.restore(call.account.sid, sid, number, by, reason, dry_run=dry_run)
        return Answer(planned_as_json(planned, dry_run=dry_run))
