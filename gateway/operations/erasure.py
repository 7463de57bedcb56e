"""Erasing a person: nobody can read any more whose opt-outs and history they are, and both go on counting.

A person is a number in an account, on texts and WhatsApp alike, or an opaque address. What asks to stop and waits for
somebody's decision is accepted first, as it cannot be read afterwards: when in doubt, whoever asks to be forgotten is
left alone. The erasure is itself a line of the history.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.messaging.history import ConsentEvent
from gateway.messaging.masking import masked_text
from gateway.messaging.optouts import RecipientKey
from gateway.operations.actors import Actor
from gateway.operations.history import keys_of
from gateway.operations.optouts import Whom
from gateway.operations.review import ReviewOperations
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction

ERASED: Final = "ERASED"  # the type of the event that tells of an erasure, which changes nobody's consent
READABLE_NO_MORE: Final = "erased"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure changed, or would have: how many lines of each table, and the events that tell of it."""

    lines: dict[str, int]
    event_ids: tuple[str, ...]

    @property
    def found_anything(self) -> bool:
        """Whether anything was kept of the person in a readable form."""
        return any(self.lines.values())


class ErasureOperations:
    """The operation. ``clock`` gives microseconds since 1970, UTC. It raises `StoreUnavailable`."""

    def __init__(self, store: Store, review: ReviewOperations, clock: Callable[[], int]) -> None:
        self._store = store
        self._review = review
        self._clock = clock

    async def erase(self, whom: Whom, by: Actor, reason: str | None = None, *, dry_run: bool = False) -> Erasure:
        """Erase a person, all or nothing; with ``dry_run`` all of it is undone again. Done twice it is as done once."""

        async def unit(transaction: Transaction) -> Erasure:
            await transaction.save()
            erasure = await self._erased(transaction, whom, by, reason)
            await (transaction.undo() if dry_run else transaction.release())
            return erasure

        return await self._store.write(unit)

    async def _erased(self, transaction: Transaction, whom: Whom, by: Actor, reason: str | None) -> Erasure:
        lines: Counter[str] = Counter()
        event_ids = []
        for key in keys_of(whom):
            for review_id in await transaction.open_review_items_of(key):
                await self._review.accept_in(transaction, review_id, by, reason)
            found = await transaction.erase(key)
            lines.update(found)
            if any(found.values()):
                event_ids.append(await self._tell(transaction, key, by, reason))
        return Erasure(dict(lines), tuple(event_ids))

    async def _tell(self, transaction: Transaction, key: RecipientKey, by: Actor, reason: str | None) -> str:
        now = self._clock()
        event = ConsentEvent(
            event_id=new_id(now),
            key=transaction.erased_key(key),
            recipient="",
            event_type=ERASED,
            change=READABLE_NO_MORE,
            scopes=(),
            source=by.source,
            actor=by.name,
            role=by.role,
            settings_version=await transaction.settings_version(key.account_sid),
            effective_at=now,
            received_at=now,
            reason=None if reason is None else masked_text(reason),  # who it was may stand in it
        )
        await transaction.record(event, ())
        return event.event_id
