"""`/v1/Services` of messaging.twilio.com: Messaging Services and their sender pools.

Source: Twilio, Messaging Service resource and its PhoneNumber, ShortCode, AlphaSender and ChannelSender
sub-resources.
"""

from datetime import datetime

from aiohttp import web

from gateway.sandbox.addresses import is_alphanumeric
from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.paging import meta_page, page_of
from gateway.sandbox.services_wire import (
    POOLS,
    Pool,
    represent_member,
    represent_service,
    service_changes,
)
from gateway.sandbox.sids import sid_of
from gateway.sandbox.state import Service, World

_SERVICES = r"/v1/Services"
SERVICE_PATH = rf"{_SERVICES}/(?P<service>MG[0-9a-fA-F]{{32}})"
DEFAULT_PAGE = 50


class ServicesApi:
    """Services and their members."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        table = [
            route("POST", _SERVICES, self._create),
            route("GET", _SERVICES, self._list),
            route("GET", SERVICE_PATH, self._fetch),
            route("POST", SERVICE_PATH, self._update),
            route("DELETE", SERVICE_PATH, self._delete),
        ]
        for pool in POOLS:
            collection = f"{SERVICE_PATH}/(?P<pool>{pool.path})"
            member = rf"{collection}/(?P<member>\w{{34}})"
            table += [
                route("GET", collection, self._list_members),
                route("POST", collection, self._add_member),
                route("GET", member, self._fetch_member),
                route("DELETE", member, self._remove_member),
            ]
        return table

    def _create(self, call: Call) -> web.Response:
        if not call.text("FriendlyName"):
            raise TwilioError.of(20001, parameter="FriendlyName")
        service = Service(self._world.sids.new("MG"), call.account.sid, "", created=self._world.clock.now())
        _apply(service, call, self._world.clock.now())
        self._world.services[service.sid] = service
        return json_answer(represent_service(service, call.base_url), status=201)

    def _list(self, call: Call) -> web.Response:
        services = [service for service in self._world.services.values() if service.account_sid == call.account.sid]
        page = page_of(services, call, DEFAULT_PAGE)
        return json_answer(meta_page(page, "services", lambda each: represent_service(each, call.base_url)))

    def _fetch(self, call: Call) -> web.Response:
        return json_answer(represent_service(service_on_path(self._world, call), call.base_url))

    def _update(self, call: Call) -> web.Response:
        service = service_on_path(self._world, call)
        _apply(service, call, self._world.clock.now())
        return json_answer(represent_service(service, call.base_url))

    def _delete(self, call: Call) -> web.Response:
        del self._world.services[service_on_path(self._world, call).sid]
        return web.Response(status=204)

    def _list_members(self, call: Call) -> web.Response:
        service, pool = service_on_path(self._world, call), _pool(call)
        members = [member for member in _members(service, pool) if pool.holds(member)]
        page = page_of(members, call, DEFAULT_PAGE)
        return json_answer(meta_page(page, pool.key, lambda each: represent_member(service, pool, each, call.base_url)))

    def _fetch_member(self, call: Call) -> web.Response:
        service, pool = service_on_path(self._world, call), _pool(call)
        member = self._member(call, service, pool)
        return json_answer(represent_member(service, pool, member, call.base_url))

    def _add_member(self, call: Call) -> web.Response:
        service, pool = service_on_path(self._world, call), _pool(call)
        member = self._new_member(call, pool)
        members = _members(service, pool)
        owner = None if pool.path == "AlphaSenders" else self._world.service_of(member)
        if owner is not None and owner is not service:
            raise TwilioError.of(21712)  # Twilio, Messaging Services: a number is in at most one
        is_new = member not in members
        if is_new:
            members.append(member)
        elif not pool.may_repeat:
            raise TwilioError.of(21710)
        document = represent_member(service, pool, member, call.base_url)
        return json_answer(document, status=201 if is_new else 200)

    def _remove_member(self, call: Call) -> web.Response:
        service, pool = service_on_path(self._world, call), _pool(call)
        _members(service, pool).remove(self._member(call, service, pool))
        return web.Response(status=204)

    def _new_member(self, call: Call, pool: Pool) -> str:
        value = call.text(pool.add_parameter)
        if not value:
            raise TwilioError.of(20001, parameter=pool.add_parameter)
        if pool.path == "AlphaSenders":
            if not is_alphanumeric(value):
                raise TwilioError.of(20001, parameter=pool.add_parameter)
            return value
        number = self._world.number_of_sid(value)
        if number is None or number.account_sid != call.account.sid or not pool.holds(number.number):
            raise TwilioError.of(20404, path=call.path)
        return number.number

    def _member(self, call: Call, service: Service, pool: Pool) -> str:
        for member in _members(service, pool):
            if pool.holds(member) and sid_of(pool.sid_prefix, member) == call.names["member"]:
                return member
        raise TwilioError.of(20404, path=call.path)


def service_on_path(world: World, call: Call) -> Service:
    """The service that a path names; raises TwilioError 20404 where the account has none of that SID."""
    service = world.services.get(call.names["service"])
    if service is None or service.account_sid != call.account.sid:
        raise TwilioError.of(20404, path=call.path)
    return service


def _pool(call: Call) -> Pool:
    return next(pool for pool in POOLS if pool.path == call.names["pool"])


def _members(service: Service, pool: Pool) -> list[str]:
    return service.alpha_senders if pool.path == "AlphaSenders" else service.senders


def _apply(service: Service, call: Call, moment: datetime) -> None:
    for attribute, value in service_changes(call).items():
        setattr(service, attribute, value)
    service.updated = moment
