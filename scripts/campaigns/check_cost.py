"""Print what a check and a STOP cost on each engine, as Markdown.

The check: CPU of this process (all its threads; not the PostgreSQL server's) for each `Store.find_opt_outs`, one at a
time and 64 in flight, with few and with many opt-outs in the store; half of the recipients asked about are opted out.
The STOP: transactions of the statements that a keyword needs, one after another and many at a time. Both as median
(least–most) of several rounds.
"""

import asyncio
import contextlib
import itertools
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Source
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import StoredMessage
from gateway.store.transaction import Transaction
from gateway.store.upgrade import prepare
from scripts.campaigns.fleet import database, engines_of, parser, progress
from tests.staging import ACCOUNT, ALONE

IN_FLIGHT: Final = (1, 64)
CHANNEL: Final = "phone"
FIRST: Final = 13_100_000_000  # recipients count on from here, all of them written as they are looked up

COLUMNS: Final = """account_sid, channel, recipient_key, scope_kind, scope_id, opt_out_id, recipient, standing, hold,
 source, actor, role, settings_version, event_id, effective_at, received_at"""
LINE: Final = f"""'{ACCOUNT}', '{CHANNEL}', '+' || ({FIRST} + 2 * n), 'sender', '{ALONE}', 'filled-' || n,
 '+' || ({FIRST} + 2 * n), true, false, 'import', 'campaign', 'operator', 0, 'filled-' || n, 0, 0"""
