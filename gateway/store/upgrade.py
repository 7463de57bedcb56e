"""Bringing a store's schema to the version this code knows, and telling whether it is there.

Alembic works on an ordinary blocking connection; call these from a worker thread.
"""

import asyncio
import contextlib
import os
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.store.errors import SchemaUnknown, StoreUnavailable
from gateway.store.postgres import DRIVER_ERRORS, POSTGRES_URLS, PostgresAddress
from gateway.store.sqlite import path_of

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA_LOCK = 21_610  # any number that no other program of this database takes
UPGRADE_COMMAND = "gateway db upgrade"


def upgrade(database_url: str) -> str:
    """Bring the schema to the newest revision, whose name is returned. Raises `StoreUnavailable`, `SchemaUnknown`."""

    def work(connection: Connection) -> str:
        _begin(connection)
        _refuse_newer(connection)
        command.upgrade(_alembic(connection), "head")
        connection.commit()
        return newest_revision()

    return _done(database_url, work)


def prepare(database_url: str) -> bool:
    """Make an empty store ready, and tell whether it was; raises `SchemaUnknown` for one at another revision, with the
    command to run.
    """

    def work(connection: Connection) -> bool:
        is_made = False
        if not _tables(connection):
            _begin(connection)
            if is_made := not _tables(connection):  # else another process was first
                command.upgrade(_alembic(connection), "head")
            connection.commit()
        _demand_newest(connection)
        return is_made

    return _done(database_url, work)


def is_ready(database_url: str) -> bool:
    """Whether there is a store; makes none. Raises `StoreUnavailable`, and `SchemaUnknown` as `prepare` does."""

    def work(connection: Connection) -> bool:
        if not _tables(connection):
            return False
        _demand_newest(connection)
        return True

    if not database_url.startswith(POSTGRES_URLS) and not path_of(database_url).exists():
        return False
    return _done(database_url, work)


def current_revision(connection: Connection) -> str | None:
    """The revision the schema is at; None when no migration has ever run on it."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The newest revision this version knows."""
    return _known_revisions()[0]


@cache
def _known_revisions() -> tuple[str, ...]:
    """The revisions this version knows, newest first; Alembic compiles and runs the file of each to tell them."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def _begin(connection: Connection) -> None:
    """Take the lock that writing needs: one process changes the schema at a time, and all of it or nothing."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.rollback()  # what was read before the lock may be out of date
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")


def _tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def _refuse_newer(connection: Connection) -> None:
    current = current_revision(connection)
    if current is None and _tables(connection):
        raise SchemaUnknown(
            "the database holds tables, but no gateway made them; give the gateway a database of its own"
        )
    if current is not None and current not in _known_revisions():
        raise SchemaUnknown(
            f"the store's schema is at revision {current}, which this version does not know; "
            "install the version of the gateway that made it, or a later one"
        )


def _demand_newest(connection: Connection) -> None:
    _refuse_newer(connection)
    current = current_revision(connection)
    if current != newest_revision():
        was = current or "none"
        message = f"the store's schema is at revision {was}, this version needs {newest_revision()}; "
        raise SchemaUnknown(message + f"make a backup, then run: {UPGRADE_COMMAND}")


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _done(database_url: str, work: Callable[[Connection], T]) -> T:
    """Do something on a connection of SQLAlchemy's, whose errors end here."""
    try:
        if database_url.startswith(POSTGRES_URLS):
            return asyncio.run(_done_on_postgres(PostgresAddress.of(database_url), work))
        return _done_on_sqlite(path_of(database_url), work)
    except (SQLAlchemyError, OSError, *DRIVER_ERRORS) as error:
        raise StoreUnavailable(f"the database cannot be opened or changed ({type(error).__name__})") from error


def _done_on_sqlite(path: Path, work: Callable[[Connection], T]) -> T:
    _make_private(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)  # may hold "%" or "?"
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _done_on_postgres(address: PostgresAddress, work: Callable[[Connection], T]) -> T:
    """The driver is asyncpg here too, with a loop of its own: the one for serving may be busy or not there."""
    # Statements are neither kept nor given a name that a pooler's next client might meet.
    unnamed = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: f"__{uuid.uuid4()}__"}
    options = address.options() | {"dsn": address.url, "statement_cache_size": 0} | unnamed
    engine = create_async_engine("postgresql+asyncpg://", poolclass=NullPool, connect_args=options)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _make_private(path: Path) -> None:
    """Make the file if there is none, for its owner's eyes only: it holds numbers and the root key. SQLite gives the
    files beside it the same mode.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
