"""The outbox with a real store and a real app."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deliveries import LEASE, LONGEST_BACKOFF, SECOND, SHARE, NoPlace, NotDelivered, Outbox, backoff
from gateway.store import Store, StoreUnavailable
from gateway.web.client import AppUnreachable
from tests.staging import rows_of


@pytest.fixture
def handlers(app, client):
    async def post(delivery):
        try:
            answer = await client.post(app.url, {}, delivery.payload.encode(), 5.0)
        except AppUnreachable as error:
            raise NotDelivered(str(error)) from error
        if not answer.is_success:
            raise NotDelivered(f"it answered {answer.status}")

    async def crash(_):
        raise ZeroDivisionError

    return {"post": post, "crash": crash}


@contextlib.asynccontextmanager
async def running(*outboxes: Outbox) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(outbox.run()) for outbox in outboxes]
    try:
        yield
    finally:
        for outbox in outboxes:
            outbox.stop()
        async with asyncio.timeout(20):
            await asyncio.gather(*tasks)


async def becomes(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is awaited is a line of the store
            await asyncio.sleep(0.01)


def line_of(url: str, delivery_id: str) -> tuple[Any, ...]:
    """State, attempts, last error, when it is due, and the lease."""
    query = "SELECT state, attempts, last_error, due_at, lease FROM deliveries"
    [row] = rows_of(url, f"{query} WHERE delivery_id = '{delivery_id}'")
    return row


async def test_what_is_owed_is_delivered_once_and_done(store, url, handlers, clock, app, owe, monkeypatch):
    monkeypatch.setattr("gateway.deliveries.LOOK_EVERY_SECONDS", 60.0)  # so that it is the waking that counts
    outbox = Outbox(store, handlers, clock)
    ids = [await owe(f"message {number}") for number in range(2 * SHARE + 3)]
    async with running(outbox):
        await becomes(lambda: len(app.taken) == len(ids))
        late = await owe("late")
        outbox.wake()
        await becomes(lambda: "late" in app.taken)

    assert sorted([*(f"message {number}" for number in range(len(ids))), "late"]) == sorted(app.taken)
    assert {("done", 1, None)} == {line_of(url, delivery_id)[:3] for delivery_id in (*ids, late)}


async def test_a_failed_try_is_put_off_with_backoff_until_it_works(store, url, handlers, clock, app, owe):
    app.answers["message"] = [500, 404]
    delivery_id = await owe("message")
    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        for attempt in (1, 2):
            await becomes(lambda: line_of(url, delivery_id)[2] == f"it answered {(500, 404)[attempt - 1]}")  # noqa: B023 - awaited here
            _, attempts, _, due_at, lease = line_of(url, delivery_id)
            assert (attempt, None) == (attempts, lease)
            assert 0.5 * attempt * SECOND <= due_at - clock() <= attempt * SECOND
            clock.now = due_at - 1
            outbox.wake()
            await asyncio.sleep(0.2)
            assert attempt == len(app.taken)  # not before it is due
            clock.now = due_at
            outbox.wake()
        await becomes(lambda: line_of(url, delivery_id)[0] == "done")

    assert ["message"] * 3 == app.taken


async def test_a_delivery_for_which_there_was_no_place_waits_as_places_become_free(store, url, clock, owe):
    async def full(_):
        raise NoPlace("not tried")

    delivery_id = await owe("message")
    outbox = Outbox(store, {"post": full}, clock)
    async with running(outbox):
        await becomes(lambda: line_of(url, delivery_id)[2] == "not tried")

    _, attempts, _, due_at, lease = line_of(url, delivery_id)
    assert (1, None) == (attempts, lease)
    assert 4 * SECOND <= due_at - clock() <= 8 * SECOND


async def test_tries_that_end_together_are_all_written_down(store, url, clock, owe):
    at_once = asyncio.Event()

    async def ends(delivery):
        await at_once.wait()
        if delivery.payload.endswith("odd"):
            raise NotDelivered("odd")

    ids = [await owe(f"{number} {'odd' if number % 2 else 'even'}") for number in range(SHARE)]
    outbox = Outbox(store, {"post": ends}, clock)
    async with running(outbox):
        await becomes(lambda: all(line_of(url, delivery_id)[4] for delivery_id in ids))
        at_once.set()
        await becomes(lambda: not any(line_of(url, delivery_id)[4] for delivery_id in ids))

    assert [("done", None), ("owed", "odd")] * (SHARE // 2) == [line_of(url, each)[:3:2] for each in ids]


async def test_a_delivery_that_failed_too_long_is_dead_and_kept(store, url, handlers, clock, app, owe):
    app.answers["message"] = [500, 500, 500]
    delivery_id = await owe("message", give_up_after=10)
    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        await becomes(lambda: line_of(url, delivery_id)[2] is not None)
        assert "owed" == line_of(url, delivery_id)[0]
        clock.turn(10)
        outbox.wake()
        await becomes(lambda: line_of(url, delivery_id)[0] == "dead")
        clock.turn(100_000)
        outbox.wake()
        await asyncio.sleep(0.2)

    assert ("dead", 2, "it answered 500") == line_of(url, delivery_id)[:3]
    assert ["message"] * 2 == app.taken
    assert {"owed": 0, "dead": 1} == await store.count_deliveries()


async def test_an_app_that_is_not_there_is_tried_again(store, url, handlers, clock, app, owe):
    right, app.url = app.url, "http://127.0.0.1:1/"
    delivery_id = await owe("message")
    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        await becomes(lambda: line_of(url, delivery_id)[2] is not None)
        assert "ClientConnectorError" in line_of(url, delivery_id)[2]
        app.url = right
        clock.turn(1)
        outbox.wake()
        await becomes(lambda: line_of(url, delivery_id)[0] == "done")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        pytest.param("unheard-of", "this version does not know this kind of delivery", id="an unknown kind"),
        pytest.param("crash", "the gateway failed (ZeroDivisionError)", id="a handler that crashes"),
    ],
)
async def test_what_cannot_be_delivered_stops_nobody_else(store, url, handlers, clock, app, owe, kind, why):
    broken = await owe("broken", kind=kind)
    ids = [await owe(f"message {number}") for number in range(5)]
    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        await becomes(lambda: {"done"} == {line_of(url, delivery_id)[0] for delivery_id in ids})
        await becomes(lambda: line_of(url, broken)[2] == why)

    assert ("owed", 1, why) == line_of(url, broken)[:3]


async def test_a_handler_that_never_ends_is_broken_off_within_its_lease(store, url, clock, owe, monkeypatch):
    monkeypatch.setattr("gateway.deliveries.TRY_WITHIN_SECONDS", 0.1)

    async def hang(_):
        await asyncio.sleep(60)

    delivery_id = await owe("message")
    async with running(Outbox(store, {"post": hang}, clock)):
        await becomes(lambda: line_of(url, delivery_id)[2] == "the gateway failed (TimeoutError)")


async def test_many_runners_on_one_store_deliver_nothing_twice(store, url, handlers, clock, app, owe):
    other = Store(url, clock)
    await other.open(serving=False)
    ids = [await owe(f"message {number}") for number in range(120)]
    async with running(*(Outbox((store, other)[number % 2], handlers, clock) for number in range(6))):
        await becomes(lambda: len(app.taken) >= len(ids))
        await asyncio.sleep(0.1)
    await other.close()

    assert len(ids) == len(app.taken) == len(set(app.taken))


async def test_a_runner_that_was_killed_leaves_its_delivery_to_another_when_the_lease_ends(
    store, url, handlers, clock, app, owe
):
    app.is_open.clear()
    delivery_id = await owe("message")
    killed = asyncio.create_task(Outbox(store, handlers, clock).run())
    await becomes(lambda: app.waiting == 1)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    app.is_open.set()

    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        clock.now += LEASE - 1
        outbox.wake()
        await asyncio.sleep(0.2)
        assert 1 == len(app.taken)
        clock.now += 1
        outbox.wake()
        await becomes(lambda: line_of(url, delivery_id)[:2] == ("done", 2))


async def test_one_that_was_slower_than_its_lease_does_not_undo_what_another_did(store, url, handlers, clock, app, owe):
    app.answers["message"] = [500, 200]
    app.is_open.clear()
    delivery_id = await owe("message")
    slow = Outbox(store, handlers, clock)
    async with running(slow):
        await becomes(lambda: app.waiting == 1)
        clock.now += LEASE
        async with running(Outbox(store, handlers, clock)):
            await becomes(lambda: app.waiting == 2)
            app.is_open.set()
            await becomes(lambda: line_of(url, delivery_id)[0] == "done")
        await becomes(lambda: app.waiting == 0)

    assert ("done", 2) == line_of(url, delivery_id)[:2]


async def test_stopping_finishes_what_is_under_way_and_takes_up_nothing_more(store, url, handlers, clock, app, owe):
    app.is_open.clear()
    first = await owe("first")
    outbox = Outbox(store, handlers, clock)
    task = asyncio.create_task(outbox.run())
    await becomes(lambda: app.waiting == 1)
    outbox.stop()
    second = await owe("second")
    await asyncio.sleep(0.2)
    assert not task.done()
    app.is_open.set()
    async with asyncio.timeout(20):
        await task

    assert ("done", "owed") == (line_of(url, first)[0], line_of(url, second)[0])
    assert ["first"] == app.taken


async def test_stopping_an_idle_outbox_ends_it_at_once(store, handlers, clock, monkeypatch):
    monkeypatch.setattr("gateway.deliveries.LOOK_EVERY_SECONDS", 60.0)
    outbox = Outbox(store, handlers, clock)
    task = asyncio.create_task(outbox.run())
    await asyncio.sleep(0.2)
    outbox.stop()
    async with asyncio.timeout(20):
        await task


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_store_that_is_away_for_a_while_delays_deliveries_and_loses_none(store, url, handlers, clock, app, owe):
    """It goes away while deliveries are under way: they cannot be settled, and are tried again after their lease."""
    await store._engine._writer._connection.run("PRAGMA busy_timeout = 50")
    app.is_open.clear()
    ids = [await owe(f"message {number}") for number in range(3)]
    outbox = Outbox(store, handlers, clock)
    async with running(outbox):
        await becomes(lambda: app.waiting == 3)
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        app.is_open.set()
        await becomes(lambda: not store.is_writable)
        with pytest.raises(StoreUnavailable):
            await owe("refused")
        await asyncio.sleep(0.3)
        other.execute("ROLLBACK")
        other.close()
        clock.now += LEASE
        late = await owe("late")
        outbox.wake()
        await becomes(lambda: {"done"} == {line_of(url, delivery_id)[0] for delivery_id in (*ids, late)})

    assert 7 == len(app.taken)


@given(st.integers(min_value=1, max_value=10_000))
def test_backoff_doubles_from_a_second_to_a_quarter_of_an_hour_less_up_to_half(attempts):
    longest = min(2 ** (attempts - 1), 900) * SECOND

    assert longest / 2 <= backoff(attempts) <= longest <= LONGEST_BACKOFF
