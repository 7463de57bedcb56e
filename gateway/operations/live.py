"""The live feed: new lines of activity as they are written, by whichever process.

One look at the store each second serves all who listen. Lines come to the store a little after their time, so a look
reaches back some seconds and passes over what it has seen; a line that was written later than that stands in the list
alone, and so does what is beyond two thousand lines a look. The feed shows, it does not prove.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

from gateway.messaging.activity import Activity
from gateway.store import Store, StoreError
from gateway.store.activity_reads import ActivityFilter
from gateway.store.identifiers import instant_of

EVERY_SECONDS: Final = 1.0
REACHES_BACK: Final = 15 * 1_000_000  # microseconds
LINES: Final = 2_000  # of one look
MOST_LISTENERS: Final = 20
MOST_WAITING: Final = 4_000  # lines that a listener may be behind


class TooManyListen(Exception):
    """There are as many listeners as there may be in one process."""


class Listener:
    """Somebody who listens to the lines that a filter lets through."""

    def __init__(self, wanted: ActivityFilter) -> None:
        self._wanted = wanted
        self._lines: list[Activity] = []
        self._has_news = asyncio.Event()
        self.is_ended = False

    def give(self, lines: Iterable[Activity]) -> None:
        """Have lines wait for the listener; one that is too far behind is ended."""
        self._lines += [line for line in lines if lets_through(self._wanted, line)]
        if len(self._lines) > MOST_WAITING:
            self.end()
        elif self._lines:
            self._has_news.set()

    def end(self) -> None:
        """Let it be over."""
        self.is_ended = True
        self._has_news.set()

    async def news(self, seconds: float) -> list[Activity]:
        """What came since the last call, oldest first; nothing when nothing came for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_news.wait(), seconds)
        self._has_news.clear()
        lines, self._lines = self._lines, []
        return lines


class LiveFeed:
    """Looks for new lines while somebody listens. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._seen: set[str] = set()
        self._is_wanted = asyncio.Event()
        self._is_over = False

    @contextlib.asynccontextmanager
    async def listening(self, wanted: ActivityFilter) -> AsyncIterator[Listener]:
        """Listen from now on. Raises `TooManyListen`, and `StoreUnavailable`."""
        if len(self._listeners) >= MOST_LISTENERS or self._is_over:
            raise TooManyListen
        listener = Listener(wanted)
        self._listeners.add(listener)
        try:
            if len(self._listeners) == 1:
                self._seen = {line.activity_id for line in await self._look()}
                self._is_wanted.set()
            yield listener
        finally:
            self._listeners.discard(listener)

    async def missed(self, after: str, wanted: ActivityFilter) -> tuple[list[Activity], bool]:
        """What came after a line that a listener had, oldest first, and whether that is all: of more than two thousand
        lines it is of the newest. Lines of the seconds before it are among them: they may have been written after it.
        Raises `StoreUnavailable`.
        """
        since = instant_of(after) - REACHES_BACK
        lines = await self._store.list_activity(ActivityFilter(wanted.account_sid, since=since), None, LINES)
        found = [line for line in reversed(lines) if line.activity_id != after and lets_through(wanted, line)]
        return found, len(lines) < LINES

    async def running(self, _: Any) -> AsyncIterator[None]:
        """Look for as long as an application runs (its ``cleanup_ctx``)."""
        task = asyncio.create_task(self._run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def end(self, _: Any) -> None:
        """End all who listen, and let nobody listen any more (an application's ``on_shutdown``)."""
        self._is_over = True
        for listener in self._listeners:
            listener.end()

    async def _run(self) -> None:
        while True:
            if not self._listeners:
                self._is_wanted.clear()
                await self._is_wanted.wait()
            with contextlib.suppress(StoreError):  # they wait: a heartbeat says that the feed is there
                self._give(await self._look())
            await asyncio.sleep(EVERY_SECONDS)

    async def _look(self) -> list[Activity]:
        since = self._clock() - REACHES_BACK
        return await self._store.list_activity(ActivityFilter(since=since), None, LINES)

    def _give(self, lines: list[Activity]) -> None:
        """Give out what is new of what was found, newest first, and remember what was found."""
        fresh = [line for line in reversed(lines) if line.activity_id not in self._seen]
        self._seen = {line.activity_id for line in lines}
        for listener in self._listeners:
            listener.give(fresh)


def lets_through(wanted: ActivityFilter, line: Activity) -> bool:
    """Whether a line is one that a filter wants; it is new, whenever that is."""
    names = ("account_sid", "direction", "decision", "reason", "service_sid", "message_sid")
    return all(getattr(wanted, name) in {None, getattr(line, name)} for name in names)
