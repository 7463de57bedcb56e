"""One send, from an app to Twilio: prove, read, reserve, check, write at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import structlog

from gateway.deliveries import NotDelivered
from gateway.directory import Account
from gateway.flows.accounts import Accounts
from gateway.flows.check import Check, Checked
from gateway.flows.credentials import Disproved
from gateway.flows.holding import Holding, is_scheduled, read_mode
from gateway.flows.learning import Learned, Learning, says_opted_out
from gateway.flows.outcome import Answer, Outcome, What, error_answer, failure
from gateway.flows.request import Request
from gateway.flows.scheduling import Scheduling
from gateway.flows.shadow import WOULD_SUPPRESS, ShadowCounting
from gateway.flows.status import StatusTokens
from gateway.messaging.blocked import BLOCKED_HEADER
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.policy import Decision, Forward, Suppress
from gateway.store import StoreError
from gateway.twilio.errors import (
    AMBIGUOUS,
    BUSY,
    OPTED_OUT,
    OUTCOME_UNKNOWN,
    STORE_AWAY,
    UPSTREAM_AWAY,
    ErrorKind,
    TrafficError,
)
from gateway.twilio.forms import MEDIA_TYPE, Form, demand_form, read_form
from gateway.twilio.headers import CLOSE, CONNECTION, ORDINARY_OPTIONS, answer_headers, request_headers
from gateway.twilio.outbound import read_outbound, write_outbound
from gateway.twilio.paths import Call
from gateway.twilio.products import API
from gateway.twilio.upstream import NoPlace, NotSent, OutcomeUnknown, Reservation, UpstreamRequest
from gateway.twilio.upstreams import Upstreams

log: Final = structlog.get_logger()

Headers = tuple[tuple[str, str], ...]

CHECKS_BEFORE_GIVING_UP: Final = 3

# Headers that the gateway writes itself: the body is its own, and the answer must not be compressed, as a 21610 in it,
# or a scheduled message's SID, is to be read.
WRITTEN_HEADERS: Final = (("Accept-Encoding", "identity"), ("Content-Type", MEDIA_TYPE))
OWN_HEADERS: Final = frozenset(name.lower() for name, _ in WRITTEN_HEADERS)

# What an app is told when the message did not leave, or nobody knows: (error, reason in log and metrics, row).
TOLD: Final[tuple[tuple[type[Exception], str, ErrorKind], ...]] = (
    (NoPlace, "upstream_busy", BUSY),
    (NotSent, "upstream_not_reached", UPSTREAM_AWAY),
    (OutcomeUnknown, "outcome_unknown", OUTCOME_UNKNOWN),
    (StoreError, "store_away", STORE_AWAY),
)


class OutboundFlow:
    """The journey of a send."""

    def __init__(
        self,
        accounts: Accounts,
        check: Check,
        learning: Learning,
        holding: Holding,
        callbacks: StatusTokens,
        scheduling: Scheduling,
        upstreams: Upstreams,
        shadow: ShadowCounting,
        monotonic: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._check = check
        self._learning = learning
        self._holding = holding
        self._callbacks = callbacks
        self._scheduling = scheduling
        self._upstreams = upstreams
        self._shadow = shadow
        self._monotonic = monotonic

    async def send(self, call: Call, request: Request) -> Outcome:
        """Carry one send through; every way it can end is an outcome."""
        account = message = None
        try:
            account = await self._accounts.proved(call.account_sid or "", request)
            form = self._form(request)
            read_mode(request.header(BLOCKED_HEADER))
            message = read_outbound(account.sid, form, account.default_region)
            if is_scheduled(form):
                return await self._schedule_unless_opted_out(account, call, request, form, message)
            return await self._forward_unless_opted_out(account, call, request, form, message)
        except Disproved as error:
            return Outcome(What.REFUSED, "wrong_credentials", error.answer, call.account_sid)
        except TrafficError as error:
            refused = failure(What.REFUSED, reason_of(error), error, call.format, account_sid=call.account_sid)
            return replace(refused, is_proved=account is not None, message=message)
        except (NotSent, OutcomeUnknown, StoreError) as error:
            return replace(self._failed(call, error), is_proved=account is not None, message=message)

    @staticmethod
    def _form(request: Request) -> Form:
        if request.query:
            raise TrafficError(AMBIGUOUS, "a send takes its parameters in the body, none in the URL")
        demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        return read_form(request.body)

    async def _schedule_unless_opted_out(
        self, account: Account, call: Call, request: Request, form: Form, message: OutboundMessage
    ) -> Outcome:
        """Write the send down first, so that what Twilio holds until a time is found whatever happens on the way."""
        intended = await self._scheduling.intend(message, form.get("SendAt") or "")
        try:
            outcome = await self._forward_unless_opted_out(account, call, request, form, message)
        except (TrafficError, NotSent, StoreError):
            await self._scheduling.let_go(intended)
            raise
        except OutcomeUnknown:
            await self._scheduling.look_for(intended)
            raise
        if outcome.what is not What.FORWARDED:
            await self._scheduling.let_go(intended)
            return outcome
        try:
            await self._scheduling.answered(intended, outcome.answer)
        except NotDelivered as error:
            raise OutcomeUnknown(f"scheduled, but neither kept nor cancelled: {error}") from error
        return outcome

    async def _forward_unless_opted_out(
        self, account: Account, call: Call, request: Request, form: Form, message: OutboundMessage
    ) -> Outcome:
        async with await self._upstreams.to(API, account.origins).reserve() as reservation:
            checked = await self._fresh(message)
            decision = checked.decision
            if isinstance(decision, Forward) or not decision.enforced:
                led = self._callbacks.led(account, form, checked.asked_at)
                answer, seconds = await self._forward(call, request, reservation, write_outbound(led, message))
                return await self._forwarded(call, message, checked, answer, seconds, self._callbacks.path_in(led))
        if await self._check.place(message, decision):
            return await self._forward_unless_opted_out(account, call, request, form, message)
        outcome = await self._suppressed(account, call, request, form, message, decision)
        return replace(outcome, settings_version=checked.settings_version, is_proved=True, message=message)

    async def _suppressed(
        self,
        account: Account,
        call: Call,
        request: Request,
        form: Form,
        message: OutboundMessage,
        decision: Suppress,
    ) -> Outcome:
        """The end of a send that is held back: an error at once, or a message that is accepted and fails later."""
        wanted = read_mode(request.header(BLOCKED_HEADER))
        if await self._holding.fails_later(account, form, message, wanted):
            return await self._holding.hold(call, form, message, decision)
        return suppressed(call, decision)

    async def _forwarded(
        self,
        call: Call,
        message: OutboundMessage,
        checked: Checked,
        answer: Answer,
        seconds: float,
        callback_path: str | None,
    ) -> Outcome:
        """The end of a send that Twilio answered: its own 21610 is kept, what shadow mode let go is counted; the app
        gets the answer as it came.
        """
        reason, let_go = "no_opt_out", await self._let_go(message, checked.decision)
        if let_go is not None:
            reason = WOULD_SUPPRESS
        if says_opted_out(answer):
            await self._learning.learn(Learned(message, checked.asked_at))
            reason = "twilio_opted_out"
        return Outcome(
            What.FORWARDED,
            reason,
            answer,
            call.account_sid,
            None if let_go is None else let_go.opt_out.scope,
            upstream_seconds=seconds,
            detail="" if let_go is None else let_go.reason,
            settings_version=checked.settings_version,
            is_proved=True,
            message=message,
            enforced=checked.decision.enforced,
            decided="" if let_go is None else WOULD_SUPPRESS,
            callback_path=callback_path,
        )

    async def _let_go(self, message: OutboundMessage, decision: Decision) -> Suppress | None:
        """What shadow mode decided against a send that has left; one that only not knowing a sender's place decided is
        looked at again once Twilio has told it.
        """
        if isinstance(decision, Forward):
            return None
        try:
            if await self._check.place(message, decision):
                decision = (await self._check(message)).decision
        except StoreError as error:
            log.warning("shadow_not_counted", account=message.account_sid, why=str(error))
        if isinstance(decision, Forward):
            return None
        await self._shadow.count(message, WOULD_SUPPRESS)
        return decision

    async def _fresh(self, message: OutboundMessage) -> Checked:
        """A check that is recent enough to write on."""
        for _ in range(CHECKS_BEFORE_GIVING_UP):
            checked = await self._check(message)
            if self._check.is_fresh(checked):
                return checked
        raise TrafficError(STORE_AWAY)

    async def _forward(
        self, call: Call, request: Request, reservation: Reservation, body: bytes
    ) -> tuple[Answer, float]:
        """Twilio's answer, and how many seconds it took."""
        own, steady = _sent_on(request)
        rebuilt = UpstreamRequest("POST", call.path, own, body, steady)
        started = self._monotonic()
        answer = await reservation.send(rebuilt)
        seconds = self._monotonic() - started
        return Answer(answer.status, answer_headers(answer.headers), answer.body), seconds

    @staticmethod
    def _failed(call: Call, error: Exception) -> Outcome:
        reason, kind = next((reason, kind) for raised, reason, kind in TOLD if isinstance(error, raised))
        told = failure(What.FAILED, reason, TrafficError(kind), call.format, account_sid=call.account_sid)
        return replace(told, detail=str(error))


def _sent_on(request: Request) -> tuple[Headers, Headers]:
    """The headers that go to Twilio: those of this request alone, and those that a client's requests have in common."""
    if request.head.by_name.get(CONNECTION, CLOSE).lower() in ORDINARY_OPTIONS:
        return request_headers(request.own), _sent_on_always(request.head.fields)
    return _written(request_headers(request.headers)), ()  # some of them may be of this hop alone


@lru_cache(maxsize=512)
def _sent_on_always(steady: Headers) -> Headers:
    return _written(request_headers(steady))


def _written(headers: Headers) -> Headers:
    return (*(header for header in headers if header[0].lower() not in OWN_HEADERS), *WRITTEN_HEADERS)


def suppressed(call: Call, decision: Suppress) -> Outcome:
    """A send that was held back: the error that Twilio itself gives (Twilio, error 21610)."""
    return Outcome(
        What.SUPPRESSED,
        decision.reason,
        error_answer(TrafficError(OPTED_OUT), call.format),
        call.account_sid,
        decision.opt_out.scope,
    )


def reason_of(error: TrafficError) -> str:
    """The reason of a refusal in log and metrics: the code, as ``code_21211``."""
    return f"code_{error.kind.code}"
