"""What the steps of a keyword ask for one after another, read in one statement."""

from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.events import CONSENT, INBOUND
from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.store.persons import Persons
from gateway.store.records import StoredMessage, opt_out_of

# Opt-outs under the own key come last.
READ_AHEAD: Final = """
SELECT a.settings_version, a.erasures,
       EXISTS (SELECT 1 FROM subscriptions AS s WHERE s.account_sid = :account_sid AND s.event_type = :inbound),
       EXISTS (SELECT 1 FROM subscriptions AS s WHERE s.account_sid = :account_sid AND s.event_type = :consent),
       EXISTS (SELECT 1 FROM scheduled_messages AS h
                WHERE h.account_sid = :account_sid AND h.channel = :channel AND h.recipient_key = :recipient_key
                  AND h.state = 'standing'),
       m.message_sid, m.fingerprint, m.opt_out_type, m.change, m.answer,
       o.scope_kind, o.scope_id, o.standing, o.effective_at, o.source, o.hold,
       o.shadow_standing, o.shadow_effective_at, o.shadow_source
  FROM (SELECT 1) AS one_line
  LEFT JOIN accounts AS a ON a.account_sid = :account_sid
  LEFT JOIN inbound_messages AS m ON m.account_sid = :account_sid AND m.message_sid = :message_sid
  LEFT JOIN opt_outs AS o ON o.account_sid = :account_sid AND o.channel = :channel
                         AND o.recipient_key IN (:recipient_key, :erased_key)
 ORDER BY o.recipient_key = :recipient_key
"""
ACCOUNT: Final = 5  # so many columns are about the account and the recipient, the next about the message
MESSAGE: Final = 10


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """What a transaction has read ahead about an inbound message and its recipient.

    ``told`` are the types of events that some sink of the account wants. ``has_erasures``: somebody of the account was
    erased; ``has_scheduled``: Twilio holds messages for the recipient until a time.
    """

    key: RecipientKey
    message_sid: str
    settings_version: int
    has_erasures: bool
    told: frozenset[str]
    has_scheduled: bool
    seen: StoredMessage | None
    opt_outs: tuple[OptOut, ...]


def read_ahead_values(key: RecipientKey, message_sid: str, persons: Persons) -> dict[str, object]:
    """The values of `READ_AHEAD`."""
    return {**persons.columns(key), "message_sid": message_sid, "inbound": INBOUND, "consent": CONSENT}


def read_ahead_of(key: RecipientKey, message_sid: str, rows: list[tuple[Any, ...]]) -> ReadAhead:
    """What the rows of `READ_AHEAD` say."""
    version, erasures, wants_inbound, wants_consent, has_scheduled = rows[0][:ACCOUNT]
    known_sid, *stored = rows[0][ACCOUNT:MESSAGE]
    found = [opt_out_of(row[MESSAGE:]) for row in rows if row[MESSAGE] is not None]
    return ReadAhead(
        key=key,
        message_sid=message_sid,
        settings_version=int(version or 0),
        has_erasures=bool(erasures),
        told=frozenset(kind for kind, wants in ((INBOUND, wants_inbound), (CONSENT, wants_consent)) if wants),
        has_scheduled=bool(has_scheduled),
        seen=StoredMessage(*stored) if known_sid is not None else None,
        opt_outs=tuple({opt_out.scope: opt_out for opt_out in found}.values()),
    )
