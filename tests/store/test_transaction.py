"""What units of work do: messages, opt-outs, values, and the leases of deliveries."""

import asyncio

import pytest

from gateway.messaging.optouts import OptOut, Source
from gateway.store import Store
from gateway.store.engine import UnitOfWork
from gateway.store.records import StoredDelivery, StoredMessage
from gateway.store.transaction import Transaction
from tests.staging import rows_of

SECOND = 1_000_000


def put(name: str, value: str = "kept") -> UnitOfWork[None]:
    async def unit(transaction: Transaction) -> None:
        await transaction.put_value(name, value)

    return unit


async def test_a_lifted_opt_out_keeps_its_line_and_does_not_stand(store, words):
    key = words.key(5005550001)
    await store.write(words.stop(key))
    await store.write(words.lift(key))
    kept = await store.write(lambda transaction: transaction.opt_outs_of(key))

    assert () == (await store.find_opt_outs(key)).standing
    assert [False] == [opt_out.standing for opt_out in kept]
    await store.write(words.stop(key))
    (stands,) = (await store.find_opt_outs(key)).standing
    assert stands == OptOut(stands.scope, standing=True, effective_at=stands.effective_at, source=Source.KEYWORD)


async def test_a_message_is_remembered_once_and_its_outcome_for_ever(store):
    stored = StoredMessage("print", "STOP", "opted_out", "<Response/>")

    async def remember(transaction):
        before = await transaction.seen("AC1", "SM1")
        await transaction.remember("AC1", "SM1", stored, "event", 100)
        return before, await transaction.seen("AC1", "SM1"), await transaction.seen("AC2", "SM1")

    assert (None, stored, None) == await store.write(remember)

    async def later(transaction):
        await transaction.keep_answer("AC1", "SM1", "<Response>new</Response>")
        await transaction.forget_answers(100, 10)
        young = await transaction.seen("AC1", "SM1")
        await transaction.forget_answers(101, 10)
        return young, await transaction.seen("AC1", "SM1")

    young, old = await store.write(later)
    assert ("<Response>new</Response>", None) == (young.answer, old.answer)
    assert ("print", "STOP", "opted_out") == (old.fingerprint, old.opt_out_type, old.change)


async def test_a_value_that_is_stored_once_is_the_same_for_everybody(store):
    def unit(number: int) -> UnitOfWork[str]:
        async def once(transaction: Transaction) -> str:
            return await transaction.value_once("root key", f"made by {number}")

        return once

    assert {"made by 0"} == set(await asyncio.gather(*(store.write(unit(number)) for number in range(50))))
    await store.write(put("root key", "new"))
    assert "new" == await store.write(unit(51))


# Deliveries


async def owe(store: Store, now: int, *, due_at: int | None = None, lease: str | None = None) -> str:
    """Write down a delivery that is given up after a thousand seconds."""

    async def unit(transaction: Transaction) -> str:
        due = now if due_at is None else due_at
        return await transaction.owe(
            "AC1", "relay", "payload", now=now, due_at=due, give_up_at=1000 * SECOND, lease=lease
        )

    return await store.write(unit)


async def claim(
    store: Store, lease: str, now: int, *, leased_until: int | None = None, limit: int = 10
) -> list[StoredDelivery]:
    until = now + 60 * SECOND if leased_until is None else leased_until
    return await store.write(lambda transaction: transaction.claim(lease, now=now, leased_until=until, limit=limit))


async def test_a_delivery_is_claimed_when_due_with_all_that_was_written(store):
    delivery_id = await owe(store, 5 * SECOND, due_at=7 * SECOND)

    assert [] == await claim(store, "one", 7 * SECOND - 1)
    (claimed,) = await claim(store, "one", 7 * SECOND)
    assert (delivery_id, "AC1", "relay", "payload", 1, 1000 * SECOND, 5 * SECOND, "one") == (
        claimed.delivery_id,
        claimed.account_sid,
        claimed.kind,
        claimed.payload,
        claimed.attempts,
        claimed.give_up_at,
        claimed.created_at,
        claimed.lease,
    )


