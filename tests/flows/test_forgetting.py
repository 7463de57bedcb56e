"""What is kept for a time only."""

from gateway.flows.forgetting import Forgetting
from gateway.store import Store
from tests.staging import Gateway, inbound

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
