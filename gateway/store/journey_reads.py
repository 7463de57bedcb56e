"""What the store knows of one message, by its SID; times are microseconds since 1970, UTC."""

from dataclasses import dataclass, field
from typing import Final

from gateway.messaging.history import ConsentEvent
from gateway.store import journey_statements as sql
from gateway.store.engine import Engine
from gateway.store.identifiers import first_id
from gateway.store.list_reads import event_of
from gateway.store.records import ReviewItem, review_item_of

NEAR: Final = 2_000_000  # microseconds: how near to what it follows from a delivery is owed
MOST_DELIVERIES: Final = 100


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """An inbound message as it is kept: a keyword's type and change with its line of history, and the answer."""

    opt_out_type: str | None
    change: str | None
    event_id: str | None
    answer: str | None = field(repr=False)
    received_at: int


@dataclass(frozen=True, slots=True)
class LearnedMessage:
    """A keyword that was learned without its webhook, and what came of that later."""

    learned_from: str
    learned_at: int
    webhook_at: int | None
    confirmed_at: int | None


@dataclass(frozen=True, slots=True)
class OwedDelivery:
    """A delivery that a message brought about, without what it holds."""

    delivery_id: str
    kind: str
    sink: str | None
    state: str
    attempts: int
    last_error: str | None
    created_at: int
    ended_at: int | None


class JourneyReads:
    """What a store answers about it; it has ``_engine``. Each raises `StoreUnavailable`."""

    _engine: Engine

    async def received_message(self, account_sid: str, message_sid: str) -> ReceivedMessage | None:
        """An inbound message; None when it was never seen."""
        rows = await self._engine.read(sql.INBOUND, {"account_sid": account_sid, "message_sid": message_sid})
        return ReceivedMessage(*rows[0]) if rows else None

    async def learned_message(self, account_sid: str, message_sid: str) -> LearnedMessage | None:
        """How it was learned without its webhook; None when it was not."""
        rows = await self._engine.read(sql.LEARNED, {"account_sid": account_sid, "message_sid": message_sid})
        return LearnedMessage(*rows[0]) if rows else None

    async def consent_event(self, event_id: str) -> ConsentEvent | None:
        """A line of the history by its identifier; None when there is none."""
        rows = await self._engine.read(sql.EVENT, {"event_id": event_id})
        return event_of(rows[0]) if rows else None

    async def reviewed(self, account_sid: str, message_sid: str) -> list[ReviewItem]:
        """What the review list has of it."""
        values = {"account_sid": account_sid, "message_sid": message_sid}
        return [review_item_of(row) for row in await self._engine.read(sql.REVIEWED, values)]

    async def deliveries_near(self, account_sid: str, message_sid: str, at: int) -> list[OwedDelivery]:
        """The deliveries about a message that were owed near an instant; done ones are kept for seven days, and of
        events only those that a sink has not taken.
        """
        values = {"account_sid": account_sid, "message_sid": message_sid, "limit": MOST_DELIVERIES}
        values |= {"since": first_id(at - NEAR), "until": first_id(at + NEAR)}
        return [OwedDelivery(*row) for row in await self._engine.read(sql.DELIVERIES, values)]