async def test_no_delivery_is_held_twice_however_many_runners_claim(store, url, words):
    other = Store(url, words.now)
    await other.open(serving=False)
    owed = {await owe(store, number) for number in range(300)}

    async def take(own: Store, lease: str) -> list[str]:
        taken: list[str] = []
        while claimed := await claim(own, lease, SECOND, limit=7):
            taken += [delivery.delivery_id for delivery in claimed]
            await asyncio.sleep(0)
        return taken

    shares = await asyncio.gather(*(take((store, other)[number % 2], f"lease {number}") for number in range(8)))
    await other.close()

    taken = [delivery_id for share in shares for delivery_id in share]
    assert (300, owed) == (len(taken), set(taken))


async def test_oldest_due_deliveries_are_claimed_first_up_to_the_limit(store):
    ids = [await owe(store, SECOND, due_at=due_at) for due_at in (30, 10, 20)]
    claimed = await claim(store, "one", SECOND, limit=2)

    assert {ids[1], ids[2]} == {delivery.delivery_id for delivery in claimed}


@pytest.mark.parametrize(
    ("settle", "state"),
    [
        pytest.param(
            lambda t, i, lease: t.end_delivery(i, lease, "done", None, SECOND), {"owed": 0, "dead": 0}, id="done"
        ),
        pytest.param(
            lambda t, i, lease: t.end_delivery(i, lease, "dead", "why", SECOND), {"owed": 0, "dead": 1}, id="dead"
        ),
        pytest.param(
            lambda t, i, lease: t.put_off_delivery(i, lease, "why", 2 * SECOND), {"owed": 1, "dead": 0}, id="put off"
        ),
    ],
)
async def test_only_the_holder_of_the_lease_settles_a_delivery_and_once(store, settle, state):
    delivery_id = await owe(store, 0)
    await claim(store, "first", 0, leased_until=10)
    assert [] == await claim(store, "second", 9)
    (again,) = await claim(store, "second", 10)

    async def settled(lease: str) -> bool:
        return await store.write(lambda transaction: settle(transaction, delivery_id, lease))

    assert 2 == again.attempts
    assert [False, False, True, False] == [await settled(lease) for lease in ("first", "none", "second", "second")]
    assert state == await store.count_deliveries()


async def test_a_delivery_that_was_put_off_comes_back_when_due(store):
    delivery_id = await owe(store, 0)
    await claim(store, "first", 0)
    await store.write(lambda transaction: transaction.put_off_delivery(delivery_id, "first", "why", 50))

    assert [] == await claim(store, "second", 49)
    assert [2] == [delivery.attempts for delivery in await claim(store, "second", 50)]


async def test_a_delivery_held_from_the_start_is_its_holders_until_it_is_due(store):
    delivery_id = await owe(store, 0, due_at=30, lease="mine")

    assert [] == await claim(store, "other", 29)
    assert await store.write(lambda transaction: transaction.end_delivery(delivery_id, "mine", "done", None, 1))
    assert [] == await claim(store, "other", 30)


async def test_only_old_deliveries_that_were_done_are_forgotten(store, url):
    for number, (outcome, ended) in enumerate((("done", 10), ("done", 20), ("dead", 10))):
        delivery_id = await owe(store, number)
        await claim(store, f"lease {number}", number, leased_until=ended)
        await store.write(
            lambda transaction, d=delivery_id, o=outcome, e=ended, n=number: transaction.end_delivery(
                d, f"lease {n}", o, None, e
            )
        )
    await owe(store, 5)
    await store.write(lambda transaction: transaction.forget_deliveries(20, 10))

    assert [("dead", 10), ("done", 20), ("owed", None)] == rows_of(
        url, "SELECT state, ended_at FROM deliveries ORDER BY state"
    )
