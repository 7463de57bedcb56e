"""PostgreSQL: one primary, used by any number of processes and hosts.

Units of work run side by side, each serializable, and are run again when two of them met. Look-ups have connections of
their own, so that writing cannot keep them waiting; reading has, too, as a unit may read on the side.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import asyncpg

from gateway.messaging.optouts import RecipientKey
from gateway.store import statements as sql
from gateway.store.engine import Connection, Engine, Row, T, UnitOfWork
from gateway.store.errors import NotStorable, StoreError, StoreUnavailable, TryAgain
from gateway.store.postgres import DRIVER_ERRORS, PostgresAddress, PostgresConnection, translated
from gateway.store.transaction import Transaction

FIND_SECONDS: Final = 0.8  # within what `Lookup` gives: a connection that hangs is dropped and dialled again
READ_SECONDS: Final = 5.0
WRITE_SECONDS: Final = 10.0  # Twilio waits 15 s for the answer to a webhook
TRIES: Final = 20
LONGEST_PAUSE_SECONDS: Final = 0.1
CLOSE_SECONDS: Final = 1.0
WRITERS: Final = 8
READERS: Final = 4


class PostgresEngine(Engine):
    """One PostgreSQL database."""

    lanes = 2

    def __init__(self, database_url: str) -> None:
        self._address = PostgresAddress.of(database_url)
        self._writable = True
        self._commits = 0
        self._is_closed = False
        self._units: set[asyncio.Task[object]] = set()

    async def open(self) -> None:
        """Make the pools and see that the primary answers."""
        self._checks = self._pool(self.lanes)
        self._writes = self._pool(WRITERS)
        self._reads = self._pool(READERS)
        try:
            async with asyncio.timeout(READ_SECONDS):
                for pool in (self._checks, self._writes, self._reads):
                    await pool
        except DRIVER_ERRORS as error:
            await self.close()
            raise translated(error) from error

    async def close(self) -> None:
        """Let units that are under way end, for a moment; then break them off and close the pools."""
        self._is_closed = True
        if self._units:
            _, late = await asyncio.wait(self._units, timeout=CLOSE_SECONDS)
            for unit in late:
                unit.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for pool in (self._checks, self._writes, self._reads):
            pool.terminate()

    async def find(self, keys: Sequence[RecipientKey]) -> list[Row]:
        """Look the keys up in one statement; a connection that does not answer in time is dropped."""
        columns = {
            "accounts": [key.account_sid for key in keys],
            "channels": [key.channel for key in keys],
            "recipients": [key.recipient_key for key in keys],
        }
        async with self._taken(self._checks, FIND_SECONDS) as connection:
            return await PostgresConnection(connection).run(sql.FIND_OPT_OUTS_OF_ARRAYS, columns)

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit in a serializable transaction, again while another is in its way."""
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        task = asyncio.create_task(self._written(unit))
        self._units.add(task)
        task.add_done_callback(self._units.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._is_closed:
                raise StoreUnavailable("the store was closed") from None
            raise

    async def read(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        """Run a reading statement."""
        async with self._taken(self._reads, READ_SECONDS) as connection:
            return await PostgresConnection(connection).run(sql, values)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A connection within a transaction that sees one state."""
        async with (
            self._taken(self._reads, READ_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield PostgresConnection(connection)

    @property
    def is_writable(self) -> bool:
        """Whether the last unit could be committed."""
        return self._writable and not self._is_closed

    @property
    def commits(self) -> int:
        """How many units were committed."""
        return self._commits

    def _pool(self, size: int) -> asyncpg.Pool:
        """A pool that dials when it has to; what is given back is in no transaction and needs no reset."""

        async def nothing(_: asyncpg.Connection) -> None:
            return

        return asyncpg.create_pool(
            self._address.url, min_size=1, max_size=size, reset=nothing, **self._address.options()
        )

    async def _written(self, unit: UnitOfWork[T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                result = await self._tried(unit)
            except TryAgain as error:
                if attempt == TRIES:
                    raise _given_up(error) from error
                pause = min(LONGEST_PAUSE_SECONDS, 0.001 * 2**attempt)
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - so that the two do not meet again
            except _UnitRaised as raised:
                raise raised.error from None
            except StoreUnavailable:
                self._writable = False
                raise
            else:
                self._writable = True
                self._commits += 1
                return result
        raise AssertionError("unreachable")

    async def _tried(self, unit: UnitOfWork[T]) -> T:
        async with (
            self._taken(self._writes, WRITE_SECONDS) as connection,
            connection.transaction(isolation="serializable"),
        ):
            try:
                return await unit(Transaction(PostgresConnection(connection)))
            except StoreError:
                raise
            except Exception as error:
                raise _UnitRaised(error) from error  # an OSError of the unit's is not the database's

    @contextlib.asynccontextmanager
    async def _taken(self, pool: asyncpg.Pool, seconds: float) -> AsyncIterator[asyncpg.Connection]:
        """A connection of a pool for at most so long; after that it is broken off and not used again."""
        limit = asyncio.timeout(seconds)
        connection: asyncpg.Connection | None = None
        try:
            async with limit:
                connection = await pool.acquire()
                yield connection
        except TimeoutError as error:
            if connection is not None:
                connection.terminate()
            if not limit.expired():
                raise  # the unit's own
            raise StoreUnavailable(f"the database did not answer within {seconds:g} s") from error
        except StoreError:
            raise
        except DRIVER_ERRORS as error:
            raise translated(error) from error
        finally:
            if connection is not None:
                await _given_back(pool, connection)


class _UnitRaised(Exception):
    """What a unit raised by itself, on its way past the driver's errors."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def _given_up(error: TryAgain) -> StoreError:
    """What to tell when a unit met another again and again: a line that is simply there already, or a busy store."""
    if isinstance(error.__cause__, asyncpg.UniqueViolationError):
        return NotStorable(str(error))
    return StoreUnavailable(str(error))


async def _given_back(pool: asyncpg.Pool, connection: asyncpg.Connection) -> None:
    """Give a connection back; one that broke is dropped by the pool, which dials anew when it has to."""
    with contextlib.suppress(*DRIVER_ERRORS):
        await pool.release(connection)
