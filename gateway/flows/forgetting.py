"""What is kept for a time only: answers to inbound messages, and deliveries that are done."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from gateway.store import Store, StoreError
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

HOUR: Final = 60 * 60 * 1_000_000  # microseconds
KEEP_ANSWERS: Final = 48 * HOUR  # after that a repetition of the message gets an empty answer
KEEP_DONE_DELIVERIES: Final = 7 * 24 * HOUR
EVERY_SECONDS: Final = 60 * 60.0


class Forgetting:
    """Forgets what has been kept long enough; doing it twice, or in two processes, harms nothing."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Forget once an hour until cancelled; the service owns the task that runs this."""
        while True:
            try:
                await self.forget()
            except Exception as error:
                # Keeping something for an hour more harms nobody.
                log.warning("not_forgotten", why=str(error) if isinstance(error, StoreError) else type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def forget(self) -> None:
        """Forget now. The outcome of a message is kept for ever, its answer for 48 hours. Raises `StoreUnavailable`."""
        now = self._clock()

        async def unit(transaction: Transaction) -> None:
            await transaction.forget_answers(now - KEEP_ANSWERS)
            await transaction.forget_deliveries(now - KEEP_DONE_DELIVERIES)

        await self._store.write(unit)
