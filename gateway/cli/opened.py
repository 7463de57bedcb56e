"""The store, opened for one command, with everything that works on it."""

import asyncio
import contextlib
import getpass
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from gateway.accounts import accounts_of, origins_in
from gateway.cli.failures import BadInput, Failed
from gateway.directory import Account, Directory
from gateway.operations.actors import Actor
from gateway.operations.deliveries import DeliveryOperations
from gateway.operations.erasure import ErasureOperations
from gateway.operations.evidence import EvidenceOperations, Seals
from gateway.operations.explain import Explain
from gateway.operations.history import HistoryOperations
from gateway.operations.imports.running import ImportOperations
from gateway.operations.journey import Journeys
from gateway.operations.optouts import OptOutOperations
from gateway.operations.reports import Reports
from gateway.operations.review import ReviewOperations
from gateway.operations.scheduled import ScheduledOperations
from gateway.operations.services import ServiceOperations
from gateway.operations.shadow import ShadowOperations
from gateway.operations.sinks import SinkOperations
from gateway.operations.tokens import TokenOperations
from gateway.settings import Settings
from gateway.store import Store
from gateway.store.sqlite import SQLITE_URL, path_of
from gateway.twilio.products import MESSAGING
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Upstreams

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with. Only ``directory.sync``, and who uses ``upstreams``, ask Twilio. ``most_owed`` is how
    many events are kept for a sink.
    """

    store: Store
    directory: Directory
    upstreams: Upstreams
    most_owed: int

    def account(self, account_sid: str) -> Account:
        """An account of the settings, or a sub-account by those of its parent, without a token then."""
        known = self.directory.account(account_sid)
        if known is not None:
            return known
        [parent] = [account for account in self.directory.accounts if account.subaccounts]
        return parent.subaccount(account_sid)

    def account_at_twilio(self, account_sid: str) -> Account:
        """The same, to be spoken to Twilio for. Raises `BadInput` where there is no token."""
        account = self.account(account_sid)
        if not account.auth_tokens:
            raise BadInput("--account: a sub-account has a token of its own; add it under [[accounts]]")
        return account

    @property
    def optouts(self) -> OptOutOperations:
        """Opt-outs."""
        return OptOutOperations(self.store, self.directory.pools, now, self.directory.is_enforced)

    @property
    def history(self) -> HistoryOperations:
        """The consent history."""
        return HistoryOperations(self.store)

    @property
    def evidence(self) -> EvidenceOperations:
        """Evidence files, sealed by the root key."""
        return EvidenceOperations(self.store, now)

    @property
    def seals(self) -> Seals:
        """The seals of evidence files."""
        return Seals(self.store.root_key)

    @property
    def imports(self) -> ImportOperations:
        """Imports of lists."""
        return ImportOperations(self.store, self.directory, now, self.most_owed)

    @property
    def deliveries(self) -> DeliveryOperations:
        """Deliveries."""
        return DeliveryOperations(self.store, now)

    @property
    def scheduled(self) -> ScheduledOperations:
        """Scheduled messages."""
        return ScheduledOperations(self.store)

    @property
    def services(self) -> ServiceOperations:
        """Messaging Services."""
        return ServiceOperations(self.store, self.directory, now)

    @property
    def review(self) -> ReviewOperations:
        """The review list."""
        return ReviewOperations(self.store, self.directory, now)

    @property
    def shadow(self) -> ShadowOperations:
        """Shadow mode."""
        return ShadowOperations(self.store, self.directory, now)

    @property
    def erasure(self) -> ErasureOperations:
        """Erasing persons."""
        return ErasureOperations(self.store, self.review, now)

    @property
    def sinks(self) -> SinkOperations:
        """Sinks and subscriptions."""
        return SinkOperations(self.store, now)

    @property
    def reports(self) -> Reports:
        """Reports."""
        return Reports(self.store, now)

    @property
    def journeys(self) -> Journeys:
        """Journeys of messages."""
        return Journeys(self.store)

    @property
    def tokens(self) -> TokenOperations:
        """Tokens of the admin listener."""
        return TokenOperations(self.store, now)

    @property
    def explain(self) -> Explain:
        """Explanations."""
        return Explain(self.store, self.directory, now)


def run(settings: Settings, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Do something with the store open. Raises `Failed` where there is none, and `StoreError`."""

    async def work_on_it() -> T:
        async with _opened(settings) as opened:
            return await work(opened)

    return asyncio.run(work_on_it())


def operator() -> Actor:
    """The operating-system user, by number where it has no name."""
    try:
        return Actor(getpass.getuser())
    except (KeyError, OSError):
        return Actor(f"uid {os.getuid()}")


def now() -> int:
    """Now, in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Opened]:
    _demand_store(settings.database_url)
    store = Store(settings.database_url, now, settings.secret)
    upstreams = Upstreams(partial(Upstream, answer_seconds=settings.twilio.answer_seconds), origins_in(settings))
    accounts = accounts_of(settings, upstreams.default)
    await store.open(serving=False)
    try:
        directory = Directory(accounts, store, lambda account: upstreams.to(MESSAGING, account.origins), now)
        yield Opened(store, directory, upstreams, settings.events.most_owed)
    finally:
        upstreams.close()
        await store.close()


def _demand_store(database_url: str) -> None:
    """Refuse to make a store where there is none: a new one would say that nobody opted out."""
    path = path_of(database_url)
    if database_url.startswith(SQLITE_URL) and not path.exists():
        raise Failed(f"database_url: there is no store {path.absolute()}; set it, or make one: gateway db upgrade")
