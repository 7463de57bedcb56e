"""What is kept for a time only."""

import pytest

from gateway.flows.forgetting import HOUR, Forgetting, Retention
from gateway.given import retention_of
from gateway.messaging.optouts import RecipientKey
from gateway.settings import RetentionSettings
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem
from gateway.store.store import DeliveryFilter
from gateway.store.transaction import Transaction
from tests.staging import ACCOUNT, ALONE, PHONE, Clock, Gateway, inbound

HOUR_SECONDS = 3600
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


async def forget(gateway: Gateway) -> None:
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        await Forgetting(store, gateway.clock).forget()
    finally:
        await store.close()


async def test_an_answer_is_given_again_for_48_hours_and_the_outcome_is_kept_for_ever(gateway: Gateway) -> None:
    first = await gateway.webhook(inbound("STOP"))
    gateway.clock.advance(47 * HOUR_SECONDS)
    await forget(gateway)
    assert first.body == (await gateway.webhook(inbound("STOP"))).body
    gateway.clock.advance(2 * HOUR_SECONDS)
    await forget(gateway)
    assert EMPTY == (await gateway.webhook(inbound("STOP"))).text
    assert [(1,)] == gateway.rows("SELECT count(*) FROM consent_events")


DAY = 24 * HOUR
KEPT = Retention(dead_deliveries=2 * DAY, review_bodies=3 * DAY, done_deliveries=DAY)


async def test_each_kind_of_thing_is_kept_as_long_as_the_settings_say_and_no_longer(
    database_url: str, clock: Clock
) -> None:
    store = Store(database_url, clock)
    await store.open(serving=False)
    made = clock()

    async def fill(transaction: Transaction) -> None:
        for state in ("dead", "done"):
            lease = f"lease {state}"
            times = {"now": made, "due_at": made, "give_up_at": made}
            delivery_id = await transaction.owe(ACCOUNT, "relay", '["+14155550100"]', **times, lease=lease)
            await transaction.end_delivery(delivery_id, lease, state, None, made)
        key = RecipientKey(ACCOUNT, "phone", PHONE)
        values = ("body", "en", "rule", ("words",), "open", made)
        await transaction.add_review_item(ReviewItem(new_id(made), key, "SM1", PHONE, ALONE, None, *values))

    async def left_after(days: int) -> tuple[list[str], str | None]:
        clock.advance(made / 1_000_000 + days * 86_400 + 1 - clock() / 1_000_000)
        await Forgetting(store, clock, KEPT).forget()
        states = sorted(delivery.state for delivery in await store.list_deliveries(DeliveryFilter(), "", 9))
        [item] = await store.review_items(None, None, "", 9)
        return states, item.body

    try:
        await store.write(fill)
        kept = {each.state: each.payload for each in await store.list_deliveries(DeliveryFilter(), "", 9)}
        assert {"dead": '["+14155550100"]', "done": ""} == kept
        expected = [(["dead", "done"], "body"), (["dead"], "body"), ([], "body"), ([], None)]
        assert expected == [await left_after(days) for days in range(4)]
    finally:
        await store.close()


@pytest.mark.parametrize("name", list(RetentionSettings.model_fields))
def test_each_setting_of_retention_is_used(name: str) -> None:
    given = RetentionSettings().model_dump()
    longer = retention_of(RetentionSettings(**(given | {name: given[name] + 1})))
    before = retention_of(RetentionSettings())
    assert Retention() == before
    assert 1 == sum(getattr(longer, each) > getattr(before, each) for each in Retention.__slots__)
