"""Erasing a person: nobody can read whose the lines are, and each look-up still finds them."""

import pytest
from pydantic import SecretStr

from gateway.messaging.activity import Activity
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.store import SecretUnknown, Store, StoreUnavailable
from gateway.store.identifiers import new_id
from gateway.store.person_lines import ABOUT
from gateway.store.persons import ERASED, Persons, mentions
from gateway.store.records import HeldMessage, ReviewItem, ScheduledMessage, StoredMessage
from gateway.store.schema import metadata
from tests.staging import rows_of, run_on
from tests.store.conftest import ACCOUNT, NOW, SENDER, Words

OF_A_PERSON = {"recipient", "recipient_key", "payload", "body", "answer", "contact", "words"}
NUMBER = "4155550100"


def test_each_table_that_says_something_about_a_person_is_named_with_what_erasure_does_to_it():
    assert set(ABOUT) == {
        table.name for table in metadata.tables.values() if OF_A_PERSON & {column.name for column in table.columns}
    }


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        pytest.param('["AC1",[["From","+14155550100"]]]', "+14155550100", True, id="in a form"),
        pytest.param('["whatsapp:+14155550100"]', "+14155550100", True, id="behind a prefix"),
        pytest.param('["From=%2B14155550100&x"]', "+14155550100", True, id="percent-encoded"),
        pytest.param('["+5215512345678"]', "+525512345678", True, id="in the other writing"),
        pytest.param('["+14155550101"]', "+14155550100", False, id="another number"),
        pytest.param('["994155550100"]', "+14155550100", False, id="another country's number with the same end"),
        pytest.param(r'["messenger:a\"b"]', 'a"b', True, id="an opaque identity"),
    ],
)
def test_a_text_mentions_a_person_by_their_number(text, number, expected):
    assert expected is mentions(text, RecipientKey(ACCOUNT, "phone", number))


async def fill(store: Store, words: Words, key: RecipientKey) -> None:
    """A line about the person in each table."""
    stop = words.event(key, message_sid="SM1", reason=f"called from 415 555 0100, not {SENDER[:6]}")
    number = key.recipient_key
    item = ReviewItem(
        new_id(NOW), key, "SM2", number, SENDER, None, "leave me alone", "english", "r", ("leave",), "open", NOW
    )
    held = HeldMessage(ACCOUNT, "SM3", number, number, SENDER, None, "Hi Ann", 0, 21610, NOW, NOW, NOW)
    scheduled = ScheduledMessage(
        ACCOUNT, "SM4", key.channel, number, number, None, SENDER, None, NOW + 10**12, "standing", None, NOW, None
    )

    noted = Activity(
        new_id(NOW), ACCOUNT, NOW, "outbound", "suppressed", "r", True, 400, 21610, None, None, SENDER, key.channel,
        number, "US", None, None, 1,
    )  # fmt: skip

    async def unit(transaction):
        await transaction.remember_scheduled(scheduled)
        await transaction.record(stop, (words.opt_out(stop),))
        for sid in ("SM1", "SM2"):
            await transaction.remember(
                ACCOUNT, sid, StoredMessage("f", None, None, "<Response>Ann</Response>"), None, 1
            )
        await transaction.add_review_item(item)
        await transaction.hold(held)
        await transaction.add_activity([noted])
        for payload in (f'["{number}"]', '["+14155550199"]'):
            times = {"now": NOW, "due_at": NOW, "give_up_at": NOW}
            await transaction.owe(ACCOUNT, "relay", payload, **times, lease=None)

    await store.write(unit)


async def test_an_erased_person_is_nowhere_to_be_read_and_still_suppressed(store, words, url):
    key, other = words.key(NUMBER), words.key("4155550199")
    await fill(store, words, key)
    await store.write(words.stop(other))
    before = await store.find_opt_outs(key)
    assert before.standing
    times = [(event.event_id, event.event_type, event.effective_at) for event in await store.history_of(key)]

    found = await store.write(lambda transaction: transaction.erase(key))

    one_each = dict.fromkeys(ABOUT, 1) | {"inbound_messages": 2, "preference_links": 0}
    assert one_each == found
    assert before == await store.find_opt_outs(key)
    history = await store.history_of(key)
    assert times == [(event.event_id, event.event_type, event.effective_at) for event in history]
    assert ["", history[0].key.recipient_key] == [history[0].recipient, store._persons.erased(key).recipient_key]
    everything = "\n".join(str(rows_of(url, f"SELECT * FROM {table}")) for table in metadata.tables)  # noqa: S608
    for text in (NUMBER, "415 555 0100", "leave", "Ann"):
        assert text not in everything
    assert "4155550199" in everything, "somebody else's lines are as they were"
    assert (await store.find_opt_outs(other)).standing
    assert dict.fromkeys(ABOUT, 0) == await store.write(lambda transaction: transaction.erase(key))


async def test_a_later_keyword_of_an_erased_person_meets_their_lines_and_makes_them_known_again(store, words, url):
    key = words.key(NUMBER)
    await fill(store, words, key)
    await store.write(lambda transaction: transaction.erase(key))

    await store.write(words.lift(key))
    assert not (await store.find_opt_outs(key)).standing
    assert [("+14155550100", "+14155550100")] == rows_of(url, "SELECT recipient_key, recipient FROM opt_outs")
    assert ["STOP", "START"] == [event.event_type for event in await store.history_of(key)]
    assert 1 == len(await store.opt_out_lines_of(key))

    await store.write(words.stop(key))
    assert (await store.find_opt_outs(key)).standing
    cancels = "SELECT count(*) FROM deliveries WHERE kind = 'cancel'"
    assert [(2,)] == rows_of(url, cancels), "the scheduled message of before is found by the later STOP, too"
    again = await store.write(lambda transaction: transaction.erase(key))
    assert (1, 2, 1) == (again["opt_outs"], again["consent_events"], again["scheduled_messages"])
    assert (await store.find_opt_outs(key)).standing
    assert 3 == len(await store.history_of(key))


