"""Lets sinks keep up with an import.

Each line that changes something is told to the account's sinks. A gateway keeps `events.most_owed` for each of them and
puts the oldest of more aside, so an import that owed all at once would push out what it told itself, and what others
did. So it waits, before each batch, until every sink has taken enough; half of the place is left to the traffic.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.operations.imports.errors import SinksAreFull
from gateway.store import Store

MOST_OWED: Final = 100_000  # as `events.most_owed` where the settings do not say
LOOK_AGAIN_SECONDS: Final = 0.5
PATIENCE: Final = 300  # looks: 150 s, longer than a sink that takes nothing is left alone


class Room:
    """Room in what the sinks of an account are owed. ``pause`` waits so many seconds."""

    def __init__(
        self,
        store: Store,
        account_sid: str,
        most_owed: int,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._account_sid = account_sid
        self._most = most_owed // 2
        self._pause = pause

    @property
    def most_lines(self) -> int:
        """How many lines a batch has at most, so that room comes before all is taken."""
        return max(1, self._most // 2)

    async def wait_for(self, lines: int) -> None:
        """Wait until each sink has room for so many events. Raises `SinksAreFull` where none is taken for too long."""
        least, looks = None, 0
        while owed := await self._in_the_way(lines):
            if least is None or owed < least:
                least, looks = owed, 0
            if looks == PATIENCE:
                raise SinksAreFull(owed)
            looks += 1
            await self._pause(LOOK_AGAIN_SECONDS)

    async def _in_the_way(self, lines: int) -> int:
        """How much the sink without room is owed that is owed the most; 0 where all have room."""
        owed = await self._store.most_owed_of_sinks(self._account_sid)
        return owed if owed + lines > self._most else 0
