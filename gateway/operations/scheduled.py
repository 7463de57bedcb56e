"""Scheduled messages in an operator's hands: which stand, which an opt-out cancelled, and which it could not."""

from collections.abc import AsyncIterator
from typing import Final

from gateway.store import Store
from gateway.store.records import ScheduledMessage

PAGE: Final = 500


class ScheduledOperations:
    """The operations. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def listed(
        self, account_sid: str | None, state: str | None, limit: int | None = None
    ) -> AsyncIterator[ScheduledMessage]:
        """Scheduled messages of an account and a state (None: any), at most ``limit``; read page by page."""
        after, left = ("", ""), limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = await self._store.scheduled_messages(account_sid, state, after, size)
            for message in page:
                yield message
            if len(page) < size:
                return
            after = page[-1].account_sid, page[-1].message_sid
            left = None if left is None else left - size
