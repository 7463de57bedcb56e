"""What is asked of the store about one message, by its SID."""

from typing import Final

from gateway.store.list_statements import EVENT_COLUMNS
from gateway.store.statements import REVIEW_ITEM_COLUMNS

INBOUND: Final = """
SELECT opt_out_type, change, event_id, answer, received_at
  FROM inbound_messages
 WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

LEARNED: Final = """
SELECT learned_from, learned_at, webhook_at, confirmed_at
  FROM learned_messages
 WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

EVENT: Final = EVENT_COLUMNS + " WHERE event_id = :event_id"

REVIEWED: Final = REVIEW_ITEM_COLUMNS + " WHERE account_sid = :account_sid AND message_sid = :message_sid"

# A delivery names its message in its payload alone. When it was owed is known, so that few are looked through.
DELIVERIES: Final = """
SELECT delivery_id, kind, sink, state, attempts, last_error, created_at, ended_at
  FROM deliveries
 WHERE delivery_id >= :since AND delivery_id < :until AND account_sid = :account_sid
   AND payload LIKE '%' || :message_sid || '%'
 ORDER BY delivery_id
 LIMIT :limit
"""
