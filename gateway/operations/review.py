"""The review list: messages that are no keyword but ask to stop, for a person to decide on.

Accepting one opts its recipient out as STOP to the same sender would have, from the time it came: an opt-in since then
still counts. Either way the body is dropped.
"""

from collections.abc import Callable
from typing import Final

from gateway.directory import Directory
from gateway.flows.missed import opt_ins_after
from gateway.messaging.addresses import Address
from gateway.messaging.consent import Change, change_for
from gateway.messaging.handling import Handling, KeywordPolicy
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import KeywordMatch, OptOutType
from gateway.messaging.late import settled
from gateway.messaging.messages import InboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import Source
from gateway.messaging.senders import read_sender
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem
from gateway.store.transaction import Transaction

PAGE: Final = 100
SILENT: Final = Handling(KeywordPolicy(TwilioHandling.OFF))  # nobody is answered any more


class NotOpen(Exception):
    """There is no such item, or somebody has decided on it already; the text says which."""


class NoSuchItem(NotOpen):
    """The review list has no such item."""


class ReviewOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def items(
        self, account_sid: str | None = None, state: str | None = "open", after: str = "", limit: int = PAGE
    ) -> list[ReviewItem]:
        """Items, oldest first, from the one after ``after`` on; ``state`` None: decided ones too."""
        return await self._store.review_items(account_sid, state, after, limit)

    async def accept(
        self, review_id: str, by: Actor, reason: str | None = None, *, account_sid: str | None = None
    ) -> Change:
        """Opt the recipient out; gives what became of their opt-outs. An item of another account than a given one is
        none. Raises `NotOpen`.
        """

        async def unit(transaction: Transaction) -> Change:
            return await self.accept_in(transaction, review_id, by, reason, account_sid=account_sid)

        return await self._store.write(unit)

    async def accept_in(
        self,
        transaction: Transaction,
        review_id: str,
        by: Actor,
        reason: str | None = None,
        *,
        account_sid: str | None = None,
    ) -> Change:
        """The same as part of a transaction."""
        item = await _open_item(transaction, review_id, account_sid)
        change, event_id = await self._opt_out(transaction, item, by, reason)
        await self._close(transaction, review_id, "accepted", by, reason, event_id)
        return change

    async def dismiss(
        self, review_id: str, by: Actor, reason: str | None = None, *, account_sid: str | None = None
    ) -> None:
        """Change nothing: the message asked for something else. Otherwise as `accept`."""

        async def unit(transaction: Transaction) -> None:
            await _open_item(transaction, review_id, account_sid)
            await self._close(transaction, review_id, "dismissed", by, reason, None)

        await self._store.write(unit)

    async def _close(
        self, transaction: Transaction, review_id: str, state: str, by: Actor, reason: str | None, event_id: str | None
    ) -> None:
        await transaction.decide_review_item(
            review_id, state, actor=by.name, reason=reason, event_id=event_id, now=self._clock()
        )

    async def _opt_out(
        self, transaction: Transaction, item: ReviewItem, by: Actor, reason: str | None
    ) -> tuple[Change, str]:
        state = await self._directory.state_in(transaction, item.key.account_sid)
        before = await transaction.opt_outs_of(item.key)
        match = KeywordMatch(OptOutType.STOP, "", f"review.{item.language}.{item.rule}", "", "")
        message, at = _message(item), item.received_at
        change = change_for(message, match, SILENT, state.pools, before, at)
        later = await opt_ins_after(transaction, message.account_sid, message.recipient, at)
        change, after = settled(change, at, later, state.pools)
        now = self._clock()
        event = ConsentEvent(
            event_id=new_id(now),
            key=item.key,
            recipient=item.recipient,
            event_type=OptOutType.STOP,
            change=change.change,
            scopes=change.add,
            source=Source.KEYWORD,
            actor=by.name,
            role=by.role,
            settings_version=state.version,
            effective_at=item.received_at,
            received_at=now,
            sender=item.sender,
            service_sid=item.service_sid,
            keyword=" ".join(item.words),
            keyword_set=match.set_name,
            message_sid=item.message_sid,
            reason=reason,
        )
        await transaction.record(event, after)
        return change.change, event.event_id


async def _open_item(transaction: Transaction, review_id: str, account_sid: str | None) -> ReviewItem:
    item = await transaction.review_item(review_id)
    if item is None or account_sid not in {None, item.key.account_sid}:
        raise NoSuchItem("the review list has no such item")
    if item.state != "open":
        raise NotOpen(f"it is {item.state} already, by {item.actor}")
    return item


def _message(item: ReviewItem) -> InboundMessage:
    recipient = Address(item.key.channel, item.recipient, item.key.recipient_key)
    sender = read_sender(item.sender, None)
    return InboundMessage(item.key.account_sid, item.message_sid, recipient, sender, item.service_sid, item.body or "")
