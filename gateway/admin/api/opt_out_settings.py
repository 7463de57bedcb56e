"""``…/opt-out-settings``: the newest settings of a Messaging Service, as plain values and on Twilio's two axes.

The ETag is the version, 0 where nothing was saved yet: what stands there then are Twilio's presets, which enabling
would put in force. Whoever sends back an ETag (``If-Match``) overwrites nothing that they have not seen.
"""

from typing import Final

from aiohttp import ETag

from gateway.admin.api.service_shapes import PlannedTold, TwoAxes
from gateway.admin.api.services import SERVICE, known_service
from gateway.admin.api.shapes import DryRun
from gateway.admin.problems import ANOTHER_VERSION, INVALID_SETTINGS, SAVED_MEANWHILE, UNKNOWN_SERVICE, Problem
from gateway.admin.reading import JSON, object_in
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body, Query
from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.services import MessagingService
from gateway.operations.json_forms import planned_as_json
from gateway.operations.services import Conflict, ServiceOperations
from gateway.operations.tokens import Role

SETTINGS: Final = f"{SERVICE}/opt-out-settings"
TWO_AXES: Final = f"{SETTINGS}/two-axes"
GIVES: Final = {"ETag": 'The version, as "3"; "0" where nothing was saved yet.'}
CONDITIONS: Final = {
    "If-Match": "Save only if the newest version is one of these ETags.",
    "If-None-Match": "Save only if it is none of these; * wants that nothing was saved yet.",
}
SAVING: Final = (INVALID_SETTINGS, ANOTHER_VERSION, SAVED_MEANWHILE)


class OptOutSettingsApi:
    """The handlers."""

    def __init__(self, services: ServiceOperations) -> None:
        self._services = services

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", SETTINGS, "The newest settings of a service", Role.READ, self._get, OptOutSettings,
                query=AccountQuery, problems=(UNKNOWN_SERVICE,), gives=GIVES,
            ),
            Route(
                "PUT", SETTINGS, "Save a service's settings", Role.ADMIN, self._put, PlannedTold, query=DryRun,
                documents={JSON: OptOutSettings}, problems=SAVING, takes=CONDITIONS,
            ),
            Route(
                "GET", TWO_AXES, "The keyword sets alone, on Twilio's two axes", Role.READ, self._get_two_axes,
                TwoAxes, query=AccountQuery, problems=(UNKNOWN_SERVICE,), gives=GIVES,
            ),
            Route(
                "PUT", TWO_AXES, "Save the keyword sets alone", Role.ADMIN, self._put_two_axes, PlannedTold,
                query=DryRun, documents={JSON: TwoAxes}, problems=SAVING, takes=CONDITIONS,
            ),
        ]  # fmt: skip

    async def _get(self, call: Call[AccountQuery, Body]) -> Answer:
        newest = await self._existing(call)
        return Answer(plain(newest.settings), headers={"ETag": f'"{newest.version}"'})

    async def _get_two_axes(self, call: Call[AccountQuery, Body]) -> Answer:
        newest = await self._existing(call)
        return Answer(two_axes(newest.settings), headers={"ETag": f'"{newest.version}"'})

    async def _put(self, call: Call[DryRun, Body]) -> Answer:
        settings = read_settings(object_in(await call.document(JSON)))
        newest = await self._newest(call)
        expected = newest.version if _demand_match(call, newest.version) else None
        return await self._saved(call, settings, expected)

    async def _put_two_axes(self, call: Call[DryRun, Body]) -> Answer:
        """All that the two axes do not hold is kept, so another version than the one that was read is a conflict."""
        rows = object_in(await call.document(JSON))
        newest = await self._newest(call)
        _demand_match(call, newest.version)
        return await self._saved(call, read_two_axes(rows, newest.settings), newest.version)

    async def _saved(self, call: Call[DryRun, Body], settings: OptOutSettings, expected: int | None) -> Answer:
        sid, dry_run = call.path["MG"], call.query.dry_run
        try:
            planned = await self._services.save(
                call.account.sid, sid, settings, call.caller.actor, expected_version=expected, dry_run=dry_run
            )
        except Conflict as error:
            kind = ANOTHER_VERSION if _is_conditional(call) else SAVED_MEANWHILE
            raise Problem(kind, str(error)) from None
        return Answer(planned_as_json(planned, dry_run=dry_run))

    async def _existing(self, call: Call[Query, Body]) -> MessagingService:
        """The settings of a service that is known, be they saved or the presets."""
        await known_service(self._services, call)
        return await self._newest(call)

    async def _newest(self, call: Call[Query, Body]) -> MessagingService:
        sid = call.path["MG"]
        known = await self._services.service(call.account.sid, sid)
        return known.service or MessagingService(sid, 0, enabled=False, settings=OptOutSettings())


def _is_conditional(call: Call[Query, Body]) -> bool:
    return call.if_match is not None or call.if_none_match is not None


def _demand_match(call: Call[Query, Body], version: int) -> bool:
    """Whether the call is about one version alone; refuses one that is about another than the newest."""
    if call.if_match is not None and not _is_among(call.if_match, version, strong=True):
        raise Problem(ANOTHER_VERSION, f'the newest version is {version}, its ETag "{version}"')
    if call.if_none_match is not None and _is_among(call.if_none_match, version, strong=False):
        raise Problem(ANOTHER_VERSION, f'there is version {version} already, its ETag "{version}"')
    return _is_conditional(call)


def _is_among(given: tuple[ETag, ...], version: int, *, strong: bool) -> bool:
    """Whether a version is among ETags (RFC 9110, 8.8.3); ``*`` is any that was saved."""
    return any(
        version > 0 if tag.value == "*" else tag.value == str(version) and not (strong and tag.is_weak) for tag in given
    )
