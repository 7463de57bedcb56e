"""The SQL statements about messages that Twilio holds until a time, in words both engines understand."""

from typing import Final

SCHEDULED_MESSAGE_COLUMNS: Final = """
SELECT account_sid, message_sid, channel, recipient_key, recipient, service_sid, sender, fallback_sender, send_at,
       state, why, created_at, ended_at
  FROM scheduled_messages
"""

SCHEDULED_MESSAGE: Final = (
    SCHEDULED_MESSAGE_COLUMNS + " WHERE account_sid = :account_sid AND message_sid = :message_sid"
)

SCHEDULED_FOR: Final = (
    SCHEDULED_MESSAGE_COLUMNS
    + """
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
   AND state = 'standing' AND send_at > :since
"""
)

LIST_SCHEDULED_MESSAGES: Final = (
    SCHEDULED_MESSAGE_COLUMNS
    + """
 WHERE (account_sid, message_sid) > (:after_account, :after_sid)
   AND (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
   AND (CAST(:state AS text) IS NULL OR state = :state)
 ORDER BY account_sid, message_sid
 LIMIT :limit
"""
)

ADD_SCHEDULED_MESSAGE: Final = """
INSERT INTO scheduled_messages (account_sid, message_sid, channel, recipient_key, recipient, service_sid, sender,
                                fallback_sender, send_at, state, why, created_at)
VALUES (:account_sid, :message_sid, :channel, :recipient_key, :recipient, :service_sid, :sender,
        :fallback_sender, :send_at, 'standing', :why, :created_at)
ON CONFLICT (account_sid, message_sid) DO NOTHING
RETURNING message_sid
"""

# What came of cancelling it, once; after giving up something better may be learned.
END_SCHEDULED_MESSAGE: Final = """
UPDATE scheduled_messages SET state = :state, why = :why, ended_at = :now
 WHERE account_sid = :account_sid AND message_sid = :message_sid
   AND (state IN ('standing', 'ended')
        OR (state = 'not_canceled' AND why = :given_up AND COALESCE(CAST(:why AS text), '') <> :given_up))
RETURNING message_sid
"""

SETTLE_SCHEDULED_MESSAGE: Final = """
UPDATE scheduled_messages SET state = :state, why = :why, ended_at = :now
 WHERE account_sid = :account_sid AND message_sid = :message_sid AND state = 'standing'
"""

FORGET_SCHEDULED_MESSAGES: Final = """
DELETE FROM scheduled_messages
 WHERE (account_sid, message_sid) IN (SELECT account_sid, message_sid FROM scheduled_messages
                                       WHERE send_at < :before LIMIT :limit)
RETURNING message_sid
"""

# A delivery that nobody has taken up: what it was written for did not come about, or is to be done at once.
DROP_DELIVERY: Final = """
DELETE FROM deliveries WHERE delivery_id = :delivery_id AND state = 'owed' AND lease IS NULL
"""

HASTEN_DELIVERY: Final = """
UPDATE deliveries SET due_at = :now WHERE delivery_id = :delivery_id AND state = 'owed' AND lease IS NULL
"""
