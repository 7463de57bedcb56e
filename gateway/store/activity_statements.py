"""Every SQL statement about activity."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from gateway.store.many_lines import NUMBER, TEXT, TRUTH, Insert

KINDS: Final[Mapping[str, str]] = {
    "activity_id": TEXT, "account_sid": TEXT, "at": NUMBER, "direction": TEXT, "decision": TEXT, "reason": TEXT,
    "enforced": TRUTH, "status": NUMBER, "error_code": NUMBER, "message_sid": TEXT, "service_sid": TEXT,
    "sender": TEXT, "channel": TEXT, "recipient_key": TEXT, "country": TEXT, "scope_kind": TEXT, "scope_id": TEXT,
    "settings_version": NUMBER,
}  # fmt: skip
COLUMNS: Final = tuple(KINDS)

SELECTED: Final = f"SELECT {', '.join(COLUMNS)} FROM activity"  # noqa: S608 - made of constants

ADD: Final = Insert("activity", KINDS, "ON CONFLICT (activity_id) DO NOTHING")

CONDITIONS: Final[Mapping[str, str]] = {
    "account_sid": "account_sid = :account_sid",
    "direction": "direction = :direction",
    "decision": "decision = :decision",
    "reason": "reason = :reason",
    "service_sid": "service_sid = :service_sid",
    "message_sid": "message_sid = :message_sid",
    "since": "activity_id >= :since",
    "until": "activity_id < :until",
    "after": "activity_id < :after",
}


@cache
def activity_where(names: frozenset[str]) -> str:
    """A page of activity under these conditions, newest first."""
    return f"{SELECTED}{_where(names)} ORDER BY activity_id DESC LIMIT :limit"


@cache
def reached_where(names: frozenset[str]) -> str:
    """How many lines a look through so many of them finds under these conditions, and the oldest of them."""
    inner = f"SELECT activity_id FROM activity{_where(names)} ORDER BY activity_id DESC LIMIT :limit"  # noqa: S608
    return f"SELECT count(*), min(activity_id) FROM ({inner}) AS page"  # noqa: S608 - made of constants


def _where(names: Iterable[str]) -> str:
    wanted = [condition for name, condition in CONDITIONS.items() if name in names]
    return f" WHERE {' AND '.join(wanted)}" if wanted else ""


OF_MESSAGE: Final = (
    SELECTED
    + """
 WHERE account_sid = :account_sid AND message_sid = :message_sid
 ORDER BY activity_id
 LIMIT :limit
"""
)

# Some at a time, so that nobody who writes has to wait for all of them.
FORGET: Final = """
DELETE FROM activity
 WHERE activity_id IN (SELECT activity_id FROM activity WHERE activity_id < :before ORDER BY activity_id LIMIT :limit)
RETURNING activity_id
"""

ERASE_RECIPIENT: Final = """
UPDATE activity SET recipient_key = NULL
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING activity_id
"""
