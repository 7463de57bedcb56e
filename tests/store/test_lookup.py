"""The promises of the check."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.messaging.optouts import RecipientKey
from gateway.store import Store, StoreUnavailable
from gateway.store.lookup import ANSWER_WITHIN_SECONDS, MOST_AT_ONCE
from gateway.store.sqlite import Row, SqliteConnection


async def stands(store: Store, key: RecipientKey) -> bool:
    return bool((await store.find_opt_outs(key)).standing)


async def test_a_find_brings_what_stands_for_its_recipient_alone(store, words):
    opted_out, other = words.key(5005550001), words.key(5005550002)
    elsewhere = words.key(5005550001, channel="whatsapp"), words.key(5005550001, account="AC" + "b2" * 16)
    await store.write(words.stop(opted_out))

    keys = (opted_out, other, *elsewhere)
    assert [True, False, False, False] == await asyncio.gather(*(stands(store, key) for key in keys))


async def test_a_find_brings_the_accounts_settings_version(store, words):
    key = words.key(5005550001)
    before = (await store.find_opt_outs(key)).settings_version
    await store.write(lambda transaction: transaction.raise_settings_version(key.account_sid))
    await store.write(lambda transaction: transaction.raise_settings_version(key.account_sid))
    other = words.key(5005550001, account="AC" + "b2" * 16)

    assert (0, 2, 0) == (
        before,
        (await store.find_opt_outs(key)).settings_version,
        (await store.find_opt_outs(other)).settings_version,
    )


async def test_more_finds_than_fit_one_statement_are_all_answered(store, words):
    keys = [words.key(number) for number in range(5005550000, 5005550000 + 2 * MOST_AT_ONCE + 7)]
    for key in keys[::100]:
        await store.write(words.stop(key))

    expected = [position % 100 == 0 for position in range(len(keys))]
    assert expected == await asyncio.gather(*(stands(store, key) for key in keys))


async def test_finds_for_one_recipient_share_a_look_up_that_has_not_been_issued(store, words, monkeypatch):
    asked = statements_of(store, monkeypatch)
    await asyncio.gather(*(stands(store, words.key(5005550001)) for _ in range(50)))

    assert 1 == len(asked)


async def test_a_find_joins_no_look_up_that_was_issued(store, words, monkeypatch):
    asked = statements_of(store, monkeypatch)
    first = asyncio.create_task(stands(store, words.key(5005550001)))
    async with asyncio.timeout(20):
        while not asked:  # noqa: ASYNC110 - the statement is noted by the store's own task
            await asyncio.sleep(0)
    second = asyncio.create_task(stands(store, words.key(5005550001)))
    await asyncio.gather(first, second)

    assert 2 == len(asked)


def statements_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The look-ups that are issued from now on; each is still run."""
    asked: list[Any] = []
    find = store._engine.find

    async def noted(keys: Sequence[RecipientKey]) -> list[Row]:
        asked.append(keys)
        return await find(keys)

    monkeypatch.setattr(store._engine, "find", noted)
    return asked


async def test_a_stop_that_was_acknowledged_is_seen_by_every_find_after_it(store, words):
    """Writers and finders at once on few recipients; an independent count of what was acknowledged tells.

    Each recipient has one writer, so what stands before and after each write is known; a find that begins after an
    acknowledgement and ends before the next write begins has one right answer.
    """
    chance = random.Random(7)
    acknowledged = dict.fromkeys((words.key(5005550000 + number) for number in range(12)), False)
    changing = dict.fromkeys(acknowledged, 0)  # odd while a write is under way
    wrong: list[RecipientKey] = []
    decided = 0
    over = asyncio.Event()

    async def write(key: RecipientKey) -> None:
        for _ in range(40):
            stop = chance.random() < 0.5
            changing[key] += 1
            await store.write(words.stop(key) if stop else words.lift(key))
            acknowledged[key] = stop
            changing[key] += 1
            await asyncio.sleep(chance.random() * 0.004)

    async def find() -> None:
        nonlocal decided
        while not over.is_set():
            key = chance.choice(list(acknowledged))
            at, expected = changing[key], acknowledged[key]
            actual = await stands(store, key)
            if at % 2 == 0 and changing[key] == at:
                decided += 1
                wrong.extend([key] if expected != actual else [])

    finders = [asyncio.create_task(find()) for _ in range(64)]
    await asyncio.gather(*(write(key) for key in acknowledged))
    over.set()
    await asyncio.gather(*finders)

    assert [] == wrong
    assert decided > 100  # thousands, unless the machine is busy


