"""The traffic edge: which journey a request takes, and the line and count that tell how it ended."""

import random
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

import structlog
from prometheus_client import Counter

from gateway import metrics
from gateway.capture.marks import CALLBACK_HEADER, CONFIRMED, DECIDED, OUTCOME_HEADER, REPLAY_HEADER, RUN, SHADOW
from gateway.flows.activity import ActivityLog
from gateway.flows.arrivals import Arrivals, Source
from gateway.flows.events import EVENTS_PATH, EventsFlow
from gateway.flows.held import HeldFlow
from gateway.flows.inbound import InboundFlow
from gateway.flows.outbound import OutboundFlow
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.preferences import PreferencesFlow
from gateway.flows.redirect import RedirectFlow
from gateway.flows.replies import REDIRECT_PATH
from gateway.flows.request import Request
from gateway.flows.status import STATUS_PATH, StatusFlow
from gateway.messaging.optouts import ScopeKind
from gateway.operations.preferences import PREFERENCES_PATH
from gateway.traffic.capturing import Capturing
from gateway.traffic.connection import where
from gateway.traffic.reading import demand_origin_form, demand_plain_headers, read_base
from gateway.twilio.errors import INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, OUTCOME_UNKNOWN, REPLAYED, TrafficError
from gateway.twilio.paths import Door, Format, format_of, read_call

log: Final = structlog.get_logger()

REQUEST_ID_HEADER: Final = "X-Gateway-Request-Id"
INBOUND_PATH: Final = "/inbound"
SEND_PATH: Final = re.compile(r"/Messages(?:\.[a-z]+)?$", re.ASCII)  # for counting alone

Journey = Callable[[Request], Awaitable[Outcome]]


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
        preferences: PreferencesFlow,
        activity: ActivityLog,
        arrivals: Arrivals,
        monotonic: Callable[[], float],
        capturing: Capturing,
        *,
        reaches_twilio: bool,
    ) -> None:
        self._outbound = outbound
        self._passing = passing
        self._inbound = inbound
        self._redirect = redirect
        self._status = status
        self._events = events
        self._preferences = preferences
        self._activity = activity
        self._arrivals = arrivals
        self._monotonic = monotonic
        self._capturing = capturing
        self._reaches_twilio = reaches_twilio
        self._log = log.bind()  # found once: finding it costs as much as writing the line

    def handle_all(self, request: Request, trouble: TrafficError | None = None) -> Awaitable[Answer]:
        """Answer apps and Twilio alike, where they share a listener. ``trouble`` is why a request is refused as it
        stands.
        """
        return self.handle_webhook(request, trouble) if _is_webhook(request) else self.handle_api(request, trouble)

    def handle_api(self, request: Request, trouble: TrafficError | None = None) -> Awaitable[Answer]:
        """Answer an app's call to Twilio's API."""
        return self._answered(request, "api", self._api, trouble)

    def handle_webhook(self, request: Request, trouble: TrafficError | None = None) -> Awaitable[Answer]:
        """Answer one of Twilio's webhooks."""
        return self._answered(request, "webhook", self._webhook, trouble)

    async def _api(self, request: Request) -> Outcome:
        self._demand_rehearsal(request)
        demand_origin_form(request)
        call = read_call(request.method, request.path, request.header("Host"))
        demand_plain_headers(request)
        if call.door is Door.SEND:
            return await self._capturing.told("send", request, self._outbound.send(call, request))
        return await self._passing.hand_on(call, request, read_base(request))

    async def _webhook(self, request: Request) -> Outcome:
        self._demand_rehearsal(request)
        demand_origin_form(request)
        if not _is_webhook(request):
            raise TrafficError(NOT_FOUND, f"webhooks come to {INBOUND_PATH}")
        if request.method not in {"POST", "GET"}:
            raise TrafficError(METHOD_NOT_ALLOWED, "set the webhook's method to POST or GET")
        demand_plain_headers(request)
        if request.path == INBOUND_PATH:
            return await self._capturing.told("inbound", request, self._inbound.receive(request))
        if request.path == EVENTS_PATH:
            return await self._capturing.told("event", request, self._events.receive(request))
        if request.path.startswith(STATUS_PATH):
            return await self._capturing.told("status", request, self._status.receive(request))
        if request.path.startswith(PREFERENCES_PATH):
            return await self._preferences.answer(request)
        return await self._redirect.follow(request)

    def _demand_rehearsal(self, request: Request) -> None:
        """Refuse what is played again where it would reach people: the numbers of a capture are others', or have got
        these messages already.
        """
        if self._reaches_twilio and request.header(REPLAY_HEADER) is not None:
            raise TrafficError(REPLAYED, "replay to a gateway whose twilio.api_url and accounts_url are a sandbox's")

    async def _answered(self, request: Request, side: str, journey: Journey, trouble: TrafficError | None) -> Answer:
        started = self._monotonic()
        try:
            if trouble is not None:
                raise trouble
            outcome = await journey(request)
        except TrafficError as error:
            outcome = failure(What.REFUSED, f"code_{error.kind.code}", error, _format(side, request))
        except Exception as error:
            outcome = _fault(side, error, _format(side, request))
        request_id, played = f"{random.getrandbits(128):032x}", request.header(REPLAY_HEADER)
        self._tell(side, request, outcome, request_id, self._monotonic() - started, played)
        self._activity.note(outcome)
        if side == "webhook" and (source := _source(request)) is not None:
            self._arrivals.note(source, outcome)
        answer, headers = outcome.answer, (*outcome.answer.headers, (REQUEST_ID_HEADER, request_id))
        if played is not None:
            headers = (*headers, (OUTCOME_HEADER, _in_words(outcome)))
            if outcome.callback_path is not None:
                headers = (*headers, (CALLBACK_HEADER, outcome.callback_path))
        return Answer(answer.status, headers, answer.body)

    def _tell(
        self, side: str, request: Request, outcome: Outcome, request_id: str, seconds: float, played: str | None
    ) -> None:
        """One line and one count. The scope is told by its kind, a service by its SID, a sender not at all."""
        _counted(_counter(side, request), outcome.what, outcome.reason).inc()
        if outcome.upstream_seconds is not None:
            metrics.UPSTREAM_SECONDS.observe(outcome.upstream_seconds)
        scope = outcome.scope
        self._log.info(
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
            replay=played if played is not None and RUN.fullmatch(played) else None,
            detail=outcome.detail or None,
        )


