"""The review list in an operator's hands, on both engines."""

import asyncio
from typing import Any

import pytest

from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Source
from gateway.operations.actors import Actor
from gateway.operations.optouts import read_whom
from gateway.operations.review import NotOpen
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem
from tests.staging import ACCOUNT, ALSO_IN_POOL, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE, TOLL_FREE

WHOM = read_whom(ACCOUNT, PHONE, None)
ON_SERVICE = Scope(ScopeKind.SERVICE, SERVICE)
ON_SENDER = Scope(ScopeKind.SENDER, IN_POOL)
BODY = "please stop texting me"
MINUTE = 60.0


async def listed(office, key: RecipientKey = WHOM.key, **more) -> ReviewItem:
    """A message that was put on the review list just now."""
    now = office.clock()
    given: dict[str, Any] = {
        "recipient": PHONE,
        "sender": IN_POOL,
        "service_sid": SERVICE,
        "body": BODY,
        "language": "en",
    }
    given |= {"rule": "stop_texting", "words": ("stop", "texting"), "state": "open", "received_at": now}
    item = ReviewItem(new_id(now), key, "SM" + "1" * 32, **(given | more))
    await office.store.write(lambda transaction: transaction.add_review_item(item))
    return item


async def all_items(office) -> list[ReviewItem]:
    return await office.review.items(None, None)


async def standing(office, key: RecipientKey = WHOM.key) -> dict[Scope, OptOut]:
    return {opt_out.scope: opt_out for opt_out in (await office.store.find_opt_outs(key)).standing}


async def test_an_accepted_item_opts_out_as_stop_would_have_from_the_time_it_came(office):
    item = await listed(office)
    office.clock.advance(MINUTE)
    change = await office.review.accept(item.review_id, office.by, "it is plain")

    found = await standing(office)
    assert (Change.ADDED, {ON_SERVICE, ON_SENDER}) == (change, set(found))
    assert {(item.received_at, Source.KEYWORD, False)} == {(o.effective_at, o.source, o.hold) for o in found.values()}
    (event,) = await office.store.history_of(WHOM.key)
    assert ("STOP", "added", "keyword", "ada", "operator", "it is plain") == (
        event.event_type, event.change, event.source, event.actor, event.role, event.reason
    )  # fmt: skip
    assert (PHONE, IN_POOL, SERVICE, item.message_sid) == (
        event.recipient, event.sender, event.service_sid, event.message_sid
    )  # fmt: skip
    assert ("stop texting", "review.en.stop_texting", None) == (event.keyword, event.keyword_set, event.service_version)
    assert item.received_at == event.effective_at < event.received_at
    (decided,) = await all_items(office)
    assert ("accepted", "ada", "it is plain", event.event_id) == (
        decided.state, decided.actor, decided.reason, decided.event_id
    )  # fmt: skip
    assert item.received_at < (decided.decided_at or 0) <= office.clock()


@pytest.mark.parametrize(
    ("minutes", "expected", "stands"),
    [
        pytest.param(-2, Change.ADDED, True, id="an opt-in before the message does not count"),
        pytest.param(2, Change.OUTDATED, False, id="an opt-in after the message still counts"),
    ],
)
async def test_an_opt_in_counts_if_it_came_after_the_message(office, minutes, expected, stands):
    item = await listed(office)
    at = item.received_at + minutes * 60_000_000
    scopes = (ON_SERVICE, ON_SENDER)
    event = ConsentEvent(
        new_id(at), WHOM.key, PHONE, "START", "lifted", scopes, "keyword", "recipient", "recipient", 0, at, at
    )
    lifted = tuple(OptOut(scope, standing=False, effective_at=at, source=Source.KEYWORD) for scope in scopes)
    await office.store.write(lambda transaction: transaction.record(event, lifted))
    office.clock.advance(3 * MINUTE)
    assert (expected, stands) == (await office.review.accept(item.review_id, office.by), bool(await standing(office)))
    assert "accepted" == (await all_items(office))[0].state


async def test_accepting_what_somebody_opted_out_of_already_changes_nothing_and_is_told(small_office):
    item = await listed(small_office)
    for scope in (ON_SERVICE, ON_SENDER):
        await small_office.opt_outs.add(WHOM, scope, small_office.by, hold=scope == ON_SERVICE)
    before = await standing(small_office)

    assert Change.STAYS is await small_office.review.accept(item.review_id, small_office.by)
    assert before == await standing(small_office), "a hold and a later date stay"


async def test_an_item_covers_each_service_that_holds_its_sender_now(small_office):
    async def place(transaction):
        await transaction.place(ACCOUNT, SERVICE, (IN_POOL, ALSO_IN_POOL), "twilio", 1)

    await small_office.store.write(place)
    item = await listed(small_office, service_sid=None)
    await small_office.review.accept(item.review_id, small_office.by)
    assert {ON_SERVICE, ON_SENDER} == set(await standing(small_office))


