"""A running gateway's capture: what happened goes into a bounded queue, and from there, off the path, to who wants it.

A send waits for nothing here and fails by nothing here: what does not fit into the queue is left out, counted, and told
by a line of its own; a file that cannot be written ends the capture, not the traffic. While nobody captures, taking is
one look at a flag.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from gateway.capture.files import Files, Full
from gateway.capture.records import Gap, Head, State, encode
from gateway.capture.scrubbing import Happened, Scrubber

log: Final = structlog.get_logger()

MOST_WAITING: Final = 10_000
MOST_WAITING_BYTES: Final = 32 * 1024 * 1024
MOST_AT_ONCE: Final = 500  # scrubbed in one go in another thread
MOST_UNREAD_BYTES: Final = 8 * 1024 * 1024  # of a listener that reads too slowly

StateOf = Callable[[], AsyncIterator[State]]
"""What is known now: accounts, services, pools, opt-outs."""


class Capture:
    """The capture of one process. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(self, scrubber: Scrubber, source: str, state: StateOf, clock: Callable[[], int]) -> None:
        self._scrubber = scrubber
        self._source = source
        self._state = state
        self._clock = clock
        self._files: Files | None = None
        self._listeners: set[Listener] = set()
        self._waiting: deque[Happened] = deque()
        self._waiting_bytes = 0
        self._missing = 0
        self._woken = asyncio.Event()
        self._is_stopping = False

    @property
    def is_on(self) -> bool:
        """Whether anybody captures."""
        return self._files is not None or bool(self._listeners)

    def take(self, happened: Happened) -> bool:
        """Take what happened, to be written soon; false where there was no room."""
        size = len(happened.form) + len(happened.answer)
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes + size > MOST_WAITING_BYTES:
            self._missing += 1
            return False
        self._waiting.append(happened)
        self._waiting_bytes += size
        self._woken.set()
        return True

    def head(self) -> Head:
        """The first line of a capture that begins now."""
        return Head(
            source=self._source,
            at=self._clock(),
            numbers="clear" if self._scrubber.clear_numbers else "pseudonyms",
            bodies="clear" if self._scrubber.clear_bodies else "pseudonyms",
        )

    async def state(self) -> AsyncIterator[bytes]:
        """What is known now, as lines. Raises what the store raises."""
        async for line in self._state():
            yield encode(self._scrubber.state(line))

    async def begin(self, path: Path, part_bytes: int, most_bytes: int) -> None:
        """Write to files from now on (`Files`), what is known first. Where they cannot be written, that is logged."""
        self._files = Files(path, self.head(), part_bytes, most_bytes)
        lines: list[bytes] = []
        async for line in self.state():
            lines.append(line)
            if len(lines) >= MOST_AT_ONCE:
                await asyncio.to_thread(self._write, lines)
                lines = []
        await asyncio.to_thread(self._write, lines)
        if self._files is not None:
            log.info("capture_began")

    @contextlib.contextmanager
    def listening(self) -> Iterator["Listener"]:
        """Hear what happens from now on."""
        listener = Listener(self._clock)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def run(self) -> None:
        """Write what was taken, until told to stop and all of it is written."""
        while not (self._is_stopping and not self._waiting):
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                await self._pass_on()
        for listener in self._listeners:
            listener.end()
        if self._files is not None:
            self._files.close()

    def stop(self) -> None:
        """End once what waits is written."""
        self._is_stopping = True
        self._woken.set()

    async def _pass_on(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        self._waiting_bytes -= sum(len(each.form) + len(each.answer) for each in batch)
        missing, self._missing = self._missing, 0
        lines = await asyncio.to_thread(self._lines, batch, missing)
        for listener in self._listeners:
            listener.hear(lines)

    def _lines(self, batch: Iterable[Happened], missing: int) -> list[bytes]:
        """The lines of a batch, written down; runs in another thread, one at a time."""
        lines = []
        for happened in batch:
            try:
                record = self._scrubber.traffic(happened)
                if record is not None:
                    lines.append(encode(record))
            except Exception as error:
                log.error("failed", side="capture", error=type(error).__name__)  # noqa: TRY400 - it may hold a number
                missing += 1
        if missing:
            lines.append(encode(Gap(at=self._clock(), missing=missing)))
        self._write(lines)
        return lines

    def _write(self, lines: Iterable[bytes]) -> None:
        if self._files is None:
            return
        try:
            self._files.write(lines)
        except (OSError, Full) as error:
            files, self._files = self._files, None
            with contextlib.suppress(OSError):
                files.close()
            why = error.strerror if isinstance(error, OSError) else "capture.most_bytes is reached"
            log.warning("capture_ended", why=why)


class Listener:
    """Somebody who reads along. What he is too slow for is left out, and told by a line of its own. ``clock`` gives
    microseconds since 1970, UTC.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._unread: deque[bytes] = deque()
        self._unread_bytes = 0
        self._missing = 0
        self._news = asyncio.Event()
        self._has_ended = False

    def hear(self, lines: Sequence[bytes]) -> None:
        """Have more to read."""
        whole = b"".join(lines)
        if self._unread_bytes + len(whole) > MOST_UNREAD_BYTES:
            self._missing += len(lines)
        else:
            self._unread.append(whole)
            self._unread_bytes += len(whole)
        self._news.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._has_ended = True
        self._news.set()

    async def heard(self, within_seconds: float) -> bytes | None:
        """What came since, as whole lines; nothing where nothing came in time, None at the end."""
        if not self._unread and not self._has_ended:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_seconds):
                    await self._news.wait()
        self._news.clear()
        if not self._unread:
            return None if self._has_ended else b""
        if self._missing:
            self._unread.append(encode(Gap(at=self._clock(), missing=self._missing)))
        whole = b"".join(self._unread)
        self._unread.clear()
        self._unread_bytes = self._missing = 0
        return whole
