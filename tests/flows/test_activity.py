"""Noting never costs a send anything: a store that is away, lists that are full, and what is not the account's."""

import asyncio
import contextlib
import itertools
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway import metrics
from gateway.flows import activity
from gateway.flows.activity import ActivityLog, line_of
from gateway.flows.outcome import Answer, Outcome, What
from gateway.messaging.addresses import read_recipient
from gateway.messaging.messages import OutboundMessage
from gateway.store import Store
from gateway.store.activity_reads import ActivityFilter
from tests.staging import ACCOUNT, PHONE, SERVICE, run_on

SID = "SM" + "a1" * 16
MESSAGE = OutboundMessage(ACCOUNT, read_recipient(PHONE, None), SERVICE, None)


def outcome(body: bytes = b"{}", status: int = 201, **more: Any) -> Outcome:
    given: dict[str, Any] = {"account_sid": ACCOUNT, "is_proved": True, "message": MESSAGE}
    return Outcome(What.FORWARDED, "no_opt_out", Answer(status, (), body), **(given | more))


ANSWERS = [
    pytest.param(201, f'{{"sid": "{SID}", "body": "x"}}', (SID, None), id="taken, in JSON"),
    pytest.param(
        201, f"<TwilioResponse><Message><Sid>{SID}</Sid></Message></TwilioResponse>", (SID, None), id="in XML"
    ),
    pytest.param(400, '{"code": 21606, "sid": "x"}', (None, 21606), id="refused, in JSON"),
    pytest.param(400, "<TwilioResponse><Code>21606</Code></TwilioResponse>", (None, 21606), id="refused, in XML"),
    pytest.param(201, '{"sid": "SM1"}', (None, None), id="a SID that is none"),
    pytest.param(400, '{"code": "21606"}', (None, None), id="a code that is none"),
    pytest.param(502, "[1]", (None, None), id="another shape"),
    pytest.param(502, "Bad Gateway", (None, None), id="no JSON at all"),
]


@pytest.mark.parametrize(("status", "body", "expected"), ANSWERS)
def test_what_twilio_answered_is_read_as_far_as_it_can_be(status: int, body: str, expected: tuple[Any, Any]) -> None:
    line = line_of(1, outcome(body.encode(), status))
    assert (expected, status) == ((line.message_sid, line.error_code), line.status)


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    instants = itertools.count(1_760_000_000_000_000)
    store = Store(f"sqlite:///{tmp_path}/gateway.db", lambda: next(instants))
    await store.open(serving=False)
    yield store
    await store.close()


async def noted(store: Store, log: ActivityLog, *outcomes: Outcome) -> int:
    """Note outcomes, have them written to the end, and count what is there."""
    for each in outcomes:
        log.note(each)
    log.stop()
    async with asyncio.timeout(20):
        await log.run()
    return len(await store.list_activity(ActivityFilter(), None, 5_000))


def counted(what: str) -> float:
    return metrics.ACTIVITY.labels(what)._value.get()


async def test_only_what_is_the_accounts_own_is_noted_and_nothing_where_nothing_is_kept(store: Store) -> None:
    clock = itertools.count(1_760_000_000_000_000).__next__
    assert 0 == await noted(store, ActivityLog(store, clock, keeps=False), outcome())
    assert 1 == await noted(store, ActivityLog(store, clock), outcome(), outcome(is_proved=False))


async def test_more_than_go_into_one_transaction_are_written_in_several(store: Store) -> None:
    clock = itertools.count(1_760_000_000_000_000).__next__
    many = 2 * activity.AT_A_TIME + 1
    assert many == await noted(store, ActivityLog(store, clock), *(outcome() for _ in range(many)))


async def test_what_waits_too_long_is_dropped_and_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "MOST_WAITING", 3)
    before = counted("dropped")
    assert 3 == await noted(store, ActivityLog(store, lambda: 1_760_000_000_000_000), *(outcome() for _ in range(5)))
    assert 2 == counted("dropped") - before


async def test_a_store_that_is_away_has_each_line_once_when_it_is_back(store: Store, tmp_path: Path) -> None:
    log = ActivityLog(store, itertools.count(1_760_000_000_000_000).__next__)
    log.note(outcome())
    with contextlib.closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        log.stop()
        async with asyncio.timeout(20):
            await log.run()
    assert not store.is_writable
    log.note(outcome())
    await log.run()
    assert 2 == await noted(store, log)


async def test_lines_that_the_store_refuses_do_not_stand_in_the_way_of_others(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    run_on(url, "CREATE TRIGGER refusing BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = counted("dropped")
    log = ActivityLog(store, itertools.count(1_760_000_000_000_000).__next__)
    assert 0 == await noted(store, log, outcome())
    assert 1 == counted("dropped") - before
    run_on(url, "DROP TRIGGER refusing")
    assert 1 == await noted(store, log, outcome())
