"""The lines of a transaction about messages that Twilio holds until a time: what became of them, what is looked for."""

from typing import Final

from gateway.store import scheduled_statements as sql
from gateway.store.account_lines import Run

GIVEN_UP: Final = "Twilio could not be asked in time"


class ScheduledLines:
    """What a transaction does with them; it has ``_run``."""

    _run: Run

    async def end_scheduled(self, account_sid: str, message_sid: str, state: str, why: str | None, now: int) -> bool:
        """Note what came of cancelling a scheduled message: ``canceled`` or ``not_canceled``. False when that stands
        already; only `GIVEN_UP` may be followed by something better.
        """
        values = {"account_sid": account_sid, "message_sid": message_sid, "state": state, "why": why, "now": now}
        return bool(await self._run(sql.END_SCHEDULED_MESSAGE, values | {"given_up": GIVEN_UP}))

    async def settle_scheduled(self, account_sid: str, message_sid: str, state: str, why: str, now: int) -> None:
        """Note that a message stands no more at Twilio, without an opt-out: ``canceled_by_app`` or ``ended``."""
        values = {"account_sid": account_sid, "message_sid": message_sid, "state": state, "why": why, "now": now}
        await self._run(sql.SETTLE_SCHEDULED_MESSAGE, values)

    async def forget_scheduled(self, before: int, limit: int) -> int:
        """Drop scheduled messages that were due before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_SCHEDULED_MESSAGES, {"before": before, "limit": limit}))

    async def drop_delivery(self, delivery_id: str) -> None:
        """Drop a delivery that nobody has taken up, as what it was written for did not come about."""
        await self._run(sql.DROP_DELIVERY, {"delivery_id": delivery_id})

    async def hasten_delivery(self, delivery_id: str, now: int) -> None:
        """Let a delivery that nobody has taken up be tried now."""
        await self._run(sql.HASTEN_DELIVERY, {"delivery_id": delivery_id, "now": now})
