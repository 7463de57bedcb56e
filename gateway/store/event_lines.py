"""The lines of a transaction about sinks: who wants an event, what a sink is owed, the sinks themselves."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from gateway.messaging.events import CONSENT, INBOUND, TOLD_CHANGES, Event, consent_event, in_version, order_key
from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey
from gateway.store import event_statements as sql
from gateway.store.account_lines import Run
from gateway.store.activity_lines import RunMany
from gateway.store.event_records import OwedEvent, Sink, Subscription
from gateway.store.identifiers import new_id
from gateway.store.read_ahead import ReadAhead

TOLD_FOR: Final = 24 * 60 * 60 * 1_000_000  # microseconds; what no sink took by then is a dead letter
ANY_AGE: Final = 2**62


class EventLines:
    """What a transaction does with them; it has ``_run``, ``_run_many`` and ``_ahead``."""

    _run: Run
    _run_many: RunMany
    _ahead: ReadAhead | None

    # What is told

    async def tell_consent(self, event: ConsentEvent) -> None:
        """Owe a change of consent to each sink that wants it; where none does, nothing is made nor written."""
        if event.change in TOLD_CHANGES:
            await self._tell(event.key, CONSENT, lambda: consent_event(event), event.received_at)

    async def tell_consents(self, events: Sequence[ConsentEvent]) -> None:
        """Owe many changes of consent, of one account, in their order."""
        if not events:
            return
        values = {"account_sid": events[0].key.account_sid, "event_type": CONSENT}
        subscribed = await self._run(sql.SUBSCRIBED, values)
        if not subscribed:
            return
        told = [event for event in events if event.change in TOLD_CHANGES]
        await self._run_many(sql.OWE_EVENT, [_owed_change(event, *wanted) for event in told for wanted in subscribed])

    async def tell_inbound(self, key: RecipientKey, make: Callable[[], Event], now: int) -> None:
        """Owe an inbound keyword to each sink that wants it; ``make`` is called only if one does."""
        await self._tell(key, INBOUND, make, now)

    async def _tell(self, key: RecipientKey, event_type: str, make: Callable[[], Event], now: int) -> None:
        ahead = self._ahead
        if ahead is not None and ahead.key.account_sid == key.account_sid and event_type not in ahead.told:
            return
        values = {"account_sid": key.account_sid, "event_type": event_type}
        subscribed = await self._run(sql.SUBSCRIBED, values)
        if not subscribed:
            return
        event = make()
        for sink, version in subscribed:
            await self.owe_event(key.account_sid, sink, order_key(key), in_version(event, version), now)

    async def owe_event(self, account_sid: str, sink: str, in_order_with: str, event: Event, now: int) -> str:
        """Owe a sink an event, behind all that it is owed of the same order key; gives the delivery's identifier."""
        values = _owed_line(account_sid, sink, in_order_with, event, now)
        await self._run(sql.OWE_EVENT, values)
        return str(values["delivery_id"])

    # What becomes of it

    async def claim_events(self, sink: Sink, lease: str, *, now: int, leased_until: int, limit: int) -> list[OwedEvent]:
        """Take up events that are due, the first of each recipient alone, oldest first; others see them again only
        after ``leased_until``.
        """
        values = {"account_sid": sink.account_sid, "sink": sink.name, "lease": lease, "now": now, "limit": limit}
        rows = await self._run(sql.CLAIM_EVENTS, {**values, "leased_until": leased_until})
        return sorted((OwedEvent(*row) for row in rows), key=lambda event: event.position)

    async def end_event(self, delivery_id: str, lease: str) -> bool:
        """Forget an event that its sink has taken; false when the lease has passed to somebody else."""
        return bool(await self._run(sql.END_EVENT, {"delivery_id": delivery_id, "lease": lease}))

    async def sink_failed(self, sink: Sink, failures: int, due_at: int, error: str | None) -> None:
        """Note how often in a row a sink took nothing (0: it works), and until when it is left alone."""
        values = {"account_sid": sink.account_sid, "name": sink.name, "failures": failures}
        await self._run(sql.SINK_FAILED, {**values, "due_at": due_at, "error": error})

    async def give_up_events(self, account_sid: str, sink: str, now: int, limit: int) -> int:
        """Put those aside as dead that are too old, some at a time; gives how many."""
        values = {"account_sid": account_sid, "sink": sink, "now": now, "given_up": now, "limit": limit}
        return len(await self._run(sql.PUT_ASIDE, {**values, "error": "nobody took it in time"}))

    async def put_events_aside(self, account_sid: str, sink: str, now: int, limit: int) -> int:
        """Put the oldest aside as dead, so many at most, because the backlog is full; gives how many."""
        values = {"account_sid": account_sid, "sink": sink, "now": now, "given_up": ANY_AGE, "limit": limit}
        return len(await self._run(sql.PUT_ASIDE, {**values, "error": "the backlog was full"}))

    async def drop_dead_events(self, account_sid: str, sink: str, limit: int) -> int:
        """Drop the oldest dead letters of a sink, so many at most; gives how many."""
        values = {"account_sid": account_sid, "sink": sink, "limit": limit}
        return len(await self._run(sql.DROP_DEAD_EVENTS, values))

    # Sinks and subscriptions

    async def add_sink(self, sink: Sink) -> bool:
        """Keep a sink; false when the account has one of this name already."""
        names = ("account_sid", "name", "kind", "configuration", "secret", "created_at", "actor")
        return bool(await self._run(sql.ADD_SINK, {name: getattr(sink, name) for name in names}))

    async def has_sink(self, account_sid: str, name: str) -> bool:
        """Whether the account has a sink of this name."""
        return bool(await self._run(sql.LIST_SINKS, {"account_sid": account_sid, "name": name}))

    async def remove_sink(self, account_sid: str, name: str) -> int | None:
        """Drop a sink, its subscriptions, and what it is owed; gives how many events that were, None without a sink."""
        if not await self._run(sql.REMOVE_SINK, {"account_sid": account_sid, "name": name}):
            return None
        values = {"account_sid": account_sid, "sink": name}
        await self._run(sql.REMOVE_SUBSCRIPTIONS_OF_SINK, values)
        return len(await self._run(sql.DROP_EVENTS_OF_SINK, values))

    async def put_subscription(self, subscription: Subscription) -> None:
        """Keep a subscription, in the place of the sink's to the same type."""
        names = Subscription.__slots__
        await self._run(sql.PUT_SUBSCRIPTION, {name: getattr(subscription, name) for name in names})

    async def remove_subscription(self, account_sid: str, sink: str, event_type: str) -> bool:
        """Drop a subscription; false when there is none. What is owed already is still told."""
        values = {"account_sid": account_sid, "sink": sink, "event_type": event_type}
        return bool(await self._run(sql.REMOVE_SUBSCRIPTION, values))


def _owed_change(event: ConsentEvent, sink: str, version: int) -> dict[str, object]:
    told = in_version(consent_event(event), version)
    return _owed_line(event.key.account_sid, sink, order_key(event.key), told, event.received_at)


def _owed_line(account_sid: str, sink: str, in_order_with: str, event: Event, now: int) -> dict[str, object]:
    values = {"delivery_id": new_id(now), "account_sid": account_sid, "payload": orjson.dumps(event).decode()}
    return {**values, "sink": sink, "order_key": in_order_with, "now": now, "give_up_at": now + TOLD_FOR}
