"""Whether a store's schema is this version's, asked without Alembic and SQLAlchemy: importing those takes a third of a
start, and an ordinary start needs no more than to know that nothing is to be done.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from gateway.store.errors import StoreUnavailable
from gateway.store.postgres import DRIVER_ERRORS, POSTGRES_URLS, PostgresAddress
from gateway.store.sqlite import path_of

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
REVISION: Final = "SELECT version_num FROM alembic_version"


def is_at_newest(database_url: str) -> bool:
    """Whether the store is there with the schema of this version. False says no more than that `upgrade.prepare` is to
    look. Raises `StoreUnavailable` when PostgreSQL is away.
    """
    if database_url.startswith(POSTGRES_URLS):
        return asyncio.run(_revision_on_postgres(PostgresAddress.of(database_url))) == newest()
    return _revision_on_sqlite(path_of(database_url)) == newest()


def newest() -> str:
    """The newest revision this version knows: the names of migrations begin with their numbers."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def _revision_on_sqlite(path: Path) -> str | None:
    address = f"file:{quote(str(path))}?mode=rw"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        return ",".join(str(revision) for (revision,) in connection.execute(REVISION))  # one, unless it is broken
    return None


async def _revision_on_postgres(address: PostgresAddress) -> str | None:
    try:
        connection = await asyncpg.connect(address.url, **(address.options() | {"statement_cache_size": 0}))
        try:
            return str(await connection.fetchval(REVISION))
        finally:
            await connection.close()
    except asyncpg.PostgresError:  # the server is there and refuses: there is no such table, or nobody may look
        return None
    except DRIVER_ERRORS as error:
        raise StoreUnavailable(f"the database cannot be opened or changed ({type(error).__name__})") from error
