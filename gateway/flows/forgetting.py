"""What is kept for a time only, as ``[retention]`` says: the one timer that takes such things away."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from gateway.store import Store, StoreError
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

HOUR: Final = 60 * 60 * 1_000_000  # microseconds
DAY: Final = 24 * HOUR
AT_A_TIME: Final = 1_000
PAUSE_SECONDS: Final = 0.05
EVERY_SECONDS: Final = 60 * 60.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each is kept, in microseconds: answers to inbound messages (a repetition gets an empty one after that),
    texts and recipients of messages that were held back, bodies on the review list, deliveries that were given up or
    made, scheduled messages after their time, events that Twilio may repeat.
    """

    answers: int = 48 * HOUR
    held_messages: int = 7 * DAY
    review_bodies: int = 30 * DAY
    dead_deliveries: int = 30 * DAY
    done_deliveries: int = 7 * DAY
    scheduled_messages: int = 30 * DAY
    seen_events: int = 48 * HOUR


class Forgetting:
    """Forgets what has been kept long enough; doing it twice, or in two processes, harms nothing."""

    def __init__(self, store: Store, clock: Callable[[], int], keep: Retention | None = None) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep or Retention()

    async def forget_or_say(self) -> None:
        """Forget now, and log what fails; a timer calls this every ``EVERY_SECONDS``."""
        try:
            await self.forget()
        except Exception as error:
            # Keeping something for an hour more harms nobody.
            log.warning("not_forgotten", why=str(error) if isinstance(error, StoreError) else type(error).__name__)

    async def forget(self) -> None:
        """Forget now. The outcome of a message is kept for ever. Raises `StoreUnavailable`."""
        now, keep = self._clock(), self._keep
        ways: tuple[tuple[Callable[[Transaction, int, int], Awaitable[int]], int], ...] = (
            (Transaction.forget_answers, keep.answers),
            (Transaction.forget_held_messages, keep.held_messages),
            (Transaction.forget_review_bodies, keep.review_bodies),
            (Transaction.forget_dead_deliveries, keep.dead_deliveries),
            (Transaction.forget_deliveries, keep.done_deliveries),
            (Transaction.forget_scheduled, keep.scheduled_messages),
            (Transaction.forget_seen_events, keep.seen_events),
            (Transaction.forget_links, 0),  # they say themselves when they end
        )
        for forget, kept_for in ways:
            await self._all(partial(_some, forget, now - kept_for))

    async def _all(self, some: Callable[[Transaction], Awaitable[int]]) -> None:
        """Forget some at a time until there are no more, so that nobody who writes waits for long."""
        while await self._store.write(some) == AT_A_TIME:  # noqa: ASYNC110 - a pause, not a wait
            await asyncio.sleep(PAUSE_SECONDS)


async def _some(
    forget: Callable[[Transaction, int, int], Awaitable[int]], before: int, transaction: Transaction
) -> int:
    return await forget(transaction, before, AT_A_TIME)
