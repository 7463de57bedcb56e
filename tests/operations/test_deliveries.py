"""Deliveries in an operator's hands, on both engines."""

from collections.abc import AsyncIterator

import pytest

from gateway.deliveries import GIVE_UP_AFTER
from gateway.flows.relay import KIND, Relay
from gateway.operations.deliveries import DeliveryOperations, Retried
from gateway.store import Store
from gateway.store.records import ListedDelivery
from gateway.store.store import DeliveryFilter
from gateway.twilio.forms import Form
from tests.staging import ACCOUNT, OTHER_ACCOUNT, PHONE, Clock, inbound

TEXT = "what nobody else is to read"


class Owing:
    """A store with deliveries, in the states that a test puts them in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.operations = DeliveryOperations(store, clock)

    async def owe(self, account: str = ACCOUNT, state: str = "owed", kind: str = KIND) -> str:
        now = self.clock()
        payload = Relay(account, Form(tuple(inbound(TEXT).items()))).stored()
        delivery_id = await self.store.write(
            lambda transaction: transaction.owe(
                account, kind, payload, now=now, due_at=now + 5_000_000, give_up_at=now + 9_000_000, lease="mine"
            )
        )
        if state in {"done", "dead"}:
            await self.store.write(
                lambda transaction: transaction.end_delivery(delivery_id, "mine", state, "it answered 500", now)
            )
        elif state == "owed":
            await self.store.write(
                lambda transaction: transaction.put_off_delivery(
                    delivery_id, "mine", "it answered 500", now + 5_000_000
                )
            )
        return delivery_id

    async def listed(self, **wanted: str) -> list[ListedDelivery]:
        return [found async for found in self.operations.listed(DeliveryFilter(**wanted))]


@pytest.fixture
async def owing(database_url: str, clock: Clock) -> AsyncIterator[Owing]:
    store = Store(database_url, clock)
    await store.open(serving=False)
    yield Owing(store, clock)
    await store.close()


async def test_deliveries_are_listed_oldest_first_by_state_and_account(owing: Owing) -> None:
    dead, owed = await owing.owe(state="dead"), await owing.owe()
    other, done = await owing.owe(OTHER_ACCOUNT), await owing.owe(state="done")

    assert [dead, owed, other, done] == [found.delivery_id for found in await owing.listed()]
    assert [owed, other] == [found.delivery_id for found in await owing.listed(state="owed")]
    assert [dead, owed, done] == [found.delivery_id for found in await owing.listed(account_sid=ACCOUNT)]
    assert [] == await owing.listed(account_sid=OTHER_ACCOUNT, state="dead")


async def test_many_are_read_page_by_page(owing: Owing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.operations.deliveries.PAGE", 2)
    ids = [await owing.owe() for _ in range(5)]
    limited = [found.delivery_id async for found in owing.operations.listed(DeliveryFilter(), 3)]

    assert (ids, ids[:3]) == ([found.delivery_id for found in await owing.listed()], limited)


async def test_one_is_shown_with_the_message_it_is_about_and_never_its_text(owing: Owing) -> None:
    told = await owing.operations.shown(await owing.owe(state="dead"))

    assert told is not None
    assert ("dead", "it answered 500", False) == (told.delivery.state, told.delivery.last_error, told.delivery.is_held)
    assert ("From", PHONE) in told.about
    assert TEXT not in repr(told)
    assert await owing.operations.shown("nobody's") is None


async def test_another_kind_is_shown_without_looking_into_it(owing: Owing) -> None:
    told = await owing.operations.shown(await owing.owe(kind="unheard-of"))
    assert told is not None
    assert () == told.about


RETRIED = [
    pytest.param("dead", Retried.DUE, id="given up"),
    pytest.param("owed", Retried.DUE, id="waiting"),
    pytest.param("held", Retried.UNDER_WAY, id="under way"),
    pytest.param("done", Retried.DONE, id="done"),
]


@pytest.mark.parametrize(("state", "came"), RETRIED)
async def test_one_may_be_tried_again_unless_it_is_done_or_under_way(owing: Owing, state: str, came: Retried) -> None:
    delivery_id = await owing.owe(state=state)
    before = await owing.listed()
    assert came == await owing.operations.retry(delivery_id)
    [after] = await owing.listed()
    if came is not Retried.DUE:
        assert before == [after]
        return
    now = owing.clock()
    assert ("owed", 0, None) == (after.state, after.attempts, after.ended_at)
    assert now - 1_000_000 < after.due_at <= now
    assert now < after.give_up_at <= now + GIVE_UP_AFTER


async def test_what_is_due_again_is_taken_up(owing: Owing) -> None:
    delivery_id = await owing.owe(state="dead")
    await owing.operations.retry(delivery_id)
    now = owing.clock()
    claimed = await owing.store.write(
        lambda transaction: transaction.claim("other", now=now, leased_until=now + 1, limit=10)
    )
    assert [(delivery_id, 1)] == [(delivery.delivery_id, delivery.attempts) for delivery in claimed]


async def test_one_that_nobody_knows_cannot_be(owing: Owing) -> None:
    assert Retried.UNKNOWN == await owing.operations.retry("nobody's")


async def test_all_that_was_given_up_is_tried_again_of_one_account_or_all(owing: Owing) -> None:
    for account, state in ((ACCOUNT, "dead"), (ACCOUNT, "done"), (OTHER_ACCOUNT, "dead"), (ACCOUNT, "dead")):
        await owing.owe(account, state)
    assert (2, 1, 0) == (
        await owing.operations.retry_dead(ACCOUNT),
        await owing.operations.retry_dead(),
        await owing.operations.retry_dead(),
    )
    assert ["owed", "done", "owed", "owed"] == [found.state for found in await owing.listed()]