async def test_a_change_in_one_scope_leaves_an_erased_person_opted_out_of_the_others(store, words):
    key = words.key(NUMBER)
    await store.write(words.stop(key))
    await store.write(words.stop(key, scopes=(Scope(ScopeKind.SERVICE, "MG1"),)))
    await store.write(lambda transaction: transaction.erase(key))

    await store.write(words.lift(key))
    assert ["MG1"] == [opt_out.scope.id for opt_out in (await store.find_opt_outs(key)).standing]


async def test_what_shadow_mode_learned_of_a_person_goes_with_their_lines_and_counts_for_nothing(store, words):
    key = words.key(NUMBER)
    await store.write(words.stop(key))
    await store.write(words.stop(key, enforced=False, effective_at=NOW + 1))
    await store.write(lambda transaction: transaction.erase(key))
    [erased] = await store.shadow_lines(ACCOUNT, "", 10)
    assert ("", store._persons.erased(key)) == (erased.recipient, erased.key)
    [found] = (await store.find_opt_outs(key)).opt_outs
    assert erased.opt_out == found == (await store.write(lambda transaction: transaction.opt_outs_of(key)))[0]
    assert (True, NOW + 1) == (found.shadow.standing, found.shadow.effective_at)

    await store.write(words.stop(key, enforced=False, effective_at=NOW + 2))  # known again
    [line] = await store.shadow_lines(ACCOUNT, "", 10)
    assert (key, key.recipient_key) == (line.key, line.recipient)
    assert (True, NOW + 2) == (line.opt_out.standing, line.opt_out.shadow.effective_at)


async def test_an_account_that_erases_somebody_makes_the_next_look_up_of_every_process_ask_for_both_keys(
    store, words, url
):
    key, other = words.key(NUMBER), words.key("4155550177", account="AC" + "b2" * 16)
    await store.write(words.stop(key))
    elsewhere = Store(url, words.now)
    await elsewhere.open(serving=False)
    try:
        assert (await elsewhere.find_opt_outs(key)).standing, "it has asked before"
        await store.write(lambda transaction: transaction.erase(key))
        for asked in (elsewhere, elsewhere, store):  # the first learns of it, the second knows
            assert (await asked.find_opt_outs(key)).standing
        assert () == (await elsewhere.find_opt_outs(other)).opt_outs
    finally:
        await elsewhere.close()


async def test_a_store_with_erased_persons_opens_under_no_other_secret(store, words, url):
    key = words.key(NUMBER)
    await store.write(words.stop(key))
    other = Store(url, words.now, SecretStr("x" * 32))
    await other.open(serving=False)
    await other.close()
    await store.write(lambda transaction: transaction.erase(key))

    with pytest.raises(SecretUnknown, match="GATEWAY_SECRET"):
        await Store(url, words.now, SecretStr("x" * 32)).open(serving=False)


async def test_a_process_that_had_another_secret_before_the_first_erasure_lets_nothing_through_after_it(
    store, words, url
):
    key = words.key(NUMBER)
    await store.write(words.stop(key))
    other = Store(url, words.now, SecretStr("x" * 32))
    await other.open(serving=False)
    try:
        assert (await other.find_opt_outs(key)).standing
        await store.write(lambda transaction: transaction.erase(key))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="GATEWAY_SECRET"):
                await other.find_opt_outs(key)
        await other.write(words.stop(words.key("4155550177")))
        with pytest.raises(SecretUnknown):
            await other.write(lambda transaction: transaction.erase(words.key("4155550177")))
    finally:
        await other.close()


async def test_a_line_that_was_written_past_the_erased_one_counts_in_its_place(store, words, url):
    """No writer of ours does that; if one did, nothing that is learned later may fail by it."""
    key = words.key(NUMBER)
    await store.write(words.stop(key))
    await store.write(lambda transaction: transaction.erase(key))
    columns = "account_sid, channel, recipient_key, scope_kind, scope_id, opt_out_id, recipient, standing, hold,"
    columns += " source, actor, role, settings_version, event_id, effective_at, received_at"
    chosen = columns.replace("recipient_key", "'+14155550100'").replace("opt_out_id", "'other'")
    lifted = chosen.replace("standing", "FALSE")
    run_on(url, f"INSERT INTO opt_outs ({columns}) SELECT {lifted} FROM opt_outs")  # noqa: S608 - made above

    assert not (await store.find_opt_outs(key)).standing
    await store.write(words.stop(key))
    assert (await store.find_opt_outs(key)).standing
    await store.write(lambda transaction: transaction.erase(key))
    assert [(1,)] == rows_of(url, "SELECT count(*) FROM opt_outs")
    assert (await store.find_opt_outs(key)).standing


def test_an_erased_key_tells_accounts_channels_and_secrets_apart_and_is_erased_once(words):
    persons, others = Persons(), Persons()
    persons.know(b"one")
    others.know(b"two")
    key = words.key(NUMBER)
    keys = [key, words.key(NUMBER, channel="whatsapp"), words.key(NUMBER, account="AC2"), words.key("4155550101")]
    erased = [persons.erased(each) for each in keys] + [others.erased(key)]
    assert 5 == len({each.recipient_key for each in erased})
    assert all(each.recipient_key.startswith(ERASED) and "4155" not in each.recipient_key for each in erased)
    assert erased[0] == persons.erased(erased[0])
