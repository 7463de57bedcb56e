"""The files of a running gateway's capture: parts of bounded size, never more in all than is allowed.

The first part holds the state that the capture began from, so no part is ever deleted to make room: when there is no
more, the capture ends.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from gateway.capture.records import Head, encode

OWNER_ALONE: Final = 0o600
SUFFIX: Final = ".jsonl"


class Full(Exception):
    """All files of the capture are as large as they may be together."""


class Files:
    """The parts of one capture. ``path`` names them: from ``traffic.jsonl`` come
    ``traffic.20260131T120000Z.4711.001.jsonl``, by start, process and part, so that none is ever written over. Each is
    cut at ``part_bytes``; those that ``path`` names, of former starts and other processes too, stay under
    ``most_bytes``. Every call raises `OSError` and `Full`.
    """

    def __init__(self, path: Path, head: Head, part_bytes: int, most_bytes: int) -> None:
        self._path = path
        self._head = head
        self._part_bytes = part_bytes
        self._most_bytes = most_bytes
        started = datetime.fromtimestamp(head.at // 1_000_000, UTC)
        self._stem = f"{path.name.removesuffix(SUFFIX)}.{started:%Y%m%dT%H%M%SZ}.{os.getpid()}"
        self._part = 0
        self._file: BinaryIO | None = None
        self._here = 0
        self._before = 0

    def write(self, lines: Iterable[bytes]) -> None:
        """Add lines, and give them to the operating system."""
        for line in lines:
            if self._file is None or self._here + len(line) > self._part_bytes:
                self._cut()
            self._put(line)
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put(self, line: bytes) -> None:
        self._demand_room(line)
        if self._file is not None:
            self._file.write(line)
            self._here += len(line)

    def _demand_room(self, line: bytes) -> None:
        if self._before + self._here + len(line) > self._most_bytes:
            raise Full

    def _cut(self) -> None:
        """Begin the next part."""
        self.close()
        self._before, self._here = self._bytes_on_disk(), 0
        head = encode(self._head.model_copy(update={"part": self._part + 1}))
        self._demand_room(head)
        self._part += 1
        name = self._path.parent / f"{self._stem}.{self._part:03d}{SUFFIX}"
        self._file = os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE), "wb")
        self._put(head)

    def _bytes_on_disk(self) -> int:
        named = self._path.name.removesuffix(SUFFIX)
        return sum(file.stat().st_size for file in self._path.parent.glob(f"{named}.*{SUFFIX}"))
