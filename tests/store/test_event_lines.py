"""Events that sinks are owed, in the store: one recipient's in order, whoever claims them and dies meanwhile."""

from dataclasses import replace

import pytest

from gateway.store import Store
from gateway.store.event_records import Backlog, Sink

ACCOUNT = "AC" + "a1" * 16
NOW = 1_760_000_000_000_000
LEASE = 60_000_000
SINK = Sink(ACCOUNT, "crm", "webhook", "{}", None, 0, 0, None, NOW, "ann")


async def owe(store: Store, *orders: str, sink: str = "crm") -> None:
    """Owe events, each in order with others of its key; what is told is which one of its key it is."""
    counts: dict[str, int] = {}
    for order in orders:
        counts[order] = counts.get(order, 0) + 1
        event = {"id": f"{order}{counts[order]}"}
        await store.write(lambda unit, order=order, event=event: unit.owe_event(ACCOUNT, sink, order, event, NOW))  # type: ignore[misc]


async def claimed(store: Store, lease: str, now: int = NOW, limit: int = 10) -> list[tuple[str, str]]:
    """What is claimed: identifiers of deliveries, and the events."""
    until = now + LEASE
    found = await store.write(lambda unit: unit.claim_events(SINK, lease, now=now, leased_until=until, limit=limit))
    return [(event.delivery_id, event.payload) for event in found]


def told(found: list[tuple[str, str]]) -> list[str]:
    return [payload.removeprefix('{"id":"').removesuffix('"}') for _, payload in found]


async def test_of_each_recipient_the_first_alone_is_claimed_oldest_first(store: Store) -> None:
    await owe(store, "b", "a", "b", "a", "c")
    await owe(store, "z", sink="another")
    first = await claimed(store, "mine")
    assert ["b1", "a1", "c1"] == told(first)
    assert [] == await claimed(store, "theirs")  # what comes after waits for what is under way
    assert await store.write(lambda unit: unit.end_event(first[0][0], "mine"))
    assert ["b2"] == told(await claimed(store, "theirs"))


async def test_a_limit_takes_the_oldest(store: Store) -> None:
    await owe(store, "a", "b", "c")
    assert ["a1", "b1"] == told(await claimed(store, "mine", limit=2))
    assert ["c1"] == told(await claimed(store, "mine", limit=2))


async def test_what_somebody_claimed_who_died_is_claimed_again_and_before_what_follows(store: Store) -> None:
    await owe(store, "a", "a")
    [(delivery_id, _)] = await claimed(store, "dead")
    assert [] == await claimed(store, "mine", NOW + LEASE - 1)
    assert ["a1"] == told(await claimed(store, "mine", NOW + LEASE))
    assert not await store.write(lambda unit: unit.end_event(delivery_id, "dead"))  # it is nobody else's to end
    assert await store.write(lambda unit: unit.end_event(delivery_id, "mine"))
    assert ["a2"] == told(await claimed(store, "mine", NOW + LEASE))


@pytest.mark.parametrize("put_aside", ["old", "over"])
async def test_what_is_put_aside_holds_nothing_back(store: Store, put_aside: str) -> None:
    await owe(store, "a", "a", "b")
    if put_aside == "old":
        late = NOW + 25 * 60 * 60 * 1_000_000
        assert 3 == await store.write(lambda unit: unit.give_up_events(ACCOUNT, "crm", late, 10))
        assert [] == await claimed(store, "mine")
    else:
        assert 1 == await store.write(lambda unit: unit.put_events_aside(ACCOUNT, "crm", NOW, 1))
        assert ["a2", "b1"] == told(await claimed(store, "mine"))


async def test_the_outbox_never_takes_up_what_a_sink_is_owed(store: Store) -> None:
    await owe(store, "a")
    taken = await store.write(
        lambda unit: unit.claim("outbox", now=NOW + LEASE, leased_until=NOW + 2 * LEASE, limit=10, but_not=())
    )
    assert [] == taken


async def test_what_is_owed_and_what_was_given_up_is_counted_with_its_age_by_sink_and_beside_them(store: Store) -> None:
    assert [] == await store.backlogs(10)
    for name in ("crm", "another", "idle"):
        await store.write(lambda unit, name=name: unit.add_sink(replace(SINK, name=name)))  # type: ignore[misc]
    await owe(store, "a", "a", "b")
    await owe(store, "z", sink="another")
    await store.write(lambda unit: unit.put_events_aside(ACCOUNT, "crm", NOW, 1))
    for at in (NOW + 2, NOW + 1):
        times = {"now": at, "due_at": at, "give_up_at": at + LEASE}
        await store.write(lambda unit, times=times: unit.owe(ACCOUNT, "relay", "{}", **times, lease=None))  # type: ignore[misc]
    assert {
        Backlog(ACCOUNT, None, "owed", 2, NOW + 1),
        Backlog(ACCOUNT, "another", "owed", 1, NOW),
        Backlog(ACCOUNT, "crm", "dead", 1, NOW),
        Backlog(ACCOUNT, "crm", "owed", 2, NOW),
    } == set(await store.backlogs(10))
    assert Backlog(ACCOUNT, None, "owed", 1, NOW + 1) in await store.backlogs(1)
