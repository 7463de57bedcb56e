"""An import waits for sinks, and says so where they take nothing."""

import pytest

from gateway.messaging.events import CONSENT
from gateway.operations.imports.errors import SinksAreFull
from gateway.operations.imports.room import LOOK_AGAIN_SECONDS, PATIENCE, Room
from gateway.store.event_records import Subscription
from tests.staging import ACCOUNT

EVENT = {"id": "1", "type": CONSENT}


async def subscribe(office, sink: str) -> None:
    told = Subscription(ACCOUNT, sink, CONSENT, 1, 1, "ada")
    await office.store.write(lambda t: t.put_subscription(told))


async def owe(office, sink: str, count: int) -> None:
    async def unit(transaction) -> None:
        for _ in range(count):
            await transaction.owe_event(ACCOUNT, sink, "somebody", EVENT, 1)

    await office.store.write(unit)


async def test_it_goes_on_when_the_sink_that_is_behind_has_taken_enough(office):
    for sink, count in (("crm", 5), ("erp", 1), ("dead", 0)):
        await subscribe(office, sink)
        await owe(office, sink, count)
    await owe(office, "of other types", 9)
    looks = []

    async def pause(seconds: float) -> None:
        looks.append(seconds)
        await office.store.write(lambda t: t.put_events_aside(ACCOUNT, "crm", 1, 1))

    await Room(office.store, ACCOUNT, 12, pause).wait_for(3)
    assert [LOOK_AGAIN_SECONDS] * 2 == looks
    assert 3 == await office.store.most_owed_of_sinks(ACCOUNT)


async def test_it_fails_where_nothing_is_taken_for_long(small_office):
    await subscribe(small_office, "crm")
    await owe(small_office, "crm", 5)
    looks = []

    async def pause(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == PATIENCE:  # it takes one, which begins the waiting anew
            await small_office.store.write(lambda t: t.put_events_aside(ACCOUNT, "crm", 1, 1))

    with pytest.raises(SinksAreFull, match="owed 4 events"):
        await Room(small_office.store, ACCOUNT, 8, pause).wait_for(4)
    assert 2 * PATIENCE == len(looks)


async def test_without_sinks_there_is_room_for_any(small_office):
    async def pause(seconds: float) -> None:
        raise AssertionError(f"it waits {seconds} s")

    await Room(small_office.store, ACCOUNT, 1, pause).wait_for(1_000_000)
    assert 1 == Room(small_office.store, ACCOUNT, 1, pause).most_lines
