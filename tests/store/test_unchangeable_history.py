"""The history is only ever added to: the database itself refuses everything else, on both engines."""

import sqlite3

import asyncpg
import pytest

from gateway.store.errors import NotStorable
from gateway.store.schema import consent_events
from tests.staging import rows_of, run_on

REFUSED = (sqlite3.IntegrityError, asyncpg.PostgresError)
COLUMNS = [column.name for column in consent_events.columns]
NUMBERS = {"settings_version", "effective_at", "received_at", "service_version"}


def other_value(column: str) -> str:
    return "7" if column in NUMBERS else "TRUE" if column == "hold" else "'other'"


@pytest.fixture
async def event_id(store, words):
    return await store.write(words.stop(words.key(4155550100)))


@pytest.mark.parametrize("column", COLUMNS)
async def test_no_column_can_be_changed_by_itself(store, url, event_id, column):
    """Every column of the schema is tried, so that one that is added later is noticed here."""
    before = rows_of(url, "SELECT * FROM consent_events")
    with pytest.raises(REFUSED):
        run_on(url, f"UPDATE consent_events SET {column} = {other_value(column)}")  # noqa: S608 - a name of the schema
    assert before == rows_of(url, "SELECT * FROM consent_events")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param("recipient = '+14155550199', recipient_key = 'erased:1'", id="another recipient"),
        pytest.param("recipient = ''", id="the recipient without the key"),
        pytest.param("recipient = '', recipient_key = '+14155550199'", id="the key of somebody else"),
        pytest.param("recipient = '', recipient_key = 'erased:1', reason = 'x'", id="a reason where there was none"),
        pytest.param("recipient = '', recipient_key = 'erased:1', change = 'x'", id="something else along with it"),
    ],
)
async def test_erasure_takes_away_who_it_was_and_changes_nothing_else(store, url, event_id, changes):
    before = rows_of(url, "SELECT * FROM consent_events")
    with pytest.raises(REFUSED):
        run_on(url, f"UPDATE consent_events SET {changes}")  # noqa: S608 - made up above
    assert before == rows_of(url, "SELECT * FROM consent_events")


async def test_a_line_can_be_erased_once(store, url, event_id):
    run_on(url, "UPDATE consent_events SET recipient = '', recipient_key = 'erased:1'")
    with pytest.raises(REFUSED):
        run_on(url, "UPDATE consent_events SET recipient = '', recipient_key = 'erased:2'")
    assert [("", "erased:1")] == rows_of(url, "SELECT recipient, recipient_key FROM consent_events")


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DELETE FROM consent_events", id="all lines"),
        pytest.param("DELETE FROM consent_events WHERE event_type = 'STOP'", id="some lines"),
    ],
)
async def test_no_line_can_be_deleted(store, url, event_id, statement):
    with pytest.raises(REFUSED):
        run_on(url, statement)
    assert [(event_id,)] == rows_of(url, "SELECT event_id FROM consent_events")


async def test_the_whole_history_cannot_be_emptied(store, url, event_id):
    """PostgreSQL's TRUNCATE and SQLite's REPLACE go past the triggers of DELETE."""
    line = f"'{event_id}', 'AC1', 'phone', '+1', '+1', 'START', 'lifted', '[]', 'api', 'x', 'admin', 0, 1, 1"
    columns = (
        "event_id, account_sid, channel, recipient_key, recipient, event_type, change, scopes, source, actor, role, "
        "settings_version, effective_at, received_at, hold"
    )
    written_over = f"INSERT OR REPLACE INTO consent_events ({columns}) VALUES ({line}, FALSE)"  # noqa: S608 - made up above
    with pytest.raises(REFUSED):
        run_on(url, written_over if url.startswith("sqlite") else "TRUNCATE consent_events")
    assert [(event_id, "STOP")] == rows_of(url, "SELECT event_id, event_type FROM consent_events")


async def test_an_event_that_is_there_cannot_be_written_again(store, words):
    event = words.event(words.key(4155550100))

    async def unit(transaction):
        await transaction.record(event, ())

    await store.write(unit)
    with pytest.raises(NotStorable):
        await store.write(unit)
    assert [event] == await store.history_of(event.key)
