"""Bringing a store's schema to the version this code knows, and telling whether it is there.

Alembic works on an ordinary blocking connection; call these from a worker thread.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.store.errors import SchemaUnknown, StoreUnavailable
from gateway.store.sqlite import path_of

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_COMMAND = "gateway db upgrade"


def upgrade(database_url: str) -> str:
    """Bring the schema to the newest revision, whose name is returned. Raises `StoreUnavailable`, `SchemaUnknown`."""
    with _connected(database_url) as connection:
        _begin(connection)
        _refuse_newer(connection)
        command.upgrade(_alembic(connection), "head")
        connection.commit()
        return newest_revision()


def prepare(database_url: str) -> None:
    """Make an empty store ready; raises `SchemaUnknown` for one at another revision, with the command to run."""
    with _connected(database_url) as connection:
        if not inspect(connection).get_table_names():
            _begin(connection)
            if not inspect(connection).get_table_names():  # another process may have been first
                command.upgrade(_alembic(connection), "head")
            connection.commit()
        _refuse_newer(connection)
        current = current_revision(connection)
        if current != newest_revision():
            was = current or "none"
            message = f"the store's schema is at revision {was}, this version needs {newest_revision()}; "
            raise SchemaUnknown(message + f"make a backup, then run: {UPGRADE_COMMAND}")


def current_revision(connection: Connection) -> str | None:
    """The revision the schema is at; None when no migration has ever run on it."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The newest revision this version knows."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or ""


def _begin(connection: Connection) -> None:
    """Take the lock that writing needs: one process changes the schema at a time, and all of it or nothing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_newer(connection: Connection) -> None:
    current = current_revision(connection)
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if current is None and inspect(connection).get_table_names():
        raise SchemaUnknown(
            "the database holds tables, but no gateway made them; give the gateway a database of its own"
        )
    if current is not None and current not in known:
        raise SchemaUnknown(
            f"the store's schema is at revision {current}, which this version does not know; "
            "install the version of the gateway that made it, or a later one"
        )


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextlib.contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    path = path_of(database_url)
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)  # may hold "%" or "?"
    try:
        _make_private(path)
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable(f"the database cannot be opened or changed ({type(error).__name__})") from error
    finally:
        engine.dispose()


def _make_private(path: Path) -> None:
    """Make the file if there is none, for its owner's eyes only: it holds numbers and the root key. SQLite gives the
    files beside it the same mode.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
