"""Wrong credentials, slowed down: a caller who guesses waits longer and longer, everybody else not at all.

A caller is an address and a user name, as the connection and the credentials say, never as a header such as
X-Forwarded-For claims. Credentials that are known to be right never come here.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from gateway.twilio.errors import TOO_MANY_ATTEMPTS, TrafficError

FREE: Final = 5  # wrong attempts that cost nothing, as while an app is being set up
FIRST_SECONDS: Final = 0.25
MOST_SECONDS: Final = 4.0
LONGEST_WAIT_SECONDS: Final = 10.0
FORGET_SECONDS: Final = 300.0
MOST_CALLERS: Final = 10_000  # about 2 MB


@dataclass(slots=True)
class _Caller:
    wrong: int = 0
    last_at: float = 0.0
    next_at: float = 0.0


def caller_of(remote: str, user: bytes) -> bytes:
    """The name under which a caller's wrong attempts are counted, of one length whatever it sends."""
    return hashlib.blake2b(remote.encode() + b"\n" + user, digest_size=16).digest()


class Attempts:
    """Wrong attempts of each caller; the least recent callers are forgotten first."""

    def __init__(
        self, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._callers: OrderedDict[bytes, _Caller] = OrderedDict()

    async def slow_down(self, caller: bytes, under_way: int = 0) -> None:
        """Wait for the caller's turn; ``under_way`` are attempts of his that are not answered yet, and count as wrong.

        Raises `TrafficError` (429) when his turn would come in more than ten seconds.
        """
        known = self._callers.get(caller)
        now = self._monotonic()
        if known is not None and now - known.last_at > FORGET_SECONDS:
            del self._callers[caller]
            known = None
        beyond = (known.wrong if known else 0) + under_way - FREE
        if beyond < 0:
            return
        known = self._touched(caller)
        turn = max(known.next_at, now) + min(FIRST_SECONDS * 2 ** min(beyond, 16), MOST_SECONDS)
        if turn - now > LONGEST_WAIT_SECONDS:
            raise TrafficError(TOO_MANY_ATTEMPTS, "too many wrong credentials came from this caller")
        known.next_at = turn
        await self._sleep(turn - now)

    def wrong(self, caller: bytes) -> None:
        """Count a wrong attempt."""
        self._touched(caller).wrong += 1

    def right(self, caller: bytes) -> None:
        """Forget a caller whose credentials were right."""
        self._callers.pop(caller, None)

    def _touched(self, caller: bytes) -> _Caller:
        known = self._callers.setdefault(caller, _Caller())
        known.last_at = self._monotonic()
        self._callers.move_to_end(caller)
        if len(self._callers) > MOST_CALLERS:
            self._callers.popitem(last=False)
        return known
