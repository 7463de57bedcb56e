"""The store as everybody else sees it: open, look up, write, read, close."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from gateway.messaging.optouts import RecipientKey
from gateway.messaging.pools import Pools
from gateway.messaging.services import AccountState
from gateway.store import delivery_statements, person_statements, scheduled_statements, shadow_statements
from gateway.store import statements as sql
from gateway.store.account_lines import stored_pools, stored_state
from gateway.store.activity_reads import ActivityReads
from gateway.store.bulk_lines import ImportState
from gateway.store.engine import Connection, Engine, Row, T, UnitOfWork
from gateway.store.errors import SecretUnknown, StoreError, StoreUnavailable
from gateway.store.event_reads import EventReads
from gateway.store.identifiers import new_id
from gateway.store.journey_reads import JourneyReads
from gateway.store.learned_lines import Backfill
from gateway.store.list_reads import ListReads
from gateway.store.lookup import Lookup
from gateway.store.persons import CHECK_NAME, Persons
from gateway.store.postgres import POSTGRES_URLS
from gateway.store.postgres_engine import PostgresEngine
from gateway.store.records import (
    Found,
    HeldMessage,
    ListedDelivery,
    PreferenceLink,
    ReviewItem,
    ScheduledMessage,
    ServiceVersion,
    StoredMessage,
    TwilioService,
    review_item_of,
    service_version_of,
)
from gateway.store.revision import is_at_newest
from gateway.store.session_reads import SessionReads
from gateway.store.shadow_lines import ShadowCount, ShadowLine
from gateway.store.sqlite import path_of
from gateway.store.sqlite_engine import SqliteEngine
from gateway.store.token_reads import TokenReads
from gateway.store.transaction import Transaction
from gateway.store.webhook_lines import ALL_ADOPTED_WEBHOOKS, AdoptedWebhook, adopted_webhook_of

MOST_ROWS: Final = 2**31  # more than any list has
PROBE_EVERY_SECONDS: Final = 1.0
ROOT_KEY_NAME: Final = "root_key"
HEARTBEAT: Final = "heartbeat"  # the value that a gateway which serves writes
BEAT_AFTER: Final = 3  # probes, however much else is written: an import sees by it that a gateway serves


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None means any. ``state`` is ``owed``, ``done`` or ``dead``."""

    delivery_id: str | None = None
    account_sid: str | None = None
    state: str | None = None
    sink: str | None = None


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """Which messages that were held back to list: those created from ``since`` on and before ``before`` (microseconds
    since 1970, UTC); None means any.
    """

    account_sid: str
    since: int
    before: int
    recipient_key: str | None = None
    sender: str | None = None


