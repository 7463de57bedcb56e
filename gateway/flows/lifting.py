"""Lifting Twilio's own block after an opt-in that its default handling does not know.

The lift is owed in the transaction of the keyword and tried at once: only where Twilio took it is the opt-in confirmed.
What Twilio could not take is tried again like any delivery, and not confirmed any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import orjson

from gateway.deliveries import NotDelivered
from gateway.directory import Account, Directory
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import Scope
from gateway.store.records import StoredDelivery
from gateway.twilio.consents import ConsentItem, NotTaken, opt_in
from gateway.twilio.products import ACCOUNTS
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams

LIFT: Final = "lift"


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

    def __init__(self, directory: Directory, upstreams: Upstreams) -> None:
        self._directory = directory
        self._upstreams = upstreams

    async def lift(self, account: Account, lift: Lift) -> None:
        """Have Twilio lift its block. Raises `NotDelivered` unless Twilio took all of it."""
        items = [ConsentItem(lift.contact, sender, lift.at) for sender in lift.senders]
        try:
            await opt_in(self._upstreams.to(ACCOUNTS, account.origins), account.sid, account.auth_tokens[0], items)
        except (UpstreamError, NotTaken) as error:
            raise NotDelivered(str(error)) from error

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try of a delivery. Raises `NotDelivered`."""
        account = self._directory.account(delivery.account_sid)
        if account is None:
            raise NotDelivered("the settings do not have its account any more")
        await self.lift(account, Lift.of(delivery.payload))
