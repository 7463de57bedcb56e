"""What this process knows of whom it depends on, together with what the other workers do.

Several workers write theirs each second, where it differs, into files of one folder, where whichever of them is asked
adds all up: what it tells of the others is at most a second old. A file is named for the worker's number: who takes a
dead worker's place goes on from its counts. Nothing of it is in the store, so that it can be told without one.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from gateway.operations.process_health import ProcessHealth, read_health, sum_of

log: Final = structlog.get_logger()

EVERY_SECONDS: Final = 1.0
PATTERN: Final = "health-*.json"


class SharedHealth:
    """``own`` gives what this process knows. ``folder`` is where the others write theirs, None: there are none;
    ``number`` is this worker's.
    """

    def __init__(self, own: Callable[[], ProcessHealth], folder: Path | None = None, number: int = 0) -> None:
        self._own = own
        self._folder = folder
        self._file = None if folder is None else folder / PATTERN.replace("*", str(number))
        before = None if self._file is None else _read(self._file)
        self._before = None if before is None else before.of_the_past()
        self._written = b""

    def now(self) -> ProcessHealth:
        """What all know together."""
        others = [] if self._folder is None else sorted(self._folder.glob(PATTERN))
        read = [_read(path) for path in others if path != self._file]
        return sum_of([self._mine(), *(each for each in read if each is not None)])

    async def run(self) -> None:
        """Write what this process knows, until cancelled; the service owns the task."""
        while self._file is not None:
            self._write(self._file)
            await asyncio.sleep(EVERY_SECONDS)

    def _mine(self) -> ProcessHealth:
        own = self._own()
        return own if self._before is None else own.plus(self._before)

    def _write(self, file: Path) -> None:
        content = self._mine().to_json()
        if content == self._written:
            return
        whole = file.with_suffix(".new")
        try:
            whole.write_bytes(content)
            whole.replace(file)  # nobody reads half of it
        except OSError as error:
            log.warning("health_not_shared", error=type(error).__name__)
            return
        self._written = content


def _read(file: Path) -> ProcessHealth | None:
    try:
        return read_health(file.read_bytes())
    except OSError:  # a worker that never got so far
        return None
