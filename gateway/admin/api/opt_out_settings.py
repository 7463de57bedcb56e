"""``…/opt-out-settings``: the newest settings of a Messaging Service, as plain values and on Twilio's two axes.

The ETag is the version, 0 where nothing was saved yet: what stands there then are Twilio's presets, which enabling
would put in force. Whoever sends back an ETag (``If-Match``) overwrites nothing that they have not seen.
"""

from typing import Final

from aiohttp import ETag, web

from gateway.admin.answers import answer
from gateway.admin.api.actor import BY
from gateway.admin.api.reading import Call, Calls, read_object
from gateway.admin.api.services import SERVICE, known_service
from gateway.admin.problems import ANOTHER_VERSION, SAVED_MEANWHILE, Problem
from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.services import MessagingService
from gateway.operations.json_forms import planned_as_json
from gateway.operations.services import Conflict, ServiceOperations

SETTINGS: Final = f"{SERVICE}/opt-out-settings"
TWO_AXES: Final = f"{SETTINGS}/two-axes"


class OptOutSettingsApi:
    """The handlers."""

    def __init__(self, calls: Calls, services: ServiceOperations) -> None:
        self._calls = calls
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.get(SETTINGS, self._get),
            web.put(SETTINGS, self._put),
            web.get(TWO_AXES, self._get_two_axes),
            web.put(TWO_AXES, self._put_two_axes),
        ]

    async def _get(self, request: web.Request) -> web.Response:
        newest = await self._existing(request)
        return answer(plain(newest.settings), headers={"ETag": f'"{newest.version}"'})

    async def _get_two_axes(self, request: web.Request) -> web.Response:
        newest = await self._existing(request)
        return answer(two_axes(newest.settings), headers={"ETag": f'"{newest.version}"'})

    async def _put(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request, "dry_run")
        settings = read_settings(await read_object(request))
        newest = await self._newest(call, request)
        expected = newest.version if _demand_match(request, newest.version) else None
        return await self._saved(request, call, settings, expected)

    async def _put_two_axes(self, request: web.Request) -> web.Response:
        """All that the two axes do not hold is kept, so another version than the one that was read is a conflict."""
        call = self._calls.by_query(request, "dry_run")
        rows = await read_object(request)
        newest = await self._newest(call, request)
        _demand_match(request, newest.version)
        return await self._saved(request, call, read_two_axes(rows, newest.settings), newest.version)

    async def _saved(
        self, request: web.Request, call: Call, settings: OptOutSettings, expected: int | None
    ) -> web.Response:
        sid, dry_run = request.match_info["MG"], call.dry_run
        try:
            planned = await self._services.save(
                call.account.sid, sid, settings, BY, expected_version=expected, dry_run=dry_run
            )
        except Conflict as error:
            raise Problem(ANOTHER_VERSION if _is_conditional(request) else SAVED_MEANWHILE, str(error)) from None
        return answer(planned_as_json(planned, dry_run=dry_run))

    async def _existing(self, request: web.Request) -> MessagingService:
        """The settings of a service that is known, be they saved or the presets."""
        call = self._calls.by_query(request)
        await known_service(self._services, call.account.sid, request)
        return await self._newest(call, request)

    async def _newest(self, call: Call, request: web.Request) -> MessagingService:
        sid = request.match_info["MG"]
        known = await self._services.service(call.account.sid, sid)
        return known.service or MessagingService(sid, 0, enabled=False, settings=OptOutSettings())


def _is_conditional(request: web.Request) -> bool:
    return "If-Match" in request.headers or "If-None-Match" in request.headers


def _demand_match(request: web.Request, version: int) -> bool:
    """Whether the call is about one version alone; refuses one that is about another than the newest."""
    if "If-Match" in request.headers and not _is_among(request.if_match, version, strong=True):
        raise Problem(ANOTHER_VERSION, f'the newest version is {version}, its ETag "{version}"')
    if "If-None-Match" in request.headers and _is_among(request.if_none_match, version, strong=False):
        raise Problem(ANOTHER_VERSION, f'there is version {version} already, its ETag "{version}"')
    return _is_conditional(request)


def _is_among(given: tuple[ETag, ...] | None, version: int, *, strong: bool) -> bool:
    """Whether a version is among ETags (RFC 9110, 8.8.3); ``*`` is any that was saved."""
    return any(
        version > 0 if tag.value == "*" else tag.value == str(version) and not (strong and tag.is_weak)
        for tag in given or ()
    )
