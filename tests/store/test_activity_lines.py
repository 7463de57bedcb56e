"""Activity in the store, on both engines: added as if once, erased, forgotten, counted, and set beside opt-outs."""

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.messaging.activity import Activity
from gateway.messaging.counts import OF_SENDS, QUARTER, By, Count, Measure, quarter_of
from gateway.messaging.optouts import RecipientKey
from gateway.store import Store, activity_reads, activity_statements, report_statements
from gateway.store.activity_reads import ActivityFilter
from gateway.store.activity_statements import activity_where
from gateway.store.identifiers import first_id, new_id
from gateway.store.upgrade import prepare
from tests.store.conftest import ACCOUNT, NOW, SENDER, Words

SERVICE = "MG" + "a1" * 16
SID = "SM" + "a1" * 16
QUARTER_OF_NOW = quarter_of(NOW)
BY_MESSAGE = activity_where(frozenset({"account_sid", "message_sid"}))
PAGE = activity_where(frozenset({"account_sid", "after"}))


def line(at: int, **more: Any) -> Activity:
    given: dict[str, Any] = {
        "activity_id": new_id(at),
        "account_sid": ACCOUNT,
        "at": at,
        "direction": "outbound",
        "decision": "forwarded",
        "reason": "no_opt_out",
        "enforced": True,
        "status": 201,
        "error_code": None,
        "message_sid": SID,
        "service_sid": SERVICE,
        "sender": SENDER,
        "channel": "phone",
        "recipient_key": "+14155550100",
        "country": "US",
        "scope_kind": None,
        "scope_id": None,
        "settings_version": 3,
    }
    return Activity(**(given | more))


async def add(store: Store, *lines: Activity) -> None:
    await store.write(lambda unit: unit.add_activity(lines))


async def test_lines_are_kept_whole_and_those_that_are_there_are_left_as_they_are(store: Store) -> None:
    lines = [
        line(NOW + number, enforced=number % 2 == 0, scope_kind="sender", scope_id=SENDER) for number in range(120)
    ]
    await add(store, *lines[:70])
    await add(store, *lines)
    assert list(reversed(lines)) == await store.list_activity(ActivityFilter(account_sid=ACCOUNT), None, 500)
    assert lines == await store.activity_of_message(ACCOUNT, SID)
    assert [] == await store.activity_of_message("AC" + "c3" * 16, SID)


async def test_a_page_looks_through_so_many_lines_and_says_where_to_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_reads, "MOST_LOOKED_THROUGH", 4)
    kinds = ("suppressed", *("forwarded",) * 5, "suppressed", "forwarded", "suppressed")
    await add(store, *(line(NOW + number, decision=kind) for number, kind in enumerate(kinds)))
    wanted, after, pages = ActivityFilter(ACCOUNT, decision="suppressed"), None, []
    for _ in range(4):
        page, after = await store.page_of_activity(wanted, after, 1)
        pages.append([each.at - NOW for each in page])
        if after is None:
            break
    assert [[8], [6], [0], []] == pages


async def test_a_recipient_is_erased_on_one_channel_and_lines_are_forgotten_by_their_time(store: Store) -> None:
    await add(
        store, line(NOW), line(NOW + 1), line(NOW + 2, recipient_key="+14155550101"), line(NOW + 3, channel="whatsapp")
    )
    key = RecipientKey(ACCOUNT, "phone", "+14155550100")
    erased = [await store.write(lambda unit: unit.erase(key)) for _ in range(2)]
    assert [2, 0] == [each["activity"] for each in erased]
    left = await store.list_activity(ActivityFilter(), None, 10)
    assert ["+14155550100", "+14155550101", None, None] == [each.recipient_key for each in left]
    assert [2, 1, 0] == [await store.write(lambda unit: unit.forget_activity(NOW + 3, 2)) for _ in range(3)]
    assert [NOW + 3] == [each.at for each in await store.list_activity(ActivityFilter(), None, 10)]


async def test_sends_are_counted_page_by_page_as_all_at_once(store: Store) -> None:
    await add(
        store,
        *(line(NOW + number) for number in range(5)),
        line(NOW + 5, status=400, error_code=21606),
        line(NOW + 6, decision="suppressed", reason="opted_out_of_service", status=400, error_code=21610),
        line(NOW + 7, direction="inbound", decision="recorded"),
        line(NOW + QUARTER, sender=None, country=None),
        line(NOW + 2 * QUARTER),
    )
    until = QUARTER_OF_NOW + 2 * QUARTER
    of = {"service_sid": SERVICE, "sender": SENDER, "country": "US"}
    expected = {
        Count(ACCOUNT, QUARTER_OF_NOW, Measure.FORWARDED, **of, reason="no_opt_out"): 5,
        Count(ACCOUNT, QUARTER_OF_NOW, Measure.ERRORS, **of, reason="code_21606"): 1,
        Count(ACCOUNT, QUARTER_OF_NOW, Measure.SUPPRESSED, **of, reason="opted_out_of_service"): 1,
        Count(ACCOUNT, QUARTER_OF_NOW + QUARTER, Measure.FORWARDED, SERVICE, reason="no_opt_out"): 1,
    }
    whole = await store.count_sends(ACCOUNT, first_id(NOW), until, 100)
    assert (expected, True) == (whole.counts, whole.is_last)
    by_pages: dict[Count, int] = {}
    after, pages = first_id(NOW), 0
    while True:
        page = await store.count_sends(None, after, until, 2)
        for counted, count in page.counts.items():
            by_pages[counted] = by_pages.get(counted, 0) + count
        after, pages = page.after, pages + 1
        if page.is_last:
            break
    assert (expected, 5) == (by_pages, pages)


