"""PostgreSQL: one primary, used by any number of processes and hosts.

Units of work are committed in groups, each group in a serializable transaction that is run again when it met another
process's. Look-ups have connections of their own, so that writing cannot keep them waiting; reading has, too, as a unit
may read on the side.
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
from gateway.store.groups import Groups
from gateway.store.persons import Persons
from gateway.store.postgres import BROKEN, DRIVER_ERRORS, MET_ANOTHER, PostgresAddress, PostgresConnection, translated
from gateway.store.transaction import Transaction

FIND_SECONDS: Final = 0.8  # within what `Lookup` gives: a connection that hangs is dropped and dialled again
READ_SECONDS: Final = 5.0
WRITE_SECONDS: Final = 10.0  # Twilio waits 15 s for the answer to a webhook
TRIES: Final = 20
LONGEST_PAUSE_SECONDS: Final = 0.1
CLOSE_SECONDS: Final = 1.0
WRITERS: Final = 1  # groups meet each other more than they gain side by side
READERS: Final = 4

# Each says on its own what it needs: what a pooler or an operator sets as a default does not count.
SERIALIZABLE: Final = "BEGIN ISOLATION LEVEL SERIALIZABLE"
SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ON_THE_PRIMARY: Final = "BEGIN READ WRITE"  # a standby refuses it


class PostgresEngine(Engine):
    """One PostgreSQL database."""

    lanes = 2

    def __init__(self, database_url: str, persons: Persons) -> None:
        super().__init__(persons)
        self._address = PostgresAddress.of(database_url)
        self._writable = True
        self._commits = 0
        self._is_closed = False
        self._groups = Groups(self._written)
        self._pools: list[asyncpg.Pool] = []

    async def open(self) -> None:
        """Make the pools and see that the primary answers."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                self._checks = await self._pool(self.lanes, FIND_SECONDS)
                self._writes = await self._pool(WRITERS, WRITE_SECONDS)
                self._reads = await self._pool(READERS, READ_SECONDS)
        except DRIVER_ERRORS as error:
            await self.close()
            raise translated(error) from error

    async def close(self) -> None:
        """Let units that are under way end, for a moment; then break them off and close the pools."""
        self._is_closed = True
        await self._groups.close(CLOSE_SECONDS)
        while self._pools:
            self._pools.pop().terminate()

    async def find(self, keys: Sequence[RecipientKey]) -> list[Row]:
        """Look the keys up in one statement; a connection that does not answer in time is dropped.

        A pooler may lead the parts of one look-up to several servers unless they are one transaction.
        """
        columns = {
            "accounts": [key.account_sid for key in keys],
            "channels": [key.channel for key in keys],
            "recipients": [key.recipient_key for key in keys],
        }
        begin = ON_THE_PRIMARY if self._address.is_behind_pgbouncer else None
        return await self._asked(self._checks, FIND_SECONDS, begin, sql.FIND_OPT_OUTS_OF_ARRAYS, columns)

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit in a serializable transaction, together with those that wait beside it."""
        try:
            return await self._groups.write(unit, WRITE_SECONDS)
        except StoreUnavailable:
            self._writable = False
            raise

    async def read(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        """Run a reading statement."""
        begin = SNAPSHOT if self._address.is_behind_pgbouncer else None
        return await self._asked(self._reads, READ_SECONDS, begin, sql, values)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A connection within a transaction that sees one state."""
        try:
            async with self._taken(self._reads, READ_SECONDS, SNAPSHOT) as connection:
                yield PostgresConnection(connection)
        except TryAgain as error:
            raise StoreUnavailable(str(error)) from error

    @property
    def is_writable(self) -> bool:
        """Whether the last unit could be committed."""
        return self._writable and not self._is_closed

    @property
    def commits(self) -> int:
        """How many units were committed."""
        return self._commits

    async def _pool(self, size: int, seconds: float) -> asyncpg.Pool:
        """A pool that dials when it has to; what is given back is in no transaction and needs no reset.

        The server, too, gives up what takes longer: a connection that was broken off here may wait for a lock there.
        """

        async def nothing(_: asyncpg.Connection) -> None:
            return

        # No floor: the pool would restore it in the background, holding a place while it dials a server that hangs.
        pool = asyncpg.create_pool(
            self._address.url, min_size=0, max_size=size, reset=nothing, **self._address.options(seconds)
        )
        self._pools.append(await pool)
        async with pool.acquire():
            return pool

    async def _asked(
        self, pool: asyncpg.Pool, seconds: float, begin: str | None, sql: str, values: Mapping[str, object]
    ) -> list[Row]:
        """Run a reading statement, once more on another connection when the first one broke."""
        give_up_at = _now() + seconds
        try:
            async with self._taken(pool, seconds, begin) as connection:
                return await PostgresConnection(connection).run(sql, values)
        except TryAgain:
            pass
        try:
            async with self._taken(pool, give_up_at - _now(), begin) as connection:
                return await PostgresConnection(connection).run(sql, values)
        except TryAgain as error:
            raise StoreUnavailable(str(error)) from error

    async def _written(self, unit: UnitOfWork[T], tries: int = TRIES) -> T:
        give_up_at = _now() + WRITE_SECONDS
        for attempt in range(1, tries + 1):
            try:
                result = await self._tried(unit, give_up_at - _now())
            except TryAgain as error:
                if attempt == tries:
                    raise _given_up(error) from error
                pause = min(LONGEST_PAUSE_SECONDS, 0.001 * 2**attempt)
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - so that the two do not meet again
            except _UnitRaised as raised:
                raise raised.error from None
            else:
                self._writable = True
                self._commits += 1
                return result
        raise AssertionError("unreachable")

    async def _tried(self, unit: UnitOfWork[T], seconds: float) -> T:
        async with self._taken(self._writes, seconds, SERIALIZABLE) as connection:
            try:
                transaction = Transaction(PostgresConnection(connection), self.persons)
                result = await unit(transaction)
                await transaction.write_out()
                return result
            except StoreError:
                raise
            except Exception as error:
                raise _UnitRaised(error) from error  # an OSError of the unit's is not the database's

    @contextlib.asynccontextmanager
    async def _taken(
        self, pool: asyncpg.Pool, seconds: float, begin: str | None = None
    ) -> AsyncIterator[asyncpg.Connection]:
        """A connection of a pool for at most so long, within a transaction when there is a statement to begin it.

        It is broken off and not used again when the time is over, the caller is cancelled or the store is away: so
        nothing waits for a server that hangs, and no connection stays with a server that can no longer be written.
        """
        limit = asyncio.timeout(seconds)
        connection: asyncpg.Connection | None = None
        try:
            async with limit:
                connection = await _begun(pool, begin and self._address.beginning(begin, seconds))
                try:
                    yield connection
                except (TryAgain, NotStorable, _UnitRaised):
                    await _rolled_back(connection, begin)
                    raise
                await _committed(connection, begin)
        except TimeoutError as error:
            _drop(connection)
            if not limit.expired():
                raise  # the unit's own
            raise StoreUnavailable("the database did not answer in time") from error
        except (TryAgain, NotStorable, _UnitRaised):
            raise
        except DRIVER_ERRORS as error:
            _drop(connection)
            raise translated(error) from error
        except BaseException:
            _drop(connection)
            raise
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


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _begun(pool: asyncpg.Pool, begin: str | None) -> asyncpg.Connection:
    """A connection on which the transaction has begun; one that broke while it lay idle is replaced, once."""
    for is_last in (False, True):
        connection = await pool.acquire()
        try:
            if begin is not None:
                await connection.execute(begin)
        except BaseException as error:
            _drop(connection)
            await _given_back(pool, connection)
            if is_last or not isinstance(error, BROKEN):
                raise
        else:
            return connection
    raise AssertionError("unreachable")


async def _committed(connection: asyncpg.Connection, begin: str | None) -> None:
    """Commit. Where a statement failed and was passed over, PostgreSQL rolls back and calls that no error."""
    if begin is None:
        return
    try:
        done = await connection.execute("COMMIT")
    except MET_ANOTHER as error:
        raise translated(error) from error  # the connection is as good as before
    if done != "COMMIT":
        raise NotStorable("a statement of the unit failed, so that nothing of it was kept")


async def _rolled_back(connection: asyncpg.Connection, begin: str | None) -> None:
    try:
        if begin is not None:
            await connection.execute("ROLLBACK")
    except DRIVER_ERRORS:
        _drop(connection)  # that ends the transaction as well


def _drop(connection: asyncpg.Connection | None) -> None:
    with contextlib.suppress(*DRIVER_ERRORS):  # it may be given back already
        if connection is not None:
            connection.terminate()


async def _given_back(pool: asyncpg.Pool, connection: asyncpg.Connection) -> None:
    """Give a connection back; one that broke is dropped by the pool, which dials anew when it has to."""
    with contextlib.suppress(*DRIVER_ERRORS):
        await pool.release(connection)
