"""SQL about what is learned without a webhook; in words both engines understand, values always as parameters."""

from typing import Final

ADD_LEARNED_MESSAGE: Final = """
INSERT INTO learned_messages (account_sid, message_sid, learned_from, learned_at)
VALUES (:account_sid, :message_sid, :learned_from, :learned_at)
"""

# Of webhook and confirmation each comes once; whichever is first is seen by the other.
WEBHOOK_CAME: Final = """
UPDATE learned_messages SET webhook_at = :now
 WHERE account_sid = :account_sid AND message_sid = :message_sid AND webhook_at IS NULL
RETURNING confirmed_at
"""

CLAIM_CONFIRMATION: Final = """
UPDATE learned_messages SET confirmed_at = :now
 WHERE account_sid = :account_sid AND message_sid = :message_sid AND webhook_at IS NULL AND confirmed_at IS NULL
RETURNING message_sid
"""

RETURN_CONFIRMATION: Final = """
UPDATE learned_messages SET confirmed_at = NULL WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

WHEN_CONFIRMED: Final = """
SELECT confirmed_at FROM learned_messages WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

ADD_SEEN_EVENT: Final = """
INSERT INTO seen_events (account_sid, event_id, received_at) VALUES (:account_sid, :event_id, :received_at)
ON CONFLICT (account_sid, event_id) DO NOTHING
RETURNING event_id
"""

FORGET_SEEN_EVENTS: Final = """
DELETE FROM seen_events
 WHERE (account_sid, event_id) IN (SELECT account_sid, event_id FROM seen_events WHERE received_at < :before
                                    LIMIT :limit)
RETURNING event_id
"""

# The opt-ins that a recipient asked for after an instant, whatever they found to lift when they were learned.
OPT_INS_AFTER: Final = """
SELECT sender, service_sid, keyword, effective_at
  FROM consent_events
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
   AND event_type = 'START' AND role = 'recipient' AND sender IS NOT NULL AND effective_at > :after
   AND (enforced OR CAST(:in_shadow AS boolean))
 ORDER BY effective_at
"""

CLOSED_UNTIL: Final = "SELECT closed_until FROM closed_gaps WHERE account_sid = :account_sid"

NEWEST_INBOUND: Final = "SELECT max(received_at) FROM inbound_messages WHERE account_sid = :account_sid"

PUT_CLOSED_UNTIL: Final = """
INSERT INTO closed_gaps (account_sid, closed_until) VALUES (:account_sid, :closed_until)
ON CONFLICT (account_sid) DO UPDATE SET closed_until = excluded.closed_until
 WHERE closed_gaps.closed_until < excluded.closed_until
"""

BACKFILL: Final = """
SELECT since, until, reached, counts, actor, started_at, ended_at FROM backfills WHERE account_sid = :account_sid
"""

PUT_BACKFILL: Final = """
INSERT INTO backfills (account_sid, since, until, reached, counts, actor, started_at, ended_at)
VALUES (:account_sid, :since, :until, :reached, :counts, :actor, :started_at, :ended_at)
ON CONFLICT (account_sid) DO UPDATE
   SET since = excluded.since, until = excluded.until, reached = excluded.reached, counts = excluded.counts,
       actor = excluded.actor, started_at = excluded.started_at, ended_at = excluded.ended_at
"""

REVIEW_ITEM_OF: Final = """
SELECT review_id FROM review_items WHERE account_sid = :account_sid AND message_sid = :message_sid
"""