async def test_counts_take_the_place_of_those_before_and_are_summed_by_what_is_asked(store: Store) -> None:
    counts = {
        Count(ACCOUNT, QUARTER_OF_NOW, Measure.FORWARDED, SERVICE, country="US"): 2,
        Count(ACCOUNT, QUARTER_OF_NOW, Measure.FORWARDED, country="MX"): 3,
        Count(ACCOUNT, QUARTER_OF_NOW + QUARTER, Measure.SUPPRESSED, SERVICE): 4,
        Count("AC" + "c3" * 16, QUARTER_OF_NOW, Measure.FORWARDED): 5,
    }
    until = QUARTER_OF_NOW + 2 * QUARTER
    for _ in range(2):
        await store.write(lambda unit: unit.replace_counts(OF_SENDS, QUARTER_OF_NOW, until, counts))
    found = await store.counts_by(ACCOUNT, By.COUNTRY, QUARTER_OF_NOW, until, None)
    assert {("forwarded", "US"): 2, ("forwarded", "MX"): 3, ("suppressed", ""): 4} == found
    assert {("forwarded", ""): 2} == await store.counts_by(ACCOUNT, None, 0, QUARTER_OF_NOW + QUARTER, SERVICE)
    assert {"forwarded": 10, "suppressed": 4} == await store.counts_since(QUARTER_OF_NOW)
    assert [3, 1, 0] == [await store.write(lambda unit: unit.forget_counts(until, 3)) for _ in range(3)]


async def test_an_opt_out_has_the_last_send_before_it_beside_it(store: Store, words: Words) -> None:
    key = words.key("4155550100")
    await add(
        store,
        line(NOW - 3, message_sid="SM1"),
        line(NOW - 2, message_sid="SM2", sender="+12025550109"),
        line(NOW - 1, message_sid="SM3", decision="suppressed"),
        line(NOW - 1, message_sid="SM4", channel="whatsapp"),
        line(NOW + 500_000, message_sid="SM5"),
    )
    await store.write(words.stop(key, change="added"))
    await store.write(
        words.stop(words.key("4155550177"), change="added", keyword="a body's words", keyword_set="intent.english")
    )
    await store.write(words.stop(key, change="stays"))
    await store.write(words.stop(key, change="added", source="operator"))
    found = await store.attributed_opt_outs(ACCOUNT, None, NOW, NOW + 1_000_000, "", 10)
    assert ["SM2", None] == [each.last_send and each.last_send.message_sid for each in found]
    assert [None, None] == [each.keyword for each in found], "words of a body that is no keyword are nobody's to count"
    consent = await store.count_consent(ACCOUNT, first_id(NOW), NOW + 1_000_000, 100)
    assert {("opt_outs", "", 3)} == {
        (each.measure, each.keyword, sum(consent.counts.values())) for each in consent.counts
    }
    assert "+12025550109" == (found[0].last_send and found[0].last_send.sender)
    assert found[1:] == await store.attributed_opt_outs(ACCOUNT, None, NOW, NOW + 1_000_000, found[0].event_id, 10)
    assert [] == await store.attributed_opt_outs(ACCOUNT, SERVICE, NOW, NOW + 1_000_000, "", 10)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        pytest.param(activity_statements.OF_MESSAGE, "activity_by_message", id="the lines of a message"),
        pytest.param(
            activity_where(frozenset({"account_sid", "message_sid"})), "activity_by_message", id="by a filter"
        ),
        pytest.param(
            activity_where(frozenset({"account_sid", "after"})), "activity_by_account", id="an account's page"
        ),
        pytest.param(activity_statements.ERASE_RECIPIENT, "activity_by_recipient", id="whom to erase"),
        pytest.param(report_statements.ATTRIBUTED, "activity_by_recipient", id="the last send to somebody"),
    ],
)
def test_what_is_looked_for_among_millions_is_found_by_its_index(path: Path, statement: str, index: str) -> None:
    prepare(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        values = dict.fromkeys(re.findall(r":([a-z_]+)", statement))
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert [index] == re.findall(r"activity_by_\w+", " ".join(plan))
