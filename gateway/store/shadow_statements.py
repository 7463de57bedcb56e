"""The SQL statements about what is kept in shadow mode, in words both engines understand."""

from typing import Final

COUNT_SHADOW: Final = """
INSERT INTO shadow_counts (account_sid, day, service_sid, what, count)
VALUES (:account_sid, :day, :service_sid, :what, 1)
ON CONFLICT (account_sid, day, service_sid, what) DO UPDATE SET count = shadow_counts.count + 1
"""

SHADOW_COUNTS: Final = """
SELECT day, service_sid, what, count
  FROM shadow_counts
 WHERE account_sid = :account_sid AND day >= :since AND day <= :until
   AND (day, service_sid, what) > (:after_day, :after_service, :after_what)
 ORDER BY day, service_sid, what
 LIMIT :limit
"""

SHADOW_LINES: Final = """
SELECT opt_out_id, channel, recipient_key, recipient, scope_kind, scope_id, standing, effective_at, source, hold,
       shadow_standing, shadow_effective_at, shadow_source, shadow_event_id
  FROM opt_outs
 WHERE account_sid = :account_sid AND shadow_standing IS NOT NULL AND opt_out_id > :after
 ORDER BY opt_out_id
 LIMIT :limit
"""

# What was seen is cleared; what came meanwhile stays for the next time.
CLEAR_SHADOW: Final = """
UPDATE opt_outs SET shadow_standing = NULL, shadow_effective_at = NULL, shadow_source = NULL, shadow_event_id = NULL
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key = :recipient_key
   AND scope_kind = :scope_kind AND scope_id = :scope_id AND shadow_event_id = :shadow_event_id
RETURNING scope_id
"""
