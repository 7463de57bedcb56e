"""Consents as they come to Twilio in bulk: read, checked one by one, put into effect.

Sources: Twilio, Consent Management API; error 30646 (what each message stands for); the OpenAPI document of
accounts.twilio.com, whose example shows that a date without a time is no `date_of_consent`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from gateway.sandbox import optouts
from gateway.sandbox.addresses import channel_of, is_alphanumeric, normalise_recipient
from gateway.sandbox.errors import TwilioError
from gateway.sandbox.state import World

MOST_ITEMS = 25
FAILED = 30646

_STATUSES = frozenset({"opt-in", "opt-out"})
_SOURCES = frozenset({"website", "offline", "opt-in-message", "opt-out-message", "others"})
_UUID = re.compile(r"[0-9a-fA-F]{32}")
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\dT\S+")


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """One consent as it was received; None for what was missing, JSON for what was no string."""

    correlation_id: str | None
    contact_id: str | None
    sender_id: str | None
    status: str | None
    source: str | None
    date_of_consent: str | None


@dataclass(frozen=True, slots=True)
class ConsentResult:
    """What became of an item; no messages mean that it took effect."""

    item: ConsentItem
    error_messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentCall:
    """A call of the Consents API that was answered with 201."""

    account_sid: str
    received_at: datetime
    results: tuple[ConsentResult, ...]


def read_items(texts: Sequence[str]) -> tuple[ConsentItem, ...]:
    """The items of a call, each a JSON object; raises TwilioError 20001 for none, too many, or another form."""
    if not 0 < len(texts) <= MOST_ITEMS:
        raise TwilioError.of(20001, parameter="Items")
    return tuple(_item(text) for text in texts)


def _item(text: str) -> ConsentItem:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise TwilioError.of(20001, parameter="Items")
    return ConsentItem(**{each.name: _text(document.get(each.name)) for each in fields(ConsentItem)})


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def take(world: World, account_sid: str, items: Sequence[ConsentItem]) -> ConsentCall:
    """Check the items and put those into effect that are in order."""
    counted = Counter(item.correlation_id for item in items)
    results = []
    for item in items:
        errors = tuple(message for message, holds in _CHECKS if not holds(world, account_sid, item))
        if counted[item.correlation_id] > 1 and "INVALID_CORRELATION_ID" not in errors:
            errors = ("INVALID_CORRELATION_ID", *errors)
        if not errors and _fails_at_twilio(world):
            errors = ("INTERNAL_SERVER_ERROR",)
        if not errors:
            _put_into_effect(world, item)
        results.append(ConsentResult(item, errors))
    return ConsentCall(account_sid, world.clock.now(), tuple(results))


def _put_into_effect(world: World, item: ConsentItem) -> None:
    change = optouts.block if item.status == "opt-out" else optouts.lift
    change(world, item.sender_id or "", item.contact_id or "")


def _fails_at_twilio(world: World) -> bool:
    if world.failing_consent_items is None:
        return True
    if world.failing_consent_items == 0:
        return False
    world.failing_consent_items -= 1
    return True


def _is_uuid(world: World, account_sid: str, item: ConsentItem) -> bool:
    return _UUID.fullmatch(item.correlation_id or "") is not None


def _is_sender(world: World, account_sid: str, item: ConsentItem) -> bool:
    sender = item.sender_id or ""
    if channel_of(sender) or is_alphanumeric(sender):
        return False
    owner = world.services.get(sender) or world.numbers.get(sender)
    return owner is not None and owner.account_sid == account_sid


def _is_contact(world: World, account_sid: str, item: ConsentItem) -> bool:
    contact = item.contact_id or ""
    return contact.startswith("+") and contact == normalise_recipient(contact)


def _is_status(world: World, account_sid: str, item: ConsentItem) -> bool:
    return item.status in _STATUSES


def _is_source(world: World, account_sid: str, item: ConsentItem) -> bool:
    return item.source in _SOURCES


def _is_date(world: World, account_sid: str, item: ConsentItem) -> bool:
    """A date and time in ISO 8601 that is not in the future, or none."""
    if not item.date_of_consent:
        return True
    if not _DATE_AND_TIME.fullmatch(item.date_of_consent):
        return False
    try:
        moment = datetime.fromisoformat(item.date_of_consent)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= world.clock.now()


_CHECKS: tuple[tuple[str, Callable[[World, str, ConsentItem], bool]], ...] = (
    ("INVALID_CORRELATION_ID", _is_uuid),
    ("INVALID_SENDER_ID", _is_sender),
    ("INVALID_CONTACT_ID", _is_contact),
    ("INVALID_STATUS", _is_status),
    ("INVALID_SOURCE", _is_source),
    ("INVALID_DATE_OF_CONSENT", _is_date),
)
