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

    def message(said_to: StoredOptIn) -> InboundMessage:
        sender = read_sender(said_to.sender, None)
        return InboundMessage(account_sid, "", recipient, sender, said_to.service_sid, said_to.keyword)

    return [OptIn(message(each), each.keyword, each.effective_at) for each in found]


def key_of(message: InboundMessage) -> RecipientKey:
    """The key of the opt-outs of whoever sent a message."""
    return RecipientKey(message.account_sid, message.recipient.channel, message.recipient.key)
