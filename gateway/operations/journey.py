"""The journey of one message: all that is known of its SID, as steps in the order of their time.

It is put together from what is kept elsewhere for its own reasons, and each of that for its own time; what was
forgotten is missing. No text of a message is in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.flows.repetition import EMPTY, KeptAnswer
from gateway.messaging.activity import Activity, Direction, address_of
from gateway.messaging.counts import ERROR
from gateway.messaging.events import keyword_of
from gateway.messaging.history import SCHEDULED, ConsentEvent
from gateway.messaging.instants import iso
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.store import Store
from gateway.store.journey_reads import LearnedMessage, OwedDelivery, ReceivedMessage
from gateway.store.records import HeldMessage, ReviewItem, ScheduledMessage

FORWARDED: Final = "forwarded"
DONE: Final = "done"


class StepName(StrEnum):
    """What kinds of steps there are."""

    DECIDED = "decided"  # whether a send may leave
    ANSWERED_BY_TWILIO = "answered_by_twilio"
    HELD_BACK = "held_back"
    FAILED = "failed"  # a send that was held back and told as accepted
    SCHEDULED = "scheduled"
    ENDED = "schedule_ended"
    STATUS = "status"
    RECEIVED = "received"  # the first that was heard of an inbound message
    LEARNED = "learned"  # without its webhook
    WEBHOOK = "webhook"
    KEYWORD = "keyword"  # what the keyword changed
    ANSWERED = "answered"  # what the phone is answered
    CONFIRMED_LATE = "confirmed_late"
    REVIEW = "review"
    REVIEWED = "reviewed"
    OWED = "owed"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when (microseconds since 1970, UTC), what, how it came out and why. ``what`` says which of several it
    is, as the kind of a delivery. ``reference`` is the identifier under which more is told of it.
    """

    at: int
    name: StepName
    outcome: str | None = None
    reason: str | None = None
    what: str | None = None
    scopes: tuple[Scope, ...] = ()
    status: int | None = None
    error_code: int | None = None
    reference: str | None = None


@dataclass(slots=True)
class Journey:
    """A message and its steps; who and by whom as far as that is known still."""

    account_sid: str
    message_sid: str
    direction: str | None = None
    recipient: str | None = field(default=None, repr=False)
    sender: str | None = None
    service_sid: str | None = None
    steps: list[Step] = field(default_factory=list)

    def is_about(self, direction: str, recipient: str | None, sender: str | None, service_sid: str | None) -> None:
        """Take over who and by whom, where it is not known yet."""
        self.direction = self.direction or direction
        self.recipient = self.recipient or recipient
        self.sender = self.sender or sender
        self.service_sid = self.service_sid or service_sid


class Journeys:
    """Tells them. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, account_sid: str, message_sid: str) -> Journey | None:
        """The journey of a message; None when nothing is known of it."""
        journey = Journey(account_sid, message_sid)
        near = [*await self._outbound(journey), *await self._inbound(journey)]
        if not journey.steps:
            return None
        owed: dict[str, OwedDelivery] = {}
        for at in sorted(set(near)):
            found = await self._store.deliveries_near(account_sid, message_sid, at)
            owed |= {delivery.delivery_id: delivery for delivery in found}
        journey.steps += [step for delivery in owed.values() for step in _of_delivery(delivery)]
        journey.steps.sort(key=lambda step: step.at)  # of one instant they stay as they were put
        return journey

    async def _outbound(self, journey: Journey) -> list[int]:
        """Add what is known of it as a send, or as both; gives when deliveries may have been owed for it."""
        account_sid, sid = journey.account_sid, journey.message_sid
        lines = await self._store.activity_of_message(account_sid, sid)
        for line in lines:
            if line.direction != Direction.STATUS:
                recipient = address_of(line.channel, line.recipient_key)
                journey.is_about(line.direction, recipient, line.sender, line.service_sid)
            journey.steps += _of_activity(line)
        held = await self._store.held_message(account_sid, sid)
        if held is not None:
            journey.is_about(Direction.OUTBOUND, held.recipient, held.sender, held.service_sid)
            journey.steps += _of_held(held)
        scheduled = await self._store.scheduled_message(account_sid, sid)
        if scheduled is not None:
            journey.is_about(Direction.OUTBOUND, scheduled.recipient, scheduled.sender, scheduled.service_sid)
            journey.steps += _of_scheduled(scheduled)
            journey.steps += [_of_event(event) for event in await self._told_of(scheduled)]
        return [] if held is None else [held.created_at]

    async def _told_of(self, message: ScheduledMessage) -> list[ConsentEvent]:
        """The lines of its recipient's history that tell what became of a scheduled message."""
        key = RecipientKey(message.account_sid, message.channel, message.recipient_key)
        history = await self._store.history_of(key)
        return [event for event in history if (event.event_type, event.message_sid) == (SCHEDULED, message.message_sid)]

    async def _inbound(self, journey: Journey) -> list[int]:
        """Add what is known of it as an inbound message, likewise."""
        account_sid, sid = journey.account_sid, journey.message_sid
        received = await self._store.received_message(account_sid, sid)
        if received is None:
            return []
        learned = await self._store.learned_message(account_sid, sid)
        event = await self._store.consent_event(received.event_id) if received.event_id is not None else None
        if event is not None:
            journey.is_about(Direction.INBOUND, event.recipient or None, event.sender, event.service_sid)
        journey.direction = journey.direction or Direction.INBOUND
        first = [Step(received.received_at, StepName.RECEIVED, received.opt_out_type or "no_keyword")]
        keyword = [_of_event(event)] if event is not None else []
        journey.steps[:0] = [*first, *_of_learned(learned), *keyword, _of_answer(received)]
        for item in await self._store.reviewed(account_sid, sid):
            journey.is_about(Direction.INBOUND, item.recipient, item.sender, item.service_sid)
            journey.steps += _of_review(item)
        later = [] if learned is None else [learned.learned_at, learned.webhook_at]
        return [received.received_at, *(at for at in later if at is not None)]