@pytest.mark.parametrize(
    ("recipient", "sender"),
    [
        pytest.param("whatsapp:+14155550100", "whatsapp:+12025550105", id="WhatsApp"),
        pytest.param("rcs:+14155550100", "rcs:brand_agent", id="RCS"),
        pytest.param(PHONE, TOLL_FREE, id="toll-free"),
        pytest.param(PHONE, "55501", id="a short code"),
    ],
)
async def test_an_item_of_any_kind_of_sender_can_be_accepted(small_office, recipient, sender):
    whom = read_whom(ACCOUNT, recipient, None)
    item = await listed(small_office, whom.key, recipient=recipient, sender=sender, service_sid=None)
    await small_office.review.accept(item.review_id, small_office.by)

    assert [sender] == [scope.id for scope in await standing(small_office, whom.key)]


async def test_a_dismissed_item_changes_nobodys_opt_outs_and_leaves_no_history(office):
    item = await listed(office)
    await office.review.dismiss(item.review_id, Actor("bob", "support"), "the bill, not the texts")

    assert ({}, []) == (await standing(office), await office.store.history_of(WHOM.key))
    (decided,) = await all_items(office)
    assert ("dismissed", "bob", "the bill, not the texts", None) == (
        decided.state, decided.actor, decided.reason, decided.event_id
    )  # fmt: skip


@pytest.mark.parametrize("second", ["accept", "dismiss"])
@pytest.mark.parametrize(("first", "state"), [("accept", "accepted"), ("dismiss", "dismissed")])
async def test_an_item_is_decided_once(small_office, first, state, second):
    item = await listed(small_office)
    await getattr(small_office.review, first)(item.review_id, small_office.by)
    before = await all_items(small_office), await small_office.store.history_of(WHOM.key)

    with pytest.raises(NotOpen, match=f"it is {state} already, by ada"):
        await getattr(small_office.review, second)(item.review_id, Actor("bob"))
    assert before == (await all_items(small_office), await small_office.store.history_of(WHOM.key))


@pytest.mark.parametrize("decide", ["accept", "dismiss"])
async def test_an_item_that_is_not_there_is_told(small_office, decide):
    with pytest.raises(NotOpen, match="no such item"):
        await getattr(small_office.review, decide)("none", small_office.by)


@pytest.mark.parametrize("decide", ["accept", "dismiss"])
async def test_the_body_goes_when_somebody_decides_and_what_gave_it_away_stays(office, decide):
    item = await listed(office)
    assert BODY == (await all_items(office))[0].body
    await getattr(office.review, decide)(item.review_id, office.by)

    (decided,) = await all_items(office)
    assert (None, ("stop", "texting")) == (decided.body, decided.words)


async def test_of_an_accept_and_a_dismiss_at_once_exactly_one_wins(office, open_office, database_url):
    another = await open_office(database_url)
    items = [await listed(office) for _ in range(6)]
    races = [
        decision
        for number, item in enumerate(items)
        for decision in (
            (office, another)[number % 2].review.accept(item.review_id, office.by),
            another.review.dismiss(item.review_id, office.by),
        )
    ]
    ended = await asyncio.gather(*races, return_exceptions=True)

    for accepted, dismissed in zip(ended[::2], ended[1::2], strict=True):
        assert 1 == [type(accepted), type(dismissed)].count(NotOpen), (accepted, dismissed)
    accepted = [item for item in await all_items(office) if item.state == "accepted"]
    assert len(accepted) == len([end for end in ended[::2] if not isinstance(end, NotOpen)])
    assert {item.event_id for item in accepted} == {e.event_id for e in await office.store.history_of(WHOM.key)}


async def test_an_account_that_left_the_settings_can_still_be_decided_for(small_office):
    whom = read_whom(OTHER_ACCOUNT, PHONE, None)
    item = await listed(small_office, whom.key)

    assert Change.ADDED is await small_office.review.accept(item.review_id, small_office.by)
    assert {ON_SERVICE, ON_SENDER} == set(await standing(small_office, whom.key))


async def test_items_are_listed_oldest_first_page_by_page_by_state_and_account(office):
    items = [await listed(office) for _ in range(5)]
    await office.review.dismiss(items[1].review_id, office.by)
    ids = [item.review_id for item in items]

    async def found(*given) -> list[str]:
        return [item.review_id for item in await office.review.items(*given)]

    assert [ids[0], *ids[2:]] == await found()
    assert ids == await found(ACCOUNT, None)
    assert ids[1:2] == await found(None, "dismissed")
    assert [] == await found(OTHER_ACCOUNT)
    assert ids[:2] == await found(None, None, "", 2)
    assert ids[2:4] == await found(None, None, ids[1], 2)
    assert [] == await found(None, None, ids[-1], 2)
