"""What came of many tries, written down at once, is what it is one by one."""

import pytest

from gateway.store.errors import NotStorable
from gateway.store.records import Tried
from gateway.store.transaction import Transaction
from tests.staging import rows_of

ACCOUNT = "AC" + "a1" * 16
LINES = "SELECT payload, state, due_at, ended_at, last_error, lease, attempts FROM deliveries ORDER BY delivery_id"


@pytest.fixture
async def claimed(store) -> list[str]:
    """Six deliveries that were claimed under one lease."""

    async def owe(transaction: Transaction) -> list[str]:
        return [
            await transaction.owe(ACCOUNT, "relay", f"{number}", now=number * 1_000, due_at=0, give_up_at=9, lease=None)
            for number in range(6)
        ]

    ids = await store.write(owe)
    await store.write(lambda transaction: transaction.claim("mine", now=10_000, leased_until=60, limit=10))
    return list(ids)


def tried(delivery_id: str, outcome: str, error: str | None, lease: str = "mine") -> Tried:
    return Tried(delivery_id, lease, outcome, error, ended_at=5, due_at=50, message_sid="SM1")


async def test_each_of_many_tries_is_ended_or_put_off_by_itself_and_by_its_holder_alone(store, url, claimed):
    first, second, third, fourth, fifth, _ = claimed
    ends = [
        tried(first, "done", None),
        tried(second, "put_off", "why"),
        tried(third, "dead", "what"),
        tried(fourth, "done", None, lease="theirs"),
        tried(fifth, "done", None),
        tried("unknown", "done", None),
    ]
    await store.write(lambda transaction: transaction.settle_deliveries(ends))
    await store.write(lambda transaction: transaction.settle_deliveries([tried(first, "dead", "again")]))

    assert [
        ("SM1", "done", 60, 5, None, None, 1),
        ("1", "owed", 50, None, "why", None, 1),
        ("2", "dead", 60, 5, "what", None, 1),
        ("3", "owed", 60, None, None, "mine", 1),
        ("SM1", "done", 60, 5, None, None, 1),
        ("5", "owed", 60, None, None, "mine", 1),
    ] == rows_of(url, LINES)


async def test_an_error_that_is_no_text_is_refused_and_the_others_may_be_written_down_again(store, url, claimed):
    with pytest.raises(NotStorable):
        await store.write(lambda transaction: transaction.settle_deliveries([tried(claimed[0], "dead", "\ud800")]))
    assert {("mine",)} == set(rows_of(url, "SELECT lease FROM deliveries"))
