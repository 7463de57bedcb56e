"""What is kept for a time only: answers to inbound messages, deliveries that are done, seen events, held texts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gateway.store import Store, StoreError
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

HOUR: Final = 60 * 60 * 1_000_000  # microseconds
KEEP_ANSWERS: Final = 48 * HOUR  # after that a repetition of the message gets an empty answer
KEEP_DONE_DELIVERIES: Final = 7 * 24 * HOUR
KEEP_EVENTS: Final = 48 * HOUR  # Twilio repeats an event for four hours
KEEP_SCHEDULED: Final = 30 * 24 * HOUR  # after their time
AT_A_TIME: Final = 1_000
PAUSE_SECONDS: Final = 0.05
EVERY_SECONDS: Final = 60 * 60.0


class Forgetting:
    """Forgets what has been kept long enough; doing it twice, or in two processes, harms nothing."""

    def __init__(self, store: Store, clock: Callable[[], int], held_message_hours: int = 168) -> None:
        self._store = store
        self._clock = clock
        self._keep_held = held_message_hours * HOUR

    async def forget_or_say(self) -> None:
        """Forget now, and log what fails; a timer calls this every ``EVERY_SECONDS``."""
        try:
            await self.forget()
        except Exception as error:
            # Keeping something for an hour more harms nobody.
            log.warning("not_forgotten", why=str(error) if isinstance(error, StoreError) else type(error).__name__)

    async def forget(self) -> None:
        """Forget now. The outcome of a message is kept for ever, its answer for 48 hours. Raises `StoreUnavailable`."""
        now = self._clock()
        await self._all(lambda transaction: transaction.forget_answers(now - KEEP_ANSWERS, AT_A_TIME))
        await self._all(lambda transaction: transaction.forget_deliveries(now - KEEP_DONE_DELIVERIES, AT_A_TIME))
        await self._all(lambda transaction: transaction.forget_scheduled(now - KEEP_SCHEDULED, AT_A_TIME))
        await self._all(lambda transaction: transaction.forget_seen_events(now - KEEP_EVENTS, AT_A_TIME))
        await self._all(lambda transaction: transaction.forget_held_messages(now - self._keep_held, AT_A_TIME))

    async def _all(self, some: Callable[[Transaction], Awaitable[int]]) -> None:
        """Forget some at a time until there are no more, so that nobody who writes waits for long."""
        while await self._store.write(some) == AT_A_TIME:  # noqa: ASYNC110 - a pause, not a wait
            await asyncio.sleep(PAUSE_SECONDS)
