"""`/v1/Sinks` and `/v1/Subscriptions` of events.twilio.com.

Source: Twilio, Event Streams: Sink, Sink Test, Sink Validate, Subscription and Subscribed Event resources. A webhook
sink is active from the first; the others once they are validated.
"""

import json
from collections.abc import Callable

from aiohttp import web

from gateway.sandbox.answers import json_answer
from gateway.sandbox.calls import Call, Route, route
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.paging import meta_page, page_of
from gateway.sandbox.services_wire import iso8601
from gateway.sandbox.state import Sink, Subscription, World

_BASE = r"(?:/events)?/v1"
_SINKS = rf"{_BASE}/Sinks"
_SINK = rf"{_SINKS}/(?P<sink>DG[0-9a-fA-F]{{32}})"
_SUBSCRIPTIONS = rf"{_BASE}/Subscriptions"
_SUBSCRIPTION = rf"{_SUBSCRIPTIONS}/(?P<subscription>DF[0-9a-fA-F]{{32}})"
_SUBSCRIBED = rf"{_SUBSCRIPTION}/SubscribedEvents"
_TYPE = rf"{_SUBSCRIBED}/(?P<type>[\w.-]+)"
_DEFAULT_PAGE = 20
_REQUIRED = {"webhook": "destination", "kinesis": "arn", "segment": "write_key", "email": "destination"}


class EventsApi:
    """Sinks, their tests, and what they are subscribed to."""

    def __init__(self, world: World, publish_test: Callable[[Sink], None]) -> None:
        self._world = world
        self._publish_test = publish_test

    def routes(self) -> list[Route]:
        """The table of this API."""
        return [
            route("POST", _SINKS, self._create_sink),
            route("GET", _SINKS, self._list_sinks),
            route("GET", _SINK, self._fetch_sink),
            route("DELETE", _SINK, self._delete_sink),
            route("POST", _SINK + "/Test", self._test_sink),
            route("POST", _SINK + "/Validate", self._validate_sink),
            route("POST", _SUBSCRIPTIONS, self._create_subscription),
            route("GET", _SUBSCRIPTIONS, self._list_subscriptions),
            route("GET", _SUBSCRIPTION, self._fetch_subscription),
            route("DELETE", _SUBSCRIPTION, self._delete_subscription),
            route("GET", _SUBSCRIBED, self._list_types),
            route("POST", _SUBSCRIBED, self._add_type),
            route("DELETE", _TYPE, self._remove_type),
        ]

    # Sinks

    def _create_sink(self, call: Call) -> web.Response:
        sink_type = call.text("SinkType") or ""
        configuration = _object(call.text("SinkConfiguration"), "SinkConfiguration")
        if sink_type not in _REQUIRED:
            raise TwilioError.of(20001, parameter="SinkType")
        if not isinstance(configuration.get(_REQUIRED[sink_type]), str):
            raise TwilioError.of(20001, parameter="SinkConfiguration")
        moment = self._world.clock.now()
        status = "active" if sink_type == "webhook" else "initialized"
        description = call.text("Description") or ""
        sink = Sink(
            self._world.sids.new("DG"), call.account.sid, description, sink_type, configuration, status, moment, moment
        )
        self._world.sinks[sink.sid] = sink
        return json_answer(_represent_sink(sink, call.base_url), status=201)

    def _list_sinks(self, call: Call) -> web.Response:
        sinks = [sink for sink in self._world.sinks.values() if sink.account_sid == call.account.sid]
        page = page_of(sinks, call, _DEFAULT_PAGE)
        return json_answer(meta_page(page, "sinks", lambda each: _represent_sink(each, call.base_url)))

    def _fetch_sink(self, call: Call) -> web.Response:
        return json_answer(_represent_sink(self._sink(call, call.names["sink"]), call.base_url))

    def _delete_sink(self, call: Call) -> web.Response:
        sink = self._sink(call, call.names["sink"])
        if self._subscription_of(sink.sid) is not None:
            raise TwilioError.of(20001, parameter="Sid")  # it is in use
        del self._world.sinks[sink.sid]
        return web.Response(status=204)

    def _test_sink(self, call: Call) -> web.Response:
        sink = self._sink(call, call.names["sink"])
        sink.test_id, sink.status, sink.updated = self._world.sids.new("TE"), "validating", self._world.clock.now()
        self._publish_test(sink)
        return json_answer({"result": "submitted"}, status=201)

    def _validate_sink(self, call: Call) -> web.Response:
        sink = self._sink(call, call.names["sink"])
        if sink.test_id is None or call.text("TestId") != sink.test_id:
            raise TwilioError.of(20001, parameter="TestId")
        sink.status, sink.updated = "active", self._world.clock.now()
        return json_answer({"result": "valid"}, status=201)

    # Subscriptions

    def _create_subscription(self, call: Call) -> web.Response:
        sink = self._sink(call, call.text("SinkSid") or "")
        if sink.status not in {"active", "validating"} or self._subscription_of(sink.sid) is not None:
            raise TwilioError.of(20001, parameter="SinkSid")
        types = dict(_type(text) for text in call.form.get("Types", ()))
        if not types:
            raise TwilioError.of(20001, parameter="Types")
        moment, description = self._world.clock.now(), call.text("Description") or ""
        with_subaccounts = call.flag("ReceiveEventsFromSubaccounts") or False
        subscription = Subscription(
            self._world.sids.new("DF"), call.account.sid, sink.sid, description, types, with_subaccounts, moment, moment
        )
        self._world.subscriptions[subscription.sid] = subscription
        return json_answer(_represent_subscription(subscription, call.base_url), status=201)

    def _list_subscriptions(self, call: Call) -> web.Response:
        own = [each for each in self._world.subscriptions.values() if each.account_sid == call.account.sid]
        page = page_of(own, call, _DEFAULT_PAGE)
        document = meta_page(page, "subscriptions", lambda each: _represent_subscription(each, call.base_url))
        return json_answer(document)

    def _fetch_subscription(self, call: Call) -> web.Response:
        return json_answer(_represent_subscription(self._subscription(call), call.base_url))

    def _delete_subscription(self, call: Call) -> web.Response:
        del self._world.subscriptions[self._subscription(call).sid]
        return web.Response(status=204)

    def _list_types(self, call: Call) -> web.Response:
        subscription = self._subscription(call)
        page = page_of(tuple(subscription.types), call, _DEFAULT_PAGE)
        return json_answer(meta_page(page, "types", lambda each: _represent_type(subscription, each, call.base_url)))

    def _add_type(self, call: Call) -> web.Response:
        subscription, name = self._subscription(call), call.text("Type")
        version = call.text("SchemaVersion") or "1"
        if not name or not version.isdigit():
            raise TwilioError.of(20001, parameter="SchemaVersion" if name else "Type")
        subscription.types[name] = int(version)
        return json_answer(_represent_type(subscription, name, call.base_url), status=201)

    def _remove_type(self, call: Call) -> web.Response:
        if self._subscription(call).types.pop(call.names["type"], None) is None:
            raise TwilioError.of(20404, path=call.path)
        return web.Response(status=204)

    def _sink(self, call: Call, sid: str) -> Sink:
        sink = self._world.sinks.get(sid)
        if sink is None or sink.account_sid != call.account.sid:
            raise TwilioError.of(20404, path=call.path)
        return sink

    def _subscription(self, call: Call) -> Subscription:
        subscription = self._world.subscriptions.get(call.names["subscription"])
        if subscription is None or subscription.account_sid != call.account.sid:
            raise TwilioError.of(20404, path=call.path)
        return subscription

    def _subscription_of(self, sink_sid: str) -> Subscription | None:
        return next((each for each in self._world.subscriptions.values() if each.sink_sid == sink_sid), None)


