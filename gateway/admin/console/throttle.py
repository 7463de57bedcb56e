"""How often somebody may fail to sign in, from one address and altogether, in each process.

Tokens are too long to be guessed; this keeps the store from being asked without end, and makes trying show.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

WINDOW_SECONDS: Final = 60.0
MOST_FROM_ONE: Final = 5
MOST_IN_ALL: Final = 60
SITE_PREFIX_BITS: Final = 64  # who has one IPv6 address has as many as they like below that


class Throttle:
    """Failures of the last minute. ``clock`` gives seconds that only ever rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque(maxlen=MOST_IN_ALL)

    def wait(self, address: str | None) -> int:
        """For how many seconds nobody may try from an address; 0: now."""
        now = self._clock()
        while self._failures and now - self._failures[0][0] >= WINDOW_SECONDS:
            self._failures.popleft()
        counts = Counter(site for _, site in self._failures)
        if counts[_site(address)] < MOST_FROM_ONE and len(self._failures) < MOST_IN_ALL:
            return 0
        return int(WINDOW_SECONDS - (now - self._failures[0][0])) + 1

    def failed(self, address: str | None) -> None:
        """Count a failure."""
        self._failures.append((self._clock(), _site(address)))


def _site(address: str | None) -> str:
    try:
        read = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(read, IPv6Address):
        return str(read)
    return str(read.ipv4_mapped or int(read) >> SITE_PREFIX_BITS)