NUMBERED: Final = {  # numbers from the first to the last
    "sqlite": "(WITH RECURSIVE s (n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM s WHERE n < {last}) "
    "SELECT n FROM s)",
    "postgresql": "generate_series({first}, {last}) AS s (n)",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the check's table; microseconds."""

    engine: str
    rows: int
    in_flight: int
    cpu: tuple[float, ...]
    wall: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """One line of the STOP's table."""

    engine: str
    in_flight: int
    a_second: tuple[float, ...]


def fill(engine: str, database_url: str, have: int, rows: int) -> None:
    """Add opt-outs by SQL until there are so many."""
    if rows == have:
        return
    numbered = NUMBERED[engine].format(first=have, last=rows - 1)
    statement = f"INSERT INTO opt_outs ({COLUMNS}) SELECT {LINE} FROM {numbered}"  # noqa: S608 - numbers of ours
    if engine == "sqlite":
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return

    async def on_server() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(statement, timeout=600)
            await connection.execute("VACUUM ANALYZE opt_outs", timeout=600)
        finally:
            await connection.close()

    asyncio.run(on_server())


async def side_by_side(in_flight: int, work: Iterator[Callable[[], Awaitable[object]]]) -> None:
    """Do pieces of work, so many of them at once."""

    async def worker() -> None:
        for piece in work:
            await piece()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(worker())


async def measure_checks(engine: str, store: Store, rows: int, rounds: int, checks: int) -> list[Measured]:
    """CPU and wall time for each check, one at a time and many."""
    chance = random.Random(rows)  # noqa: S311 - to be repeatable
    keys = [RecipientKey(ACCOUNT, CHANNEL, f"+{FIRST + chance.randrange(2 * rows)}") for _ in range(checks)]
    measured = []
    for in_flight in IN_FLIGHT:
        cpu, wall = [], []
        for turn in range(rounds + 1):
            began, used = time.perf_counter(), time.process_time()
            await side_by_side(in_flight, (partial(store.find_opt_outs, key) for key in keys))
            if turn:  # the first round warms up
                cpu.append((time.process_time() - used) / checks * 1e6)
                wall.append((time.perf_counter() - began) / checks * 1e6)
        measured.append(Measured(engine, rows, in_flight, tuple(cpu), tuple(wall)))
        progress(f"{engine}, {rows} opt-outs, {in_flight} in flight: {statistics.median(cpu):.1f} µs")
    return measured


def stops() -> Iterator[Callable[[Transaction], Awaitable[str]]]:
    """Units of work as a STOP's webhook brings them, each of a phone of its own."""
    for number in itertools.count():
        now = time.time_ns() // 1_000
        key = RecipientKey(ACCOUNT, CHANNEL, f"+3{number:010}")
        scope = Scope(ScopeKind.SENDER, ALONE)
        event = ConsentEvent(
            event_id=new_id(now),
            key=key,
            recipient=key.recipient_key,
            event_type="STOP",
            change="opted_out",
            scopes=(scope,),
            source="keyword",
            actor="recipient",
            role="recipient",
            settings_version=0,
            effective_at=now,
            received_at=now,
        )

        async def unit(transaction: Transaction, event: ConsentEvent = event, sid: str = f"SM{number}") -> str:
            await transaction.read_ahead(event.key, sid)
            await transaction.seen(ACCOUNT, sid)
            await transaction.settings_version(ACCOUNT)
            await transaction.opt_outs_of(event.key)
            stands = OptOut(event.scopes[0], True, event.effective_at, Source.KEYWORD, False)
            await transaction.record(event, (stands,))
            answer = StoredMessage("print", "STOP", "opted_out", "<Response/>")
            await transaction.remember(ACCOUNT, sid, answer, event.event_id, event.received_at)
            moment = event.received_at
            return await transaction.owe(
                ACCOUNT, "campaign", "{}", now=moment, due_at=moment, give_up_at=moment, lease=None
            )

        yield unit


async def measure_stops(engine: str, store: Store, rounds: int, writes: int) -> list[Written]:
    """STOPs committed a second, one after another and many at a time."""
    units = stops()
    written = []
    for in_flight in IN_FLIGHT:
        a_second: list[float] = []
        for _ in range(rounds):
            began = time.perf_counter()
            await side_by_side(in_flight, (partial(store.write, next(units)) for _ in range(writes)))
            a_second.append(writes / (time.perf_counter() - began))
        written.append(Written(engine, in_flight, tuple(a_second)))
        progress(f"{engine}, {in_flight} STOPs at a time: {statistics.median(a_second):.0f} a second")
    return written


@contextlib.asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Store]:
    """The store, without the heartbeat of a gateway that serves."""
    store = Store(database_url, lambda: time.time_ns() // 1_000)
    await store.open(serving=False)
    try:
        yield store
    finally:
        await store.close()


async def measure(
    engine: str, database_url: str, rows: list[int], rounds: int, checks: int, writes: int
) -> tuple[list[Measured], list[Written]]:
    """Both tables' lines of one engine."""
    await asyncio.to_thread(prepare, database_url)
    measured: list[Measured] = []
    for have, wanted in itertools.pairwise([0, *sorted(rows)]):
        await asyncio.to_thread(fill, engine, database_url, have, wanted)
        async with opened(database_url) as store:
            measured += await measure_checks(engine, store, wanted, rounds, checks)
    async with opened(database_url) as store:
        return measured, await measure_stops(engine, store, rounds, writes)


def table(measured: list[Measured], written: list[Written]) -> str:
    """The tables, as Markdown."""
    lines = ["| Engine | Opt-outs | In flight | CPU a check, µs | Wall time a check, µs |", "|---|---:|---:|---:|---:|"]
    for each in measured:
        lines.append(
            f"| {each.engine} | {each.rows:,} | {each.in_flight} | {spread(each.cpu, 1)} | {spread(each.wall, 1)} |"
        )
    lines += ["", "| Engine | STOPs in flight | STOPs committed a second |", "|---|---:|---:|"]
    lines += [f"| {line.engine} | {line.in_flight} | {spread(line.a_second, 0)} |" for line in written]
    return "\n".join(lines)


def spread(values: tuple[float, ...], digits: int) -> str:
    """Median (least–most)."""
    middle, least, most = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--rows", default="1000,1000000", help="numbers of opt-outs, separated by commas")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--checks", type=int, default=10_000, help="in each round")
    options.add_argument("--writes", type=int, default=1_000, help="in each round")
    given = options.parse_args()
    rows = [int(number) for number in given.rows.split(",")]
    measured: list[Measured] = []
    written: list[Written] = []
    for engine in engines_of(given):
        with (
            tempfile.TemporaryDirectory(prefix="gateway-campaign-") as folder,
            database(engine, Path(folder), given.database_url) as database_url,
        ):
            checks, stopped = asyncio.run(measure(engine, database_url, rows, given.rounds, given.checks, given.writes))
        measured += checks
        written += stopped
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print(table(measured, written))
    return 0


if __name__ == "__main__":
    sys.exit(main())
