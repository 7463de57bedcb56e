"""What apps do to scheduled messages themselves, and what Twilio tells them: noticed in the answers that pass.

An app that cancels its message is seen doing it. That one shown as cancelled was cancelled by its app is not concluded:
the gateway itself may have done so just now.
"""

from collections.abc import Callable
from typing import Final

import structlog

from gateway.flows.outcome import Answer
from gateway.flows.request import Request
from gateway.flows.scheduled import CANCELED_BY_APP, ENDED, STANDING
from gateway.store import Store, StoreError
from gateway.twilio.errors import TrafficError
from gateway.twilio.forms import read_form
from gateway.twilio.scheduled import CANCELED, SCHEDULED, read_message

log: Final = structlog.get_logger()

OK: Final = 200


class Settling:
    """Notes that a message stands at Twilio no more."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def notice(self, account_sid: str, message_sid: str, request: Request, answer: Answer) -> None:
        """Read the answer to a call about one message. What cannot be kept is logged: it is found out at an opt-out."""
        told = read_message(answer.body) if answer.status == OK else None
        if told is None or told.sid != message_sid or told.status == SCHEDULED:
            return
        if told.status != CANCELED:
            state, why = ENDED, f"it was {told.status}"
        elif _cancels(request):
            state, why = CANCELED_BY_APP, "its app cancelled it"
        else:
            return
        try:
            await self._settle(account_sid, message_sid, state, why)
        except StoreError as error:
            log.warning("scheduled_not_settled", account=account_sid, why=str(error))

    async def _settle(self, account_sid: str, message_sid: str, state: str, why: str) -> None:
        known = await self._store.scheduled_message(account_sid, message_sid)
        if known is None or known.state != STANDING:
            return
        now = self._clock()
        await self._store.write(lambda unit: unit.settle_scheduled(account_sid, message_sid, state, why, now))


def _cancels(request: Request) -> bool:
    """Whether a request asks for a message to be cancelled."""
    try:
        return request.method == "POST" and read_form(request.body).get("Status") == CANCELED
    except TrafficError:
        return False
