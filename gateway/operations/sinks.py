"""Sinks and subscriptions in an operator's hands. A sink's secret goes in and never comes out again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.events.sinks import read_configuration, read_name, read_secret, shown
from gateway.messaging.errors import Malformed
from gateway.messaging.events import NEWEST_VERSION, tested_event
from gateway.messaging.instants import iso
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.event_records import Sink, Subscription
from gateway.store.identifiers import new_id
from gateway.store.store import DeliveryFilter
from gateway.store.transaction import Transaction

OWED: Final = "owed"
DEAD: Final = "dead"


class NoSuchSink(Exception):
    """The account has no sink of this name, or the sink no such subscription; the text says which."""


class SinkExists(Exception):
    """The account has a sink of this name already."""


@dataclass(frozen=True, slots=True)
class KnownSink:
    """A sink without its secret, its subscriptions, and how many events are ``owed`` to it and ``dead``."""

    sink: Sink
    subscriptions: tuple[Subscription, ...]
    events: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tested:
    """How a test event stands: ``taken``, or why not (None: nobody has tried it yet)."""

    taken: bool
    why: str | None = None


class SinkOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def listed(self, account_sid: str | None = None) -> list[KnownSink]:
        """Sinks, by account and name."""
        subscriptions = await self._store.subscriptions(account_sid)
        counts = await self._store.count_events_of_sinks()
        return [
            KnownSink(
                sink,
                tuple(each for each in subscriptions if (each.account_sid, each.sink) == (sink.account_sid, sink.name)),
                counts.get((sink.account_sid, sink.name), {OWED: 0, DEAD: 0}),
            )
            for sink in await self._store.sinks(account_sid)
        ]

    async def add(
        self, account_sid: str, name: str, kind: str, configuration: Mapping[str, Any], secret: str | None, by: Actor
    ) -> Sink:
        """Add a sink, without subscriptions. Raises `Malformed`, `SinkExists`."""
        kept = read_configuration(kind, configuration)
        sink = Sink(account_sid, _name(name), kind, kept, read_secret(kind, secret), 0, 0, None, self._clock(), by.name)
        if not await self._store.write(lambda transaction: transaction.add_sink(sink)):
            raise SinkExists("the account has a sink of this name; remove it first, or choose another name")
        return sink

    async def remove(self, account_sid: str, name: str) -> int:
        """Remove a sink with its subscriptions and all that it is owed; gives how many events went. Raises
        `NoSuchSink`.
        """
        dropped = await self._store.write(lambda transaction: transaction.remove_sink(account_sid, name))
        if dropped is None:
            raise NoSuchSink("the account has no such sink")
        return dropped

    async def subscribe(
        self, account_sid: str, sink: str, event_type: str, schema_version: int | None, by: Actor
    ) -> Subscription:
        """Have a sink told events of a type from now on, in a version of their schema (None: the newest), in the place
        of another version. Raises `Malformed`, `NoSuchSink`.
        """
        version = read_version(event_type, schema_version)
        wanted = Subscription(account_sid, sink, event_type, version, self._clock(), by.name)

        async def unit(transaction: Transaction) -> None:
            if not await transaction.has_sink(account_sid, sink):
                raise NoSuchSink("the account has no such sink")
            await transaction.put_subscription(wanted)

        await self._store.write(unit)
        return wanted

    async def unsubscribe(self, account_sid: str, sink: str, event_type: str) -> None:
        """Have a sink told no more of a type; what it is owed is still told. Raises `NoSuchSink`."""
        if not await self._store.write(lambda t: t.remove_subscription(account_sid, sink, event_type)):
            raise NoSuchSink("the sink has no such subscription")

    async def subscriptions(self, account_sid: str | None = None) -> list[Subscription]:
        """Subscriptions, by account, sink and type."""
        return await self._store.subscriptions(account_sid)

    async def test(self, account_sid: str, name: str) -> str:
        """Owe a sink a test event, which a running gateway tells it; gives the delivery's identifier. Raises
        `NoSuchSink`.
        """
        now = self._clock()

        async def unit(transaction: Transaction) -> str:
            if not await transaction.has_sink(account_sid, name):
                raise NoSuchSink("the account has no such sink")
            event_id = new_id(now)
            return await transaction.owe_event(
                account_sid, name, f"test {event_id}", tested_event(account_sid, name, event_id, now), now
            )

        return await self._store.write(unit)

    async def tested(self, delivery_id: str) -> Tested:
        """How a test event stands."""
        found = await self._store.list_deliveries(DeliveryFilter(delivery_id=delivery_id), "", 1)
        return Tested(taken=False, why=found[0].last_error) if found else Tested(taken=True)


def read_version(event_type: str, version: int | None) -> int:
    """The version of a type's schema that is wanted. Raises `Malformed`."""
    newest = NEWEST_VERSION.get(event_type)
    if newest is None:
        raise Malformed(f"type: must be one of {', '.join(NEWEST_VERSION)}")
    if version is None:
        return newest
    if not 1 <= version <= newest:
        raise Malformed(f"schema_version: must be 1 to {newest}")
    return version


def sink_as_json(known: KnownSink) -> dict[str, Any]:
    """A sink for programs; its secret never."""
    sink = known.sink
    return {
        "account_sid": sink.account_sid,
        "name": sink.name,
        "kind": sink.kind,
        "configuration": shown(sink.kind, sink.configuration),
        "subscriptions": [subscription_as_json(each) for each in known.subscriptions],
        "failures": sink.failures,
        "last_error": sink.last_error,
        "owed": known.events.get(OWED, 0),
        "dead": known.events.get(DEAD, 0),
        "created_at": iso(sink.created_at),
        "actor": sink.actor,
    }


def subscription_as_json(subscription: Subscription) -> dict[str, Any]:
    """A subscription for programs."""
    return {
        "account_sid": subscription.account_sid,
        "sink": subscription.sink,
        "type": subscription.event_type,
        "schema_version": subscription.schema_version,
        "created_at": iso(subscription.created_at),
        "actor": subscription.actor,
    }


def _name(text: str) -> str:
    try:
        return read_name(text)
    except Malformed as error:
        raise Malformed(f"name: {error}") from None
