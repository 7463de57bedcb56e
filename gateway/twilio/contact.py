"""What this process had from one upstream: kept in plain fields, so that a send costs no more than
setting them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    """How a request of an upstream failed."""

    CONNECT = "connect"  # no connection: name, network, refused, or not within the time limit
    TLS = "tls"  # no connection that both sides trust
    NO_PLACE = "no_place"  # as many requests as may be were under way already
    TIME_OUT = "time_out"  # no whole answer within the time limit
    BROKEN = "broken"  # the connection ended before the answer was whole, or what came is no answer
    SERVER_ERROR = "server_error"  # answered with 500 to 599
    THROTTLED = "throttled"  # answered with 429


FIRST_TROUBLED: Final = 429  # statuses below are answers, whatever they say
SERVER_ERRORS: Final = 500


@dataclass(slots=True)
class Contact:
    """Counts since the start; moments are seconds of the clock that the upstream goes by, None: never."""

    answered: int = 0
    answered_at: float | None = None
    troubles: dict[Trouble, int] = field(default_factory=dict)
    troubled_at: float | None = None
    trouble: Trouble | None = None  # the last one

    def note(self, trouble: Trouble, now: float) -> None:
        """Count a request that failed."""
        self.troubles[trouble] = self.troubles.get(trouble, 0) + 1
        self.trouble, self.troubled_at = trouble, now

    def note_status(self, status: int, now: float) -> None:
        """Count an answer that may be trouble, by its status; what is below `FIRST_TROUBLED` needs no look."""
        if status >= SERVER_ERRORS:
            self.note(Trouble.SERVER_ERROR, now)
        elif status == FIRST_TROUBLED:
            self.note(Trouble.THROTTLED, now)
        else:
            self.answered += 1
            self.answered_at = now


@dataclass(frozen=True, slots=True)
class PoolState:
    """How many connections are in use, how many wait open to be used again, and how many there may be."""

    in_use: int
    idle: int
    most: int
