"""The check of one message against the list, as it is at this moment."""

from collections.abc import Callable
from typing import Final

from gateway.directory import Directory
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import RecipientKey
from gateway.messaging.policy import Decision, Reason, Suppress, decide, unplaced
from gateway.messaging.values import value
from gateway.store import Store

FRESH_MICROSECONDS: Final = 500_000


@value
class Checked:
    """A decision, when (microseconds since 1970, UTC) the list was asked for it, and by which of the account's settings
    versions it was made.
    """

    decision: Decision
    asked_at: int
    settings_version: int = 0


class Check:
    """Asks the list, brings the pools up to date, decides."""

    def __init__(self, directory: Directory, store: Store, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    async def __call__(self, message: OutboundMessage) -> Checked:
        """Decide on a message. Raises `StoreUnavailable`."""
        asked_at = self._clock()
        recipient = message.recipient
        key = RecipientKey(message.account_sid, recipient.channel, recipient.key)
        found = await self._store.find_opt_outs(key)
        state = await self._directory.state(message.account_sid, found.settings_version)
        enforced = self._directory.is_enforced_by(state, message)
        return Checked(decide(message, state.pools, found.opt_outs, enforced=enforced), asked_at, state.version)

    def is_fresh(self, checked: Checked) -> bool:
        """Whether the message may be written now without being checked again."""
        return self._clock() - checked.asked_at <= FRESH_MICROSECONDS

    async def place(self, message: OutboundMessage, decision: Decision) -> bool:
        """Ask Twilio where the message's sender stands, if only not knowing that suppresses it; true when told."""
        if not isinstance(decision, Suppress) or decision.reason is not Reason.SENDER_NOT_PLACED:
            return False
        pools = await self._directory.pools(message.account_sid, 0)
        return await self._directory.place(message.account_sid, unplaced(message, pools))
