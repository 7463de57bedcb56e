"""The SQL of forgetting who a person is, in words both engines understand; values are always parameters."""

from typing import Final

# A person of whom something new is learned is known again: their lines go back under their own key.
REVIVE: Final = (
    """
UPDATE opt_outs SET recipient_key = :recipient_key, recipient = :recipient
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :erased_key
   AND NOT EXISTS (SELECT 1 FROM opt_outs AS own
                    WHERE own.account_sid = :account_sid AND own.channel = :channel
                      AND own.recipient_key = :recipient_key
                      AND own.scope_kind = opt_outs.scope_kind AND own.scope_id = opt_outs.scope_id)
""",
    """
UPDATE scheduled_messages SET recipient_key = :recipient_key, recipient = :recipient
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :erased_key
""",
)

KEYS_OF: Final = """
SELECT DISTINCT recipient_key FROM opt_outs
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
"""

EVENT_FOR: Final = """
SELECT event_id FROM consent_events
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
   AND event_type = :event_type AND reason = :reason
"""

COUNT_ERASURE: Final = """
INSERT INTO accounts (account_sid, settings_version, erasures) VALUES (:account_sid, 0, 1)
ON CONFLICT (account_sid) DO UPDATE SET erasures = accounts.erasures + 1
"""

# Lines of an earlier erasure in whose place another was written since.
DROP_OUTDATED_OPT_OUTS: Final = """
DELETE FROM opt_outs
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :erased_key
   AND EXISTS (SELECT 1 FROM opt_outs AS own
                WHERE own.account_sid = :account_sid AND own.channel = :channel AND own.recipient_key = :recipient_key
                  AND own.scope_kind = opt_outs.scope_kind AND own.scope_id = opt_outs.scope_id)
"""

ERASE_OPT_OUTS: Final = """
UPDATE opt_outs SET recipient_key = :erased_key, recipient = ''
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING opt_out_id
"""

REASONS_OF: Final = """
SELECT event_id, reason FROM consent_events
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key AND reason IS NOT NULL
"""

# The reason goes with the recipient or not at all: the table's triggers let nothing else through.
ERASE_EVENT: Final = """
UPDATE consent_events SET recipient_key = :erased_key, recipient = '', reason = :reason WHERE event_id = :event_id
RETURNING event_id
"""

ERASE_EVENTS: Final = """
UPDATE consent_events SET recipient_key = :erased_key, recipient = ''
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING event_id
"""

OPEN_REVIEW_ITEMS_OF: Final = """
SELECT review_id FROM review_items
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key AND state = 'open'
 ORDER BY review_id
"""

ERASE_REVIEW_ITEMS: Final = """
UPDATE review_items SET recipient_key = :erased_key, recipient = '', body = NULL, words = '[]', reason = NULL
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING review_id
"""

ERASE_ANSWERS: Final = """
UPDATE inbound_messages SET answer = NULL
 WHERE account_sid = :account_sid AND answer IS NOT NULL
   AND message_sid IN (SELECT message_sid FROM consent_events
                        WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :erased_key
                       UNION
                       SELECT message_sid FROM review_items
                        WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :erased_key)
RETURNING message_sid
"""

# Their channel is not kept: a number's texts and WhatsApp messages are the same person's.
ERASE_HELD_MESSAGES: Final = """
UPDATE held_messages SET recipient = NULL, recipient_key = NULL, body = NULL
 WHERE account_sid = :account_sid AND recipient_key = :recipient_key
RETURNING message_sid
"""

ERASE_SCHEDULED_MESSAGES: Final = """
UPDATE scheduled_messages SET recipient_key = :erased_key, recipient = ''
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING message_sid
"""

# What is done holds no payload. A scheduled send whose answer was lost ('seek') is looked for all the same: an opt-out
# has to find it.
DELIVERIES_LIKE: Final = """
SELECT delivery_id, payload FROM deliveries
 WHERE account_sid = :account_sid AND state IN ('owed', 'dead') AND kind <> 'seek' AND payload LIKE :pattern
"""

DROP_DELIVERY_OF_PERSON: Final = "DELETE FROM deliveries WHERE delivery_id = :delivery_id"

ADD_LINK: Final = """
INSERT INTO preference_links (link_id, account_sid, service_sid, channel, recipient_key, recipient, actor, created_at,
                              expires_at)
VALUES (:link_id, :account_sid, :service_sid, :channel, :recipient_key, :recipient, :actor, :created_at, :expires_at)
"""

LINK: Final = """
SELECT link_id, account_sid, channel, recipient_key, recipient, service_sid, actor, created_at, expires_at
  FROM preference_links WHERE link_id = :link_id
"""

FORGET_LINKS: Final = """
DELETE FROM preference_links
 WHERE link_id IN (SELECT link_id FROM preference_links WHERE expires_at < :before LIMIT :limit)
RETURNING link_id
"""

ERASE_LINKS: Final = """
DELETE FROM preference_links
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
RETURNING link_id
"""
