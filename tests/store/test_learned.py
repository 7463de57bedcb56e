"""What is learned without a webhook, on both engines: each once, and nothing goes back."""

from dataclasses import replace
from operator import methodcaller

import pytest

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.learned_lines import Backfill, StoredOptIn
from tests.staging import ACCOUNT, ALONE, OTHER_ACCOUNT, PHONE, SERVICE

SID = "SM" + "1" * 32
KEY = RecipientKey(ACCOUNT, "phone", PHONE)


def opt_in(at: int, **more: object) -> ConsentEvent:
    event = ConsentEvent(
        new_id(at), KEY, PHONE, "START", "nothing", (), "keyword", "recipient", "recipient", 1, at, at,
        sender=ALONE, service_sid=SERVICE, keyword="start",
    )  # fmt: skip
    return replace(event, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "outcomes"),
    [
        pytest.param(["webhook", "webhook"], [True, False], id="a webhook, and again"),
        pytest.param(["claim", "claim"], [True, False], id="a confirmation, and again"),
        pytest.param(["webhook", "claim"], [True, False], id="no confirmation after the webhook"),
        pytest.param(["claim", "webhook", "claim"], [True, True, False], id="a webhook after the confirmation"),
        pytest.param(["claim", "return", "claim"], [True, None, True], id="a confirmation that was given back"),
    ],
)
async def test_of_webhook_and_confirmation_each_comes_once(store: Store, steps, outcomes):
    async def unit(transaction):
        await transaction.remember_learned(ACCOUNT, SID, "events", 1)
        does = {
            "webhook": lambda: transaction.webhook_came(ACCOUNT, SID, 2),
            "claim": lambda: transaction.claim_confirmation(ACCOUNT, SID, 3),
            "return": lambda: transaction.return_confirmation(ACCOUNT, SID),
        }
        return [await does[step]() for step in steps], await transaction.is_confirmed_late(ACCOUNT, SID)

    told, is_confirmed = await store.write(unit)
    assert (outcomes, "claim" in steps and steps[0] == "claim") == (told, is_confirmed)


async def test_a_message_that_came_by_its_webhook_has_nothing_to_confirm(store: Store):
    async def unit(transaction):
        return [
            await transaction.webhook_came(ACCOUNT, SID, 2),
            await transaction.claim_confirmation(ACCOUNT, SID, 3),
            await transaction.is_confirmed_late(ACCOUNT, SID),
        ]

    assert [False, False, False] == await store.write(unit)


async def test_an_event_is_taken_once_for_each_account_until_it_is_forgotten(store: Store):
    async def take(transaction):
        return [await transaction.take_event(account, "EZ1", 5) for account in (ACCOUNT, ACCOUNT, OTHER_ACCOUNT)]

    assert [True, False, True] == await store.write(take)
    assert 0 == await store.write(lambda transaction: transaction.forget_seen_events(5, 10))
    assert 1 == await store.write(lambda transaction: transaction.forget_seen_events(6, 1))
    assert 1 == await store.write(lambda transaction: transaction.forget_seen_events(6, 10))


async def test_what_was_read_of_the_list_goes_forward_only(store: Store):
    assert await store.closed_until(ACCOUNT) is None
    for until in (20, 10, 30):
        await store.write(methodcaller("put_closed_until", ACCOUNT, until))
        assert max(until, 20) == await store.closed_until(ACCOUNT)


async def test_opt_ins_are_found_by_when_they_count_from_and_an_operators_are_none(store: Store):
    async def record(transaction):
        for event in (
            opt_in(30),
            opt_in(10),
            opt_in(20, service_sid=None, keyword="yes"),
            opt_in(25, event_type="STOP"),
            opt_in(26, role="operator", sender=None),
            opt_in(27, key=replace(KEY, channel="whatsapp")),
        ):
            await transaction.record(event, ())
        return await transaction.opt_ins_after(KEY, 10)

    expected = [StoredOptIn(ALONE, None, "yes", 20), StoredOptIn(ALONE, SERVICE, "start", 30)]
    assert expected == await store.write(record)


async def test_how_far_a_backfill_has_come_is_kept_as_it_is(store: Store):
    assert await store.backfill(ACCOUNT) is None
    begun = Backfill(ACCOUNT, None, 50, 40, {"read": 2}, "ann", 60)
    for state in (begun, replace(begun, since=5, reached=7, counts={"read": 3, "added": 1}, ended_at=70)):
        await store.write(methodcaller("put_backfill", state))
        assert state == await store.backfill(ACCOUNT)
