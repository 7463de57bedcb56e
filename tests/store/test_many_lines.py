"""Many lines in one statement are what they are one by one."""

from dataclasses import replace

import pytest

from gateway.messaging.optouts import Scope, ScopeKind
from gateway.store.change_lines import ManyChanges
from gateway.store.errors import NotStorable
from gateway.store.list_reads import EventFilter, OptOutFilter
from gateway.store.many_lines import NUMBER, TEXT, TRUTH, Insert, NotForDocuments, document
from tests.staging import SERVICE

SOMETHING = Insert("things", {"name": TEXT, "size": NUMBER, "is_new": TRUTH})


def test_what_is_the_same_in_all_lines_is_said_once():
    statement, values = SOMETHING.many([("a", 1, True), ("b", 1, True)])
    assert {"size": 1, "is_new": True, "lines": '[["a"],["b"]]'} == values
    assert "CAST(:size AS bigint), CAST(:is_new AS boolean)" in statement
    assert statement == SOMETHING.many([("c", 5, False), ("d", 5, False)])[0]
    assert '[[],[]]' == SOMETHING.many([("a", 1, True), ("a", 1, True)])[1]["lines"]  # fmt: skip


@pytest.mark.parametrize("text", ["a\0b", "\ud800", r"a backslash before u0000: \u0000"])
def test_a_text_that_an_engine_would_cut_is_for_no_document(text):
    with pytest.raises(NotForDocuments):
        document([text])


def changes_of(words):
    """Lines whose columns differ in each way that columns can."""
    first, second, other = words.key(5005550001), words.key(5005550002), words.key(5005550003, channel="whatsapp")
    service = Scope(ScopeKind.SERVICE, SERVICE)
    events = [
        words.event(first, reason='said "so", O\'Neil; ünï\u2028code \\u0041', hold=True, service_version=3),
        words.event(second, "START", scopes=(), sender="+12025550101", keyword="start", message_sid="SM1"),
        words.event(other, scopes=(service,), effective_at=2**53 + 1, enforced=False),
        words.event(first, "START", service_sid=SERVICE, keyword_set="standard"),
    ]
    opt_out = words.opt_out(events[0], hold=True)
    last = replace(opt_out, standing=False, hold=False, effective_at=opt_out.effective_at + 1)
    return [
        (events[0], (opt_out, replace(opt_out, scope=service))),
        (events[1], ()),
        (events[2], (replace(opt_out, scope=service),)),
        (events[3], (last,)),
    ]


async def test_lines_of_history_and_of_the_list_are_as_written_one_by_one(store, words):
    changes = changes_of(words)
    await store.write(lambda transaction: transaction.record_all(ManyChanges.of(changes)))
    await store.write(lambda transaction: transaction.record_all(ManyChanges.of([])))

    assert [event for event, _ in changes] == await store.list_events(EventFilter(), "", 10)
    [first, *_] = [event.key for event, _ in changes]
    lines = {line.listed.scope.kind: line for line in await store.opt_out_lines_of(first)}
    assert (False, False) == (lines[ScopeKind.SENDER].standing, lines[ScopeKind.SENDER].listed.hold)
    assert (True, True) == (lines[ScopeKind.SERVICE].standing, lines[ScopeKind.SERVICE].listed.hold)
    assert changes[3][0].event_id == lines[ScopeKind.SENDER].event_id
    listed = await store.list_opt_outs(OptOutFilter(channel="whatsapp"), "", 10)
    assert ["+15005550003"] == [line.recipient for line in listed]

    again = [(replace(event, event_id=event.event_id[:-12] + "0" * 12), after) for event, after in changes]
    await store.write(lambda transaction: transaction.record_all(ManyChanges.of(again)))
    assert {line.listed.opt_out_id for line in lines.values()} == {
        line.listed.opt_out_id for line in await store.opt_out_lines_of(first)
    }, "a line that is there keeps its identifier"


@pytest.mark.sqlite
async def test_a_nul_within_many_lines_is_kept_whole(store, words):
    changes = [(replace(event, reason="a\0b"), after) for event, after in changes_of(words)]
    await store.write(lambda transaction: transaction.record_all(ManyChanges.of(changes)))
    assert {"a\0b"} == {event.reason for event in await store.list_events(EventFilter(), "", 10)}


async def test_a_key_that_no_document_holds_is_refused(store, words):
    with pytest.raises(NotStorable):
        await store.write(lambda t: t.opt_outs_of_all(words.key(1).account_sid, "phone", ["+1\0"]))
