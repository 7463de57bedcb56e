"""A store on each engine, and everything that operations work on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from gateway.directory import Account, Directory
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.operations.actors import Actor
from gateway.operations.erasure import ErasureOperations
from gateway.operations.explain import Explain
from gateway.operations.imports.room import MOST_OWED
from gateway.operations.imports.running import ImportOperations
from gateway.operations.optouts import OptOutOperations
from gateway.operations.review import ReviewOperations
from gateway.operations.services import ServiceOperations
from gateway.store import Store
from gateway.twilio.upstream import Upstream
from tests.staging import ACCOUNT, TOKEN, Clock

BY = Actor("ada")
NOBODY_ANSWERS = "http://127.0.0.1:9"


@dataclass
class Office:
    """What one process has at hand to work on the store; Twilio is away."""

    store: Store
    directory: Directory
    clock: Clock
    by: Actor = BY
    most_owed: int = MOST_OWED

    @property
    def account(self) -> Account:
        return self.directory.demand(ACCOUNT)

    @property
    def services(self) -> ServiceOperations:
        return ServiceOperations(self.store, self.directory, self.clock)

    @property
    def review(self) -> ReviewOperations:
        return ReviewOperations(self.store, self.directory, self.clock)

    @property
    def erasure(self) -> ErasureOperations:
        return ErasureOperations(self.store, self.review, self.clock)

    @property
    def explain(self) -> Explain:
        return Explain(self.store, self.directory, self.clock)

    @property
    def imports(self) -> ImportOperations:
        return ImportOperations(self.store, self.directory, self.clock, self.most_owed)

    @property
    def opt_outs(self) -> OptOutOperations:
        return OptOutOperations(self.store, self.directory.pools, self.clock)


@pytest.fixture
async def open_office(clock: Clock) -> AsyncIterator[Callable[..., Awaitable[Office]]]:
    """Open the store at an address as one process does; ``policy`` is the account's."""
    stores, clients = [], []

    async def open_at(database_url: str, policy: KeywordPolicy | None = None) -> Office:
        store, twilio = Store(database_url, clock), Upstream(NOBODY_ANSWERS)
        stores.append(store)
        clients.append(twilio)
        await store.open(serving=False)
        account = Account(ACCOUNT, (TOKEN,), policy or KeywordPolicy(TwilioHandling.OFF))
        return Office(store, Directory([account], store, lambda _: twilio, clock), clock)

    yield open_at
    for client in clients:
        client.close()
    for store in stores:
        await store.close()


@pytest.fixture
async def office(database_url: str, open_office) -> Office:
    """On each engine. The database is made first, so that it goes last."""
    return await open_office(database_url)


@pytest.fixture
async def small_office(open_office, prepared_sqlite_url: str) -> Office:
    """On SQLite alone, for what does not depend on the engine."""
    return await open_office(prepared_sqlite_url)
