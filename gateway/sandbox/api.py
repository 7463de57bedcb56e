"""The door of api.twilio.com, messaging.twilio.com and accounts.twilio.com, all on one port.

Every request is recorded as it came, then: fault? → credentials → route → answer in Twilio's form.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from urllib.parse import unquote

from aiohttp import web

from gateway.sandbox.answers import error_answer, twilio_headers
from gateway.sandbox.calls import Call, Route, read_query
from gateway.sandbox.credentials import account_on_path, authenticate
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.faults import Fault, Faults
from gateway.sandbox.journal import Journal, RecordedRequest
from gateway.sandbox.spoiling import spoil
from gateway.sandbox.state import World

_FORM = "application/x-www-form-urlencoded"


class TwilioApi:
    """Answers API requests from the sandbox's memory."""

    def __init__(
        self,
        world: World,
        routes: Sequence[Route],
        faults: Faults,
        journal: Journal[RecordedRequest],
        released: asyncio.Event,
    ) -> None:
        self._world = world
        self._routes = routes
        self._faults = faults
        self._journal = journal
        self._released = released
        self._concurrent = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or break its connection where a fault says so."""
        self._concurrent += 1
        try:
            return await self._handle(request)
        finally:
            self._concurrent -= 1

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        number = self._journal.add(_record(request, body))
        fault = self._faults.take(request.method, request.path)
        answer = await self._answer(request, body, fault)
        if answer is None:
            return web.Response()  # nobody is there to read it
        self._journal.change(number, status=answer.status)
        return answer

    async def _answer(self, request: web.Request, body: bytes, fault: Fault | None) -> web.StreamResponse | None:
        async def answer() -> web.Response:
            return self._carry_out(request, body)

        if fault is None:
            return await answer()
        return await spoil(fault, request, answer, self._released)

    def _carry_out(self, request: web.Request, body: bytes) -> web.Response:
        started = time.monotonic()
        try:
            answer = self._dispatch(request, body)
        except TwilioError as error:
            answer = error_answer(error, request.path)
        answer.headers.update(twilio_headers(time.monotonic() - started, self._concurrent))
        return answer

    def _dispatch(self, request: web.Request, body: bytes) -> web.Response:
        caller = authenticate(self._world.accounts, request.headers.get("Authorization"))
        path, _, query_text = request.raw_path.partition("?")
        path = unquote(path) if path.startswith("/") else request.path
        is_other_method = False
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match is None:
                continue
            if route.method != request.method:
                is_other_method = True
                continue
            names = match.groupdict()
            account = account_on_path(self._world.accounts, caller, names.get("account", caller.account.sid))
            query = read_query(query_text)
            form = query | _form(request, body)
            base, document = _base_url(request), _document(request, body)
            return route.handler(Call(request.method, path, base, caller, account, names, query, form, document))
        raise TwilioError.of(20004) if is_other_method else TwilioError.of(20404, path=path)


def _record(request: web.Request, body: bytes) -> RecordedRequest:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers)
    return RecordedRequest(request.method, request.raw_path, headers, body)


def _form(request: web.Request, body: bytes) -> dict[str, list[str]]:
    if request.content_type != _FORM:
        return {}
    return read_query(body.decode("utf-8", "replace"))


def _document(request: web.Request, body: bytes) -> object:
    if request.content_type != "application/json" or not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise TwilioError.of(20001, parameter="body") from None


def _base_url(request: web.Request) -> str:
    host = request.host
    # a client that reached us by Twilio's own name speaks TLS with whoever stands in between
    scheme = "https" if host.endswith(".twilio.com") else request.scheme
    return f"{scheme}://{host}"
