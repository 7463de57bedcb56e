"""Every SQL statement about the counts for reports, and about what they are made of."""

from functools import cache
from typing import Final

from gateway.messaging.activity import Direction
from gateway.messaging.counts import ERROR, QUARTER, By, Measure

COLUMNS: Final = (
    "account_sid", "quarter", "measure", "service_sid", "sender", "country", "keyword", "source", "reason", "count",
)  # fmt: skip

WATERMARK: Final = "counted_until_"

COUNTED_UNTIL: Final = "SELECT value FROM gateway_values WHERE name = :name"

PUT_COUNTED_UNTIL: Final = """
INSERT INTO gateway_values (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

ADD: Final = f"""
INSERT INTO report_counts ({", ".join(COLUMNS)}) VALUES ({", ".join(f":{column}" for column in COLUMNS)})
"""  # noqa: S608 - made of constants

DROP: Final = "DELETE FROM report_counts WHERE quarter >= :since AND quarter < :until AND measure = :measure"

FORGET: Final = """
DELETE FROM report_counts
 WHERE (account_sid, quarter, measure, service_sid, sender, country, keyword, source, reason)
    IN (SELECT account_sid, quarter, measure, service_sid, sender, country, keyword, source, reason
          FROM report_counts WHERE quarter < :before LIMIT :limit)
RETURNING quarter
"""

# Sends of some lines of activity, counted where they lie. What a line counts as is said in one place, outside. A send
# that was held back goes by the event that began the opt-out which held it back.
SENDS: Final = f"""
SELECT max(a.activity_id), count(*), a.account_sid, a.at - a.at % {QUARTER} AS quarter, a.direction, a.decision,
       a.status, a.service_sid, a.sender, a.country, a.reason, a.error_code, e.keyword, e.keyword_set, e.source
  FROM (SELECT activity_id, account_sid, at, direction, decision, status, service_sid, sender, country, reason,
               error_code, channel, recipient_key, scope_kind, scope_id
          FROM activity
         WHERE activity_id > :after AND activity_id < :until
           AND (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
         ORDER BY activity_id LIMIT :limit) AS a
  LEFT JOIN consent_events AS e ON e.event_id = (
       SELECT max(b.event_id) FROM consent_events AS b
        WHERE a.decision = '{Measure.SUPPRESSED}' AND b.account_sid = a.account_sid AND b.channel = a.channel
          AND b.recipient_key = a.recipient_key AND b.event_id <= a.activity_id AND b.event_type = 'STOP'
          AND b.change = 'added' AND b.enforced
          AND b.scopes LIKE '%["' || a.scope_kind || '","' || a.scope_id || '"]%')
 GROUP BY a.account_sid, quarter, a.direction, a.decision, a.status, a.service_sid, a.sender, a.country, a.reason,
          a.error_code, e.keyword, e.keyword_set, e.source
"""  # noqa: S608 - made of constants

EVENTS: Final = """
SELECT event_id, account_sid, event_type, change, service_sid, sender, recipient_key, keyword, keyword_set,
       source
  FROM consent_events
 WHERE event_id > :after AND event_id < :until AND enforced
   AND (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
 ORDER BY event_id LIMIT :limit
"""

FIRST_SEND: Final = "SELECT min(activity_id) FROM activity"
FIRST_EVENT: Final = "SELECT min(event_id) FROM consent_events"

# The last send that went to a recipient before the opt-out took effect, as far as activity is kept.
ATTRIBUTED: Final = f"""
SELECT e.event_id, e.effective_at, e.channel, e.recipient, e.sender, e.service_sid, e.keyword, e.keyword_set, e.source,
       e.message_sid, a.message_sid, a.at, a.sender, a.service_sid
  FROM consent_events AS e
  LEFT JOIN activity AS a ON a.activity_id = (
       SELECT b.activity_id FROM activity AS b
        WHERE b.account_sid = e.account_sid AND b.channel = e.channel AND b.recipient_key = e.recipient_key
          AND b.at <= e.effective_at AND b.direction = '{Direction.OUTBOUND}' AND b.decision = '{Measure.FORWARDED}'
          AND b.status < {ERROR}
        ORDER BY b.at DESC, b.activity_id DESC LIMIT 1)
 WHERE e.account_sid = :account_sid AND e.event_id > :after AND e.event_id >= :since AND e.event_id < :until
   AND e.event_type = 'STOP' AND e.change = 'added' AND e.source IN ('keyword', 'twilio') AND e.enforced
   AND (CAST(:service_sid AS text) IS NULL OR e.service_sid = :service_sid)
 ORDER BY e.event_id LIMIT :limit
"""  # noqa: S608 - made of constants

LAST_DAY: Final = "SELECT measure, sum(count) FROM report_counts WHERE quarter >= :since GROUP BY measure"

MOST_GROUPS: Final = 1_000


@cache
def last_day_by(by: By) -> str:
    """What was counted since an instant, of all accounts, by one thing; 0 for what there was before it alone."""
    return f"""
SELECT measure, {by}, sum(CASE WHEN quarter >= :since THEN count ELSE 0 END) AS lately
  FROM report_counts
 WHERE quarter >= :before
 GROUP BY measure, {by}
 ORDER BY lately DESC, {by}, measure
 LIMIT {MOST_GROUPS}
"""  # noqa: S608 - made of constants


@cache
def counts_by(by: By | None) -> str:
    """Counts of an account within a span, told apart by one thing, or by nothing."""
    column, group = ("''", "") if by is None else (str(by), f", {by}")
    return f"""
SELECT measure, {column}, sum(count)
  FROM report_counts
 WHERE account_sid = :account_sid AND quarter >= :since AND quarter < :until
   AND (CAST(:service_sid AS text) IS NULL OR service_sid = :service_sid)
 GROUP BY measure{group}
"""  # noqa: S608 - made of constants
