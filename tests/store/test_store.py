"""The store as a whole: opening and closing, processes that share it, faults of the disk, what is read and listed."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.pools import Pools
from gateway.store import Store, StoreUnavailable
from gateway.store.engine import UnitOfWork
from gateway.store.list_reads import OptOutFilter
from gateway.store.sqlite import PRAGMAS
from gateway.store.store import HEARTBEAT
from gateway.store.transaction import Transaction

SECOND = 1_000_000


def threads() -> set[threading.Thread]:
    """The threads of this process beside those of asyncio's executor."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio")}


async def becomes(condition: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is awaited is a state of another thread or process
            await asyncio.sleep(0.02)


def look(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def put(name: str, value: str = "kept") -> UnitOfWork[None]:
    async def unit(transaction: Transaction) -> None:
        await transaction.put_value(name, value)

    return unit


# Opening and closing


@pytest.mark.parametrize("serving", [True, False], ids=["with the probe", "without the probe"])
async def test_closing_leaves_no_thread_and_no_open_file(url, path, words, serving):
    before = threads()
    for _ in range(3):
        store = Store(url, words.now)
        await store.open(serving=serving)
        await store.write(put("some"))
        await store.find_opt_outs(words.key(5005550001))
        await store.close()
        await store.close()  # harmless

    opened = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if _is_open(name)]
    await becomes(lambda: before == threads())
    assert [] == [name for name in opened if name.startswith(str(path))]


def _is_open(name: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{name}")


async def test_opening_that_fails_or_is_cancelled_leaves_no_thread(url, path, words):
    before = threads()
    for delay in (0.0, 0.001, 0.002, 0.004, 0.008, 0.012, 0.016):
        store = Store(url, words.now)
        opening = asyncio.create_task(store.open())
        await asyncio.sleep(delay)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await store.close()
    await becomes(lambda: before == threads())


async def test_what_was_written_is_there_after_reopening(url, words):
    key = words.key(5005550001)
    for expected in (0, 1):
        store = Store(url, words.now)
        await store.open()
        assert expected == len((await store.find_opt_outs(key)).standing)
        await store.write(words.stop(key))
        await store.close()


@pytest.mark.sqlite
async def test_commits_are_made_durable_in_a_write_ahead_log(store):
    for connection in store._engine._connections:
        pragmas = [await connection.run(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")]
        assert [[("wal",)], [(2,)]] == pragmas  # 2: FULL


# Several processes

WRITE_MANY = """
import asyncio, sys
from gateway.store import Store, StoreUnavailable

async def main(url, name, count):
    store = Store(url, lambda: 0)
    await store.open()
    sys.stdin.readline()

    async def write(number):
        async def put(transaction):
            await transaction.put_value(f"{name}-{number}", "x")
            await transaction.raise_settings_version("AC")
        while True:
            try:
                return await store.write(put)
            except StoreUnavailable:  # a busy machine's: the others held the lock for two seconds
                continue

    for number in range(0, count, 4):
        await asyncio.gather(*(write(number + each) for each in range(4)))
    await store.close()

print("ready", flush=True)
asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def first_line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return (await asyncio.to_thread(process.stdout.readline)).strip()


async def test_two_processes_and_this_one_write_one_file_and_lose_nothing(store, url, path):
    count = 400
    processes = [start(WRITE_MANY, url, name, str(count)) for name in ("left", "right")]
    for process in processes:
        await first_line_of(process)
    running = [asyncio.create_task(asyncio.to_thread(process.communicate, "go\n", 50)) for process in processes]
    for number in range(count):
        while True:
            try:
                await store.write(put(f"here-{number}"))
                break
            except StoreUnavailable:
                continue
    outputs = await asyncio.gather(*running)

    assert [(0, "")] * 2 == [
        (process.returncode, errors) for process, (_, errors) in zip(processes, outputs, strict=True)
    ]
    expected = {f"{name}-{number}" for name in ("left", "right", "here") for number in range(count)}
    assert expected == {name for (name,) in look(path, "SELECT name FROM gateway_values")} - {"heartbeat", "root_key"}
    assert 2 * count == (await store.pools("AC")).version


WRITE_UNTIL_KILLED = """
import asyncio, sys
from gateway.store import Store

async def main(url, name):
    store = Store(url, lambda: 0)
    await store.open()

    async def one(lane):
        for number in range(1_000_000):
            async def put(transaction):
                await transaction.put_value(f"{name}-{lane}-{number}", "x")
            await store.write(put)
            sys.stdout.write(f"{name}-{lane}-{number}\\n")
            sys.stdout.flush()

    await asyncio.gather(*(one(lane) for lane in range(4)))

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def test_what_was_acknowledged_survives_a_kill_at_any_instant(url, path):
    acknowledged: set[str] = set()
    for cycle in range(5):
        process = start(WRITE_UNTIL_KILLED, url, str(cycle))
        acknowledged.add(await first_line_of(process))
        await asyncio.sleep(0.02 + 0.013 * cycle)
        process.send_signal(signal.SIGKILL)
        told, _ = await asyncio.to_thread(process.communicate)
        acknowledged.update(told.splitlines() if told.endswith("\n") else told.splitlines()[:-1])

        kept = {name for (name,) in look(path, "SELECT name FROM gateway_values")}
        assert acknowledged <= kept
        assert [("ok",)] == look(path, "PRAGMA integrity_check")
    assert len(acknowledged) > 50


# Faults


@pytest.fixture
async def probing(url, words, monkeypatch):
    """An open store that probes, as the gateway has it, but more often and with less patience."""
    monkeypatch.setattr("gateway.store.store.PROBE_EVERY_SECONDS", 0.05)
    monkeypatch.setattr("gateway.store.sqlite.PRAGMAS", ("PRAGMA busy_timeout = 200", *PRAGMAS[1:]))
    store = Store(url, words.now)
    await store.open()
    yield store
    await store.close()


async def test_a_store_locked_by_another_process_refuses_and_comes_back_by_itself(probing, path, words):
    key = words.key(5005550001)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await probing.write(words.stop(key))
    assert not probing.is_writable
    with pytest.raises(StoreUnavailable):
        await probing.find_opt_outs(key)
    other.execute("ROLLBACK")
    other.close()

    await becomes(lambda: probing.is_writable)
    assert () == (await probing.find_opt_outs(key)).standing
    await probing.write(words.stop(key))
    assert 1 == len((await probing.find_opt_outs(key)).standing)


async def test_a_store_that_is_locked_is_noticed_without_anybody_writing(probing, path, words):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await becomes(lambda: not probing.is_writable)
    other.execute("ROLLBACK")
    other.close()

    await becomes(lambda: probing.is_writable)


@pytest.mark.parametrize(
    "replace",
    [
        pytest.param(lambda path: path.unlink(), id="the file is gone"),
        pytest.param(lambda path: path.rename(path.with_suffix(".old")), id="the file was moved"),
        pytest.param(
            lambda path: (
                path.with_suffix(".new").write_bytes(path.read_bytes()),
                path.with_suffix(".new").replace(path),
            ),
            id="another file was put in its place",
        ),
    ],
)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "while others write all the time"])
async def test_a_database_file_that_was_replaced_is_not_writable(probing, path, words, replace, busy):
    await probing.write(put("before"))
    replace(path)
    if busy:
        for number in range(20):
            with pytest.raises(StoreUnavailable, match="moved or replaced"):
                await probing.write(put(f"value {number}"))
    await becomes(lambda: not probing.is_writable)
    with pytest.raises(StoreUnavailable):
        await probing.find_opt_outs(words.key(5005550001))
    with pytest.raises(StoreUnavailable):
        await probing.write(put("after"))


FILL_THE_DISK = """
import asyncio, resource, signal, sys
from gateway.store import Store, StoreUnavailable

async def main(url, most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = Store(url, lambda: 0)
    await store.open(serving=False)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    kept, refused = [], 0

    def unit(number):
        async def put(transaction):
            await transaction.put_value(f"{number}-left", "x" * 3000)
            await transaction.put_value(f"{number}-right", "x" * 3000)
        return put

    for number in range(0, 120, 3):
        outcome = await asyncio.gather(*(store.write(unit(number + each)) for each in range(3)), return_exceptions=True)
        for each, result in enumerate(outcome):
            if isinstance(result, StoreUnavailable):
                refused += 1
            elif result is None:
                kept.append(number + each)
            else:
                raise result
    assert refused and not store.is_writable
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.write(unit(1000))
    assert store.is_writable
    print(*kept, 1000)
    await store.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("most", [150_000, 200_001, 333_333], ids=lambda most: f"{most} bytes a file")
async def test_a_full_disk_refuses_keeps_no_half_and_recovers(url, path, most):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    process = start(FILL_THE_DISK, url, str(most))
    told, errors = await asyncio.to_thread(process.communicate)

    assert (0, "") == (process.returncode, errors)
    acknowledged = set(told.split())
    stored = {name for (name,) in look(path, "SELECT name FROM gateway_values")}
    halves = [{name.partition("-")[0] for name in stored if name.endswith(side)} for side in ("left", "right")]
    assert halves[0] == halves[1]
    assert acknowledged <= halves[0]
    assert 3 < len(acknowledged) < 120
    assert [("ok",)] == look(path, "PRAGMA integrity_check")


async def test_a_store_on_a_full_database_is_unavailable_and_undoes_all(store, path, words):
    await store._engine._writer._connection.run("PRAGMA max_page_count = 1")  # as many as there are

    async def much(transaction):
        for number in range(1000):
            await transaction.put_value(f"value {number}", "x" * 1000)

    with pytest.raises(StoreUnavailable, match="full"):
        await store.write(much)
    assert not store.is_writable
    await store._engine._writer._connection.run("PRAGMA max_page_count = 1000000")
    await store.write(put("after"))
    assert [("after",)] == look(path, "SELECT name FROM gateway_values WHERE name <> 'root_key'")


# Reading


async def test_a_reader_that_is_cancelled_leaves_no_old_snapshot_behind(store, words):
    """A transaction begun for somebody who has gone would show everybody after him the store as it was then."""
    for steps in range(8):
        reading = asyncio.create_task(store.pools(words.key(1).account_sid))
        for _ in range(steps):
            await asyncio.sleep(0.0005)
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        version = await store.write(lambda transaction: transaction.raise_settings_version(words.key(1).account_sid))
        assert version == (await store.pools(words.key(1).account_sid)).version


async def test_pools_are_the_union_of_what_was_learned_and_where(store):
    assert Pools() == await store.pools("AC1")

    async def learn(transaction):
        news = [
            await transaction.place("AC1", "MG1", ("+1", "+2"), "webhook", 1),
            await transaction.place("AC1", "MG1", ("+1", "+2"), "webhook", 2),
            await transaction.place("AC1", "MG1", ("+2", "+3"), "twilio", 3),
            await transaction.place("AC1", "MG2", ("+3",), "twilio", 3),
            await transaction.place("AC2", "MG3", ("+1",), "twilio", 3),
            await transaction.mark_placed("AC1", ("+1", "MG1"), 3),
            await transaction.mark_placed("AC1", ("+1",), 4),
        ]
        return news, await transaction.raise_settings_version("AC1")

    assert ([True, False, True, True, True, True, False], 1) == await store.write(learn)
    pools = await store.pools("AC1")
    assert {"MG1": {"+1", "+2", "+3"}, "MG2": {"+3"}} == pools.senders_of
    assert ({"+1", "MG1"}, 1) == (pools.placed, pools.version)

    await store.write(lambda transaction: transaction.forget_pools("AC1", before=2))
    assert {"MG1": {"+2", "+3"}, "MG2": {"+3"}} == (await store.pools("AC1")).senders_of
    assert {"MG3": {"+1"}} == (await store.pools("AC2")).senders_of


async def test_pools_and_their_version_are_read_as_of_one_instant(store):
    """Each change adds one sender and raises the version by one: any other pair was never there."""

    async def change(transaction):
        version = await transaction.raise_settings_version("AC1")
        await transaction.place("AC1", "MG1", (f"+{version}",), "webhook", 1)

    seen: set[tuple[int, int]] = set()
    over = asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            pools = await store.pools("AC1")
            seen.add((pools.version, len(pools.senders_of.get("MG1", ()))))

    reading = asyncio.create_task(read())
    for _ in range(300):
        await store.write(change)
    over.set()
    await reading

    assert [] == [pair for pair in seen if pair[0] != pair[1]]
    assert len(seen) > 5


async def test_history_is_whole_and_oldest_first(store, words):
    key, other = words.key(5005550001), words.key(5005550002)
    events = [
        words.event(key, event_type, reason=reason, message_sid="SM1", scopes=scopes)
        for event_type, reason, scopes in (
            ("STOP", None, (Scope(ScopeKind.SENDER, "+1"), Scope(ScopeKind.SERVICE, "MG1"))),
            ("START", "ümläut “quoted” \N{PARTY POPPER}", (Scope(ScopeKind.ACCOUNT, "AC1"),)),
            ("HELP", "", ()),
        )
    ]
    for event in (events[2], events[0], events[1]):
        await store.write(lambda transaction, event=event: transaction.record(event, ()))
    await store.write(words.stop(other))

    assert events == await store.history_of(key)
    assert [] == await store.history_of(words.key(5005550003))


async def test_events_are_counted_by_source_and_keyword_set_from_an_instant_on(store, words):
    key, other = words.key(5005550001), words.key(5005550001, account="AC" + "b2" * 16)
    await store.write(words.stop(key, source="twilio"))
    since = words.now()
    for owner, source, keyword_set in (
        (key, "keyword", "default.STOP"),
        (key, "keyword", "default.STOP"),
        (key, "twilio", "twilio.OptOutType"),
        (key, "operator", None),
        (other, "keyword", "default.STOP"),
    ):
        await store.write(words.stop(owner, source=source, keyword_set=keyword_set))
    await store.write(words.stop(key, source="twilio", enforced=False))  # which shadow mode only noted
    expected = {("keyword", "default.STOP"): 2, ("twilio", "twilio.OptOutType"): 1, ("operator", ""): 1}
    assert expected == await store.count_events(key.account_sid, since)


async def test_opt_outs_are_listed_page_by_page_without_gap_or_repetition(store, words):
    keys = [words.key(5005550000 + number) for number in range(25)]
    for key in keys:
        await store.write(words.stop(key))
    await store.write(words.lift(keys[3]))
    pages, after = [], ""
    while page := await store.list_opt_outs(OptOutFilter(), after, 7):
        pages.append([listed.key for listed in page])
        after = page[-1].opt_out_id

    assert [7, 7, 7, 3] == [len(page) for page in pages]
    assert [key for key in keys if key != keys[3]] == [key for page in pages for key in page]


async def test_listed_opt_outs_are_those_that_the_filter_names(store, words):
    rows = {
        "keyword": words.event(words.key(1)),
        "import": words.event(words.key(2), source="import"),
        "whatsapp": words.event(words.key(3, channel="whatsapp")),
        "elsewhere": words.event(words.key(4, account="AC2")),
        "late": words.event(words.key(5)),
    }
    for event in rows.values():
        await store.write(lambda transaction, event=event: transaction.record(event, (words.opt_out(event),)))
    names = {event.key: name for name, event in rows.items()}

    async def listed(**wanted: Any) -> set[str]:
        return {names[found.key] for found in await store.list_opt_outs(OptOutFilter(**wanted), "", 100)}

    account = words.key(1).account_sid
    assert set(rows) == await listed()
    assert {"elsewhere"} == await listed(account_sid="AC2")
    assert {"whatsapp"} == await listed(channel="whatsapp")
    assert {"import"} == await listed(source="import")
    assert {"late"} == await listed(since=rows["late"].effective_at)
    assert {"keyword", "late"} == await listed(account_sid=account, channel="phone", source="keyword")
    assert set() == await listed(account_sid="AC3")


async def test_a_listed_opt_out_says_all_that_was_kept(store, words):
    event = words.event(words.key(5005550001), source="operator", actor="jane", role="support")
    opt_out = words.opt_out(event, hold=True)
    await store.write(lambda transaction: transaction.record(event, (opt_out,)))
    (listed,) = await store.list_opt_outs(OptOutFilter(), "", 2)

    assert (event.key, event.recipient, event.scopes[0], True, "operator", "jane") == (
        listed.key,
        listed.recipient,
        listed.scope,
        listed.hold,
        listed.source,
        listed.actor,
    )
    assert (event.effective_at, event.received_at) == (listed.effective_at, listed.received_at)


async def test_a_store_that_serves_has_a_heartbeat_however_much_else_is_written(probing):
    async def busy() -> None:
        while True:
            await probing.write(lambda transaction: transaction.put_value("other", "written"))

    writing = asyncio.create_task(busy())
    beats: set[str | None] = set()
    async with asyncio.timeout(30):
        while len(beats - {None}) < 3:
            beats.add(await probing.value(HEARTBEAT))
            await asyncio.sleep(0.02)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
