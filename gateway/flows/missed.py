"""Messages that are learned without their webhook, and what the history says of later opt-ins."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.messaging.addresses import Address
from gateway.messaging.late import OptIn
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import RecipientKey
from gateway.messaging.senders import read_sender
from gateway.store.learned_lines import StoredOptIn
from gateway.store.transaction import Transaction


class LearnedFrom(StrEnum):
    """From where a keyword is learned without its webhook."""

    EVENTS = "events"
    LIST = "list"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Missed:
    """A message that was learned without its webhook: when Twilio received it (microseconds since 1970, UTC), and from
    where it is known. ``event_id`` is that of an event; ``reason`` is the evidence in words.
    """

    message: InboundMessage
    at: int
    learned_from: LearnedFrom
    reason: str
    event_id: str | None = None


async def opt_ins_after(
    transaction: Transaction, account_sid: str, recipient: Address, after: int, *, enforced: bool = True
) -> list[OptIn]:
    """The opt-ins of a recipient that count from later than an instant (microseconds since 1970, UTC); where nothing is
    ``enforced`` also those that were said in shadow mode.
    """
    key = RecipientKey(account_sid, recipient.channel, recipient.key)
    found = await transaction.opt_ins_after(key, after, in_shadow=not enforced)
    return [opt_in_of(account_sid, recipient, each) for each in found]


def opt_in_of(account_sid: str, recipient: Address, said: StoredOptIn) -> OptIn:
    """An opt-in of a recipient's history."""
    sender = read_sender(said.sender, None)
    message = InboundMessage(account_sid, "", recipient, sender, said.service_sid, said.keyword)
    return OptIn(message, said.keyword, said.effective_at)


def key_of(message: InboundMessage) -> RecipientKey:
    """The key of the opt-outs of whoever sent a message."""
    return RecipientKey(message.account_sid, message.recipient.channel, message.recipient.key)
