"""Databases with the schema in them, lent to one test after another: making one costs more than most tests do.

One that comes back is emptied past its triggers; one whose schema or settings a test changed, or that grew, is dropped.
"""

import asyncio
import threading
import time
import uuid
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import asyncpg

from tests.postgres_server import PostgresServer

T = TypeVar("T")

TEMPLATE: Final = "prepared"
MOST_BYTES: Final = 32 * 1024 * 1024  # a new one has 8 MB
CLOSED_WITHIN_SECONDS: Final = 20.0  # a busy machine is late

# Whatever changes a schema writes lines of these anew; ``xmin`` tells by which transaction.
CATALOGS: Final = "pg_class pg_attribute pg_constraint pg_index pg_namespace pg_proc pg_trigger pg_db_role_setting"
SHAPE: Final = " UNION ALL ".join(
    f"SELECT '{name}', count(*), sum(xmin::text::bigint) FROM {name}"  # noqa: S608 - the names above
    for name in CATALOGS.split()
)
TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SEQUENCES: Final = "SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences"
OTHERS: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
SIZE: Final = "SELECT pg_database_size(current_database())"


class LentDatabases:
    """Those of one server, which holds the template. Its connections have a thread of their own, so that any thread,
    whether it runs a loop or not, may wait for them.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lent databases", daemon=True)
        self._thread.start()
        self._postgres = self._wait_for(asyncpg.connect(server.url("postgres")))
        self._connections: dict[str, asyncpg.Connection] = {}
        self._shapes: dict[str, object] = {}
        self._idle: list[str] = []

    def lend(self) -> str:
        """The name of a database with the schema in it, and no line."""
        return self._idle.pop() if self._idle else self._wait_for(self._make())

    def take_back(self, name: str) -> None:
        """Empty it for the next. Fails when somebody is still connected to it after a while."""
        self._wait_for(self._take_back(name))

    def make_empty(self) -> str:
        """The name of a new database without a schema."""
        return self._wait_for(self._create("template0"))

    def drop(self, name: str) -> None:
        """Drop it. Fails when somebody is still connected to it after a while."""
        self._wait_for(self._drop(name))

    def close(self) -> None:
        """Close every connection."""
        for connection in (self._postgres, *self._connections.values()):
            self._wait_for(connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        async def done() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    async def _create(self, template: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        await self._postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def _make(self) -> str:
        name = await self._create(TEMPLATE)
        connection = await asyncpg.connect(self._server.url(name))
        self._connections[name] = connection
        self._shapes[name] = await connection.fetch(SHAPE)
        return name

    async def _take_back(self, name: str) -> None:
        connection = self._connections[name]
        if await _left(connection, OTHERS) or await connection.fetchval(SIZE) > MOST_BYTES:
            await self._drop(name)
            return
        tables = [table for (table,) in await connection.fetch(TABLES)]
        deletes = "".join(f"DELETE FROM {table}; " for table in tables)  # noqa: S608 - as the server names them
        await connection.execute(f"SET session_replication_role = replica; {deletes}")  # no trigger forbids it
        await connection.fetch(SEQUENCES)
        if await connection.fetch(SHAPE) == self._shapes[name]:
            self._idle.append(name)
        else:
            await self._drop(name)

    async def _drop(self, name: str) -> None:
        if name in self._connections:
            await self._connections.pop(name).close()
        others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - a name made above
        left = await _left(self._postgres, others)
        await self._postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
        assert not left, f"{left} connections were left open"


async def _left(connection: asyncpg.Connection, query: str) -> int:
    """How many connections there still are when the server has had its time to notice that they were closed."""
    give_up_at = time.monotonic() + CLOSED_WITHIN_SECONDS
    while left := int(await connection.fetchval(query)):
        if time.monotonic() > give_up_at:
            break
        await asyncio.sleep(0.005)
    return left
