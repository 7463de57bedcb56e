"""Twilio as a mirror: each opt-out and each lift is told to Twilio's Consents API, so that Twilio blocks as well.

The mirror of an account is a sink of its own, which is there while the settings say ``mirror = "on"``: what it is owed
is written in the transaction of the change, told in order for each recipient, tried again, and put aside as dead
letters like any event. The Consents API knows phones, services and numbers: not WhatsApp, nor sender IDs, nor a whole
account; such changes are taken as told, as are those that were learned from Twilio itself, and those of shadow mode,
where nothing is carried out. What people say to numbers where Twilio's own handling is on is told all the same: telling
Twilio what it knows changes nothing there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from gateway.directory import Account, Directory
from gateway.events.sinks import Failure
from gateway.messaging.addresses import Channel
from gateway.messaging.consent import Change
from gateway.messaging.events import CONSENT, NEWEST_VERSION
from gateway.messaging.instants import instant_of
from gateway.messaging.optouts import Scope, ScopeKind, Source
from gateway.messaging.senders import is_messaging_service
from gateway.store import Store
from gateway.store.event_records import OwedEvent, Sink, Subscription
from gateway.store.transaction import Transaction
from gateway.twilio.consents import MOST_ITEMS, ConsentItem, NotTaken, tell
from gateway.twilio.products import ACCOUNTS
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams

MIRROR: Final = "twilio"
"""The kind of the sink."""
NAME: Final = "twilio_mirror"  # which nobody can give to a sink of their own
BY_SETTINGS: Final = "settings"
CALL_EVERY_SECONDS: Final = 0.6  # a hundred calls a minute (Twilio, Consent Management API)
# How a consent was given, in Twilio's words; what a person entered is none of its other ones.
SOURCES: Final[Mapping[tuple[str, bool], str]] = {
    (Source.KEYWORD, True): "opt-out-message",
    (Source.TWILIO, True): "opt-out-message",
    (Source.KEYWORD, False): "opt-in-message",
    (Source.TWILIO, False): "opt-in-message",
}
OTHERS: Final = "others"


def items_of(
    channel: str, recipient: str, scopes: Iterable[Scope], at: int, source: str, *, is_stop: bool
) -> list[ConsentItem]:
    """What Twilio is told of a change; nothing where its Consents API cannot say it."""
    contact = recipient.removeprefix("rcs:")
    if channel != Channel.PHONE or not contact.startswith("+"):
        return []
    how = SOURCES.get((source, is_stop), OTHERS)
    return [ConsentItem(contact, scope.id, at, is_stop, how) for scope in scopes if _can_be_told(scope)]


def _can_be_told(scope: Scope) -> bool:
    if scope.kind is ScopeKind.ACCOUNT:
        return False
    return is_messaging_service(scope.id) or scope.id.removeprefix("+").isdigit()


class Pace:
    """Lets calls begin no sooner than so many seconds apart."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    async def __call__(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + self._seconds
        await asyncio.sleep(turn - now)


class TwilioMirror:
    """Tells Twilio; a driver of `gateway.events.telling`."""

    def __init__(self, directory: Directory, upstreams: Upstreams, every_seconds: float = CALL_EVERY_SECONDS) -> None:
        self._directory = directory
        self._upstreams = upstreams
        self._every_seconds = every_seconds
        self._paces: dict[str, Pace] = {}

    def most(self, sink: Sink) -> int:
        """As many as one call may hold."""
        return MOST_ITEMS

    async def put(self, sink: Sink, events: Sequence[OwedEvent]) -> Mapping[str, Failure]:
        """See `gateway.events.sinks.Driver.put`."""
        account = self._directory.account(sink.account_sid)
        if account is None:
            away = Failure("the settings do not have its account any more", is_sinks=True)
            return {event.delivery_id: away for event in events}
        owners: list[str] = []
        items: list[ConsentItem] = []
        for event in events:
            said = _items_in(orjson.loads(event.payload))
            owners += [event.delivery_id] * len(said)
            items += said
        failures: dict[str, Failure] = {}
        for first in range(0, len(items), MOST_ITEMS):
            some, whose = items[first : first + MOST_ITEMS], owners[first : first + MOST_ITEMS]
            try:
                await self.turn(account)
                failed = await self.tell(account, some)
            except (UpstreamError, NotTaken) as error:
                failures |= {owner: Failure(str(error), is_sinks=True) for owner in whose}
                continue
            for place, why in failed.items():
                failures.setdefault(whose[place], Failure(f"Twilio did not take it: {why}", is_sinks=False))
        return failures

    async def turn(self, account: Account) -> None:
        """Wait until there may be a call."""
        await self._paces.setdefault(account.sid, Pace(self._every_seconds))()

    async def tell(self, account: Account, items: Sequence[ConsentItem]) -> dict[int, str]:
        """Tell Twilio of at most 25 consents, after a `turn`; see `gateway.twilio.consents.tell`."""
        accounts = self._upstreams.to(ACCOUNTS, account.origins)
        return await tell(accounts, account.sid, account.auth_tokens[0], items)


def _items_in(event: Mapping[str, Any]) -> list[ConsentItem]:
    """What Twilio is told of an event."""
    data = event["data"]
    if event["type"] != CONSENT or data["source"] == Source.TWILIO or not data.get("enforced", True):
        return []
    scopes = [Scope(ScopeKind(scope["kind"]), scope["id"]) for scope in data["scopes"]]
    at, is_stop = instant_of(datetime.fromisoformat(data["effectiveAt"])), data["change"] == Change.ADDED
    return items_of(data["channel"], data.get("recipient", ""), scopes, at, data["source"], is_stop=is_stop)


async def arrange_mirrors(store: Store, accounts: Iterable[Account], now: int) -> None:
    """Have each account told to Twilio, or not any more, as the settings say. Raises `StoreUnavailable`."""
    for account in accounts:
        is_there = bool(await store.sinks(account.sid, NAME))
        if account.mirror != is_there:
            await store.write(_begun(account.sid, now) if account.mirror else _ended(account.sid))


Unit = Callable[[Transaction], Awaitable[None]]


def _begun(account_sid: str, now: int) -> Unit:
    async def unit(transaction: Transaction) -> None:
        sink = Sink(account_sid, NAME, MIRROR, "{}", None, 0, 0, None, now, BY_SETTINGS)
        if await transaction.add_sink(sink):
            told = Subscription(account_sid, NAME, CONSENT, NEWEST_VERSION[CONSENT], now, BY_SETTINGS)
            await transaction.put_subscription(told)

    return unit


def _ended(account_sid: str) -> Unit:
    async def unit(transaction: Transaction) -> None:
        await transaction.remove_sink(account_sid, NAME)

    return unit
