import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gateway.messaging.optouts import RecipientKey
from gateway.store import SchemaUnknown, Store, StoreUnavailable
from gateway.store.revision import is_at_newest, newest
from gateway.store.schema import metadata
from gateway.store.upgrade import (
    UPGRADE_COMMAND,
    _alembic,
    _done,
    _tables,
    is_ready,
    newest_revision,
    prepare,
    upgrade,
)
from tests.staging import rows_of, run_on


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('path')}"
    return str(request.getfixturevalue("postgres_url"))


@dataclass(frozen=True)
class Table:
    """What SQLite knows of a table."""

    columns: list[Any]
    is_without_rowid: bool
    keys_and_indexes: set[Any]
    index_names: set[str]


def shape_of(path: Path) -> dict[str, Table]:
    connection = sqlite3.connect(path)
    shape = {}
    for schema, name, kind, _, without_rowid, _ in connection.execute("PRAGMA table_list").fetchall():
        if schema == "main" and kind == "table" and not name.startswith(("sqlite_", "alembic_")):
            indexes = connection.execute(f"PRAGMA index_list({name})").fetchall()
            inside = {
                (unique, origin, tuple(part[2] for part in connection.execute(f"PRAGMA index_info({index})")))
                for _, index, unique, origin, _ in indexes
            }
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            named = {index for _, index, _, origin, _ in indexes if origin == "c"}
            shape[name] = Table(columns, bool(without_rowid), inside, named)
    connection.close()
    return shape


def test_the_migrations_make_the_schema_that_the_code_declares(url):
    prepare(url)

    assert [] == _done(url, lambda connection: compare_metadata(MigrationContext.configure(connection), metadata))


def test_row_ids_keys_and_indexes_are_the_same_made_or_migrated(url, path, tmp_path):
    prepare(url)
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}", poolclass=NullPool)
    metadata.create_all(engine)
    engine.dispose()
    made, migrated = shape_of(tmp_path / "made.db"), shape_of(path)

    assert set(metadata.tables) == set(migrated)
    assert made == migrated
    assert {"opt_outs", "inbound_messages"} == {name for name, table in migrated.items() if table.is_without_rowid}


def test_a_migrated_store_can_go_through_upgrade_again(url):
    prepare(url)

    assert newest_revision() == upgrade(url)
    assert newest_revision() == upgrade(url)
    prepare(url)


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        pytest.param(
            ("UPDATE alembic_version SET version_num = '9999'",),
            "revision 9999, which this version does not know; install the version",
            id="a revision of a later version",
        ),
        pytest.param(
            ("DELETE FROM alembic_version",),
            "no gateway made them; give the gateway a database of its own",
            id="tables without a revision",
        ),
    ],
)
async def test_a_store_at_an_unknown_revision_is_refused_with_what_to_do(url, statements, told):
    await asyncio.to_thread(prepare, url)
    run_on(url, *statements)

    for refusing in (prepare, upgrade):
        with pytest.raises(SchemaUnknown, match=told):
            await asyncio.to_thread(refusing, url)
    with pytest.raises(SchemaUnknown, match=told):
        await Store(url, lambda: 0).open()


def test_whether_a_store_is_at_the_newest_revision_is_told_without_alembic_and_makes_none(url):
    assert not is_at_newest(url)
    assert [] == _done(url, _tables)
    prepare(url)
    assert is_at_newest(url)
    assert newest_revision() == newest()
    run_on(url, "UPDATE alembic_version SET version_num = '0001'")
    assert not is_at_newest(url)
    run_on(url, "DELETE FROM alembic_version")
    assert not is_at_newest(url)


def test_a_start_on_a_store_that_is_there_imports_neither_alembic_nor_sqlalchemy(prepared_sqlite_url):
    loaded = "print([name for name in ('alembic', 'sqlalchemy') if name in sys.modules])"
    script = OPEN.replace("sys.stdin.readline()", "pass") + loaded
    ran = subprocess.run(
        [sys.executable, "-c", script, prepared_sqlite_url], capture_output=True, text=True, check=True
    )
    assert ["ready", "[]"] == ran.stdout.splitlines()


def test_the_tables_of_somebody_else_are_refused_and_left_as_they_are(url):
    run_on(url, "CREATE TABLE invoices (id INTEGER)")

    with pytest.raises(SchemaUnknown, match="no gateway made them"):
        prepare(url)
    with pytest.raises(SchemaUnknown, match="no gateway made them"):
        upgrade(url)
    assert ["invoices"] == _done(url, _tables)


def test_an_older_revision_is_refused_with_the_command_to_run(url, monkeypatch):
    prepare(url)
    monkeypatch.setattr("gateway.store.upgrade.newest_revision", lambda: "9999")  # as after an update of the gateway

    with pytest.raises(SchemaUnknown, match=rf"make a backup, then run: {UPGRADE_COMMAND}"):
        prepare(url)


