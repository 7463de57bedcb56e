"""A store on a file of its own, and the words to fill it with."""

import inspect
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Source
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction

ACCOUNT = "AC" + "a1" * 16
SENDER = "+12025550101"
NOW = 1_760_000_000_000_000


class Words:
    """Makes the values that a store keeps; each instant is one millisecond after the last."""

    def __init__(self) -> None:
        self._instants = itertools.count(NOW, 1_000)

    def now(self) -> int:
        return next(self._instants)

    def key(self, number: int | str, *, account: str = ACCOUNT, channel: str = "phone") -> RecipientKey:
        return RecipientKey(account, channel, f"+1{number}")

    def event(self, key: RecipientKey, event_type: str = "STOP", source: str = "keyword", **more: Any) -> ConsentEvent:
        now = self.now()
        values: dict[str, Any] = {
            "event_id": new_id(now),
            "key": key,
            "recipient": key.recipient_key,
            "event_type": event_type,
            "change": "opted_out" if event_type == "STOP" else "opted_in",
            "scopes": (Scope(ScopeKind.SENDER, SENDER),),
            "source": source,
            "actor": "recipient",
            "role": "recipient",
            "settings_version": 0,
            "effective_at": now,
            "received_at": now,
        }
        return ConsentEvent(**(values | more))

    def opt_out(self, event: ConsentEvent, *, standing: bool = True, hold: bool = False) -> OptOut:
        return OptOut(event.scopes[0], standing, event.effective_at, Source(event.source), hold)

    def stop(self, key: RecipientKey, **more: Any) -> Callable[[Transaction], Awaitable[str]]:
        """A unit of work that opts a recipient out; gives the identifier of its line of history."""
        event = self.event(key, **more)

        async def unit(transaction: Transaction) -> str:
            await transaction.record(event, (self.opt_out(event),))
            return event.event_id

        return unit

    def lift(self, key: RecipientKey) -> Callable[[Transaction], Awaitable[str]]:
        """A unit of work that withdraws that opt-out."""
        event = self.event(key, "START")

        async def unit(transaction: Transaction) -> str:
            await transaction.record(event, (self.opt_out(event, standing=False),))
            return event.event_id

        return unit


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is that SQLite's ``url`` names."""
    return tmp_path / "gateway.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A database with the schema in it on each engine; a test that asks for ``path`` is about SQLite's file alone."""
    made = "prepared_sqlite_url" if request.param == "sqlite" else "prepared_postgres_url"
    return str(request.getfixturevalue(made))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL's form of tests out that are about SQLite itself: its file or the connections of its engine."""
    of_sqlite = [item for item in items if _is_of_sqlite(item) and "[postgresql" in item.name]
    if of_sqlite:
        config.hook.pytest_deselected(items=of_sqlite)
        items[:] = [item for item in items if item not in of_sqlite]


def _is_of_sqlite(item: pytest.Item) -> bool:
    if item.get_closest_marker("sqlite") is not None:
        return True
    return isinstance(item, pytest.Function) and "path" in inspect.signature(item.obj).parameters


@pytest.fixture
async def store(url: str, words: Words) -> AsyncIterator[Store]:
    """An open store without the probe: nothing is written but what the test writes."""
    store = Store(url, words.now)
    await store.open(serving=False)
    yield store
    await store.close()
