"""Files brought into force: in batches, resumable, all or nothing, by lists and by Twilio's message log."""

import asyncio
import contextlib
import io
from dataclasses import replace

import pytest

from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.operations.exports import Export
from gateway.operations.imports.batches import Reported
from gateway.operations.imports.errors import ImportedAlready, UnderWay
from gateway.operations.imports.lists import Reading
from gateway.operations.imports.running import Wanted
from gateway.operations.optouts import read_whom
from gateway.store.event_records import Subscription
from gateway.store.list_reads import OptOutFilter
from gateway.store.records import ScheduledMessage
from gateway.store.store import DeliveryFilter
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE

HERE = Scope(ScopeKind.SENDER, ALONE)
LIST = "number,status,date,reason\n" + "".join(
    f"+1415555{number:04},opt-out,2025-07-01,said so\n" for number in range(10)
)


def wanted(**more) -> Wanted:
    return replace(Wanted(Reading(ACCOUNT, "US", (HERE,)), batch=3), **more)


async def imported(office, text: str, how: Wanted, name: str = "list.csv", stop_after: int | None = None):
    """What an import comes to, and what it reports; ``stop_after``: it is broken off after so many batches."""
    told: list[Reported] = []
    state, given = None, io.BytesIO(text.encode())
    async for each in office.imports.run(office.account, given, name, how, office.by, told.append):
        state = each
        stop_after = None if stop_after is None else stop_after - (each.total > 0)
        if stop_after == 0:
            break
    return state, [(each.line, each.outcome) for each in told]


async def events_of(office, number: str):
    return await office.store.history_of(RecipientKey(ACCOUNT, "phone", number))


async def test_a_list_is_in_force_and_each_change_has_its_line_of_history(office):
    text = LIST + "+14155550000,opt-in,2025-08-01,\nnobody,opt-out,,\n+14155550001,opt-in,2025-01-01,\n"
    dry, _ = await imported(office, text, wanted(dry_run=True))
    assert [] == await events_of(office, "+14155550003")
    state, told = await imported(office, text, wanted())
    expected = {"read": 13, "added": 10, "lifted": 1, "outdated": 1, "refused": 1}
    assert (expected, [(13, "refused"), (14, "outdated")]) == (state.counts, told)
    # A dry run knows nothing of other batches: of the two who opt in one is in the same.
    assert {"read": 13, "added": 10, "lifted": 1, "nothing": 1, "refused": 1} == dry.counts
    [added, lifted] = await events_of(office, "+14155550000")
    assert ("STOP", "added", "import", "ada", "operator", (HERE,)) == (
        added.event_type, added.change, added.source, added.actor, added.role, added.scopes,
    )  # fmt: skip
    assert ("list.csv, line 2: said so", 1_751_414_399_999_999) == (added.reason, added.effective_at)
    assert ("START", "lifted") == (lifted.event_type, lifted.change)
    found = await office.store.find_opt_outs(RecipientKey(ACCOUNT, "phone", "+14155550001"))
    assert [HERE] == [opt_out.scope for opt_out in found.standing]

    other_order, _ = await imported(office, text + "\n", wanted())  # another file, the same lines: nothing is news
    assert {"read": 13, "stays": 9, "nothing": 1, "outdated": 2, "refused": 1} == other_order.counts
    assert 2 == len(await events_of(office, "+14155550000"))


async def test_an_import_goes_on_where_it_was_broken_off_and_is_done_once(small_office):
    office = small_office
    half, _ = await imported(office, LIST, wanted(), stop_after=2)
    assert ({"read": 10, "added": 6}, 6, 10) == (half.counts, half.position, half.total)
    whole, _ = await imported(office, LIST, wanted())
    assert ({"read": 10, "added": 10}, half.started_at) == (whole.counts, whole.started_at)
    assert 1 == len(await events_of(office, "+14155550001"))
    with pytest.raises(ImportedAlready):
        await imported(office, LIST, wanted())
    again, _ = await imported(office, LIST, wanted(again=True))
    assert {"read": 10, "stays": 10} == again.counts
    elsewhere = wanted(reading=Reading(ACCOUNT, "US", (Scope(ScopeKind.SERVICE, SERVICE),)))
    assert {"read": 10, "added": 10} == (await imported(office, LIST, elsewhere))[0].counts