def _fault(side: str, error: Exception, answer_as: Format) -> Outcome:
    """A fault of ours. An app is told that the outcome is unknown, as its SDK would repeat a 500 by itself and the
    message may have left; Twilio is told 500, as a repeated webhook is recognised.
    """
    log.error("failed", side=side, error=type(error).__name__, where=where(error))
    told = TrafficError(OUTCOME_UNKNOWN if side == "api" else INTERNAL)
    return failure(What.FAILED, "fault", told, answer_as)


def _in_words(outcome: Outcome) -> str:
    words = [str(outcome.what), outcome.reason]
    if outcome.confirmation is not None:
        words.append(CONFIRMED)
    if not outcome.enforced:
        words.append(SHADOW)
    if outcome.decided:
        words.append(DECIDED + outcome.decided)
    return " ".join(words)


def _format(side: str, request: Request) -> Format:
    """How a refusal is written: as an app's path asks; Twilio reads neither."""
    return format_of(request.path) if side == "api" else Format.JSON


def _is_webhook(request: Request) -> bool:
    return request.path in {INBOUND_PATH, EVENTS_PATH} or request.path.startswith(
        (REDIRECT_PATH, STATUS_PATH, PREFERENCES_PATH)
    )


def _source(request: Request) -> Source | None:
    """Which of Twilio's requests it is; None for a continued answer, and for a recipient's own page."""
    if request.path == INBOUND_PATH:
        return Source.WEBHOOKS
    if request.path == EVENTS_PATH:
        return Source.EVENT_STREAMS
    return Source.STATUS_CALLBACKS if request.path.startswith(STATUS_PATH) else None


def _counter(side: str, request: Request) -> Counter:
    if side == "webhook":
        return metrics.INBOUND
    is_send = request.method == "POST" and SEND_PATH.search(request.path) is not None
    return metrics.OUTBOUND if is_send else metrics.PASSED


@lru_cache(maxsize=1_024)  # finding a counter by its labels costs more than counting
def _counted(counter: Counter, what: What, reason: str) -> Counter:
    return counter.labels(what, reason)
