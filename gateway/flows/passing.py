"""Calls that are no sends: passed through to Twilio, unless they could make a message that nobody checked."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.directory import Account, Directory
from gateway.flows.accounts import Accounts
from gateway.flows.attempts import Attempts, caller_of
from gateway.flows.credentials import Credentials, Disproved, user_of
from gateway.flows.outbound import TOLD, reason_of
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.own_urls import OwnUrls
from gateway.flows.request import Request, readable
from gateway.twilio.errors import AMBIGUOUS, BAD_HTTP, NOT_A_FORM, NOT_CHECKED, TrafficError
from gateway.twilio.forms import demand_form, demand_single, read_form
from gateway.twilio.headers import answer_headers, request_headers
from gateway.twilio.paths import Call, Door
from gateway.twilio.products import MESSAGING
from gateway.twilio.twiml import may_text
from gateway.twilio.upstream import UpstreamError, UpstreamRequest, UpstreamResponse
from gateway.twilio.upstreams import Upstreams

MULTIPLE_CHOICES: Final = 300  # statuses below are successes
# What changes which service holds which sender; apps that do so through the gateway are seen doing it.
POOLS: Final = re.compile(r"/v1/Services(/|$)", re.ASCII)
READABLE_QUERY: Final = re.compile(r"[!-~]*", re.ASCII)
# Twilio's old way to make a request another one: ?_method=PUT (Twilio, REST API best practices), in any spelling.
OTHER_METHOD: Final = re.compile(r"(?:^|&)(?:_|%5f)(?:m|%[46]d)", re.ASCII | re.IGNORECASE)
UNAUTHORIZED: Final = 401


class PassingFlow:
    """The journey of every other call. ``allowed`` are products that may create messages that nobody checks."""

    def __init__(
        self,
        directory: Directory,
        accounts: Accounts,
        credentials: Credentials,
        attempts: Attempts,
        upstreams: Upstreams,
        allowed: frozenset[str],
        own_urls: OwnUrls,
        monotonic: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._credentials = credentials
        self._attempts = attempts
        self._upstreams = upstreams
        self._allowed = allowed
        self._own_urls = own_urls
        self._monotonic = monotonic

    async def hand_on(self, call: Call, request: Request) -> Outcome:
        """Pass a call on and its answer back; every way it can end is an outcome."""
        try:
            self._demand_checked(call)
            account = await self._account(call, request)
            self._demand_readable(request)
            request = readable(request) if self._own_urls.concern(call) else request
            return await self._pass(call, request, account, self._body(call, request))
        except Disproved as error:
            return Outcome(What.REFUSED, "wrong_credentials", error.answer, call.account_sid)
        except TrafficError as error:
            return failure(What.REFUSED, reason_of(error), error, call.format, account_sid=call.account_sid)
        except UpstreamError as error:
            reason, kind = next((reason, kind) for raised, reason, kind in TOLD if isinstance(error, raised))
            told = failure(What.FAILED, reason, TrafficError(kind), call.format, account_sid=call.account_sid)
            return replace(told, detail=str(error))

    def _demand_checked(self, call: Call) -> None:
        """Refuse what may create messages past the list. The exception is for all accounts alike: these paths name
        none, and an API key or a Bearer token does not tell it either.
        """
        if call.unchecked and call.product not in self._allowed:
            raise TrafficError(NOT_CHECKED, f"{call.product} is not listed in the setting twilio.allow_unchecked")

    async def _account(self, call: Call, request: Request) -> Account | None:
        """The account of the path. Twilio proves the credentials of the call itself, save for a sub-account that is
        not known yet.
        """
        if call.account_sid is None:
            return None
        return self._accounts.known(call.account_sid) or await self._accounts.proved(call.account_sid, request)

    @staticmethod
    def _demand_readable(request: Request) -> None:
        if not READABLE_QUERY.fullmatch(request.query):
            raise TrafficError(BAD_HTTP, "the query holds characters that a URL does not have")
        if OTHER_METHOD.search(request.query):
            raise TrafficError(AMBIGUOUS, "the query names another method")
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

    async def _pass(self, call: Call, request: Request, account: Account | None, body: bytes) -> Outcome:
        origins = account.origins if account is not None else self._accounts.origins_of(request)
        upstream = self._upstreams.to(call.product, origins)
        target = f"{call.path}?{request.query}" if request.query else call.path
        body, changed = await self._own_urls.rewritten(call, request, body)
        rebuilt = UpstreamRequest(request.method, target, request_headers(request.headers), body)
        caller = self._unproved(account, request)
        if caller is not None:
            await self._attempts.slow_down(caller)
        if request.method == "DELETE" and _is_of_pools(call):
            await self._directory.pools_will_change()
        started = self._monotonic()
        answer = await upstream.fetch(rebuilt)
        seconds = self._monotonic() - started
        if caller is not None:
            self._count(caller, answer)
        if self._changes_pools(call, request, answer):
            await self._directory.pools_changed()
        told = Answer(answer.status, answer_headers(answer.headers), answer.body)
        return Outcome(
            What.PASSED,
            call.product if call.door is Door.PRODUCT else str(call.door),
            await self._own_urls.answered(call, told, changed),
            call.account_sid,
            upstream_seconds=seconds,
        )

    def _unproved(self, account: Account | None, request: Request) -> bytes | None:
        """Whose attempt it is, where the credentials are not known to be right."""
        authorization = request.header("Authorization")
        if not authorization or (account is not None and self._credentials.are_known(account, authorization)):
            return None
        return caller_of(request.remote, user_of(authorization))

    def _count(self, caller: bytes, answer: UpstreamResponse) -> None:
        if answer.status == UNAUTHORIZED:
            self._attempts.wrong(caller)
        elif answer.status < MULTIPLE_CHOICES:
            self._attempts.right(caller)

    @staticmethod
    def _changes_pools(call: Call, request: Request, answer: UpstreamResponse) -> bool:
        return request.method != "GET" and answer.status < MULTIPLE_CHOICES and _is_of_pools(call)


def _is_of_pools(call: Call) -> bool:
    """Whether a call is about Messaging Services and what is in them."""
    return call.product == MESSAGING and POOLS.match(call.path) is not None
