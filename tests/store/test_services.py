"""What the store keeps of Messaging Services and of the review list, on both engines."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.services import MessagingService
from gateway.store import StoreError
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem, ServiceVersion, TwilioService
from tests.staging import rows_of

ONE, TWO, ALIEN = "AC1", "AC2", "AC3"
SETTINGS = read_settings(
    {
        "name": "Ünïcode \U0001f6d1 'quoted' \"twice\"",
        "senders": ["+12025550101"],
        "countries": {
            "MX": {"es": {"opt_out": {"keywords": ["BAJA"], "reply": "Adiós.\nHasta luego."}}},
            "CA": {
                "fr": {"help": {"keywords": ["AIDE"], "reply": "À l'aide."}},
                "en": {"help": {"keywords": ["INFO"], "reply": "Help."}},
            },
        },
        "help_when_opted_out": False,
    }
)


def version(number: int, sid: str = "MG1", *, settings: OptOutSettings = SETTINGS, **more) -> ServiceVersion:
    given = {"change": "saved", "actor": "ada", "role": "operator", "reason": None, "settings_version": number}
    service = MessagingService(sid, number, number % 2 == 0, settings)
    return ServiceVersion(service, saved_at=number * 10, **(given | more))


async def add(store, *versions: ServiceVersion, account: str = ONE) -> None:
    async def unit(transaction):
        for each in versions:
            await transaction.add_service_version(account, each)

    await store.write(unit)


# Versions of settings


async def test_a_version_comes_back_as_it_was_written(store):
    written = version(1, reason="a first draft", role="support", change="imported")
    await add(store, written)

    found = await store.service_version(ONE, "MG1", 1)
    assert written == found
    assert ["fr", "en"] == list(found.service.settings.countries["CA"]), "the first language is the primary one"
    assert (None, None) == (await store.service_version(ONE, "MG1", 2), await store.service_version(TWO, "MG1", 1))


async def test_versions_are_listed_newest_first_up_to_the_limit(store):
    await add(store, *(version(number) for number in (1, 2, 10, 9)), version(1, "MG2"))

    assert [10, 9, 2, 1] == [each.service.version for each in await store.service_versions(ONE, "MG1", 100)]
    assert [10, 9] == [each.service.version for each in await store.service_versions(ONE, "MG1", 2)]
    assert [] == await store.service_versions(TWO, "MG1", 100)


async def test_of_each_service_the_newest_version_counts(store):
    newest = version(10, settings=OptOutSettings(name="newest"))
    await add(store, version(9), newest, version(2), version(1, "MG2"))
    await add(store, version(3, "MG1"), account=TWO)

    state = await store.account_state(ONE)
    assert {"MG1": newest.service, "MG2": version(1, "MG2").service} == state.services
    assert {"MG1": version(3).service} == (await store.account_state(TWO)).services
    assert {} == (await store.account_state(ALIEN)).services
    assert state == await store.write(lambda transaction: transaction.account_state(ONE))


async def test_a_version_that_is_there_cannot_be_written_again(store):
    await add(store, version(1))
    with pytest.raises(StoreError):
        await add(store, version(1, reason="another"))

    assert [version(1)] == await store.service_versions(ONE, "MG1", 100)


async def test_a_transaction_sees_the_versions_that_it_wrote_itself(store):
    async def unit(transaction):
        await transaction.add_service_version(ONE, version(1))
        settings_version = await transaction.raise_settings_version(ONE)
        state = await transaction.account_state(ONE)
        return settings_version, state.version, state.services["MG1"], await transaction.service_version(ONE, "MG1", 1)

    assert (1, 1, version(1).service, version(1)) == await store.write(unit)


async def test_an_event_keeps_the_version_of_the_settings_that_decided(store, words):
    key = words.key(5005550001)
    await store.write(words.stop(key, service_version=7, keyword="baja", keyword_set="languages.es.opt_out"))
    await store.write(words.stop(key))

    one, two = await store.history_of(key)
    assert (7, "languages.es.opt_out", False) == (one.service_version, one.keyword_set, one.hold)
    assert (None, False) == (two.service_version, two.hold)


# What Twilio says of services, and who left them


async def test_what_twilio_says_takes_the_place_of_what_it_said_before(store):
    first = [TwilioService("MG2", "B", True, False), TwilioService("MG1", "Ä 🛑", False, True)]
    await store.write(lambda transaction: transaction.put_twilio_services(ONE, first, 100))
    await store.write(lambda transaction: transaction.put_twilio_services(TWO, first[:1], 100))
    assert [replace(first[1], read_at=100), replace(first[0], read_at=100)] == await store.twilio_services(ONE)

    await store.write(lambda transaction: transaction.put_twilio_services(ONE, first[:1], 200))
    assert [replace(first[0], read_at=200)] == await store.twilio_services(ONE)
    assert [replace(first[0], read_at=100)] == await store.twilio_services(TWO)
    await store.write(lambda transaction: transaction.put_twilio_services(ONE, [], 300))
    assert [] == await store.twilio_services(ONE)


async def test_a_sender_that_left_a_service_is_remembered_with_the_last_time_it_did(store):
    async def leave(transaction, at: int, *senders: str):
        await transaction.left(ONE, "MG1", senders, at)

    await store.write(lambda transaction: leave(transaction, 100, "+1", "+2"))
    await store.write(lambda transaction: transaction.left(ONE, "MG2", ("+1",), 150))
    await store.write(lambda transaction: leave(transaction, 200, "+1"))

    assert {"+1": {"MG1": 200, "MG2": 150}, "+2": {"MG1": 100}} == (await store.pools(ONE)).left
    assert {} == (await store.pools(TWO)).left


async def test_a_sender_that_came_back_has_not_left(store):
    async def leave_and_return(transaction):
        await transaction.left(ONE, "MG1", ("+1", "+2"), 100)
        await transaction.place(ONE, "MG1", ("+1",), "twilio", 200)

    await store.write(leave_and_return)
    pools = await store.pools(ONE)
    assert ({"+2": {"MG1": 100}}, {"MG1": frozenset({"+1"})}) == (pools.left, pools.senders_of)


# The review list


def item(words, **more) -> ReviewItem:
    key = words.key(5005550001)
    at = words.now()
    given: dict[str, Any] = {
        "message_sid": "SM1",
        "recipient": "+15005550001",
        "sender": "+12025550101",
        "service_sid": "MG1",
    }
    given |= {"body": "¡Por favor, no más! 🛑\nya", "language": "es", "rule": "no_mas"}
    found = ReviewItem(new_id(at), key, **given, words=("no", "más"), state="open", received_at=at)
    return replace(found, **more)


async def put(store, *items: ReviewItem) -> None:
    async def unit(transaction):
        for each in items:
            await transaction.add_review_item(each)

    await store.write(unit)


async def test_an_item_comes_back_as_it_was_written(store, words):
    one, two = item(words), item(words, service_sid=None)
    await put(store, one, two)

    assert [one, two] == await store.review_items(None, None, "", 10)
    assert one == await store.write(lambda transaction: transaction.review_item(one.review_id))
    assert await store.write(lambda transaction: transaction.review_item("none")) is None


async def test_items_are_listed_in_their_order_by_account_and_state_and_page(store, words):
    items = [item(words) for _ in range(4)]
    items.append(item(words, key=words.key(5005550001, account=TWO)))
    await put(store, *reversed(items))
    decide = {"actor": "ada", "reason": None, "event_id": None, "now": 5}
    await store.write(lambda t: t.decide_review_item(items[1].review_id, "dismissed", **decide))

    ids = [each.review_id for each in items]

    async def found(account, state, after=-1, limit=10):
        start = ids[after] if after >= 0 else ""
        return [ids.index(each.review_id) for each in await store.review_items(account, state, start, limit)]

    assert [0, 1, 2, 3, 4] == await found(None, None)
    assert [0, 2, 3] == await found(items[0].key.account_sid, "open")
    assert [1] == await found(None, "dismissed")
    assert [4] == await found(TWO, None)
    assert [2, 3] == await found(None, "open", 0, 2)
    assert [] == await found(None, None, 4)


async def test_an_item_is_decided_once_and_its_body_goes(store, words, url):
    one, other = item(words), item(words)
    await put(store, one, other)

    async def decide(state: str, actor: str) -> bool:
        return await store.write(
            lambda t: t.decide_review_item(one.review_id, state, actor=actor, reason="why", event_id="E1", now=7)
        )

    assert [True, False, False] == [
        await decide("accepted", "ada"), await decide("dismissed", "bob"), await decide("accepted", "bob")
    ]  # fmt: skip
    expected = replace(one, state="accepted", body=None, actor="ada", reason="why", event_id="E1", decided_at=7)
    assert [expected, other] == await store.review_items(None, None, "", 10)
    assert [(1,)] == rows_of(url, "SELECT count(*) FROM review_items WHERE body IS NOT NULL")
    none = {"actor": "ada", "reason": None, "event_id": None, "now": 1}
    assert not await store.write(lambda t: t.decide_review_item("none", "accepted", **none))


async def test_what_a_broken_off_transaction_wrote_is_not_there(store, words):
    async def broken(transaction):
        await transaction.add_service_version(ONE, version(1))
        await transaction.put_twilio_services(ONE, [TwilioService("MG1", "A", False, False)], 1)
        await transaction.left(ONE, "MG1", ("+1",), 1)
        await transaction.add_review_item(item(words))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(broken)
    state = await store.account_state(ONE)
    assert ({}, {}, 0) == (state.services, state.pools.left, state.version)
    assert ([], []) == (await store.twilio_services(ONE), await store.review_items(None, None, "", 10))
