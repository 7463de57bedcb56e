"""Lines brought into an order, more of them than fit into memory: SQLite sorts them, in files without a name that go
away with the process, in the folder for temporary ones (``SQLITE_TMPDIR``, ``TMPDIR``, ``/var/tmp``, ``/tmp``).
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any, Final

import orjson

from gateway.store.errors import StoreUnavailable

KEPT_IN_MEMORY: Final = -16 * 1024  # KiB, as SQLite counts them
NO_ROOM: Final = "the lines cannot be sorted: the folder for temporary files (TMPDIR) has no room, or cannot be written"
BEGIN: Final = (
    f"PRAGMA cache_size = {KEPT_IN_MEMORY}",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "CREATE TABLE lines (first, second, third, value TEXT NOT NULL)",
)
SORT: Final = "CREATE TABLE sorted AS SELECT value FROM lines ORDER BY first, second, third"
# One row, as Python's lock changes hands with each.
SOME: Final = "SELECT group_concat(value) FROM sorted WHERE rowid > :place AND rowid <= :place + :count"


IN_ORDER: Final = itemgetter(0, 1, 2)

Line = tuple[Any, ...]
"""What JSON can hold; sorted by its first three: two texts and a number."""


class SortedLines:
    """Lines sorted by their first three things: texts by their bytes, numbers by their size. One thread at a time may
    use it. All of it raises `StoreUnavailable` where the disk has no room.
    """

    def __init__(self) -> None:
        self.count = 0
        with _told():
            self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            for statement in (*BEGIN, "BEGIN"):
                self._file.execute(statement)

    def add(self, lines: Iterable[Line]) -> None:
        """Add lines, in any order."""
        rows = [(*line[:3], orjson.dumps(line).decode()) for line in lines]
        with _told():
            self.count += self._file.executemany("INSERT INTO lines VALUES (?, ?, ?, ?)", rows).rowcount

    def sort(self) -> None:
        """Sort them; none may be added from then on."""
        with _told():
            self._file.execute(SORT)

    def some(self, place: int, count: int) -> list[list[Any]]:
        """So many of the lines behind the first ``place``, or as many as there are, in their order."""
        with _told():
            [values] = self._file.execute(SOME, {"place": place, "count": count}).fetchone()
        lines: list[list[Any]] = orjson.loads(f"[{values or ''}]")
        lines.sort(key=IN_ORDER)  # SQLite promises no order within what it puts together
        return lines

    def close(self) -> None:
        """Drop all of it."""
        self._file.close()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(NO_ROOM) from error
