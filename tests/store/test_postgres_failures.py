"""PostgreSQL going away, hanging, refusing, and units that meet: nothing hangs, nothing acknowledged is lost."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.messaging.optouts import RecipientKey
from gateway.store import Store, StoreUnavailable, postgres_engine
from gateway.store.errors import NotStorable
from gateway.store.persons import Persons
from gateway.store.postgres_engine import PostgresEngine
from gateway.store.records import StoredMessage
from gateway.store.transaction import Transaction
from gateway.store.upgrade import prepare
from tests.patience import patience
from tests.postgres_server import PostgresServer
from tests.staging import free_port, rows_of

pytestmark = pytest.mark.limits

FIND_WITHIN = 1.0
WRITE_WITHIN = 10.0
SHORT_WRITE = 1.0  # what a test waits for instead of the ten seconds
SLACK = 3.0  # a busy machine's


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of its own, as it is stopped and started here."""
    server = PostgresServer()
    try:
        server.start()
        server.psql("CREATE DATABASE ours")
        prepare(server.url("ours"))
        yield server
    finally:
        server.remove()


@pytest.fixture
def database(server: PostgresServer) -> Iterator[str]:
    """The name of a database of its own, with the schema in it."""
    name = f"test_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE ours")
    yield name
    server.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(server: PostgresServer, database: str) -> str:
    return server.url(database)


@pytest.fixture
async def serving(url, words) -> AsyncIterator[Store]:
    """An open store that probes whether it can be written, as a gateway's does."""
    store = Store(url, words.now)
    await store.open()
    yield store
    await store.close()


async def psql(server: PostgresServer, sql: str) -> str:
    return await asyncio.to_thread(server.psql, sql)


