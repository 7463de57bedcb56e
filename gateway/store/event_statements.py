"""Every SQL statement about sinks, subscriptions and the events that sinks are owed.

An event owed to a sink is a delivery with a sink, an order key (whose consent it is about) and a position.
"""

from typing import Final

# The next position: it grows with every event, by the order in which transactions about one recipient are committed.
# A sequence, in an engine that has them: nobody waits for it and nobody conflicts over it.
NEXT_POSITION: Final = "/* next position */ COALESCE((SELECT max(position) FROM deliveries), 0) + 1"
NEXT_POSITION_BY_SEQUENCE: Final = "nextval('event_positions')"

SUBSCRIBED: Final = """
SELECT sink, schema_version FROM subscriptions WHERE account_sid = :account_sid AND event_type = :event_type
"""

OWED_BY_SINKS: Final = """
SELECT (SELECT count(*) FROM deliveries AS d
         WHERE d.account_sid = s.account_sid AND d.sink = s.sink AND d.state = 'owed')
  FROM subscriptions AS s
 WHERE s.account_sid = :account_sid AND s.event_type = :event_type
"""

OWE_EVENT: Final = f"""
INSERT INTO deliveries (delivery_id, account_sid, kind, state, payload, attempts, due_at, give_up_at, created_at,
                        sink, order_key, position)
VALUES (:delivery_id, :account_sid, 'event', 'owed', :payload, 0, :now, :give_up_at, :now, :sink, :order_key,
        {NEXT_POSITION})
"""  # noqa: S608 - made of constants

# Sinks that are not waiting and for which something is due.
SINKS_WITH_WORK: Final = """
SELECT s.account_sid, s.name, s.kind, s.configuration, s.secret, s.failures, s.due_at, s.last_error, s.created_at,
       s.actor
  FROM sinks AS s
 WHERE s.due_at <= :now
   AND EXISTS (SELECT 1 FROM deliveries AS d
                WHERE d.account_sid = s.account_sid AND d.sink = s.name AND d.state = 'owed' AND d.due_at <= :now)
"""

# Of each recipient the first that is owed, if it is due: what comes after it waits, whether it failed or is under way.
CLAIM_EVENTS: Final = """
UPDATE deliveries SET lease = :lease, due_at = :leased_until, attempts = attempts + 1
 WHERE delivery_id IN (SELECT d.delivery_id FROM deliveries AS d
                        WHERE d.account_sid = :account_sid AND d.sink = :sink AND d.state = 'owed' AND d.due_at <= :now
                          AND NOT EXISTS (SELECT 1 FROM deliveries AS e
                                           WHERE e.account_sid = d.account_sid AND e.sink = d.sink
                                             AND e.order_key = d.order_key AND e.state = 'owed'
                                             AND e.position < d.position)
                        ORDER BY d.position LIMIT :limit /* passing over what is locked */)
RETURNING delivery_id, payload, attempts, give_up_at, lease, order_key, position
"""

# What a sink has taken is forgotten at once; the history keeps the change itself.
END_EVENT: Final = """
DELETE FROM deliveries WHERE delivery_id = :delivery_id AND state = 'owed' AND lease = :lease RETURNING delivery_id
"""

PUT_ASIDE: Final = """
UPDATE deliveries SET state = 'dead', ended_at = :now, lease = NULL, last_error = COALESCE(last_error, :error)
 WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                        WHERE account_sid = :account_sid AND sink = :sink AND state = 'owed'
                          AND (lease IS NULL OR due_at <= :now) AND give_up_at <= :given_up
                        ORDER BY position LIMIT :limit)
RETURNING delivery_id
"""

DROP_DEAD_EVENTS: Final = """
DELETE FROM deliveries
 WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                        WHERE account_sid = :account_sid AND sink = :sink AND state = 'dead'
                        ORDER BY position LIMIT :limit)
RETURNING delivery_id
"""

DROP_EVENTS_OF_SINK: Final = """
DELETE FROM deliveries WHERE account_sid = :account_sid AND sink = :sink RETURNING delivery_id
"""

COUNT_EVENTS_OF_SINKS: Final = """
SELECT s.account_sid, s.name, COALESCE(d.state, 'owed'), count(d.delivery_id)
  FROM sinks AS s
  LEFT JOIN deliveries AS d ON d.account_sid = s.account_sid AND d.sink = s.name
 GROUP BY s.account_sid, s.name, COALESCE(d.state, 'owed')
"""

# Looked at every few seconds, and most of all when much is owed, so no more than so many lines are read: of what sinks
# are owed the index alone tells how many there are, and the first that are due how old it is.
_BESIDE_SINKS: Final = """
SELECT account_sid, CAST(NULL AS text) AS sink, state, count(*) AS number, min(created_at) AS oldest
  FROM (SELECT account_sid, state, created_at FROM deliveries
         WHERE sink IS NULL AND state = '{state}' ORDER BY due_at LIMIT :most) AS {state}
 GROUP BY account_sid, state
"""
_OF_SINKS: Final = """
SELECT s.account_sid, s.name, '{state}',
       (SELECT count(*) FROM deliveries AS d
         WHERE d.account_sid = s.account_sid AND d.sink = s.name AND d.state = '{state}'),
       (SELECT min(first.created_at)
          FROM (SELECT d.created_at FROM deliveries AS d
                 WHERE d.account_sid = s.account_sid AND d.sink = s.name AND d.state = '{state}'
                 ORDER BY d.due_at LIMIT 1000) AS first)
  FROM sinks AS s
"""
BACKLOGS: Final = " UNION ALL ".join(
    part.format(state=state) for part in (_BESIDE_SINKS, _OF_SINKS) for state in ("owed", "dead")
)

SINK_FAILED: Final = """
UPDATE sinks SET failures = :failures, due_at = :due_at, last_error = :error
 WHERE account_sid = :account_sid AND name = :name
"""

# Never the secret.
LIST_SINKS: Final = """
SELECT account_sid, name, kind, configuration, NULL, failures, due_at, last_error, created_at, actor
  FROM sinks
 WHERE (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
   AND (CAST(:name AS text) IS NULL OR name = :name)
 ORDER BY account_sid, name
"""

ADD_SINK: Final = """
INSERT INTO sinks (account_sid, name, kind, configuration, secret, failures, due_at, created_at, actor)
VALUES (:account_sid, :name, :kind, :configuration, :secret, 0, 0, :created_at, :actor)
ON CONFLICT (account_sid, name) DO NOTHING
RETURNING name
"""

REMOVE_SINK: Final = "DELETE FROM sinks WHERE account_sid = :account_sid AND name = :name RETURNING name"

LIST_SUBSCRIPTIONS: Final = """
SELECT account_sid, sink, event_type, schema_version, created_at, actor
  FROM subscriptions
 WHERE (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
 ORDER BY account_sid, sink, event_type
"""

PUT_SUBSCRIPTION: Final = """
INSERT INTO subscriptions (account_sid, sink, event_type, schema_version, created_at, actor)
VALUES (:account_sid, :sink, :event_type, :schema_version, :created_at, :actor)
ON CONFLICT (account_sid, sink, event_type) DO UPDATE
   SET schema_version = excluded.schema_version, created_at = excluded.created_at, actor = excluded.actor
"""

REMOVE_SUBSCRIPTION: Final = """
DELETE FROM subscriptions WHERE account_sid = :account_sid AND sink = :sink AND event_type = :event_type
RETURNING event_type
"""

REMOVE_SUBSCRIPTIONS_OF_SINK: Final = """
DELETE FROM subscriptions WHERE account_sid = :account_sid AND sink = :sink
"""
