"""`/sandbox/v1`: the sandbox by remote control. JSON in and out, no password: it is a loopback product."""

from collections.abc import Awaitable, Callable
from json import JSONDecodeError
from typing import Any

from aiohttp import web

from gateway.sandbox import control_wire as wire
from gateway.sandbox.addresses import normalise_sender
from gateway.sandbox.fields import InvalidInput, read_fields
from gateway.sandbox.inbound import Handset, UnknownMessage, UnknownSender
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.sinks import EventTrouble
from gateway.sandbox.state import Service

_ROOT = "/sandbox/v1"

Handler = Callable[[web.Request], Awaitable[web.Response]]


class UnknownService(Exception):
    """No Messaging Service has this SID."""


class Control:
    """The handlers of the control surface."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._world = simulation.world

    def routes(self) -> list[web.RouteDef]:
        """The table of this surface; everything else below it is a problem with status 404."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/phones", self._phones),
            ("GET", "/phones/{number}/messages", self._inbox),
            ("POST", "/phones/{number}/messages", self._send),
            ("POST", "/messages/{sid}/redeliver", self._redeliver),
            ("GET", "/messages", self._messages),
            ("GET", "/requests", self._requests),
            ("GET", "/webhooks", self._webhooks),
            ("PUT", "/webhooks", self._set_webhooks),
            ("GET", "/faults", self._faults),
            ("PUT", "/faults", self._set_faults),
            ("GET", "/twilio-handling", self._twilio_handling),
            ("PUT", "/twilio-handling", self._set_twilio_handling),
            ("GET", "/opt-outs", self._opt_outs),
            ("GET", "/consents", self._consents),
            ("PUT", "/consents", self._set_consents),
            ("GET", "/events", self._events),
            ("PUT", "/events", self._set_events),
            ("GET", "/clock", self._clock),
            ("POST", "/clock", self._advance),
            ("GET", "/numbers", self._numbers),
            ("PUT", "/numbers/{number}", self._set_number),
            ("GET", "/services", self._services),
            ("PUT", "/services/{sid}", self._set_service),
            ("PUT", "/services/{sid}/advanced-opt-out", self._set_advanced_opt_out),
            ("GET", "/deactivations/{day}", self._deactivations),
            ("PUT", "/deactivations/{day}", self._set_deactivations),
            ("POST", "/reset", self._reset),
            ("*", "/{tail:.*}", _no_such_place),
        )
        return [
            web.route(method, _ROOT + path, _with_problems(handler, self._world.changes.tell))
            for method, path, handler in table
        ]

    async def _phones(self, request: web.Request) -> web.Response:
        return web.json_response({"phones": sorted(self._world.inboxes)})

    async def _inbox(self, request: web.Request) -> web.Response:
        inbox = self._simulation.phone(request.match_info["number"]).inbox
        return web.json_response({"messages": [wire.received(message) for message in inbox]})

    async def _send(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.SEND_FIELDS, required=("to", "body"))
        handset = Handset(
            phone=request.match_info["number"],
            to=fields["to"],
            body=fields["body"],
            media_urls=fields.get("media_urls", ()),
            extra=fields.get("extra"),
            message_sid=fields.get("message_sid"),
        )
        sid = self._simulation.inbound.receive(handset)
        return await self._handled(sid, wait=fields.get("wait", True))

    async def _redeliver(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.REDELIVER_FIELDS)
        return await self._handled(request.match_info["sid"], wait=fields.get("wait", True))

    async def _handled(self, sid: str, wait: bool) -> web.Response:
        inbound = self._simulation.inbound
        if wait:
            return web.json_response(wire.handled(await inbound.handle(sid)), status=201)
        inbound.require(sid)
        self._simulation.background.start(_and_forget(inbound.handle(sid)))
        return web.json_response({"message_sid": sid, "webhook": None, "replies": []}, status=201)

    async def _messages(self, request: web.Request) -> web.Response:
        return web.json_response({"messages": [wire.message(each) for each in self._simulation.messages]})

    async def _requests(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": [wire.request(each) for each in self._simulation.requests]})

    async def _webhooks(self, request: web.Request) -> web.Response:
        webhooks = [wire.webhook(each) for each in self._simulation.webhooks]
        return web.json_response({"webhooks": webhooks, "losing": self._simulation.webhook_client.losing})

    async def _set_webhooks(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.WEBHOOK_FIELDS, required=("losing",))
        self._simulation.lose_webhooks(fields["losing"])
        return await self._webhooks(request)

    async def _faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": [wire.fault(each) for each in self._simulation.faults.waiting]})

    async def _set_faults(self, request: web.Request) -> web.Response:
        self._simulation.set_faults(wire.faults_from(await _json(request)))
        return await self._faults(request)

    async def _twilio_handling(self, request: web.Request) -> web.Response:
        return web.json_response({"enabled": self._world.twilio_handling, "accounts": self._world.handling})

    async def _set_twilio_handling(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.HANDLING_FIELDS)
        if ("enabled" in fields) == ("handling" in fields):
            raise InvalidInput("handling", "this field is required, or else enabled")
        account_sid = fields.get("account_sid")
        if account_sid is not None and account_sid not in self._world.accounts:
            raise InvalidInput("account_sid", f"the sandbox has no account {account_sid}")
        handling = fields["handling"] if "handling" in fields else fields["enabled"]
        self._simulation.set_twilio_handling(handling, account_sid)
        return await self._twilio_handling(request)

    async def _opt_outs(self, request: web.Request) -> web.Response:
        world = self._world
        lists = {"opt_outs": wire.opt_outs(world.opt_outs), "carrier_opt_outs": wire.opt_outs(world.carrier_opt_outs)}
        return web.json_response(lists)

    async def _consents(self, request: web.Request) -> web.Response:
        calls = [wire.consent_call(each) for each in self._simulation.consent_calls]
        return web.json_response({"calls": calls, "failing_items": self._world.failing_consent_items})

    async def _set_consents(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.CONSENT_FIELDS, required=("failing_items",))
        self._simulation.fail_consent_items(fields["failing_items"])
        return await self._consents(request)

    async def _events(self, request: web.Request) -> web.Response:
        deliveries = [wire.event(each) for each in self._simulation.events]
        trouble = wire.trouble(self._simulation.event_streams.trouble)
        return web.json_response({"trouble": trouble, "deliveries": deliveries})

    async def _set_events(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.TROUBLE_FIELDS)
        self._simulation.set_event_trouble(EventTrouble(**fields))
        return await self._events(request)

    async def _clock(self, request: web.Request) -> web.Response:
        return web.json_response({"now": self._world.clock.now().isoformat()})

    async def _advance(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.CLOCK_FIELDS, required=("advance_seconds",))
        self._simulation.advance(fields["advance_seconds"])
        return await self._clock(request)

    async def _numbers(self, request: web.Request) -> web.Response:
        return web.json_response({"numbers": [wire.number(each) for each in self._world.numbers.values()]})

    async def _set_number(self, request: web.Request) -> web.Response:
        number = self._world.numbers.get(normalise_sender(request.match_info["number"]))
        if number is None:
            return wire.problem(404, "No such sender", request.match_info["number"])
        _set(number, read_fields(await _json(request), wire.NUMBER_FIELDS))
        return web.json_response(wire.number(number))

    async def _services(self, request: web.Request) -> web.Response:
        return web.json_response({"services": [wire.service(each) for each in self._world.services.values()]})

    async def _set_service(self, request: web.Request) -> web.Response:
        service = self._service(request)
        fields = read_fields(await _json(request), wire.SERVICE_FIELDS)
        for index, sender in enumerate(fields.get("senders", ())):
            if sender not in self._world.numbers:
                raise InvalidInput(f"senders/{index}", f"the sandbox has no sender {sender}")
        _set(service, fields)
        return web.json_response(wire.service(service))

    async def _set_advanced_opt_out(self, request: web.Request) -> web.Response:
        service = self._service(request)
        self._simulation.set_advanced_opt_out(service.sid, wire.keyword_sets_from(await _json(request)))
        return web.json_response(wire.service(service))

    def _service(self, request: web.Request) -> Service:
        service = self._world.services.get(request.match_info["sid"])
        if service is None:
            raise UnknownService(request.match_info["sid"])
        return service

    async def _deactivations(self, request: web.Request) -> web.Response:
        """The file itself, as text."""
        numbers = self._world.deactivations.get(request.match_info["day"])
        if numbers is None:
            return wire.problem(404, "Not found", "there is no file of this day")
        return web.Response(text="".join(f"{number}\n" for number in numbers))

    async def _set_deactivations(self, request: web.Request) -> web.Response:
        fields = read_fields(await _json(request), wire.DEACTIVATION_FIELDS, required=("numbers",))
        self._simulation.set_deactivations(request.match_info["day"], fields["numbers"])
        return await self._deactivations(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self._simulation.reset()
        return web.Response(status=204)


async def _json(request: web.Request) -> Any:
    """The body's JSON; an empty body is an empty object."""
    if not await request.read():
        return {}
    try:
        return await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("", f"the body is not JSON: {error}") from error


async def _and_forget(work: Awaitable[object]) -> None:
    await work


def _set(resource: object, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(resource, name, list(value) if isinstance(value, tuple) else value)


async def _no_such_place(request: web.Request) -> web.Response:
    return wire.problem(404, "Not found", f"{request.method} {request.path} is not part of this API")


def _with_problems(handler: Handler, tell: Callable[[], None]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            answer = await handler(request)
            if request.method != "GET":
                tell()
            return answer
        except InvalidInput as error:
            return wire.problem(422, "Invalid input", error.detail, field=error.field)
        except UnknownSender as error:
            return wire.problem(422, "Invalid input", f"the sandbox has no sender {error}", field="to")
        except UnknownService as error:
            return wire.problem(404, "No such Messaging Service", str(error))
        except UnknownMessage as error:
            return wire.problem(404, "No such message", f"no phone sent {error}")

    return handle