# A line in each table of the first revision.
OF_0001 = {
    "accounts": "INSERT INTO accounts VALUES ('AC1', 3)",
    "consent_events": (
        "INSERT INTO consent_events VALUES ('00', 'AC1', 'phone', '+14155550100', '+14155550100', 'STOP', 'added', "
        """'[["sender","+12025550101"]]', 'keyword', 'recipient', 'recipient', 3, 100, 101, '+12025550101', NULL, """
        "'stop', 'default.STOP', 'SM1', NULL, FALSE)"
    ),
    "deliveries": ("INSERT INTO deliveries VALUES ('D1', 'AC1', 'relay', 'owed', '{}', 0, 5, 9, NULL, NULL, 1, NULL)"),
    "gateway_values": "INSERT INTO gateway_values VALUES ('root key', 'secret')",
    "inbound_messages": (
        "INSERT INTO inbound_messages VALUES ('AC1', 'SM1', 'print', 'STOP', 'added', '00', '<Response/>', 101)"
    ),
    "leases": "INSERT INTO leases VALUES ('sync', 'me', 7)",
    "opt_outs": (
        "INSERT INTO opt_outs VALUES ('AC1', 'phone', '+14155550100', 'sender', '+12025550101', 'O1', "
        "'+14155550100', TRUE, FALSE, 'keyword', 'recipient', 'recipient', 3, '00', 100, 101)"
    ),
    "placements": "INSERT INTO placements VALUES ('AC1', '+12025550101', 50)",
    "pool_senders": "INSERT INTO pool_senders VALUES ('AC1', 'MG1', '+12025550101', 'twilio', 50)",
}
ADDED_IN_0002 = {"former_senders", "twilio_services", "service_versions", "review_items"}


def make_at(url: str, revision: str) -> None:
    """Make a store as an older version of the gateway did."""

    def work(connection: Any) -> None:
        command.upgrade(_alembic(connection), revision)
        connection.commit()

    _done(url, work)


def contents_of(url: str, tables: Iterable[str]) -> dict[str, list[tuple[Any, ...]]]:
    return {table: rows_of(url, f"SELECT * FROM {table}") for table in tables}  # noqa: S608 - names of ours


def test_a_store_of_the_first_revision_is_upgraded_with_all_that_is_in_it(url):
    make_at(url, "0001")
    run_on(url, *OF_0001.values())
    before = contents_of(url, OF_0001)
    assert {*OF_0001, "alembic_version"} == set(_done(url, _tables)), "each table has its line"
    with pytest.raises(SchemaUnknown, match=rf"is at revision 0001, .* then run: {UPGRADE_COMMAND}"):
        prepare(url)
    assert newest_revision() == upgrade(url)

    after = contents_of(url, OF_0001)
    empty = (None,)
    # columns, as lines of before get them
    added = {"accounts": (0,), "consent_events": (None, True), "deliveries": empty * 3, "opt_outs": empty * 4}
    assert before | {table: [before[table][0] + columns] for table, columns in added.items()} == after
    assert {table: [] for table in ADDED_IN_0002} == contents_of(url, ADDED_IN_0002)
    assert [] == _done(url, lambda connection: compare_metadata(MigrationContext.configure(connection), metadata))
    prepare(url)


async def test_an_upgraded_store_goes_on_where_it_was(url, words):
    await asyncio.to_thread(make_at, url, "0001")
    await asyncio.to_thread(run_on, url, *OF_0001.values())
    await asyncio.to_thread(upgrade, url)
    store = Store(url, words.now)
    await store.open(serving=False)
    key = RecipientKey("AC1", "phone", "+14155550100")

    found = await store.find_opt_outs(key)
    assert (["+12025550101"], 3) == ([opt_out.scope.id for opt_out in found.standing], found.settings_version)
    (event,) = await store.history_of(key)
    assert (None, "default.STOP", False) == (event.service_version, event.keyword_set, event.hold)
    await store.write(words.stop(key, service_version=4))
    assert [None, 4] == [event.service_version for event in await store.history_of(key)]
    await store.close()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_bytes(b"no database at all " * 100), id="a file that is no database"),
        pytest.param(lambda path: path.mkdir(), id="a folder"),
    ],
)
def test_what_is_no_database_is_unavailable(url, path, make):
    make(path)

    with pytest.raises(StoreUnavailable):
        prepare(url)


def test_a_missing_folder_is_unavailable(tmp_path):
    with pytest.raises(StoreUnavailable):
        prepare(f"sqlite:///{tmp_path}/missing/gateway.db")


def test_a_migration_that_is_broken_off_leaves_an_empty_store(url, monkeypatch):
    whole = command.upgrade

    def broken(*given: Any) -> None:
        whole(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", broken)
    with pytest.raises(KeyboardInterrupt):
        prepare(url)
    monkeypatch.undo()

    assert [] == _done(url, _tables)
    prepare(url)
    assert {*metadata.tables, "alembic_version"} == set(_done(url, _tables))


def test_whether_there_is_a_store_is_told_without_making_one(url):
    assert not is_ready(url)
    assert [] == _done(url, _tables)
    prepare(url)
    assert is_ready(url)
    run_on(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaUnknown, match="revision 9999"):
        is_ready(url)


@pytest.mark.parametrize(
    "name", ["with space", "per%20cent", "hash#sign", "ümläut", "a&b=c", "quote'd"], ids=lambda name: name
)
async def test_the_store_is_the_file_that_the_address_names(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    store = Store(f"sqlite:///{folder}/gateway.db", lambda: 0)
    await store.open()
    await store.close()

    assert (folder / "gateway.db").is_file()


OPEN = """
import asyncio, sys
from gateway.store import Store

async def main():
    store = Store(sys.argv[1], lambda: 0)
    sys.stdin.readline()
    await store.open()
    await store.close()

print("ready", flush=True)
asyncio.run(main())
"""


def start(url: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", OPEN, url], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


async def test_processes_that_start_together_on_an_empty_store_all_open_it(url):
    starting = [start(url) for _ in range(4)]
    for process in starting:
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
    outputs = await asyncio.gather(*(asyncio.to_thread(process.communicate, "go\n") for process in starting))

    assert [(0, "")] * 4 == [
        (process.returncode, errors) for process, (_, errors) in zip(starting, outputs, strict=True)
    ]