async def test_what_cannot_be_read_is_told_once_also_when_an_import_is_broken_off(small_office):
    text = LIST + "nobody,opt-out,,\n"
    _, told = await imported(small_office, text, wanted(), stop_after=1)
    assert [(12, "refused")] == told
    whole, told = await imported(small_office, text, wanted())
    assert ({"read": 11, "added": 10, "refused": 1}, []) == (whole.counts, told)


async def test_a_file_that_is_read_otherwise_than_when_it_was_broken_off_begins_anew(small_office):
    half, _ = await imported(small_office, LIST, wanted(), stop_after=1)
    await small_office.store.write(lambda t: t.put_import_state(replace(half, total=half.total + 1)))
    whole, _ = await imported(small_office, LIST, wanted())
    assert ({"read": 10, "stays": 3, "added": 7}, 10, 10) == (whole.counts, whole.position, whole.total)


async def test_of_two_who_import_the_same_one_goes_on(small_office):
    async def run():
        return small_office.imports.run(
            small_office.account, io.BytesIO(LIST.encode()), "x", wanted(), small_office.by, lambda _: None
        )

    one, other = await run(), await run()
    for each, done in ((one, 3), (other, 6)):  # the second goes on from where the first is
        while (await anext(each)).position < done:
            pass
    with pytest.raises(UnderWay):
        await anext(one)


async def test_all_or_nothing_keeps_nothing_where_one_line_cannot_be_read(small_office):
    state, told = await imported(small_office, LIST + "nobody,opt-out,,\n", wanted(all_or_nothing=True))
    assert ({"refused": 1}, [(12, "refused")]) == (state.counts, told)
    assert [] == await events_of(small_office, "+14155550001")
    state, _ = await imported(small_office, LIST, wanted(all_or_nothing=True))
    assert {"read": 10, "added": 10} == state.counts


LOG = f"""From,To,Body,Status,SentDate,ApiVersion,NumSegments,ErrorCode,AccountSid,Sid,Direction,Price,PriceUnit
{PHONE},{IN_POOL},hello,received,2025-07-03T12:00:00Z,2010-04-01,1,,{ACCOUNT},SM{"1" * 32},inbound,,USD
+14155550101,{IN_POOL},START,received,2025-07-02T12:00:00Z,2010-04-01,1,,{ACCOUNT},SM{"2" * 32},inbound,,USD
+14155550101,{IN_POOL},Stop,received,2025-07-01T12:00:00Z,2010-04-01,1,,{ACCOUNT},SM{"3" * 32},inbound,,USD
{PHONE},{IN_POOL},STOP,received,2025-07-01T12:00:00Z,2010-04-01,1,,{ACCOUNT},SM{"4" * 32},inbound,,USD
{ALONE},+14155550102,News,failed,2025-07-01T12:00:00Z,2010-04-01,1,21610,{ACCOUNT},SM{"5" * 32},outbound-api,,USD
{ALONE},+14155550103,News,delivered,2025-07-01T12:00:00Z,2010-04-01,1,,{ACCOUNT},SM{"6" * 32},outbound-api,,USD
"""


async def test_a_message_log_of_twilios_is_read_as_keywords_and_refused_sends(small_office):
    office = small_office
    await office.store.write(lambda t: t.place(ACCOUNT, SERVICE, (IN_POOL,), "twilio", 1))
    await office.store.write(lambda t: t.raise_settings_version(ACCOUNT))
    state, told = await imported(office, LOG, wanted())
    assert ({"read": 6, "no_consent": 2, "nothing": 1, "outdated": 1, "added": 2}, []) == (state.counts, told)
    [event] = await events_of(office, PHONE)
    assert (f"SM{'4' * 32}", IN_POOL, "stop", "recipient") == (
        event.message_sid, event.sender, event.keyword, event.role,
    )  # fmt: skip
    assert {Scope(ScopeKind.SERVICE, SERVICE), Scope(ScopeKind.SENDER, IN_POOL)} == set(event.scopes)
    [refused] = await events_of(office, "+14155550102")
    assert (True, (HERE,)) == ("Twilio answered 21610" in (refused.reason or ""), refused.scopes)
    assert [] == list((await office.store.find_opt_outs(RecipientKey(ACCOUNT, "phone", "+14155550101"))).standing)


