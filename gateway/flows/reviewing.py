"""From a message that asks to stop to its item on the review list."""

from gateway.flows.missed import key_of
from gateway.messaging.intent import Intent
from gateway.messaging.messages import InboundMessage
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem


def review_item(message: InboundMessage, intent: Intent, now: int) -> ReviewItem:
    """A message that asks to stop without being a keyword, for a person to decide on."""
    return ReviewItem(
        review_id=new_id(now),
        key=key_of(message),
        message_sid=message.message_sid,
        recipient=message.recipient.wire,
        sender=message.sender.wire,
        service_sid=message.service_sid,
        body=message.body,
        language=intent.language,
        rule=intent.rule,
        words=intent.words,
        state="open",
        received_at=now,
    )