class Store(ListReads, TokenReads, EventReads, ActivityReads, JourneyReads, SessionReads):
    """The store of this process, on either engine."""

    def __init__(self, database_url: str, clock: Callable[[], int], secret: SecretStr | None = None) -> None:
        """``secret`` is the root key of the settings; without one it is the one that the store keeps."""
        self._database_url = database_url
        self._clock = clock
        self._secret = secret
        self._tasks: list[asyncio.Task[None]] = []
        self._persons = Persons()
        self._engine = engine_for(database_url, self._persons)
        self.root_key = b""  # known once it is open
        self.was_made = False  # whether there was no list before, which is as it should be only at the first start

    async def open(self, *, serving: bool = True) -> None:
        """Prepare an empty store, refuse one with an unknown schema, and start answering.

        ``serving`` keeps probing whether the store can be written. Raises `StoreUnavailable`, `SchemaUnknown`, or
        `SecretUnknown` where persons were erased under another root key.
        """
        self.was_made = await asyncio.to_thread(_prepared, self._database_url)
        await self._engine.open()
        try:
            self.root_key = await self._know_root_key()
        except BaseException:
            await self._engine.close()
            raise
        self._lookup = Lookup(self._engine, self._confirm_root_key)
        self._start(*(self._lookup.run() for _ in range(self._engine.lanes)))
        if serving:
            self._start(self._probe())

    async def close(self) -> None:
        """Stop answering and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._engine.close()

    async def _know_root_key(self) -> bytes:
        """The key of the settings, else the one that the store keeps, which is made once."""
        if self._secret is not None:
            key = self._secret.get_secret_value()
        else:
            key = await self.value(ROOT_KEY_NAME) or await self.value_once(ROOT_KEY_NAME, secrets.token_hex(32))
        self._persons.know(key.encode())
        await self._confirm_root_key()
        return key.encode()

    async def _confirm_root_key(self) -> None:
        """Raises `SecretUnknown` where persons were erased under another root key: they would not be found."""
        if await self.value(CHECK_NAME) not in {None, self._persons.check}:
            raise SecretUnknown

    async def value(self, name: str) -> str | None:
        """One of the gateway's own values; None where there is none of this name. Raises `StoreUnavailable`."""
        rows = await self._engine.read(sql.GET_VALUE, {"name": name})
        return str(rows[0][0]) if rows else None

    # The check

    async def find_opt_outs(self, key: RecipientKey) -> Found:
        """The recipient's opt-outs, standing and lifted, at some instant after this call; raises `StoreUnavailable`.

        Also raises it while the store cannot be written: a STOP could not be kept then.
        """
        if not self._engine.is_writable:
            raise StoreUnavailable("the store cannot be written at the moment")
        return await self._lookup.find(key)

    # Writing

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit of work in one transaction; see `Engine.write`."""
        return await self._engine.write(unit)

    @property
    def is_writable(self) -> bool:
        """Whether the last attempt to write succeeded."""
        return self._engine.is_writable

    # Reading

    async def pools(self, account_sid: str) -> Pools:
        """The account's sender pools and the settings version they were read at."""
        async with self._engine.snapshot() as reads:
            return await stored_pools(reads.run, account_sid)

    async def settings_version(self, account_sid: str) -> int:
        """How new the account's pools and settings are; 0 when there are none."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).settings_version(account_sid)

    async def account_state(self, account_sid: str) -> AccountState:
        """The account's pools and the newest settings of its services, as of one settings version."""
        async with self._engine.snapshot() as reads:
            return await stored_state(reads.run, account_sid)

    async def twilio_services(self, account_sid: str) -> list[TwilioService]:
        """What Twilio said last of the account's services."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).twilio_services(account_sid)

    async def service_versions(
        self, account_sid: str, service_sid: str, limit: int, before: int | None = None
    ) -> list[ServiceVersion]:
        """Up to ``limit`` versions of a service's settings, newest first, from the one before ``before`` on."""
        values = {"account_sid": account_sid, "service_sid": service_sid, "limit": limit, "before": before}
        return [service_version_of(row) for row in await self._engine.read(sql.SERVICE_VERSIONS, values)]

    async def service_version(self, account_sid: str, service_sid: str, version: int) -> ServiceVersion | None:
        """One version of a service's settings; None when there is no such."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).service_version(account_sid, service_sid, version)

    async def review_items(
        self, account_sid: str | None, state: str | None, after: str, limit: int
    ) -> list[ReviewItem]:
        """Up to ``limit`` items of the review list, oldest first, from the one after ``after`` on; None: any."""
        values = {"account_sid": account_sid, "state": state, "after": after, "limit": limit}
        return [review_item_of(row) for row in await self._engine.read(sql.REVIEW_ITEMS, values)]

    async def value_once(self, name: str, made: str) -> str:
        """Keep a value unless there is one of this name, and give the one that is there. Raises `StoreUnavailable`."""
        return await self.write(lambda transaction: transaction.value_once(name, made))

    async def seen(self, account_sid: str, message_sid: str) -> StoredMessage | None:
        """What is kept of an inbound message; None when it was never seen."""
        rows = await self._engine.read(sql.SEEN_MESSAGE, {"account_sid": account_sid, "message_sid": message_sid})
        return StoredMessage(*rows[0]) if rows else None

    async def closed_until(self, account_sid: str) -> int | None:
        """Until when the account's inbound messages were read from Twilio's list; None: never."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).closed_until(account_sid)

    async def backfill(self, account_sid: str) -> Backfill | None:
        """How far the last back-fill of an account has come; None: there was none."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).backfill(account_sid)

    async def import_state(self, account_sid: str, digest: str) -> ImportState | None:
        """How far an import has come; None: it was never begun."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).import_state(account_sid, digest)

    async def try_out(self, unit: UnitOfWork[T]) -> T:
        """Run a unit that only reads, in one state of the store."""
        async with self._engine.snapshot() as reads:
            return await unit(self._reading(reads))

    async def held_message(self, account_sid: str, message_sid: str) -> HeldMessage | None:
        """A message that was held back; None when there is none of this SID."""
        values = {"account_sid": account_sid, "message_sid": message_sid}
        rows = await self._engine.read(sql.HELD_MESSAGE, values)
        return HeldMessage(*rows[0]) if rows else None

    async def held_messages(self, wanted: HeldFilter, limit: int) -> list[HeldMessage]:
        """Up to ``limit`` messages that were held back, newest first."""
        values = {name: getattr(wanted, name) for name in HeldFilter.__slots__} | {"limit": limit}
        return [HeldMessage(*row) for row in await self._engine.read(sql.HELD_MESSAGES, values)]

    async def scheduled_message(self, account_sid: str, message_sid: str) -> ScheduledMessage | None:
        """A message that Twilio holds until a time; None when there is none of this SID."""
        values = {"account_sid": account_sid, "message_sid": message_sid}
        rows = await self._engine.read(scheduled_statements.SCHEDULED_MESSAGE, values)
        return ScheduledMessage(*rows[0]) if rows else None

    async def preference_link(self, link_id: str) -> PreferenceLink | None:
        """A link to the page of preferences, be it good still or not; None when there is none of this identifier."""
        rows = await self._engine.read(person_statements.LINK, {"link_id": link_id})
        if not rows:
            return None
        _, account_sid, channel, recipient_key, *rest = rows[0]
        return PreferenceLink(link_id, RecipientKey(account_sid, channel, recipient_key), *rest)

    async def scheduled_messages(
        self, account_sid: str | None, state: str | None, after: tuple[str, str], limit: int
    ) -> list[ScheduledMessage]:
        """Up to ``limit`` scheduled messages in the order of account and SID, from the one after ``after`` on."""
        values = {"account_sid": account_sid, "state": state, "limit": limit}
        values |= {"after_account": after[0], "after_sid": after[1]}
        return [
            ScheduledMessage(*row)
            for row in await self._engine.read(scheduled_statements.LIST_SCHEDULED_MESSAGES, values)
        ]

    async def list_deliveries(self, wanted: DeliveryFilter, after: str, limit: int) -> list[ListedDelivery]:
        """Up to ``limit`` deliveries, oldest first, from the one after ``after`` on."""
        values = {
            "delivery_id": wanted.delivery_id,
            "account_sid": wanted.account_sid,
            "state": wanted.state,
            "sink": wanted.sink,
            "after": after,
            "limit": limit,
        }
        return [_delivery(row) for row in await self._engine.read(delivery_statements.LIST_DELIVERIES, values)]

    async def count_events(self, account_sid: str, since: int) -> dict[tuple[str, str], int]:
        """How many consent events an account had since then (microseconds since 1970, UTC), by source and keyword set;
        an event without a keyword set counts under "", and what shadow mode only noted not at all.
        """
        values = {"account_sid": account_sid, "from_id": new_id(since)}
        rows = await self._engine.read(sql.COUNT_EVENTS, values)
        return {(str(source), str(keyword_set)): int(count) for source, keyword_set, count in rows}

    async def shadow_lines(self, account_sid: str, after: str, limit: int) -> list[ShadowLine]:
        """Up to ``limit`` lines of the list that shadow mode keeps; see `ShadowLines`."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).shadow_lines(account_sid, after, limit)

    async def adopted_webhooks(self, account_sid: str) -> list[AdoptedWebhook]:
        """Webhooks of an account at Twilio that were led to the gateway, those that were reverted too."""
        async with self._engine.snapshot() as reads:
            return await self._reading(reads).adopted_webhooks(account_sid)

    async def all_adopted_webhooks(self) -> list[AdoptedWebhook]:
        """Those of all accounts that lead to the gateway."""
        return [adopted_webhook_of(row) for row in await self._engine.read(ALL_ADOPTED_WEBHOOKS, {})]

    async def shadow_counts(
        self, account_sid: str, since: str, until: str, after: ShadowCount | None = None, limit: int | None = None
    ) -> list[ShadowCount]:
        """What would have been done from a day (YYYY-MM-DD, UTC) to another, by day and service: up to ``limit`` counts
        (None: all), from the one after ``after`` on, whose own count does not matter.
        """
        last = ("", "", "") if after is None else (after.day, after.service_sid or "", after.what)
        names = ("after_day", "after_service", "after_what")
        values = {"account_sid": account_sid, "since": since, "until": until, "limit": limit or MOST_ROWS}
        values |= dict(zip(names, last, strict=True))
        rows = await self._engine.read(shadow_statements.SHADOW_COUNTS, values)
        return [ShadowCount(str(day), service or None, str(what), int(count)) for day, service, what, count in rows]

    async def count_deliveries(self) -> dict[str, int]:
        """How many deliveries are ``owed`` and how many are ``dead``."""
        rows = await self._engine.read(delivery_statements.COUNT_DELIVERIES, {})
        return {"owed": 0, "dead": 0} | {str(state): int(count) for state, count in rows}

    # Inside

    def _reading(self, connection: Connection) -> Transaction:
        return Transaction(connection, self._persons)

    def _start(self, *runs: Coroutine[Any, Any, None]) -> None:
        self._tasks.extend(asyncio.create_task(run) for run in runs)

    async def _probe(self) -> None:
        """Write a heartbeat while nothing else is written, to notice a store gone read-only, and its return; and now
        and then beside what else is written.
        """
        commits, silent = -1, 0
        while True:
            silent += 1
            if commits == self._engine.commits or not self._engine.is_writable or silent > BEAT_AFTER:
                silent = 0
                with contextlib.suppress(StoreError):
                    await self.write(self._heartbeat)
            commits = self._engine.commits
            await asyncio.sleep(PROBE_EVERY_SECONDS)

    async def _heartbeat(self, transaction: Transaction) -> None:
        await transaction.put_value(HEARTBEAT, str(self._clock()))


def _prepared(database_url: str) -> bool:
    """Make an empty store ready, and tell whether it was; see `gateway.store.upgrade.prepare`."""
    if is_at_newest(database_url):
        return False
    from gateway.store.upgrade import prepare  # takes a while to import, and is not needed for an ordinary start

    return prepare(database_url)


def engine_for(database_url: str, persons: Persons) -> Engine:
    """The engine that an address of the settings names."""
    if database_url.startswith(POSTGRES_URLS):
        return PostgresEngine(database_url, persons)
    return SqliteEngine(path_of(database_url), persons)


def _delivery(row: Row) -> ListedDelivery:
    columns = list(row)
    columns[7] = bool(columns[7])  # whether it is held, which SQLite gives as a number
    return ListedDelivery(*columns)
