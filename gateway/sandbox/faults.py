"""Trouble to order: what may go wrong between an API client and Twilio.

A fault waits for a request that fits, spoils it and is used up. `before` spoils the request before anything is
done; `after` lets the message be created first and spoils the answer: the client cannot know the outcome.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal["delay", "status", "reset", "hang", "drip", "truncate"]
When = Literal["before", "after"]

KINDS: tuple[str, ...] = get_args(Kind)
WHENS: tuple[str, ...] = get_args(When)


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble for the requests that fit.

    delay: wait `seconds`; status: answer `status` in Twilio's error form; reset: break the connection;
    hang: say nothing for `seconds`, then break it; drip: send the answer byte by byte over `seconds`;
    truncate: break the connection in the middle of the answer's body.
    """

    kind: Kind
    seconds: float = 0.5
    status: int = 429
    retry_after: int | None = None
    """Seconds for a `Retry-After` header with `status`."""

    times: int | None = 1
    """Requests that it spoils; None: until it is removed."""

    method: str | None = None
    path_prefix: str = "/2010-04-01/"
    when: When = "before"


class Faults:
    """The faults that wait, the oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """The faults with the times that are left to them."""
        return tuple(self._waiting)

    def replace(self, faults: tuple[Fault, ...]) -> None:
        """Wait with these faults and no other."""
        self._waiting = list(faults)

    def add(self, fault: Fault) -> None:
        """Wait with one more."""
        self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that fits the request; one of its times is used up."""
        for index, fault in enumerate(self._waiting):
            if fault.method not in (None, method) or not path.startswith(fault.path_prefix):
                continue
            if fault.times == 1:
                del self._waiting[index]
            elif fault.times is not None:
                self._waiting[index] = replace(fault, times=fault.times - 1)
            return fault
        return None