async def test_a_find_right_after_a_stop_sees_it_and_right_after_a_start_does_not(store, words):
    async def journey(number: int) -> list[bool]:
        key, seen = words.key(5005550000 + number), []
        for _ in range(15):
            await store.write(words.stop(key))
            seen.append(await stands(store, key))
            await store.write(words.lift(key))
            seen.append(await stands(store, key))
        return seen

    assert [[True, False] * 15] * 20 == await asyncio.gather(*(journey(number) for number in range(20)))


async def test_a_stop_committed_by_another_process_is_seen_at_once(store, words, path):
    key = words.key(5005550001)
    await store.write(words.stop(key))
    other = sqlite3.connect(path)
    for standing in (False, True) * 20:
        with other:
            other.execute("UPDATE opt_outs SET standing = ?", (standing,))
        assert standing == await stands(store, key)
    other.close()


async def hold_busy(connection: SqliteConnection, seconds: float) -> None:
    """Keep the connection's thread at work with a statement that takes its time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        count = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000) SELECT max(i) FROM n"
        )
        working = asyncio.create_task(connection.run(count))
        try:
            await asyncio.wait_for(asyncio.shield(working), seconds)
        except TimeoutError:
            await connection._connection.interrupt()
        await asyncio.gather(working, return_exceptions=True)


@pytest.mark.limits
@pytest.mark.sqlite
async def test_a_slow_store_means_unavailable_within_a_second_and_no_longer(store, words):
    key = words.key(5005550001)
    await store.write(words.stop(key))
    busy = asyncio.create_task(hold_busy(store._engine._checks, 1.3))
    await asyncio.sleep(0.02)

    async def refused() -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="too long"):
            await store.find_opt_outs(key)
        return time.monotonic() - began

    took = await asyncio.gather(*(refused() for _ in range(20)))
    assert ANSWER_WITHIN_SECONDS * 0.9 < min(took)
    assert max(took) < 2.5  # a second, and what a busy machine takes
    await busy
    assert await stands(store, key)


async def test_a_find_that_is_given_up_disturbs_no_other_that_shares_it(store, words):
    key = words.key(5005550001)
    await store.write(words.stop(key))
    finding = [asyncio.create_task(stands(store, key)) for _ in range(10)]
    await asyncio.sleep(0)
    for task in finding[::2]:
        task.cancel()
    outcome = await asyncio.gather(*finding, return_exceptions=True)

    assert [True] * 5 == outcome[1::2]
    assert all(task.cancelled() for task in finding[::2])


async def test_a_recipient_that_cannot_be_asked_for_does_not_end_the_answering(store, words):
    with pytest.raises(StoreUnavailable):
        await store.find_opt_outs(words.key("\ud800"))

    assert not await stands(store, words.key(5005550001))


async def test_a_look_up_that_fails_is_told_to_all_and_the_next_one_works(store, words, monkeypatch):
    async def failing(*_):
        raise StoreUnavailable("away")

    keys = [words.key(5005550000 + number) for number in range(5)]
    monkeypatch.setattr(store._engine, "find", failing)
    outcome = await asyncio.gather(*(store.find_opt_outs(key) for key in keys), return_exceptions=True)
    monkeypatch.undo()

    assert [StoreUnavailable] * 5 == [type(error) for error in outcome]
    assert [False] * 5 == await asyncio.gather(*(stands(store, key) for key in keys))


async def test_no_find_is_answered_while_the_store_cannot_be_written(store, words):
    async def away(_):
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        await store.write(away)
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        await store.find_opt_outs(words.key(5005550001))


@pytest.mark.limits
async def test_when_the_answering_has_ended_finds_are_refused_at_once(store, words):
    store._tasks[0].cancel()
    waiting = asyncio.create_task(store.find_opt_outs(words.key(5005550001)))
    async with asyncio.timeout(1.9):  # one alone may take a second
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await waiting
            with pytest.raises(StoreUnavailable):
                await store.find_opt_outs(words.key(5005550001))
