"""The promises of writing, on a real store."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from gateway.messaging.optouts import Source
from gateway.store import Store, StoreError, StoreUnavailable
from gateway.store.engine import UnitOfWork
from gateway.store.errors import NotStorable
from gateway.store.transaction import Transaction
from gateway.store.writer import MOST_IN_ONE_COMMIT
from tests.staging import rows_of


class Broken(Exception):
    pass


def values_in(url: str) -> set[str]:
    return {name for (name,) in rows_of(url, "SELECT name FROM gateway_values WHERE name <> 'root_key'")}


def put(name: str, value: str = "kept") -> UnitOfWork[str]:
    async def unit(transaction: Transaction) -> str:
        await transaction.put_value(name, value)
        return name

    return unit


def put_then(name: str, fault: Callable[[], None]) -> UnitOfWork[None]:
    async def unit(transaction: Transaction) -> None:
        await transaction.put_value(name, "half")
        fault()

    return unit


def raises(error: BaseException) -> Callable[[], None]:
    def fault() -> None:
        raise error

    return fault


class Gate:
    """A unit that waits within its transaction, so that what is handed in meanwhile makes one group."""

    def __init__(self) -> None:
        self.entered, self.opened = asyncio.Event(), asyncio.Event()

    async def unit(self, transaction: Transaction) -> None:
        self.entered.set()
        await self.opened.wait()


async def grouped(store: Store, units: list[UnitOfWork[Any]]) -> list[Any]:
    """Hand in units while the writer is held up; gives back their results or errors."""
    gate = Gate()
    held = asyncio.create_task(store.write(gate.unit))
    await gate.entered.wait()
    handed_in = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    return await asyncio.gather(*handed_in, return_exceptions=True)


async def test_whoever_gets_a_result_finds_it_committed(store, url):
    async def write_and_look(number: int) -> bool:
        name = await store.write(put(f"value {number}"))
        return name in await asyncio.to_thread(values_in, url)

    assert [True] * 40 == await asyncio.gather(*(write_and_look(number) for number in range(40)))


async def test_nothing_is_committed_while_the_unit_runs(store, url):
    gate = Gate()

    async def unit(transaction):
        await transaction.put_value("early", "x")
        await gate.unit(transaction)

    writing = asyncio.create_task(store.write(unit))
    await gate.entered.wait()
    assert set() == values_in(url)
    gate.opened.set()
    await writing
    assert {"early"} == values_in(url)


@pytest.mark.sqlite
async def test_units_that_wait_together_share_one_commit(store):
    before = store._engine._writer.commits
    await grouped(store, [put(f"value {number}") for number in range(MOST_IN_ONE_COMMIT)])

    assert 2 == store._engine._writer.commits - before


async def test_more_units_than_fit_one_commit_share_the_next(store, path):
    before = store._engine._writer.commits
    await grouped(store, [put(f"value {number}") for number in range(3 * MOST_IN_ONE_COMMIT)])

    assert 4 == store._engine._writer.commits - before
    assert 3 * MOST_IN_ONE_COMMIT == len(values_in(f"sqlite:///{path}"))


@pytest.mark.sqlite
async def test_a_unit_sees_what_units_before_it_in_the_group_wrote(store):
    async def first(transaction):
        return await transaction.value_once("shared", "first")

    async def second(transaction):
        return await transaction.value_once("shared", "second")

    assert ["first", "first"] == await grouped(store, [first, second])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(raises(Broken()), Broken, id="an error of the unit's own"),
        pytest.param(raises(StoreError("no")), StoreError, id="an error of the store that is not its absence"),
        pytest.param(raises(TimeoutError()), TimeoutError, id="a time-out in the unit"),
        pytest.param(
            raises(asyncio.CancelledError()), asyncio.CancelledError, id="something the unit waited for was cancelled"
        ),
        pytest.param(raises(MemoryError()), MemoryError, id="no memory"),
    ],
)
async def test_a_unit_that_raises_is_undone_alone_and_told(store, url, fault, expected):
    outcome = await grouped(store, [put("before"), put_then("broken", fault), put("after")])

    assert ["before", expected, "after"] == [outcome[0], type(outcome[1]), outcome[2]]
    assert {"before", "after"} == values_in(url)
    assert store.is_writable
    assert "later" == await store.write(put("later"))


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(lambda transaction: transaction.put_value("broken", "\ud800"), id="a lone surrogate"),
        pytest.param(lambda transaction: transaction.put_value("broken", None), id="nothing where there must be text"),
        pytest.param(lambda transaction: transaction.forget_answers(2**63, 1), id="a number over 64 bits"),
    ],
)
async def test_a_value_that_cannot_be_stored_harms_nobody_else(store, url, poison):
    outcome = await grouped(store, [put("before"), poison, put("after")])

    assert isinstance(outcome[1], NotStorable)
    assert not outcome[1].retryable
    assert ["before", "after"] == [outcome[0], outcome[2]]
    assert {"before", "after"} == values_in(url)
    assert store.is_writable


async def test_a_line_of_history_written_twice_is_refused_alone(store, words):
    stop = words.stop(words.key(5005550001))
    first, again, other = await grouped(store, [stop, stop, words.stop(words.key(5005550002))])

    assert {str, NotStorable} == {type(first), type(again)}
    assert isinstance(other, str)


async def test_the_store_going_away_within_a_group_refuses_all_of_it(store, path):
    outcome = await grouped(store, [put("before"), put_then("broken", raises(StoreUnavailable("away"))), put("after")])

    assert [StoreUnavailable] * 3 == [type(error) for error in outcome]
    assert set() == values_in(f"sqlite:///{path}")
    assert not store.is_writable
    await store.write(put("later"))
    assert store.is_writable
    assert {"later"} == values_in(f"sqlite:///{path}")


async def test_a_group_that_ended_in_the_middle_keeps_what_a_failed_unit_was_told(store, path):
    outcome = await grouped(
        store, [put_then("first", raises(Broken())), put_then("second", raises(StoreUnavailable("away")))]
    )

    assert [Broken, StoreUnavailable] == [type(error) for error in outcome]
    assert set() == values_in(f"sqlite:///{path}")


async def test_a_statement_that_fails_ends_the_group_and_leaves_no_transaction(store, path):
    async def unit(transaction):
        await transaction.put_value("half", "x")
        await store._engine._writer._connection.run("SELECT * FROM no_such_table")

    assert [StoreUnavailable] == [type(error) for error in await grouped(store, [unit])]
    assert set() == values_in(f"sqlite:///{path}")
    other = sqlite3.connect(path, timeout=0)
    other.execute("BEGIN IMMEDIATE")  # nobody holds the lock
    other.close()


async def test_a_caller_that_is_cancelled_does_not_undo_what_has_begun(store, url):
    gate = Gate()

    async def unit(transaction):
        await transaction.put_value("begun", "x")
        await gate.unit(transaction)

    writing = asyncio.create_task(store.write(unit))
    await gate.entered.wait()
    writing.cancel()
    gate.opened.set()
    await asyncio.gather(writing, return_exceptions=True)
    await store.write(put("later"))

    assert writing.cancelled()
    assert {"begun", "later"} == values_in(url)


async def test_a_unit_whose_caller_has_gone_before_it_began_is_left_out(store, path):
    gate = Gate()
    held = asyncio.create_task(store.write(gate.unit))
    await gate.entered.wait()
    gone = asyncio.create_task(store.write(put("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    await store.write(put("later"))

    assert {"later"} == values_in(f"sqlite:///{path}")


async def test_callers_that_are_cancelled_at_random_lose_nobody_elses_work(store, url):
    writing = [asyncio.create_task(store.write(put(f"value {number}"))) for number in range(200)]
    for task in writing[::3]:
        await asyncio.sleep(0)
        task.cancel()
    outcome = await asyncio.gather(*writing, return_exceptions=True)
    acknowledged = {name for name in outcome if isinstance(name, str)}

    assert 133 <= len(acknowledged)
    assert acknowledged <= values_in(url)


@pytest.mark.sqlite
async def test_a_writer_held_up_too_long_is_unavailable_and_comes_back(store, monkeypatch):
    monkeypatch.setattr("gateway.store.writer.GIVE_UP_AFTER_SECONDS", 0.1)
    gate = Gate()
    held = asyncio.create_task(store.write(gate.unit))
    await gate.entered.wait()
    with pytest.raises(StoreUnavailable, match="too long"):
        await store.write(put("late"))
    with pytest.raises(StoreUnavailable):
        await held
    assert not store.is_writable
    gate.opened.set()

    assert "later" == await store.write(put("later"))
    assert store.is_writable


async def test_nobody_waits_for_a_store_that_was_closed(url, words):
    store = Store(url, words.now)
    await store.open()
    gate = Gate()
    held = asyncio.create_task(store.write(gate.unit))
    await gate.entered.wait()
    waiting = asyncio.create_task(store.write(put("waiting")))
    await asyncio.sleep(0)
    await store.close()

    async with asyncio.timeout(5):
        outcome = await asyncio.gather(held, waiting, return_exceptions=True)
        assert isinstance(outcome[0], StoreUnavailable)
        assert outcome[1] == "waiting" or isinstance(outcome[1], StoreUnavailable), (
            "PostgreSQL may have done it already"
        )
        for call in (lambda: store.write(put("after")), lambda: store.find_opt_outs(words.key(5005550001))):
            with pytest.raises(StoreUnavailable):
                await call()
    assert not store.is_writable


async def test_a_fault_in_the_writer_itself_tells_the_caller_and_does_not_end_it(store, path, monkeypatch):
    async def faulty(_):
        raise RuntimeError

    monkeypatch.setattr(store._engine._writer, "_ran_together", faulty)
    with pytest.raises(StoreUnavailable, match="RuntimeError"):
        await store.write(put("lost"))
    assert not store.is_writable
    monkeypatch.undo()

    assert "later" == await store.write(put("later"))
    assert {"later"} == values_in(f"sqlite:///{path}")


async def test_what_a_stop_changes_and_its_history_are_one(store, words):
    key = words.key(5005550001)
    stop = words.stop(key)

    async def broken(transaction):
        await stop(transaction)
        raise Broken

    await grouped(store, [broken])
    assert ((), []) == ((await store.find_opt_outs(key)).opt_outs, await store.history_of(key))
    await store.write(stop)
    assert [Source.KEYWORD] == [opt_out.source for opt_out in (await store.find_opt_outs(key)).opt_outs]
    assert ["STOP"] == [event.event_type for event in await store.history_of(key)]
