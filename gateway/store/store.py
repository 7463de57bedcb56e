"""The store as everybody else sees it: open, look up, write, read, close."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.messaging.pools import Pools
from gateway.store import statements as sql
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.lookup import Lookup
from gateway.store.records import Found, ListedOptOut
from gateway.store.sqlite import Row, SqliteConnection, path_of
from gateway.store.transaction import Transaction
from gateway.store.upgrade import prepare
from gateway.store.writer import UnitOfWork, Writer

T = TypeVar("T")

PROBE_EVERY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class OptOutFilter:
    """Which standing opt-outs to list; None means any. ``since`` is in microseconds since 1970, UTC."""

    account_sid: str | None = None
    channel: str | None = None
    source: str | None = None
    since: int | None = None


class Store:
    """One SQLite file, used by this process through three connections: check, write, read.

    Any number of processes of one host may use the same file.
    """

    def __init__(self, database_url: str, clock: Callable[[], int]) -> None:
        self._database_url = database_url
        self._path = path_of(database_url)
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._connections: list[SqliteConnection] = []
        self._reading = asyncio.Lock()
        self._file: tuple[int, int] | None = None

    async def open(self, *, serving: bool = True) -> None:
        """Prepare an empty store, refuse one with an unknown schema, and start answering.

        ``serving`` keeps probing whether the store can be written. Raises `StoreUnavailable` or `SchemaUnknown`.
        """
        await asyncio.to_thread(prepare, self._database_url)
        self._file = _identity(self._path)
        try:
            checks, writes, reads = [await self._connect() for _ in range(3)]
        except BaseException:
            await self.close()
            raise
        self._lookup, self._writer, self._reads = Lookup(checks), Writer(writes, self._demand_same_file), reads
        self._start(self._lookup.run(), self._writer.run())
        if serving:
            self._start(self._probe())

    async def close(self) -> None:
        """Stop answering and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        while self._connections:
            await self._connections.pop().close()

    # The check

    async def find_opt_outs(self, key: RecipientKey) -> Found:
        """The recipient's standing opt-outs at some instant after this call; raises `StoreUnavailable`.

        Also raises it while the store cannot be written: a STOP could not be kept then.
        """
        if not self._writer.is_writable:
            raise StoreUnavailable("the store cannot be written at the moment")
        return await self._lookup.find(key)

    # Writing

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit of work in one transaction; see `Writer.write`."""
        return await self._writer.write(unit)

    @property
    def is_writable(self) -> bool:
        """Whether the last attempt to write succeeded."""
        return self._writer.is_writable

    # Reading

    async def pools(self, account_sid: str) -> Pools:
        """The account's sender pools and the settings version they were read at."""
        values = {"account_sid": account_sid}
        async with self._snapshot():
            versions = await self._reads.run(sql.SETTINGS_VERSION, values)
            pooled = await self._reads.run(sql.POOL_SENDERS, values)
            placed = await self._reads.run(sql.PLACEMENTS, values)
        senders: dict[str, set[str]] = {}
        for service_sid, sender_key in pooled:
            senders.setdefault(service_sid, set()).add(sender_key)
        return Pools(
            version=versions[0][0] if versions else 0,
            senders_of={sid: frozenset(keys) for sid, keys in senders.items()},
            placed=frozenset(name for (name,) in placed),
        )

    async def list_opt_outs(self, wanted: OptOutFilter, after: str, limit: int) -> list[ListedOptOut]:
        """Up to ``limit`` standing opt-outs in the order of their identifiers, from the one after ``after`` on."""
        values = {
            "account_sid": wanted.account_sid,
            "channel": wanted.channel,
            "source": wanted.source,
            "since": wanted.since,
            "after": after,
            "limit": limit,
        }
        return [_listed(row) for row in await self._read(sql.LIST_OPT_OUTS, values)]

    async def history_of(self, key: RecipientKey) -> list[ConsentEvent]:
        """Everything that ever happened to a recipient's consent, oldest first."""
        values = {"account_sid": key.account_sid, "channel": key.channel, "recipient_key": key.recipient_key}
        return [_event(row) for row in await self._read(sql.HISTORY_OF, values)]

    async def count_deliveries(self) -> dict[str, int]:
        """How many deliveries are ``owed`` and how many are ``dead``."""
        rows = await self._read(sql.COUNT_DELIVERIES, {})
        return {"owed": 0, "dead": 0} | {str(state): int(count) for state, count in rows}

    # Inside

    async def _connect(self) -> SqliteConnection:
        connection = await SqliteConnection.open(self._path)
        self._connections.append(connection)
        return connection

    def _start(self, *runs: Coroutine[Any, Any, None]) -> None:
        self._tasks.extend(asyncio.create_task(run) for run in runs)

    async def _read(self, statement: str, values: Mapping[str, object]) -> list[Row]:
        async with self._reading:
            return await self._reads.run(statement, values)

    @contextlib.asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[None]:
        """Several reads that see one state of the store."""
        async with self._reading:
            try:
                await self._reads.run("BEGIN")  # inside: a caller cancelled here has begun it all the same
                yield
            finally:
                with contextlib.suppress(StoreError):  # there is none to end when it could not begin
                    await self._reads.run("COMMIT")

    async def _probe(self) -> None:
        """Write a heartbeat while nothing else is written, to notice a store gone read-only, and its return."""
        commits = -1
        while True:
            if commits == self._writer.commits or not self._writer.is_writable:
                with contextlib.suppress(StoreError):
                    await self.write(self._heartbeat)
            commits = self._writer.commits
            await asyncio.sleep(PROBE_EVERY_SECONDS)

    async def _heartbeat(self, transaction: Transaction) -> None:
        await transaction.put_value("heartbeat", str(self._clock()))

    def _demand_same_file(self) -> None:
        if _identity(self._path) != self._file:
            raise StoreUnavailable("the database file was moved or replaced; restart the gateway")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _listed(row: Row) -> ListedOptOut:
    opt_out_id, account, channel, key, recipient, kind, scope_id, hold, source, actor, effective, received = row
    return ListedOptOut(
        opt_out_id=opt_out_id,
        key=RecipientKey(account, channel, key),
        recipient=recipient,
        scope=Scope(ScopeKind(kind), scope_id),
        hold=bool(hold),
        source=source,
        actor=actor,
        effective_at=effective,
        received_at=received,
    )


def _event(row: Row) -> ConsentEvent:
    event_id, account, channel, key, recipient, event_type, change, scopes, *rest = row
    rest[-1] = bool(rest[-1])  # hold, which SQLite keeps as a number
    listed = tuple(Scope(ScopeKind(kind), scope_id) for kind, scope_id in orjson.loads(scopes))
    return ConsentEvent(event_id, RecipientKey(account, channel, key), recipient, event_type, change, listed, *rest)
