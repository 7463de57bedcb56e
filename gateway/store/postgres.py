"""The seam to PostgreSQL: addresses, dialling, and one connection that raises only `StoreError`.

Only the primary is spoken to. What fails because two transactions met, or because the connection broke before COMMIT
was sent, is `TryAgain`: nothing of it was kept, and the same unit may be run again.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from gateway.store.delivery_statements import PASSING_OVER
from gateway.store.errors import NotStorable, StoreUnavailable, TryAgain
from gateway.store.event_statements import NEXT_POSITION, NEXT_POSITION_BY_SEQUENCE
from gateway.store.many_lines import (
    CELL,
    CELL_ON_POSTGRESQL,
    KEYS,
    KEYS_ON_POSTGRESQL,
    LINES,
    LINES_ON_POSTGRESQL,
)
from gateway.store.pending_lines import Statement

POSTGRES_URLS: Final = ("postgresql://", "postgres://")
BEHIND_PGBOUNCER: Final = "pgbouncer"  # ?pgbouncer=true: a pooler in transaction mode, which keeps no statements
CONNECT_SECONDS: Final = 5.0
LOCK_SECONDS: Final = 0.25  # a unit holds its lines for milliseconds; the server takes 1 s to see a deadlock
OURS: Final = {
    PASSING_OVER: "FOR UPDATE SKIP LOCKED",
    NEXT_POSITION: NEXT_POSITION_BY_SEQUENCE,
    KEYS: KEYS_ON_POSTGRESQL,
    LINES: LINES_ON_POSTGRESQL,
}
"""What stands in PostgreSQL's place of what SQLite understands."""
CELLS: Final = re.compile(re.escape(CELL).replace(r"\{\}", r"(\d+)"))
NAMED: Final = re.compile(r"(?<![:\w]):([a-z_][a-z_0-9]*)")

PLACE: Final = re.compile(r"\$(\d+)")
MOST_IN_ONE: Final = 8

Row = tuple[Any, ...]

MET_ANOTHER: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,
)
NOT_TAKEN: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError, OverflowError)
# The connection itself, or the server's process behind it, was ended.
BROKEN: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says of a connection that ended between two of its steps
    ConnectionError,
)
AWAY: Final = (asyncpg.PostgresError, OSError, TimeoutError, *BROKEN)
DRIVER_ERRORS: Final = (*MET_ANOTHER, *NOT_TAKEN, *AWAY)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the database is, as the driver takes it, and whether a pooler stands before it."""

    url: str
    is_behind_pgbouncer: bool

    @classmethod
    def of(cls, database_url: str) -> Self:
        """Read the address of the settings, taking what is for us out of its query."""
        parts = urlsplit(database_url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        ours = [value for name, value in query if name == BEHIND_PGBOUNCER]
        rest = [(name, value) for name, value in query if name != BEHIND_PGBOUNCER]
        url = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(rest), ""))
        return cls(url, ours == ["true"])

    def options(self, seconds: float | None = None) -> dict[str, Any]:
        """What a connection is made with; its statements, and its pauses in a transaction, take at most so long.

        A pooler keeps neither statements nor settings, and asking it who is the primary may reach another server than
        what follows. There each transaction begins with all that it needs: `beginning`.
        """
        if self.is_behind_pgbouncer:
            return {"timeout": CONNECT_SECONDS, "statement_cache_size": 0}
        limits = {} if seconds is None else _limits(seconds)
        return {"timeout": CONNECT_SECONDS, "target_session_attrs": "primary", "server_settings": limits}

    def beginning(self, begin: str, seconds: float) -> str:
        """The statements that begin a transaction of at most so long."""
        if not self.is_behind_pgbouncer:
            return begin
        return "; ".join((begin, *(f"SET LOCAL {name} = {value}" for name, value in _limits(seconds).items())))


def _limits(seconds: float) -> dict[str, str]:
    """The server's own limits, in milliseconds; 0 would be none."""
    most = str(max(1, int(seconds * 1_000)))
    locked = str(int(LOCK_SECONDS * 1_000))
    return {"statement_timeout": most, "idle_in_transaction_session_timeout": most, "lock_timeout": locked}


class PostgresConnection:
    """One connection that another owns, in or outside a transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def run(self, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """Run one statement and give back its rows. Raises `TryAgain`, `NotStorable` or `StoreUnavailable`."""
        statement, names = positional(sql)
        try:
            rows = await self._connection.fetch(statement, *[(values or {})[name] for name in names])
        except DRIVER_ERRORS as error:
            raise _of_statement(error) from error
        return [tuple(row) for row in rows]

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one statement for each of many sets of values, in their order; sent without waiting in between."""
        statement, names = positional(sql)
        try:
            await self._connection.executemany(statement, [[row[name] for name in names] for row in rows])
        except DRIVER_ERRORS as error:
            raise _of_statement(error) from error

    async def run_all(self, statements: Sequence[Statement]) -> None:
        """Run statements that add lines as parts of one, so that there is one round trip; many go one by one."""
        if not 1 < len(statements) <= MOST_IN_ONE:
            for sql, values in statements:
                await self.run(sql, values)
            return
        text, names = combined(tuple(sql for sql, _ in statements))
        try:
            await self._connection.fetch(text, *(statements[place][1][name] for place, name in names))
        except DRIVER_ERRORS as error:
            raise _of_statement(error) from error


def _of_statement(error: BaseException) -> NotStorable | StoreUnavailable | TryAgain:
    """What a statement's error means; where the connection broke, the unit may be tried again on another."""
    if isinstance(error, BROKEN) and not isinstance(error, (*MET_ANOTHER, *NOT_TAKEN)):
        return TryAgain(f"the connection broke ({type(error).__name__})")
    return translated(error)


def translated(error: BaseException) -> NotStorable | StoreUnavailable | TryAgain:
    """A driver's error in the store's terms; its text is left out, as it may hold a value."""
    name = type(error).__name__
    if isinstance(error, MET_ANOTHER):
        return TryAgain(f"another transaction was in the way ({name})")
    if isinstance(error, NOT_TAKEN):
        return NotStorable(f"the database does not take a value ({name})")
    return StoreUnavailable(f"the database does not do it ({name})")


@functools.cache
def positional(sql: str) -> tuple[str, tuple[str, ...]]:
    """SQL with ``:name`` made ``$1`` and so on, and the names in that order; ``::type`` stays."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    for theirs, ours in OURS.items():
        sql = sql.replace(theirs, ours)
    sql = CELLS.sub(lambda found: CELL_ON_POSTGRESQL.format(found[1]), sql)
    return NAMED.sub(number, sql), tuple(names)


@functools.cache
def combined(statements: tuple[str, ...]) -> tuple[str, list[tuple[int, str]]]:
    """Statements that change something as one, and for each of its values: of which of them it is, and its name."""
    parts: list[str] = []
    values: list[tuple[int, str]] = []
    for place, sql in enumerate(statements):
        text, names = positional(sql)
        before = len(values)
        parts.append(PLACE.sub(lambda found, before=before: f"${int(found[1]) + before}", text))  # type: ignore[misc]
        values += [(place, name) for name in names]
    first = ", ".join(f"part_{place} AS ({part})" for place, part in enumerate(parts[:-1]))
    return f"WITH {first} {parts[-1]}", values
