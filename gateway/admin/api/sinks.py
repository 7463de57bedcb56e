"""``/api/v1/sinks``: where an account's events go, and which; a sink's secret goes in and never comes out."""

from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.reading import Calls, invalid, read_object, read_query
from gateway.admin.problems import INVALID_REQUEST, SINK_EXISTS, UNKNOWN_SINK, Problem
from gateway.messaging.errors import Malformed
from gateway.operations.actors import Actor
from gateway.operations.sinks import (
    KnownSink,
    NoSuchSink,
    SinkExists,
    SinkOperations,
    sink_as_json,
    subscription_as_json,
)

SINKS: Final = "/api/v1/sinks"
SINK: Final = SINKS + "/{sink:[a-z0-9-]{1,40}}"
SUBSCRIPTION: Final = SINK + "/subscriptions/{type:[a-z.-]{1,80}}"
FIELDS: Final = frozenset({"account_sid", "name", "kind", "configuration", "secret"})
BY_API: Final = Actor("api", "api")

T = TypeVar("T")


class SinksApi:
    """The handlers."""

    def __init__(self, calls: Calls, sinks: SinkOperations) -> None:
        self._calls = calls
        self._sinks = sinks

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.get(SINKS, self._list),
            web.post(SINKS, self._add),
            web.delete(SINK, self._remove),
            web.post(f"{SINK}/test", self._test),
            web.put(SUBSCRIPTION, self._subscribe),
            web.delete(SUBSCRIPTION, self._unsubscribe),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        known = await self._sinks.listed(call.account.sid)
        return answer({"account_sid": call.account.sid, "sinks": [sink_as_json(each) for each in known]})

    async def _add(self, request: web.Request) -> web.Response:
        read_query(request, ())
        given = await read_object(request)
        if unknown := sorted(set(given) - FIELDS):
            raise invalid(unknown[0], "it is not known")
        account = self._calls.account(request, _text(given, "account_sid"))
        configuration = given.get("configuration")
        if not isinstance(configuration, dict):
            raise invalid("configuration", "it must be an object")
        name, kind, secret = (_text(given, key) for key in ("name", "kind", "secret"))
        added = self._sinks.add(account.sid, name or "", kind or "", configuration, secret, BY_API)
        return answer(sink_as_json(KnownSink(await _or_problem(added), (), {})))

    async def _remove(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        dropped = await _or_problem(self._sinks.remove(call.account.sid, request.match_info["sink"]))
        return answer({"removed": request.match_info["sink"], "dropped_events": dropped})

    async def _test(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request)
        delivery_id = await _or_problem(self._sinks.test(call.account.sid, request.match_info["sink"]))
        return answer({"sink": request.match_info["sink"], "delivery_id": delivery_id})

    async def _subscribe(self, request: web.Request) -> web.Response:
        call = await self._calls.by_body(request, "schema_version")
        version = call.fields.get("schema_version")
        if version is not None and not (version.isascii() and version.isdigit() and len(version) < 4):
            raise invalid("schema_version", "it must be a number, written as a text")
        sink, kind = request.match_info["sink"], request.match_info["type"]
        wanted = self._sinks.subscribe(call.account.sid, sink, kind, int(version) if version else None, BY_API)
        return answer(subscription_as_json(await _or_problem(wanted)))

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        sink, kind = request.match_info["sink"], request.match_info["type"]
        await _or_problem(self._sinks.unsubscribe(call.account.sid, sink, kind))
        return answer({"sink": sink, "type": kind, "removed": True})


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if not isinstance(value, str | None):
        raise invalid(name, "it must be a text")
    return value


async def _or_problem(work: Awaitable[T]) -> T:
    """What an operation gives, or its refusal as a problem."""
    try:
        return await work
    except Malformed as error:
        raise Problem(INVALID_REQUEST, str(error)) from None
    except NoSuchSink as error:
        raise Problem(UNKNOWN_SINK, str(error)) from None
    except SinkExists as error:
        raise Problem(SINK_EXISTS, str(error)) from None