def end_connections_to(database: str) -> str:
    return (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "  # noqa: S608 - a name made above
        f"WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    )


async def until(is_so: Callable[[], object], seconds: float = 25) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def refused(doing: Awaitable[object], within: float) -> None:
    """Demand that something is refused as unavailable, and in time."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await doing
    assert time.monotonic() - began < within + SLACK


class Traffic:
    """Writes and look-ups without end; what was acknowledged, and how long the slowest of each took."""

    def __init__(self, store: Store, words) -> None:
        self.acknowledged: list[RecipientKey] = []
        self.refused = 0
        self.slowest_find = self.slowest_write = 0.0
        self._store = store
        self._words = words
        self._numbers = iter(range(10**6))

    async def write(self) -> None:
        while True:
            key = self._words.key(next(self._numbers))
            began = time.monotonic()
            try:
                await self._store.write(self._words.stop(key))
                self.acknowledged.append(key)
            except StoreUnavailable:
                self.refused += 1
                await asyncio.sleep(0.01)
            self.slowest_write = max(self.slowest_write, time.monotonic() - began)

    async def find(self) -> None:
        while True:
            expected = self.acknowledged[-1:]
            began = time.monotonic()
            try:
                found = await self._store.find_opt_outs(expected[0] if expected else self._words.key(0))
                assert not expected or len(found.opt_outs) == 1, "what was acknowledged is seen"
            except StoreUnavailable:
                self.refused += 1
                await asyncio.sleep(0.01)
            self.slowest_find = max(self.slowest_find, time.monotonic() - began)
            await asyncio.sleep(0)

    async def demand_all_is_there(self) -> None:
        found = await asyncio.gather(*(self._store.find_opt_outs(key) for key in self.acknowledged))
        assert [] == [key for key, its in zip(self.acknowledged, found, strict=True) if len(its.opt_outs) != 1]


@contextlib.asynccontextmanager
async def traffic_at(store: Store, words) -> AsyncIterator[Traffic]:
    traffic = Traffic(store, words)
    tasks = [asyncio.create_task(doing()) for doing in (traffic.write, traffic.find) for _ in range(8)]
    try:
        yield traffic
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [] == [failure for failure in ended if not isinstance(failure, asyncio.CancelledError)]


# Away


async def test_a_server_that_crashes_is_noticed_at_once_and_found_again_with_all_that_was_acknowledged(
    server, serving, words
):
    async with traffic_at(serving, words) as traffic:
        await until(lambda: len(traffic.acknowledged) > 100)
        await asyncio.to_thread(server.stop, at_once=True)
        await until(lambda: not serving.is_writable)
        await refused(serving.find_opt_outs(words.key(1)), FIND_WITHIN)
        await refused(serving.write(words.stop(words.key("away"))), FIND_WITHIN)
        await refused(serving.pools("AC1"), FIND_WITHIN)
        before = len(traffic.acknowledged)
        await asyncio.to_thread(server.start)
        await until(lambda: serving.is_writable and len(traffic.acknowledged) > before + 100)
    assert traffic.slowest_find < FIND_WITHIN + SLACK
    assert traffic.slowest_write < WRITE_WITHIN
    await traffic.demand_all_is_there()


async def test_a_store_that_cannot_be_opened_says_so_and_leaves_nothing_open():
    engine = PostgresEngine(f"postgresql://postgres@127.0.0.1:{free_port()}/nothing", Persons())
    await refused(engine.open(), FIND_WITHIN)
    await engine.close()


# Hanging


class Wire:
    """A TCP connection to the server that stops passing bytes, and goes on."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._passes = asyncio.Event()
        self._passes.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    def hold(self) -> None:
        self._passes.clear()

    def go_on(self) -> None:
        self._passes.set()

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += [writer, back]
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await self._passes.wait()
                sink.write(data)
                await sink.drain()
            sink.close()


@pytest.fixture
async def wire(server) -> AsyncIterator[Wire]:
    async with Wire(server.port) as wire:
        yield wire


@pytest.fixture
async def over_wire(wire, database, words, monkeypatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(postgres_engine, "WRITE_SECONDS", SHORT_WRITE)
    store = Store(f"postgresql://postgres@127.0.0.1:{wire.port}/{database}", words.now)
    await store.open()
    yield store
    await store.close()


async def test_a_server_that_does_not_answer_is_refused_in_time_and_found_again(wire, over_wire, words):
    async with traffic_at(over_wire, words) as traffic:
        await until(lambda: len(traffic.acknowledged) > 50)
        wire.hold()
        await asyncio.gather(
            refused(over_wire.find_opt_outs(words.key(1)), FIND_WITHIN),
            refused(over_wire.write(words.stop(words.key("held"))), SHORT_WRITE),
        )
        await until(lambda: not over_wire.is_writable)
        before = len(traffic.acknowledged)
        wire.go_on()
        await until(lambda: over_wire.is_writable and len(traffic.acknowledged) > before + 50)
    assert traffic.slowest_find < FIND_WITHIN + SLACK
    assert traffic.slowest_write < SHORT_WRITE + SLACK
    await traffic.demand_all_is_there()


async def test_closing_does_not_wait_for_a_server_that_does_not_answer(wire, over_wire, words, monkeypatch):
    monkeypatch.setattr(postgres_engine, "WRITE_SECONDS", WRITE_WITHIN)
    await over_wire.write(words.stop(words.key(1)))
    wire.hold()
    writes = [asyncio.create_task(over_wire.write(words.stop(words.key(number)))) for number in range(20)]
    await asyncio.sleep(0.1)
    async with asyncio.timeout(3):
        await over_wire.close()
        ended = await asyncio.gather(*writes, return_exceptions=True)
    assert {StoreUnavailable} == {type(failure) for failure in ended}


def backends_of(server: PostgresServer, database: str) -> list[int]:
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608 - a name made above
    return [int(line) for line in server.psql(query).splitlines()]


async def test_connections_that_hang_are_dropped_and_dialled_again(server, database, serving, words):
    await serving.write(words.stop(words.key(1)))
    hanging = await asyncio.to_thread(backends_of, server, database)
    for process in hanging:
        os.kill(process, signal.SIGSTOP)
    try:
        await refused(serving.find_opt_outs(words.key(1)), FIND_WITHIN)
        with contextlib.suppress(StoreUnavailable):
            await serving.find_opt_outs(words.key(1))  # the other lane may have held another of them
        assert 1 == len((await serving.find_opt_outs(words.key(1))).opt_outs)
    finally:
        for process in hanging:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


async def test_a_write_that_waits_for_a_lock_is_given_up_here_and_there(server, url, words, monkeypatch):
    monkeypatch.setattr(postgres_engine, "WRITE_SECONDS", SHORT_WRITE)
    store = Store(url, words.now)
    await store.open(serving=False)
    await store.write(lambda transaction: transaction.put_value("held", "x"))
    other = await asyncpg.connect(url)
    await other.execute("BEGIN; SELECT value FROM gateway_values WHERE name = 'held' FOR UPDATE")

    writes = (store.write(lambda transaction: transaction.put_value("held", "y")) for _ in range(5))
    await asyncio.gather(*(refused(write, SHORT_WRITE) for write in writes))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await until(lambda: server.psql(waiting) == "0", SHORT_WRITE + SLACK)
    assert not store.is_writable

    await other.close()
    await store.write(lambda transaction: transaction.put_value("next", "z"))
    await store.close()
    assert [("x",)] == rows_of(url, "SELECT value FROM gateway_values WHERE name = 'held'")


# Connections that are ended


async def test_connections_ended_under_load_lose_nothing_that_was_acknowledged(server, database, serving, words):
    async with traffic_at(serving, words) as traffic:
        await until(lambda: len(traffic.acknowledged) > 50)
        for _ in range(10):
            await psql(server, end_connections_to(database))
            await asyncio.sleep(0.05)
        before = len(traffic.acknowledged)
        await until(lambda: serving.is_writable and len(traffic.acknowledged) > before + 50)
    assert traffic.slowest_find < FIND_WITHIN + SLACK
    await traffic.demand_all_is_there()


async def test_connections_ended_while_idle_are_not_noticed_by_anybody(server, database, store, words):
    key = words.key(1)
    await store.write(words.stop(key))
    for _ in range(5):
        server.psql(end_connections_to(database))  # the loop stands still: it cannot have noticed
        assert 1 == len((await store.find_opt_outs(key)).opt_outs)
        server.psql(end_connections_to(database))
        await store.write(words.lift(key))
        server.psql(end_connections_to(database))
        assert 0 == (await store.pools("AC1")).version
        server.psql(end_connections_to(database))
        await store.write(words.stop(key))
        assert store.is_writable
        server.psql(end_connections_to(database))
        assert 1 < len(await store.history_of(key))


async def test_a_connection_that_breaks_in_the_middle_of_a_unit_is_replaced_and_the_unit_run_again(
    server, database, store, words
):
    runs = 0

    async def unit(transaction: Transaction) -> str:
        nonlocal runs
        runs += 1
        await transaction.put_value(f"run {runs}", "x")
        if runs == 1:
            server.psql(end_connections_to(database))
        return await transaction.value_once("last", "kept")

    assert "kept" == await store.write(unit)
    kept = rows_of(server.url(database), "SELECT name FROM gateway_values WHERE name LIKE 'run%'")
    assert (2, [("run 2",)]) == (runs, kept)
    assert store.is_writable


# Units that meet


@pytest.fixture
async def two_stores(url, words) -> AsyncIterator[tuple[Store, Store]]:
    stores = Store(url, words.now), Store(url, words.now)
    for store in stores:
        await store.open(serving=False)
    yield stores
    for store in stores:
        await store.close()


async def test_a_message_that_arrives_twenty_times_at_two_gateways_takes_effect_once(two_stores, words):
    for number in range(10):
        key = words.key(number)
        event = words.event(key)
        stored = StoredMessage("print", "STOP", "opted_out", "<Response/>")

        async def unit(
            transaction: Transaction, number=number, key=key, event=event, stored=stored
        ) -> StoredMessage | None:
            seen = await transaction.seen("AC1", f"SM{number}")
            if seen is None:
                assert [] == await transaction.opt_outs_of(key)
                await transaction.record(event, (words.opt_out(event),))
                await transaction.remember("AC1", f"SM{number}", stored, event.event_id, 100)
            return seen

        told = await asyncio.gather(*(two_stores[task % 2].write(unit) for task in range(20)))
        assert {None: 1, stored: 19} == {answer: told.count(answer) for answer in (None, stored)}
        assert 1 == len(await two_stores[0].history_of(key))


async def test_units_that_read_and_write_the_same_line_are_as_if_run_one_after_another(two_stores):
    async def count(transaction: Transaction) -> None:
        number = int(await transaction.value_once("number", "0"))
        await transaction.put_value("number", str(number + 1))

    await asyncio.gather(*(two_stores[task % 2].write(count) for task in range(60)))
    assert "60" == await two_stores[0].write(lambda transaction: transaction.value_once("number", "0"))
    assert all(store.is_writable for store in two_stores)


async def test_units_that_lock_in_opposite_order_are_both_kept(two_stores):
    async def there(transaction: Transaction) -> None:
        await transaction.put_value("one", "x")
        await asyncio.sleep(0.01)
        await transaction.put_value("two", "x")

    async def back(transaction: Transaction) -> None:
        await transaction.put_value("two", "y")
        await asyncio.sleep(0.01)
        await transaction.put_value("one", "y")

    async with asyncio.timeout(WRITE_WITHIN / 2):
        await asyncio.gather(*(store.write(unit) for store in two_stores for unit in (there, back)))
    ends = [
        await two_stores[0].write(lambda transaction, name=name: transaction.value_once(name, ""))
        for name in ("one", "two")
    ]
    assert ends in (["x", "x"], ["y", "y"])


async def test_a_unit_that_raises_leaves_nothing_and_disturbs_nobody(store, words):
    class OfTheUnit(OSError):
        pass

    async def unit(transaction: Transaction) -> None:
        await transaction.put_value("half", "done")
        raise OfTheUnit

    writes = (store.write(unit) if number % 2 else store.write(words.stop(words.key(number))) for number in range(20))
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert 10 == sum(isinstance(failure, OfTheUnit) for failure in ended)
    assert 10 == sum(isinstance(event_id, str) for event_id in ended)
    assert "none" == await store.write(lambda transaction: transaction.value_once("half", "none"))
    assert store.is_writable


async def test_a_line_that_is_there_already_is_not_storable(store, words):
    event = words.event(words.key(1))

    async def unit(transaction: Transaction) -> None:
        await transaction.record(event, ())

    await store.write(unit)
    with pytest.raises(NotStorable):
        await store.write(unit)
    assert store.is_writable


async def test_a_unit_that_passes_over_a_failed_statement_is_not_acknowledged(store, words):
    event = words.event(words.key(1))

    async def unit(transaction: Transaction) -> None:
        await transaction.put_value("half", "done")
        with contextlib.suppress(NotStorable):
            await transaction.put_value("other", "\0")

    with pytest.raises(NotStorable):
        await store.write(unit)
    assert "none" == await store.write(lambda transaction: transaction.value_once("half", "none"))
    assert event


# Read-only


async def test_a_primary_gone_read_only_refuses_sends_and_recovers(server, database, serving, words):
    await serving.write(words.stop(words.key(1)))
    await psql(server, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    await psql(server, end_connections_to(database))
    await until(lambda: not serving.is_writable)
    await refused(serving.write(words.stop(words.key(2))), FIND_WITHIN)
    await refused(serving.find_opt_outs(words.key(1)), FIND_WITHIN)
    await psql(server, f"ALTER DATABASE {database} RESET default_transaction_read_only")
    await until(lambda: serving.is_writable, 5)
    assert 1 == len((await serving.find_opt_outs(words.key(1))).opt_outs)


# Behind PgBouncer

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


def needs_pgbouncer(test: Callable[..., object]) -> Callable[..., object]:
    missing = pytest.mark.skipif(PGBOUNCER is None, reason="needs pgbouncer (Debian's package of that name)")
    return pytest.mark.pgbouncer(missing(test))


@pytest.fixture(scope="module")
def pooler(server) -> Iterator[int]:
    """The port of a PgBouncer in transaction mode before the server; the rest is as it comes."""
    assert PGBOUNCER is not None
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="gateway-pgbouncer-"))
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n"
    )
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to run as root
    folder.chmod(0o755)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PGBOUNCER, folder / "pgbouncer.ini"],
            stdout=log,
            stderr=log,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    try:
        give_up_at = time.monotonic() + 10
        while not is_listening(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up_at
            time.sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        shutil.rmtree(folder)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
async def two_pooled(pooler, database, words) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, both through the pooler."""
    url = f"postgresql://postgres@127.0.0.1:{pooler}/{database}?pgbouncer=true"
    stores = Store(url, words.now), Store(url, words.now)
    for store in stores:
        await store.open()
    yield stores
    for store in stores:
        await store.close()


@needs_pgbouncer
async def test_behind_pgbouncer_each_look_up_gets_the_answer_to_its_own_question(two_pooled, words):
    """A look-up whose parts reached several servers would fail, or be answered with another's."""
    here, there = two_pooled
    opted_out = [words.key(number) for number in range(0, 200, 2)]
    await asyncio.gather(*(here.write(words.stop(key)) for key in opted_out))
    at_once = asyncio.Semaphore(16)  # what waits for the pooler counts against each statement's time

    async def look(store: Store, number: int) -> None:
        key = words.key(number)
        for _ in range(4):
            async with at_once:
                found, history, pools = await asyncio.gather(
                    store.find_opt_outs(key), store.history_of(key), store.pools("AC1")
                )
            assert (number % 2 == 0) == bool(found.opt_outs) == bool(history)
            assert 0 == pools.version

    async def write(store: Store, number: int) -> None:
        for turn in range(5):
            await store.write(words.stop(words.key(f"{number}{turn}99")))

    work = [look(store, number) for store in (here, there) for number in range(200)]
    work += [write(store, 1_000 + number) for store in (here, there) for number in range(20)]
    with patience():  # this is about answers, not about limits
        await asyncio.gather(*work)


@needs_pgbouncer
async def test_behind_pgbouncer_a_stop_at_one_store_is_seen_at_the_other_at_once(two_pooled, words):
    for number in range(100):
        await two_pooled[number % 2].write(words.stop(words.key(number)))
        assert 1 == len((await two_pooled[1 - number % 2].find_opt_outs(words.key(number))).opt_outs)


@needs_pgbouncer
async def test_behind_pgbouncer_units_that_meet_are_as_if_run_one_after_another(two_pooled):
    async def count(transaction: Transaction) -> None:
        number = int(await transaction.value_once("number", "0"))
        await transaction.put_value("number", str(number + 1))

    await asyncio.gather(*(two_pooled[task % 2].write(count) for task in range(40)))
    assert "40" == await two_pooled[0].write(lambda transaction: transaction.value_once("number", "0"))


@needs_pgbouncer
async def test_behind_pgbouncer_a_limit_of_a_transaction_stays_in_it(two_pooled, pooler, database):
    await two_pooled[0].write(lambda transaction: transaction.put_value("a", "b"))
    other = await asyncpg.connect(f"postgresql://postgres@127.0.0.1:{pooler}/{database}", statement_cache_size=0)
    try:
        for _ in range(20):
            async with other.transaction():
                assert "0" == await other.fetchval("SHOW statement_timeout")
    finally:
        await other.close()


@needs_pgbouncer
async def test_behind_pgbouncer_servers_ended_under_load_lose_nothing(server, database, two_pooled, words):
    async with traffic_at(two_pooled[0], words) as traffic:
        await until(lambda: len(traffic.acknowledged) > 50)
        for _ in range(5):
            await psql(server, end_connections_to(database))
            await asyncio.sleep(0.1)
        before = len(traffic.acknowledged)
        await until(lambda: len(traffic.acknowledged) > before + 50)
    await until(lambda: two_pooled[1].is_writable)
    await traffic.demand_all_is_there()