def _of_activity(line: Activity) -> Iterable[Step]:
    if line.direction == Direction.STATUS:
        relayed = None if line.decision == "relayed" else "the app could not be told"
        yield Step(line.at, StepName.STATUS, line.reason, relayed, status=line.status, error_code=line.error_code)
        return
    scopes = (Scope(ScopeKind(line.scope_kind), line.scope_id or ""),) if line.scope_kind is not None else ()
    name = StepName.WEBHOOK if line.direction == Direction.INBOUND else StepName.DECIDED
    yield Step(line.at, name, line.decision, line.reason, scopes=scopes, reference=line.activity_id)
    if line.direction == Direction.OUTBOUND and line.decision == FORWARDED:
        outcome = "refused" if line.status >= ERROR else "taken"
        yield Step(line.at, StepName.ANSWERED_BY_TWILIO, outcome, status=line.status, error_code=line.error_code)


def _of_held(held: HeldMessage) -> Iterable[Step]:
    yield Step(held.created_at, StepName.HELD_BACK, "accepted", "it fails later")
    yield Step(held.failed_at, StepName.FAILED, "failed", error_code=held.error_code)


def _of_scheduled(message: ScheduledMessage) -> Iterable[Step]:
    yield Step(message.created_at, StepName.SCHEDULED, reason=f"for {iso(message.send_at, 'seconds')}")
    if message.ended_at is not None:
        yield Step(message.ended_at, StepName.ENDED, message.state, message.why)


def _of_learned(learned: LearnedMessage | None) -> Iterable[Step]:
    if learned is None:
        return
    yield Step(learned.learned_at, StepName.LEARNED, "without its webhook", what=learned.learned_from)
    if learned.webhook_at is not None:
        yield Step(learned.webhook_at, StepName.WEBHOOK, "it came after all")
    if learned.confirmed_at is not None:
        yield Step(learned.confirmed_at, StepName.CONFIRMED_LATE, "sent")


def _of_event(event: ConsentEvent) -> Step:
    name = StepName.ENDED if event.event_type == SCHEDULED else StepName.KEYWORD
    keyword = keyword_of(event.keyword, event.keyword_set)
    why = ", keyword ".join(filter(None, (event.keyword_set, keyword))) or event.reason
    if not event.enforced:
        why = f"{why or ''} (shadow mode)".lstrip()
    return Step(event.received_at, name, event.change, why, event.event_type, event.scopes, reference=event.event_id)


def _of_answer(received: ReceivedMessage) -> Step:
    """What was answered; its text is a message's, and not told."""
    kept = KeptAnswer.of(received.answer)
    if received.answer is None:
        outcome = "forgotten"
    elif kept.waits_until is not None:
        outcome = "not whole yet"
    elif kept.is_confirmed:
        outcome = "confirmation"
    else:
        outcome = "nothing" if kept.twiml == EMPTY else "what the app said"
    return Step(received.received_at, StepName.ANSWERED, outcome)


def _of_review(item: ReviewItem) -> Iterable[Step]:
    yield Step(item.received_at, StepName.REVIEW, "it asks to stop", what=item.rule, reference=item.review_id)
    if item.decided_at is not None:
        yield Step(item.decided_at, StepName.REVIEWED, item.state, item.reason, reference=item.review_id)


def _of_delivery(delivery: OwedDelivery) -> Iterable[Step]:
    what = delivery.kind if delivery.sink is None else f"{delivery.kind} for {delivery.sink}"
    tried = f"{delivery.attempts} {'try' if delivery.attempts == 1 else 'tries'}" + (
        f": {delivery.last_error}" if delivery.last_error else ""
    )
    yield Step(delivery.created_at, StepName.OWED, delivery.state, tried, what, reference=delivery.delivery_id)
    if delivery.ended_at is not None:
        name = StepName.DELIVERED if delivery.state == DONE else StepName.GIVEN_UP
        yield Step(delivery.ended_at, name, delivery.state, what=what, reference=delivery.delivery_id)