def _object(text: str | None, parameter: str) -> dict[str, object]:
    try:
        told = json.loads(text or "")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise TwilioError.of(20001, parameter=parameter)
    return told


def _type(text: str) -> tuple[str, int]:
    """One of the repeated `Types`; an array of them in one value is refused, as by Twilio."""
    told = _object(text, "Types")
    name, version = told.get("type"), told.get("schema_version", 1)
    if not isinstance(name, str) or not isinstance(version, int):
        raise TwilioError.of(20001, parameter="Types")
    return name, version


def _represent_sink(sink: Sink, base_url: str) -> dict[str, object]:
    url = f"{base_url}/v1/Sinks/{sink.sid}"
    return {
        "sid": sink.sid,
        "description": sink.description,
        "sink_type": sink.sink_type,
        "sink_configuration": sink.configuration,
        "status": sink.status,
        "date_created": iso8601(sink.created),
        "date_updated": iso8601(sink.updated),
        "url": url,
        "links": {"sink_test": f"{url}/Test", "sink_validate": f"{url}/Validate"},
    }


def _represent_subscription(subscription: Subscription, base_url: str) -> dict[str, object]:
    url = f"{base_url}/v1/Subscriptions/{subscription.sid}"
    return {
        "sid": subscription.sid,
        "account_sid": subscription.account_sid,
        "sink_sid": subscription.sink_sid,
        "description": subscription.description,
        "date_created": iso8601(subscription.created),
        "date_updated": iso8601(subscription.updated),
        "url": url,
        "links": {"subscribed_events": f"{url}/SubscribedEvents"},
    }


def _represent_type(subscription: Subscription, name: str, base_url: str) -> dict[str, object]:
    return {
        "account_sid": subscription.account_sid,
        "subscription_sid": subscription.sid,
        "type": name,
        "schema_version": subscription.types[name],
        "url": f"{base_url}/v1/Subscriptions/{subscription.sid}/SubscribedEvents/{name}",
    }
