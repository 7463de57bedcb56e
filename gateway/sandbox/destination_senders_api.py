"""`…/DestinationAlphaSenders` of a Messaging Service: sender IDs for one country each, and those for all.

Source: Twilio, DestinationAlphaSenders resource: its list's key is `alpha_senders`, as that of AlphaSenders; a sender
ID for all countries has an empty `iso_country_code`.
"""

from aiohttp import web

from gateway.sandbox.addresses import is_alphanumeric
from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.paging import meta_page, page_of
from gateway.sandbox.services_api import DEFAULT_PAGE, SERVICE_PATH, service_on_path
from gateway.sandbox.services_wire import iso8601
from gateway.sandbox.sids import sid_of
from gateway.sandbox.state import Service, World

_SENDERS = rf"{SERVICE_PATH}/DestinationAlphaSenders"
_SENDER = rf"{_SENDERS}/(?P<member>AI[0-9a-fA-F]{{32}})"

_Member = tuple[str, str]
"""A sender ID and its country, which is empty for all countries."""


class DestinationSendersApi:
    """Adds, lists, fetches and removes sender IDs by country."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [
            route("GET", _SENDERS, self._list),
            route("POST", _SENDERS, self._add),
            route("GET", _SENDER, self._fetch),
            route("DELETE", _SENDER, self._remove),
        ]

    def _list(self, call: Call) -> web.Response:
        service = service_on_path(self._world, call)
        country = call.asked("IsoCountryCode")
        members = [member for member in _members(service) if country in (None, member[1])]
        page = page_of(members, call, DEFAULT_PAGE)
        return json_answer(meta_page(page, "alpha_senders", lambda each: _represent(service, each, call.base_url)))

    def _add(self, call: Call) -> web.Response:
        service = service_on_path(self._world, call)
        sender, country = call.text("AlphaSender") or "", (call.text("IsoCountryCode") or "").upper()
        if not is_alphanumeric(sender):
            raise TwilioError.of(20001, parameter="AlphaSender")
        if country and not (len(country) == 2 and country.isalpha()):
            raise TwilioError.of(20001, parameter="IsoCountryCode")
        if (sender, country) in _members(service):
            raise TwilioError.of(21710)
        if country:
            service.destination_alpha_senders.append((sender, country))
        else:
            service.alpha_senders.append(sender)
        return json_answer(_represent(service, (sender, country), call.base_url), status=201)

    def _fetch(self, call: Call) -> web.Response:
        service = service_on_path(self._world, call)
        return json_answer(_represent(service, _member(service, call), call.base_url))

    def _remove(self, call: Call) -> web.Response:
        service = service_on_path(self._world, call)
        sender, country = _member(service, call)
        if country:
            service.destination_alpha_senders.remove((sender, country))
        else:
            service.alpha_senders.remove(sender)
        return web.Response(status=204)


def _members(service: Service) -> list[_Member]:
    return [(sender, "") for sender in service.alpha_senders] + service.destination_alpha_senders


def _member(service: Service, call: Call) -> _Member:
    for member in _members(service):
        if _sid(member) == call.names["member"]:
            return member
    raise TwilioError.of(20404, path=call.path)


def _sid(member: _Member) -> str:
    sender, country = member
    return sid_of("AI", f"{sender}@{country}" if country else sender)


def _represent(service: Service, member: _Member, base_url: str) -> dict[str, object]:
    sender, country = member
    sid = _sid(member)
    return {
        "sid": sid,
        "account_sid": service.account_sid,
        "service_sid": service.sid,
        "date_created": iso8601(service.created),
        "date_updated": iso8601(service.updated),
        "alpha_sender": sender,
        "capabilities": ["SMS"],
        "iso_country_code": country,
        "url": f"{base_url}/v1/Services/{service.sid}/DestinationAlphaSenders/{sid}",
    }
