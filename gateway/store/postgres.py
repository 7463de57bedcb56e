"""The seam to PostgreSQL: addresses, dialling, and one connection that raises only `StoreError`.

Only the primary is spoken to. What fails because two transactions met is `TryAgain`: nothing of it was kept, and the
same unit may be run again.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from gateway.store.errors import NotStorable, StoreUnavailable, TryAgain
from gateway.store.statements import PASSING_OVER

POSTGRES_URLS: Final = ("postgresql://", "postgres://")
BEHIND_PGBOUNCER: Final = "pgbouncer"  # ?pgbouncer=true: a pooler in transaction mode, which keeps no statements
CONNECT_SECONDS: Final = 5.0
NAMED: Final = re.compile(r"(?<![:\w]):([a-z_]+)")

Row = tuple[Any, ...]

MET_ANOTHER: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
NOT_TAKEN: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, UnicodeError, OverflowError)
AWAY: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
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

    def options(self) -> dict[str, Any]:
        """What every connection is made with."""
        options: dict[str, Any] = {"timeout": CONNECT_SECONDS, "target_session_attrs": "primary"}
        if self.is_behind_pgbouncer:
            options["statement_cache_size"] = 0
        return options


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
            raise translated(error) from error
        return [tuple(row) for row in rows]


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

    return NAMED.sub(number, sql.replace(PASSING_OVER, "FOR UPDATE SKIP LOCKED")), tuple(names)
