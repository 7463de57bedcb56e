"""What the edge hands to a capture: each journey's request with how it ended."""

from collections.abc import Awaitable, Callable

from gateway import metrics
from gateway.capture.marks import REPLAY_HEADER
from gateway.capture.recorder import Capture
from gateway.capture.records import Kind
from gateway.capture.scrubbing import FIRST_ERROR, Happened
from gateway.flows.outcome import Outcome
from gateway.flows.request import Request
from gateway.messaging.blocked import BLOCKED_HEADER


class Capturing:
    """Tells a capture, while it is on. ``clock`` gives microseconds since 1970, UTC; ``monotonic`` seconds."""

    def __init__(self, capture: Capture, clock: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._capture = capture
        self._clock = clock
        self._monotonic = monotonic

    def told(self, kind: Kind, request: Request, journey: Awaitable[Outcome]) -> Awaitable[Outcome]:
        """A journey, told to whoever captures it; what is played again is not captured again."""
        if not self._capture.is_on or request.header(REPLAY_HEADER) is not None:
            return journey
        return self._telling(kind, request, journey)

    async def _telling(self, kind: Kind, request: Request, journey: Awaitable[Outcome]) -> Outcome:
        at, began = self._clock(), self._monotonic()
        outcome = await journey
        happened = Happened(
            kind=kind,
            at=at,
            method=request.method,
            path=request.path,
            form=request.query.encode("utf-8", "surrogateescape") if request.method == "GET" else request.body,
            blocked=request.header(BLOCKED_HEADER),
            account_sid=outcome.account_sid,
            outcome=outcome.what,
            reason=outcome.reason,
            scope=outcome.scope,
            confirmation=outcome.confirmation,
            status=outcome.answer.status,
            answer=outcome.answer.body if kind == "send" or outcome.answer.status >= FIRST_ERROR else b"",
            settings_version=outcome.settings_version,
            seconds=self._monotonic() - began,
            upstream_seconds=outcome.upstream_seconds,
            enforced=outcome.enforced,
            decided=outcome.decided,
        )
        if not self._capture.take(happened):
            metrics.CAPTURE_MISSED.inc()
        return outcome