async def test_an_imported_opt_out_cancels_scheduled_messages_and_is_told_to_sinks(small_office):
    office = small_office
    key, now = RecipientKey(ACCOUNT, "phone", "+14155550005"), office.clock()
    message = ScheduledMessage(
        account_sid=ACCOUNT, message_sid="SM1", channel="phone", recipient_key=key.recipient_key,
        recipient=key.recipient_key, service_sid=None, sender=ALONE, fallback_sender=None, send_at=now + 10**12,
        state="standing", why=None, created_at=now, ended_at=None,
    )  # fmt: skip
    await office.store.write(lambda t: t.remember_scheduled(message))
    told = Subscription(ACCOUNT, "crm", "optout-gateway.consent.changed", 1, now, "ada")
    await office.store.write(lambda t: t.put_subscription(told))
    await imported(office, LIST, wanted())
    owed = await office.store.list_deliveries(DeliveryFilter(), "", 100)
    assert {"cancel": 1, "event": 10} == {
        kind: len([each for each in owed if each.kind == kind]) for kind in ("cancel", "event")
    }


async def subscribe(office) -> None:
    told = Subscription(ACCOUNT, "crm", "optout-gateway.consent.changed", 1, office.clock(), "ada")
    await office.store.write(lambda t: t.put_subscription(told))


async def test_sinks_are_never_owed_more_than_is_kept_for_them(office):
    await subscribe(office)
    office = replace(office, most_owed=20)
    importing = asyncio.create_task(imported(office, LIST, wanted(batch=100)))
    most, taken = 0, 0
    while not importing.done() or taken < 10:
        most = max(most, await office.store.most_owed_of_sinks(ACCOUNT))
        taken += await office.store.write(lambda t: t.put_events_aside(ACCOUNT, "crm", 1, 1))
        await asyncio.sleep(0.01)
    assert {"read": 10, "added": 10} == (await importing)[0].counts
    assert (10, True) == (taken, 0 < most <= 10), "half is left to the traffic"


async def test_sinks_are_told_nothing_where_that_is_wanted(small_office):
    await subscribe(small_office)
    await imported(small_office, LIST, wanted(untold=True))
    assert 0 == await small_office.store.most_owed_of_sinks(ACCOUNT)
    assert 1 == len(await events_of(small_office, "+14155550001"))


async def test_what_is_read_ahead_is_let_go_when_an_import_is_broken_off(small_office):
    given = io.BytesIO(LIST.encode())
    states = small_office.imports.run(small_office.account, given, "x", wanted(), small_office.by, lambda _: None)
    async with contextlib.aclosing(states):
        await anext(states)  # what is read
        await anext(states)  # and a batch
    given.close()  # nobody reads from it any more
    whole, _ = await imported(small_office, LIST, wanted())
    assert {"read": 10, "added": 10} == whole.counts


async def test_an_erased_person_is_known_again_to_an_import_and_left_out_of_an_export(office):
    await imported(office, LIST, wanted())
    erased, stays = (read_whom(ACCOUNT, number, None) for number in ("+14155550000", "+14155550001"))
    for whom in (erased, stays):
        await office.erasure.erase(whom, office.by)
    export = Export(office.store, OptOutFilter(ACCOUNT), "jsonl")
    written = b"".join([chunk async for chunk in export.chunks()])
    assert (8, 2, 8) == (export.count, export.left_out, len(written.splitlines()))
    old, _ = await imported(office, "number,status,date\n+14155550000,opt-in,2025-06-01\n", wanted(), "old.csv")
    assert {"read": 1, "outdated": 1} == old.counts, "the opt-out under the keyed hash is the later one"
    new, _ = await imported(office, "number,status,date\n+14155550000,opt-in,2025-09-01\n", wanted(), "new.csv")
    assert {"read": 1, "lifted": 1} == new.counts
    for whom, standing in ((erased, []), (stays, [HERE])):
        found = await office.store.find_opt_outs(whom.key)
        assert standing == [opt_out.scope for opt_out in found.standing]
