"""The traffic edge: which journey a request takes, and the line and count that tell how it ended."""

import random
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import Counter

from gateway import metrics
from gateway.flows.events import EVENTS_PATH, EventsFlow
from gateway.flows.held import HeldFlow
from gateway.flows.inbound import InboundFlow
from gateway.flows.outbound import OutboundFlow
from gateway.flows.outcome import Outcome, What, failure
from gateway.flows.redirect import RedirectFlow
from gateway.flows.replies import REDIRECT_PATH
from gateway.flows.status import STATUS_PATH, StatusFlow
from gateway.messaging.optouts import ScopeKind
from gateway.traffic.listener import as_response, where
from gateway.traffic.reading import read_base, read_line, read_request
from gateway.twilio.errors import INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, OUTCOME_UNKNOWN, TrafficError
from gateway.twilio.paths import Door, Format, format_of, read_call

log: Final = structlog.get_logger()

REQUEST_ID_HEADER: Final = "X-Gateway-Request-Id"
INBOUND_PATH: Final = "/inbound"
SEND_PATH: Final = re.compile(r"/Messages(?:\.[a-z]+)?$", re.ASCII)  # for counting alone

Journey = Callable[[web.BaseRequest], Awaitable[Outcome]]


class TrafficEdge:
    """Answers apps and Twilio. Which of the two a listener serves is decided by ``serves``."""

    def __init__(
        self,
        outbound: OutboundFlow,
        passing: HeldFlow,
        inbound: InboundFlow,
        redirect: RedirectFlow,
        status: StatusFlow,
        events: EventsFlow,
        monotonic: Callable[[], float],
    ) -> None:
        self._outbound = outbound
        self._passing = passing
        self._inbound = inbound
        self._redirect = redirect
        self._status = status
        self._events = events
        self._monotonic = monotonic

    async def handle_all(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer apps and Twilio alike, where they share a listener."""
        if _is_webhook(request):
            return await self.handle_webhook(request)
        return await self.handle_api(request)

    async def handle_api(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer an app's call to Twilio's API."""
        return await self._answered(request, "api", self._api)

    async def handle_webhook(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one of Twilio's webhooks."""
        return await self._answered(request, "webhook", self._webhook)

    async def _api(self, request: web.BaseRequest) -> Outcome:
        path, _ = read_line(request)
        call = read_call(request.method, path, request.headers.get("Host"))
        whole = await read_request(request)
        if call.door is Door.SEND:
            return await self._outbound.send(call, whole)
        return await self._passing.hand_on(call, whole, read_base(request))

    async def _webhook(self, request: web.BaseRequest) -> Outcome:
        path, _ = read_line(request)
        if not _is_webhook(request):
            raise TrafficError(NOT_FOUND, f"webhooks come to {INBOUND_PATH}")
        if request.method not in {"POST", "GET"}:
            raise TrafficError(METHOD_NOT_ALLOWED, "set the webhook's method to POST or GET")
        whole = await read_request(request)
        if path == INBOUND_PATH:
            return await self._inbound.receive(whole)
        if path == EVENTS_PATH:
            return await self._events.receive(whole)
        if path.startswith(STATUS_PATH):
            return await self._status.receive(whole)
        return await self._redirect.follow(whole)

    async def _answered(self, request: web.BaseRequest, side: str, journey: Journey) -> web.StreamResponse:
        started = self._monotonic()
        try:
            outcome = await journey(request)
        except TrafficError as error:
            answer_as = format_of(request.path) if side == "api" else Format.JSON
            outcome = failure(What.REFUSED, f"code_{error.kind.code}", error, answer_as)
        except Exception as error:
            outcome = _fault(side, error, format_of(request.path) if side == "api" else Format.JSON)
        request_id = f"{random.getrandbits(128):032x}"
        self._tell(side, request, outcome, request_id, self._monotonic() - started)
        return as_response(outcome.answer, (REQUEST_ID_HEADER, request_id))

    @staticmethod
    def _tell(side: str, request: web.BaseRequest, outcome: Outcome, request_id: str, seconds: float) -> None:
        """One line and one count. The scope is told by its kind, a service by its SID, a sender not at all."""
        _counted(_counter(side, request), outcome.what, outcome.reason).inc()
        if outcome.upstream_seconds is not None:
            metrics.UPSTREAM_SECONDS.observe(outcome.upstream_seconds)
        scope = outcome.scope
        log.info(
            side,
            outcome=outcome.what,
            reason=outcome.reason,
            status=outcome.answer.status,
            method=request.method,
            account=outcome.account_sid,
            scope=None if scope is None else scope.kind,
            service=scope.id if scope is not None and scope.kind is ScopeKind.SERVICE else None,
            settings_version=outcome.settings_version,
            enforced=outcome.enforced,
            seconds=round(seconds, 4),
            upstream_seconds=None if outcome.upstream_seconds is None else round(outcome.upstream_seconds, 4),
            request_id=request_id,
            detail=outcome.detail or None,
        )


def _fault(side: str, error: Exception, answer_as: Format) -> Outcome:
    """A fault of ours. An app is told that the outcome is unknown, as its SDK would repeat a 500 by itself and the
    message may have left; Twilio is told 500, as a repeated webhook is recognised.
    """
    log.error("failed", side=side, error=type(error).__name__, where=where(error))
    told = TrafficError(OUTCOME_UNKNOWN if side == "api" else INTERNAL)
    return failure(What.FAILED, "fault", told, answer_as)


def _is_webhook(request: web.BaseRequest) -> bool:
    path = request.rel_url.raw_path
    return path in {INBOUND_PATH, EVENTS_PATH} or path.startswith((REDIRECT_PATH, STATUS_PATH))


def _counter(side: str, request: web.BaseRequest) -> Counter:
    if side == "webhook":
        return metrics.INBOUND
    is_send = request.method == "POST" and SEND_PATH.search(request.rel_url.raw_path) is not None
    return metrics.OUTBOUND if is_send else metrics.PASSED


@lru_cache(maxsize=1_024)  # finding a counter by its labels costs more than counting
def _counted(counter: Counter, what: What, reason: str) -> Counter:
    return counter.labels(what, reason)
