"""Calls that are no sends: passed through to Twilio, unless they could make a message that nobody checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gateway.directory import Directory
from gateway.flows.outbound import TOLD, reason_of
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.request import Request
from gateway.twilio.errors import AMBIGUOUS, AUTHENTICATE, BAD_HTTP, NOT_A_FORM, NOT_CHECKED, TrafficError
from gateway.twilio.forms import demand_form, demand_single, read_form
from gateway.twilio.headers import answer_headers, request_headers
from gateway.twilio.paths import Call, Door
from gateway.twilio.twiml import may_text
from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest

MULTIPLE_CHOICES: Final = 300  # statuses below are successes
# What changes which service holds which sender; apps that do so through the gateway are seen doing it.
POOLS: Final = re.compile(r"/v1/Services(/|$)", re.ASCII)
READABLE_QUERY: Final = re.compile(r"[!-~]*", re.ASCII)


class PassingFlow:
    """The journey of every other call."""

    def __init__(
        self, directory: Directory, upstreams: Mapping[Door, Upstream], monotonic: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._upstreams = upstreams
        self._monotonic = monotonic

    async def hand_on(self, call: Call, request: Request) -> Outcome:
        """Pass a call on and its answer back; every way it can end is an outcome."""
        try:
            self._demand_account(call)
            self._demand_readable(request)
            return await self._pass(call, request, self._body(call, request))
        except TrafficError as error:
            return failure(What.REFUSED, reason_of(error), error, call.format, account_sid=call.account_sid)
        except UpstreamError as error:
            reason, kind = next((reason, kind) for raised, reason, kind in TOLD if isinstance(error, raised))
            told = failure(What.FAILED, reason, TrafficError(kind), call.format, account_sid=call.account_sid)
            return replace(told, detail=str(error))

    def _demand_account(self, call: Call) -> None:
        if call.account_sid is not None and self._directory.account(call.account_sid) is None:
            raise TrafficError(AUTHENTICATE, "the gateway has no such account in its settings")

    @staticmethod
    def _demand_readable(request: Request) -> None:
        if not READABLE_QUERY.fullmatch(request.query):
            raise TrafficError(BAD_HTTP, "the query holds characters that a URL does not have")
        if (request.header("Content-Encoding") or "identity").lower() != "identity":
            raise TrafficError(NOT_A_FORM, "there is a Content-Encoding")
        if request.method == "GET" and request.body:
            raise TrafficError(BAD_HTTP, "a GET has no body")

    @staticmethod
    def _body(call: Call, request: Request) -> bytes:
        """The body to pass on; that of a phone call is read and written anew, as its TwiML may text."""
        if call.door is not Door.CALL:
            return request.body
        if request.query:
            raise TrafficError(AMBIGUOUS, "a phone call takes its parameters in the body, none in the URL")
        demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        form = read_form(request.body)
        demand_single(form, ("Twiml", "Url"))
        if may_text(form.get("Twiml") or ""):
            raise TrafficError(NOT_CHECKED, "'Twiml' may text, or cannot be read; send the message by itself")
        return form.encoded()

    async def _pass(self, call: Call, request: Request, body: bytes) -> Outcome:
        started = self._monotonic()
        upstream = self._upstreams[call.door]
        target = f"{call.path}?{request.query}" if request.query else call.path
        if request.method == "DELETE" and POOLS.match(call.path):
            await self._directory.pools_will_change()
        answer = await upstream.fetch(UpstreamRequest(request.method, target, request_headers(request.headers), body))
        if request.method != "GET" and answer.status < MULTIPLE_CHOICES and POOLS.match(call.path):
            await self._directory.pools_changed()
        return Outcome(
            What.PASSED,
            str(call.door),
            Answer(answer.status, answer_headers(answer.headers), answer.body),
            call.account_sid,
            upstream_seconds=self._monotonic() - started,
        )
