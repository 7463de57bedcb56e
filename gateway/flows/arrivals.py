"""What came in from Twilio, and when last: webhooks, status callbacks, Event Streams; and what nobody had signed.

Kept in memory by each process; `gateway.operations.health` puts several together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.flows.outcome import Outcome, What

UNSIGNED: Final = "wrong_signature"


class Source(StrEnum):
    """By which way something comes in."""

    WEBHOOKS = "webhooks"
    STATUS_CALLBACKS = "status_callbacks"
    EVENT_STREAMS = "event_streams"


@dataclass(slots=True)
class Arrived:
    """How often something came since the start, and when last (microseconds since 1970, UTC; None: never)."""

    count: int = 0
    last_at: int | None = None

    def note(self, at: int) -> None:
        """Count one more."""
        self.count += 1
        self.last_at = at


class Arrivals:
    """``clock`` gives microseconds since 1970, UTC. What is ``failed`` was signed as it should be, and answered so that
    Twilio tries again.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.seen: dict[tuple[str, Source], Arrived] = {}  # by account
        self.failed: dict[tuple[str, Source], Arrived] = {}
        self.unsigned: dict[Source, Arrived] = {}  # whose account nobody knows

    def note(self, source: Source, outcome: Outcome) -> None:
        """Count a request of Twilio's by how it ended. Raises nothing."""
        now = self._clock()
        if outcome.reason == UNSIGNED:
            self.unsigned.setdefault(source, Arrived()).note(now)
        elif outcome.account_sid is not None:  # else it was no request of that kind at all
            key = outcome.account_sid, source
            self.seen.setdefault(key, Arrived()).note(now)
            if outcome.what is What.FAILED:
                self.failed.setdefault(key, Arrived()).note(now)
