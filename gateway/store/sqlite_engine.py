"""SQLite: one file, used by any number of processes of one host; here through three connections: check, write, read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from gateway.messaging.optouts import RecipientKey
from gateway.store import statements as sql
from gateway.store.engine import Connection, Engine, Row, T, UnitOfWork
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.persons import Persons
from gateway.store.sqlite import SqliteConnection
from gateway.store.writer import Writer

WRITERS_CACHE: Final = "PRAGMA cache_size = -65536"  # KiB at most: keys of people come in no order, by the thousand


class SqliteEngine(Engine):
    """One SQLite file."""

    lanes = 1

    def __init__(self, path: Path, persons: Persons) -> None:
        super().__init__(persons)
        self._path = path
        self._reading = asyncio.Lock()
        self._connections: list[SqliteConnection] = []
        self._file: tuple[int, int] | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open three connections to the file, which has to be there."""
        self._file = _identity(self._path)
        try:
            self._checks, writes, self._reads = [await self._connect() for _ in range(3)]
            await writes.run(WRITERS_CACHE)
        except BaseException:
            await self.close()
            raise
        self._writer = Writer(writes, self._demand_same_file, self.persons)
        self._task = asyncio.create_task(self._writer.run())

    async def close(self) -> None:
        """Break off writing and close the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        while self._connections:
            await self._connections.pop().close()

    async def find(self, keys: Sequence[RecipientKey]) -> list[Row]:
        """Look the keys up on the connection that does nothing else."""
        listed = [(key.account_sid, key.channel, key.recipient_key) for key in keys]
        found = await self._checks.run(sql.FIND_OPT_OUTS, {"keys": orjson.dumps(listed).decode()})
        return [tuple(row) for row in orjson.loads(found[0][0])]

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Hand a unit to the writer, who commits in groups."""
        return await self._writer.write(unit)

    async def read(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        """Run a reading statement on the connection for reading, one at a time."""
        async with self._reading:
            return await self._reads.run(sql, values)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """The connection for reading, within one transaction."""
        async with self._reading:
            try:
                await self._reads.run("BEGIN")  # inside: a caller cancelled here has begun it all the same
                yield self._reads
            finally:
                with contextlib.suppress(StoreError):  # there is none to end when it could not begin
                    await self._reads.run("COMMIT")

    @property
    def is_writable(self) -> bool:
        """Whether the last commit succeeded."""
        return self._writer.is_writable

    @property
    def commits(self) -> int:
        """How many groups were committed."""
        return self._writer.commits

    async def _connect(self) -> SqliteConnection:
        connection = await SqliteConnection.open(self._path)
        self._connections.append(connection)
        return connection

    def _demand_same_file(self) -> None:
        if _identity(self._path) != self._file:
            raise StoreUnavailable("the database file was moved or replaced; restart the gateway")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
