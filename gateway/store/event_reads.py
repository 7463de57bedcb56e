"""What can be read of sinks outside a transaction."""

from gateway.messaging.events import CONSENT
from gateway.store import event_statements as sql
from gateway.store.engine import Engine
from gateway.store.event_records import Backlog, Sink, Subscription


class EventReads:
    """What a store answers about them; it has ``_engine``. Each raises `StoreUnavailable`."""

    _engine: Engine

    async def sinks(self, account_sid: str | None = None, name: str | None = None) -> list[Sink]:
        """Sinks without their secrets, by account and name; None: any."""
        return [
            Sink(*row) for row in await self._engine.read(sql.LIST_SINKS, {"account_sid": account_sid, "name": name})
        ]

    async def sinks_with_work(self, now: int) -> list[Sink]:
        """Sinks, with their secrets, that may be tried now and for which something is due."""
        return [Sink(*row) for row in await self._engine.read(sql.SINKS_WITH_WORK, {"now": now})]

    async def subscriptions(self, account_sid: str | None = None) -> list[Subscription]:
        """Subscriptions, by account, sink and type; None: any account's."""
        rows = await self._engine.read(sql.LIST_SUBSCRIPTIONS, {"account_sid": account_sid})
        return [Subscription(*row) for row in rows]

    async def most_owed_of_sinks(self, account_sid: str) -> int:
        """How many events the sink is owed, of those that are told of changes of consent, that is owed the most."""
        rows = await self._engine.read(sql.OWED_BY_SINKS, {"account_sid": account_sid, "event_type": CONSENT})
        return max((int(count) for (count,) in rows), default=0)

    async def count_events_of_sinks(self) -> dict[tuple[str, str], dict[str, int]]:
        """For each sink, by account and name, how many events are ``owed`` and how many ``dead``."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for account_sid, sink, state, count in await self._engine.read(sql.COUNT_EVENTS_OF_SINKS, {}):
            found.setdefault((account_sid, sink), {"owed": 0, "dead": 0})[state] = int(count)
        return found

    async def backlogs(self, most: int) -> list[Backlog]:
        """What is owed and what was given up, by account, sink and state; nothing where there is nothing. Beside sinks
        at most so many of each state are counted; how old the oldest is may be a little less than it is.
        """
        rows = await self._engine.read(sql.BACKLOGS, {"most": most})
        return [Backlog(sid, sink, state, int(count), int(at)) for sid, sink, state, count, at in rows if count]
