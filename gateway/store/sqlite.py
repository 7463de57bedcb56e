"""The seam to SQLite: one connection, in autocommit, that speaks SQL and raises only `StoreError`.

Write-ahead log and ``synchronous=FULL``: a commit that returned is on the disk. Transactions are begun with
``BEGIN IMMEDIATE`` by whoever writes, so that two writing processes queue instead of failing half-way.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import aiosqlite

from gateway.store.errors import NotStorable, StoreUnavailable
from gateway.store.pending_lines import Statement

SQLITE_URL: Final = "sqlite:///"
BUSY_TIMEOUT_MILLISECONDS: Final = 2_000
PRAGMAS: Final = (f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}", "PRAGMA synchronous = FULL")
WRITE_AHEAD_LOG: Final = "PRAGMA journal_mode = WAL"
TRIES: Final = 40
PAUSE_SECONDS: Final = 0.05
CHUNK: Final = 64  # rows that the driver fetches at once where somebody iterates, which nobody does here

NOT_TAKEN: Final = (sqlite3.IntegrityError, sqlite3.DataError, UnicodeError, OverflowError)
DRIVER_ERRORS: Final = (*NOT_TAKEN, sqlite3.Error, ValueError)

Row = tuple[Any, ...]


def path_of(database_url: str) -> Path:
    """The file that a ``sqlite:///…`` address names; three slashes are relative, four absolute."""
    return Path(database_url.removeprefix(SQLITE_URL))


class _Connection(aiosqlite.Connection):
    """The driver's connection, which can do several things in one turn of its thread."""

    async def execute_all(self, statements: Sequence[Statement]) -> None:
        await self._execute(self._execute_each, statements)  # type: ignore[no-untyped-call]

    def _execute_each(self, statements: Sequence[Statement]) -> None:
        for sql, values in statements:
            self._conn.execute(sql, values)


class SqliteConnection:
    """One connection with a thread of its own. Raises `NotStorable` when the driver refuses a value, and
    `StoreUnavailable` for whatever else it raises.
    """

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open an existing database file. Raises `StoreUnavailable`."""
        try:
            connection = _Connection(partial(_dialled, path), CHUNK)
            await connection
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the database file cannot be opened ({error})") from error
        opened = cls(connection)
        try:
            for pragma in PRAGMAS:
                await opened.run(pragma)
            await opened._use_write_ahead_log()
        except BaseException:
            await opened.close()  # also when cancelled: a thread left over would keep the process from ending
            raise
        return opened

    async def run(self, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """Run one statement and give back its rows, as many as it has."""
        try:
            return list(await self._connection.execute_fetchall(sql, values))  # type: ignore[arg-type]
        except DRIVER_ERRORS as error:
            raise _translated(error) from error

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one statement for each of many sets of values, in their order."""
        try:
            await (await self._connection.executemany(sql, rows)).close()
        except DRIVER_ERRORS as error:
            raise _translated(error) from error

    async def run_all(self, statements: Sequence[Statement]) -> None:
        """Run statements one after another in one turn of the thread; what comes after one that fails is not run."""
        try:
            await self._connection.execute_all(statements)
        except DRIVER_ERRORS as error:
            raise _translated(error) from error

    async def _use_write_ahead_log(self) -> None:
        """Switch to the log. Here SQLite refuses at once when another process does the same, so the waiting is ours."""
        for attempt in range(1, TRIES + 1):
            try:
                await self.run(WRITE_AHEAD_LOG)
            except StoreUnavailable:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return

    async def close(self) -> None:
        """Close the connection and end its thread."""
        with contextlib.suppress(sqlite3.Error, ValueError):  # the thread ends all the same
            await self._connection.close()


def _dialled(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)


def _translated(error: Exception) -> NotStorable | StoreUnavailable:
    """A driver's error in the store's terms."""
    if isinstance(error, NOT_TAKEN):
        return NotStorable(f"the database does not take a value ({type(error).__name__})")
    # ValueError is aiosqlite's for a connection that is closed. The text is SQLite's own: it names tables and
    # conditions ("database is locked"), never a value.
    return StoreUnavailable(f"the database does not do it ({error})")
