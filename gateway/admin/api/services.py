"""``/api/v1/services``: which Messaging Services there are, with their senders; reading them from Twilio."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.reading import Calls
from gateway.admin.problems import UNKNOWN_SERVICE, Problem
from gateway.directory import Directory
from gateway.messaging.senders import read_sender
from gateway.operations.json_forms import known_as_json
from gateway.operations.services import KnownService, ServiceOperations

SERVICES: Final = "/api/v1/services"
SERVICE: Final = SERVICES + "/{MG:MG[0-9a-f]{32}}"


class ServicesApi:
    """The handlers."""

    def __init__(self, calls: Calls, services: ServiceOperations, directory: Directory) -> None:
        self._calls = calls
        self._services = services
        self._directory = directory

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.get(SERVICES, self._list),
            web.post(f"{SERVICES}/sync", self._sync),
            web.get(SERVICE, self._one),
            web.get(f"{SERVICE}/senders", self._senders),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        known = await self._services.known(call.account.sid)
        return answer({"account_sid": call.account.sid, "services": [_without_settings(service) for service in known]})

    async def _one(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        return answer(known_as_json(await known_service(self._services, call.account.sid, request)))

    async def _senders(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        known = await known_service(self._services, call.account.sid, request)
        senders = [{"sender": key, "kind": read_sender(key, None).kind} for key in sorted(known.senders)]
        return answer({"service_sid": known.sid, "senders": senders})

    async def _sync(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request)
        before = await self._services.known(call.account.sid)
        await self._directory.sync(call.account)
        after = await self._services.known(call.account.sid)
        told = {"account_sid": call.account.sid, "services": len(after), "changes": [*_changes(before, after)]}
        return answer(told)


async def known_service(services: ServiceOperations, account_sid: str, request: web.Request) -> KnownService:
    """The service of the path, of which anything is known."""
    known = await services.service(account_sid, request.match_info["MG"])
    if known.service is None and known.told is None and not known.senders:
        raise Problem(UNKNOWN_SERVICE, "save its settings, or have Twilio's services read: POST /api/v1/services/sync")
    return known


def _without_settings(known: KnownService) -> dict[str, Any]:
    return {name: value for name, value in known_as_json(known).items() if name != "settings"}


def _changes(before: Iterable[KnownService], after: Iterable[KnownService]) -> Iterator[dict[str, Any]]:
    """What a reading changed, service by service."""
    was, now = ({service.sid: service for service in services} for services in (before, after))
    for sid in sorted({*was, *now}):
        old, new = (known.get(sid, KnownService(sid, None, None, frozenset())) for known in (was, now))
        changed = {
            "service_sid": sid,
            "name": new.name or old.name,
            "senders_added": sorted(new.senders - old.senders),
            "senders_removed": sorted(old.senders - new.senders),
            "drops_incoming": new.told.drops_incoming if new.told else None,
        }
        if old.senders != new.senders or _told(old) != _told(new):
            yield changed


def _told(known: KnownService) -> tuple[Any, ...] | None:
    """What Twilio says of a service, apart from when it did."""
    told = known.told
    return (told.friendly_name, told.drops_incoming, told.use_inbound_webhook_on_number) if told else None
