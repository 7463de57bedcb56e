"""How often somebody may try to sign in and fail, from one address and altogether, in all workers of a machine.

Tokens are too long to be guessed; this keeps the store from being asked without end, and makes trying show. A try
counts as failed from its beginning, so that many at once gain nothing. It is kept in memory, or by several workers in a
file of theirs, and not in the store, which it is to spare.
"""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

WINDOW_SECONDS: Final = 60.0
MOST_FROM_ONE: Final = 5
MOST_IN_ALL: Final = 60
SITE_PREFIX_BITS: Final = 64  # who has one IPv6 address has as many as they like below that

Tries = list[tuple[float, str]]
"""When, and from where; oldest first."""


class Throttle:
    """Failed tries of the last minute. ``clock`` gives seconds that only ever rise, the same in all processes;
    ``file`` is where all of them count, None: there is one.
    """

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._own: Tries = []

    def begin(self, address: str | None) -> int:
        """Begin a try; or for how many seconds nobody may from this address, which then counts for nothing."""
        now, site = self._clock(), _site(address)
        with self._tries() as tries:
            tries[:] = [each for each in tries if now - each[0] < WINDOW_SECONDS]
            here = [at for at, origin in tries if origin == site]
            if len(here) < MOST_FROM_ONE and len(tries) < MOST_IN_ALL:
                tries.append((now, site))
                return 0
            free_after = here[-MOST_FROM_ONE] if len(here) >= MOST_FROM_ONE else tries[0][0]
            return int(WINDOW_SECONDS - (now - free_after)) + 1

    def take_back(self, address: str | None) -> None:
        """A try that did not fail."""
        site = _site(address)
        with self._tries() as tries:
            for index in reversed(range(len(tries))):
                if tries[index][1] == site:
                    del tries[index]
                    return

    @contextlib.contextmanager
    def _tries(self) -> Iterator[Tries]:
        """What was counted, to be changed by one process at a time."""
        if self._file is None:
            yield self._own
            return
        with self._file.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            file.seek(0)
            tries = [_read(line) for line in file]
            yield tries
            file.truncate(0)
            file.writelines(f"{at!r} {site}\n" for at, site in tries)


def _read(line: str) -> tuple[float, str]:
    at, _, site = line.rstrip("\n").partition(" ")
    return float(at), site


def _site(address: str | None) -> str:
    try:
        read = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(read, IPv6Address):
        return str(read)
    return str(read.ipv4_mapped or int(read) >> SITE_PREFIX_BITS)
