"""The lines of a transaction that are about one person: made unreadable, or known again."""

from collections.abc import Mapping
from typing import Final

from gateway.messaging.masking import masked_text
from gateway.messaging.optouts import RecipientKey
from gateway.store import activity_statements, statements
from gateway.store import person_statements as sql
from gateway.store.account_lines import Run, columns_of
from gateway.store.errors import SecretUnknown
from gateway.store.persons import CHECK_NAME, Persons, mentions, pattern_of
from gateway.store.records import PreferenceLink

ABOUT: Final[Mapping[str, str]] = {
    "opt_outs": "kept under a keyed hash, the readable number blank",
    "consent_events": "kept under a keyed hash, the readable number blank, numbers in reasons masked",
    "review_items": "kept under a keyed hash; readable number, body and words gone; what was open is accepted first",
    "inbound_messages": "answers to keywords and to messages of the review list gone; fingerprints stay",
    "held_messages": "recipient and body gone",
    "scheduled_messages": "kept under a keyed hash, the readable number blank, so that an opt-out still cancels",
    "deliveries": "what is owed or was given up is dropped; what is done holds nothing",
    "activity": "the number gone; what was decided stays, of nobody",
    "preference_links": "dropped; the links open no more",
}
"""Every table that says something about a person, and what erasing that person does to it."""


class PersonLines:
    """What a transaction does with them; it has ``_run`` and ``_persons``."""

    _run: Run
    _persons: Persons

    async def revive(self, key: RecipientKey, recipient: str) -> None:
        """Put the opt-outs and scheduled messages of a person who was erased back under their own key: something new is
        to be written of them. The history stays as it is.
        """
        for statement in sql.REVIVE:
            await self._run(statement, self._persons.columns(key) | {"recipient": recipient})

    def erased_key(self, key: RecipientKey) -> RecipientKey:
        """The key under which a recipient's lines stand once they are erased."""
        return self._persons.erased(key)

    async def known_as(self, key: RecipientKey) -> RecipientKey:
        """The key under which a recipient's opt-outs stand: the own one, or that of an erased person."""
        rows = await self._run(sql.KEYS_OF, self._persons.columns(key))
        return self._persons.erased(key) if rows and (key.recipient_key,) not in rows else key

    async def has_event(self, key: RecipientKey, event_type: str, reason: str) -> bool:
        """Whether a recipient's history has an event of a type for this very reason."""
        values = {"event_type": event_type, "reason": reason}
        return bool(await self._run(sql.EVENT_FOR, self._persons.columns(key) | values))

    async def open_review_items_of(self, key: RecipientKey) -> list[str]:
        """The identifiers of a recipient's items of the review list on which nobody has decided."""
        return [
            str(review_id) for (review_id,) in await self._run(sql.OPEN_REVIEW_ITEMS_OF, self._persons.columns(key))
        ]

    async def erase(self, key: RecipientKey) -> dict[str, int]:
        """Make a recipient unreadable wherever something is kept of them, and take away what they wrote or were told.
        Gives how many lines of each table of `ABOUT` that changed. Raises `SecretUnknown`.
        """
        columns = self._persons.columns(key)
        found = {
            "opt_outs": await self._erase_opt_outs(columns),
            "consent_events": await self._erase_events(key, columns),
            "review_items": await self._count(sql.ERASE_REVIEW_ITEMS, columns),
            "inbound_messages": await self._count(sql.ERASE_ANSWERS, columns),
            "held_messages": await self._count(sql.ERASE_HELD_MESSAGES, columns),
            "scheduled_messages": await self._count(sql.ERASE_SCHEDULED_MESSAGES, columns),
            "deliveries": await self._drop_deliveries(key),
            "activity": await self._count(activity_statements.ERASE_RECIPIENT, columns),
            "preference_links": await self._count(sql.ERASE_LINKS, columns),
        }
        if any(found.values()):
            await self._run(sql.COUNT_ERASURE, {"account_sid": key.account_sid})
            await self._run(statements.PUT_VALUE_ONCE, {"name": CHECK_NAME, "value": self._persons.check})
            if await self._run(statements.GET_VALUE, {"name": CHECK_NAME}) != [(self._persons.check,)]:
                raise SecretUnknown
        return found

    async def add_link(self, link: PreferenceLink) -> None:
        """Keep a link to the page of preferences."""
        values = {name: getattr(link, name) for name in PreferenceLink.__slots__ if name != "key"}
        await self._run(sql.ADD_LINK, values | columns_of(link.key))

    async def forget_links(self, before: int, limit: int) -> int:
        """Drop links that ended before an instant, some at a time; gives how many."""
        return await self._count(sql.FORGET_LINKS, {"before": before, "limit": limit})

    async def _erase_opt_outs(self, columns: Mapping[str, object]) -> int:
        await self._run(sql.DROP_OUTDATED_OPT_OUTS, columns)
        return await self._count(sql.ERASE_OPT_OUTS, columns)

    async def _erase_events(self, key: RecipientKey, columns: Mapping[str, object]) -> int:
        count = 0
        for event_id, reason in await self._run(sql.REASONS_OF, columns):
            if (unreadable := masked_text(reason)) != reason:
                values = {"erased_key": columns["erased_key"], "event_id": event_id, "reason": unreadable}
                count += await self._count(sql.ERASE_EVENT, values)
        return count + await self._count(sql.ERASE_EVENTS, columns)

    async def _drop_deliveries(self, key: RecipientKey) -> int:
        values = {"account_sid": key.account_sid, "pattern": pattern_of(key)}
        rows = await self._run(sql.DELIVERIES_LIKE, values)
        meant = [delivery_id for delivery_id, payload in rows if mentions(payload, key)]
        for delivery_id in meant:
            await self._run(sql.DROP_DELIVERY_OF_PERSON, {"delivery_id": delivery_id})
        return len(meant)

    async def _count(self, statement: str, values: Mapping[str, object]) -> int:
        return len(await self._run(statement, values))
