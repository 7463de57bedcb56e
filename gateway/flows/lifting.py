"""Lifting Twilio's own block after an opt-in that its default handling does not know.

The lift is owed in the transaction of the keyword and tried at once: only where Twilio took it is the opt-in confirmed.
What Twilio could not take is tried again like any delivery, and not confirmed any more; unless the recipient has opted
out again meanwhile, as then Twilio's block is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import orjson

from gateway.deliveries import NotDelivered
from gateway.directory import Account, Directory
from gateway.messaging.addresses import read_recipient
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import RecipientKey, Scope
from gateway.store import Store, StoreError
from gateway.store.records import StoredDelivery
from gateway.twilio.consents import ConsentItem, NotTaken, opt_in
from gateway.twilio.products import ACCOUNTS
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams

LIFT: Final = "lift"
BY_TWILIO: Final = "twilio"  # the actor of what was learned from Twilio's own 21610


@dataclass(frozen=True, slots=True)
class Lift:
    """One opt-in that Twilio is told of: whose, at which senders (numbers or Messaging Services), and when it was."""

    contact: str
    senders: tuple[str, ...]
    at: int

    @classmethod
    def of_keyword(cls, message: InboundMessage, scopes: Iterable[Scope], at: int) -> Self:
        """The lift that a keyword brings about."""
        return cls(message.recipient.wire.removeprefix("rcs:"), tuple(scope.id for scope in scopes), at)

    def key(self, account_sid: str) -> RecipientKey:
        """The key of the recipient's opt-outs."""
        recipient = read_recipient(self.contact, None)
        return RecipientKey(account_sid, recipient.channel, recipient.key)

    def is_outdated_by(self, event: ConsentEvent) -> bool:
        """Whether an event is an opt-out since the opt-in, and of the same senders as far as it says so. That Twilio
        has refused a send is none: that comes of the block which is to be lifted.
        """
        if event.event_type != OptOutType.STOP or event.effective_at < self.at or event.actor == BY_TWILIO:
            return False
        named = {scope.id for scope in event.scopes}
        return not named or not named.isdisjoint(self.senders)

    def stored(self) -> str:
        """The text form of a delivery."""
        return orjson.dumps((self.contact, self.senders, self.at)).decode()

    @classmethod
    def of(cls, payload: str) -> Self:
        """Read the text form."""
        contact, senders, at = orjson.loads(payload)
        return cls(contact, tuple(senders), at)


class Lifting:
    """Tells Twilio's Consents API of opt-ins."""

    def __init__(self, directory: Directory, store: Store, upstreams: Upstreams) -> None:
        self._directory = directory
        self._store = store
        self._upstreams = upstreams

    async def lift(self, account: Account, lift: Lift) -> None:
        """Have Twilio lift its block. Raises `NotDelivered` unless Twilio took all of it."""
        items = [ConsentItem(lift.contact, sender, lift.at) for sender in lift.senders]
        try:
            await opt_in(self._upstreams.to(ACCOUNTS, account.origins), account.sid, account.auth_tokens[0], items)
        except (UpstreamError, NotTaken) as error:
            raise NotDelivered(str(error)) from error

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try of a delivery, if the recipient still wants it. Raises `NotDelivered`."""
        account = self._directory.account(delivery.account_sid)
        if account is None:
            raise NotDelivered("the settings do not have its account any more")
        lift = Lift.of(delivery.payload)
        try:
            history = await self._store.history_of(lift.key(account.sid))
        except StoreError as error:
            raise NotDelivered(str(error)) from error
        if not any(map(lift.is_outdated_by, history)):
            await self.lift(account, lift)
