"""The databases that tests share one after another: nobody finds what another left."""

import asyncio

import pytest

from gateway.store import Store
from tests.postgres_databases import TABLES
from tests.staging import rows_of, run_on


@pytest.fixture
def lend(lent_databases, postgres_server):
    """Lend a database and take it back after what is done there; gives its address."""

    async def lend(work) -> str:
        name = await asyncio.to_thread(lent_databases.lend)
        await work(postgres_server.url(name))
        await asyncio.to_thread(lent_databases.take_back, name)
        return str(postgres_server.url(name))

    return lend


async def test_the_next_finds_no_line_of_the_last_not_even_of_the_history_and_counts_from_one(lend, words):
    async def fill(url: str) -> None:
        store = Store(url, words.now)
        await store.open(serving=False)
        await store.write(words.stop(words.key(5005550001)))
        await store.close()
        assert [(1,)] == rows_of(url, "SELECT nextval('event_positions')")
        assert [(1,)] == rows_of(url, "SELECT count(*) FROM consent_events")

    async def look(url: str) -> None:
        counts = [rows_of(url, f"SELECT count(*) FROM {table}") for (table,) in rows_of(url, TABLES)]  # noqa: S608
        assert 20 < len(counts)
        assert [[(0,)]] * len(counts) == counts
        assert [(1,)] == rows_of(url, "SELECT nextval('event_positions')")

    assert await lend(fill) == await lend(look)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("ALTER TABLE opt_outs ADD COLUMN more text", id="a column"),
        pytest.param("DROP INDEX opt_outs_by_account", id="an index"),
        pytest.param("ALTER TABLE consent_events DISABLE TRIGGER ALL", id="a trigger"),
        pytest.param("CREATE SCHEMA other", id="a schema"),
        pytest.param("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || "
                     "' SET default_transaction_read_only = on'; END $$", id="a setting"),
    ],
)  # fmt: skip
async def test_a_database_that_was_changed_is_lent_to_nobody(lend, statement):
    async def change(url: str) -> None:
        await asyncio.to_thread(run_on, url, statement)

    async def look(_: str) -> None:
        pass

    assert await lend(change) != await lend(look)


async def test_a_connection_that_is_left_open_is_told(lent_databases, postgres_server, words, monkeypatch):
    monkeypatch.setattr("tests.postgres_databases.CLOSED_WITHIN_SECONDS", 0.05)
    name = lent_databases.lend()
    store = Store(postgres_server.url(name), words.now)
    await store.open(serving=False)

    with pytest.raises(AssertionError, match="connections were left open"):
        await asyncio.to_thread(lent_databases.take_back, name)
    await store.close()
