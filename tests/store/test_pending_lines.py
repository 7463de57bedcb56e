"""What waits to be written, and what was read ahead, make units cheaper and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.messaging.consent import Change
from gateway.messaging.events import CONSENT, INBOUND
from gateway.store import Store
from gateway.store.engine import UnitOfWork
from gateway.store.errors import NotStorable
from gateway.store.event_records import Subscription
from gateway.store.pending_lines import MOST_LINES
from gateway.store.records import ScheduledMessage, StoredMessage
from gateway.store.transaction import Transaction
from tests.staging import rows_of

ACCOUNT = "AC" + "a1" * 16
NOW = 1_760_000_000_000_000

Step = Callable[[Transaction], Awaitable[object]]


def keyword(words, number: int, sid: str, answer: str = "<Response/>") -> UnitOfWork[bool]:
    """A unit as the webhook of a STOP brings it; false where the message was seen before."""
    key, event = words.key(number), words.event(words.key(number), message_sid=sid)

    async def unit(transaction: Transaction) -> bool:
        await transaction.read_ahead(key, sid)
        if await transaction.seen(ACCOUNT, sid) is not None:
            return False
        known = await transaction.opt_outs_of(key)
        await transaction.record(event, (words.opt_out(event), *known))
        stored = StoredMessage("print", "STOP", "opted_out", answer)
        await transaction.remember(ACCOUNT, sid, stored, event.event_id, NOW)
        await transaction.owe(ACCOUNT, "relay", sid, now=NOW, due_at=NOW, give_up_at=NOW, lease=None)
        return True

    return unit


async def together(store: Store, *units: UnitOfWork[object]) -> list[object]:
    """Hand units in while a transaction is held up, so that they make one group; gives their results or errors."""
    entered, opened = asyncio.Event(), asyncio.Event()

    async def held(_: Transaction) -> None:
        entered.set()
        await opened.wait()

    holding = asyncio.create_task(store.write(held))
    await entered.wait()
    handed_in = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)
    opened.set()
    await holding
    return await asyncio.gather(*handed_in, return_exceptions=True)


def kept_in(url: str) -> list[tuple[str, int, int, int, int]]:
    """Of each recipient: how many opt-outs, events, messages and deliveries there are."""
    return rows_of(
        url,
        "SELECT e.recipient_key,"
        " (SELECT count(*) FROM opt_outs AS o WHERE o.recipient_key = e.recipient_key), count(*),"
        " (SELECT count(*) FROM inbound_messages AS m WHERE m.message_sid = min(e.message_sid)),"
        " (SELECT count(*) FROM deliveries AS d WHERE d.payload = min(e.message_sid))"
        " FROM consent_events AS e GROUP BY e.recipient_key ORDER BY e.recipient_key",
    )


async def test_keywords_that_wait_together_leave_each_what_one_alone_leaves(store, words, url):
    assert [True] * 3 == await together(store, *(keyword(words, number, f"SM{number}") for number in (1, 2, 3)))
    assert await store.write(keyword(words, 4, "SM4"))

    assert [(f"+1{number}", 1, 1, 1, 1) for number in (1, 2, 3, 4)] == kept_in(url)


async def test_a_message_that_comes_twice_at_once_counts_once(store, words, url):
    assert [True, False, True] == await together(
        store, keyword(words, 1, "SM1"), keyword(words, 1, "SM1"), keyword(words, 2, "SM2")
    )
    assert [("+11", 1, 1, 1, 1), ("+12", 1, 1, 1, 1)] == kept_in(url)


async def test_two_messages_of_one_recipient_at_once_see_each_other(store, words, url):
    assert [True, True] == await together(store, keyword(words, 1, "SM1"), keyword(words, 1, "SM2"))
    assert [("+11", 1, 2, 1, 1)] == kept_in(url)


async def test_a_unit_that_raises_leaves_none_of_the_lines_that_it_added(store, words, url):
    async def broken(transaction: Transaction) -> None:
        await keyword(words, 2, "SM2")(transaction)
        raise LookupError

    first, second, third = await together(store, keyword(words, 1, "SM1"), broken, keyword(words, 3, "SM3"))
    assert (True, LookupError, True) == (first, type(second), third)
    assert [("+11", 1, 1, 1, 1), ("+13", 1, 1, 1, 1)] == kept_in(url)


async def test_a_line_that_cannot_be_stored_harms_no_other_unit(store, words, url):
    first, second, third = await together(
        store, keyword(words, 1, "SM1"), keyword(words, 2, "SM2", answer="\ud800"), keyword(words, 3, "SM3")
    )
    assert (True, NotStorable, True) == (first, type(second), third)
    assert [("+11", 1, 1, 1, 1), ("+13", 1, 1, 1, 1)] == kept_in(url)


async def test_a_text_that_no_document_holds_is_as_the_engine_has_it_and_the_others_are_kept(store, words, url):
    answers = ["a\0b" if number == 5 else "<Response/>" for number in range(12)]
    outcome = await together(store, *(keyword(words, n, f"SM{n}", answer) for n, answer in enumerate(answers)))

    kept = [number for number, result in enumerate(outcome) if result is True]
    if url.startswith("sqlite"):
        assert list(range(12)) == kept
        assert ("a\0b",) in rows_of(url, "SELECT answer FROM inbound_messages")
    else:
        assert [number for number in range(12) if number != 5] == kept
        assert isinstance(outcome[5], NotStorable)
    assert len(kept) == len(kept_in(url))


async def test_a_unit_reads_what_it_wrote_whether_it_read_ahead_or_not(store, words):
    key = words.key(1)
    event = words.event(key)

    async def unit(transaction: Transaction) -> tuple[object, ...]:
        await transaction.read_ahead(key, "SM1")
        before = await transaction.opt_outs_of(key)
        await transaction.record(event, (words.opt_out(event),))
        await transaction.remember(ACCOUNT, "SM1", StoredMessage("print", None, None, None), None, NOW)
        seen = await transaction.seen(ACCOUNT, "SM1")
        return before, await transaction.opt_outs_of(key), seen

    assert ([], [words.opt_out(event)], StoredMessage("print", None, None, None)) == await store.write(unit)


async def test_many_lines_of_one_unit_are_written_piece_by_piece(store, url):
    count = 2 * MOST_LINES + 1

    async def unit(transaction: Transaction) -> None:
        for number in range(count):
            await transaction.owe(ACCOUNT, "relay", f"{number}", now=NOW, due_at=NOW, give_up_at=NOW, lease=None)

    await store.write(unit)
    assert [(count,)] == rows_of(url, "SELECT count(*) FROM deliveries")


async def scheduled(transaction: Transaction) -> None:
    message = ScheduledMessage(
        ACCOUNT, "SM9", "phone", "+11", "+11", None, None, None, 2 * NOW, "standing", None, NOW, None
    )
    await transaction.remember_scheduled(message)


async def subscribed_to(transaction: Transaction, event_type: str) -> None:
    await transaction.put_subscription(Subscription(ACCOUNT, "crm", event_type, 1, NOW, "ann"))


# What came before, by its words; what a STOP then owes beside the relay.
BEFORE = [
    pytest.param([], [], id="nothing"),
    pytest.param([scheduled], ["cancel"], id="a scheduled message"),
    pytest.param([lambda unit: subscribed_to(unit, CONSENT)], ["event"], id="a sink of changes"),
    pytest.param([lambda unit: subscribed_to(unit, INBOUND)], ["event"], id="a sink of keywords"),
    pytest.param([scheduled, lambda unit: subscribed_to(unit, CONSENT)], ["cancel", "event"], id="both"),
]


@pytest.mark.parametrize("is_read_ahead", [True, False], ids=["read ahead", "not read ahead"])
@pytest.mark.parametrize(("before", "owed"), BEFORE)
async def test_a_stop_owes_the_same_however_it_was_read(store, words, url, before: list[Step], owed, is_read_ahead):
    for step in before:
        await store.write(step)
    key, event = words.key(1), words.event(words.key(1), change=Change.ADDED)

    async def unit(transaction: Transaction) -> None:
        if is_read_ahead:
            await transaction.read_ahead(key, "SM1")
        await transaction.tell_inbound(key, lambda: {"type": INBOUND, "data": {}}, NOW)
        await transaction.record(event, (words.opt_out(event),))

    await store.write(unit)
    assert owed == [kind for (kind,) in rows_of(url, "SELECT kind FROM deliveries ORDER BY kind")]


async def test_what_is_read_ahead_is_what_its_steps_ask_for_one_by_one(store, words):
    key, erased = words.key(1), words.key(2)
    await store.write(keyword(words, 1, "SM1", answer="<Response>x</Response>"))
    await store.write(lambda transaction: transaction.raise_settings_version(ACCOUNT))
    await store.write(words.stop(erased))
    await store.write(lambda transaction: transaction.erase(erased))

    async def asked(transaction: Transaction) -> list[object]:
        return [
            await transaction.seen(ACCOUNT, "SM1"),
            await transaction.settings_version(ACCOUNT),
            await transaction.opt_outs_of(key),
            await transaction.opt_outs_of(erased),
        ]

    for of in (key, erased):

        async def ahead(transaction: Transaction, of=of) -> list[object]:
            await transaction.read_ahead(of, "SM1")
            return await asked(transaction)

        assert await store.write(asked) == await store.write(ahead)


async def test_an_opt_out_of_an_erased_person_is_known_again_though_it_was_read_ahead(store, words):
    key = words.key(1)
    await store.write(words.stop(key))
    await store.write(lambda transaction: transaction.erase(key))
    await store.write(keyword(words, 1, "SM1"))

    assert [True] == [opt_out.standing for opt_out in (await store.find_opt_outs(key)).opt_outs]
    assert [key.recipient_key] == [line.listed.key.recipient_key for line in await store.opt_out_lines_of(key)]
