"""Every SQL statement about what is owed to apps and others, in words both engines understand; sinks have their own."""

from typing import Final

from gateway.store.many_lines import CELL, LINES, NUMBER, TEXT, Insert

# Where a runner passes over lines that another is taking just now, in an engine that can.
PASSING_OVER: Final = "/* passing over what is locked */"

ADD_DELIVERIES: Final = Insert(
    "deliveries",
    {
        "delivery_id": TEXT, "account_sid": TEXT, "kind": TEXT, "state": TEXT, "payload": TEXT, "attempts": NUMBER,
        "due_at": NUMBER, "give_up_at": NUMBER, "lease": TEXT, "created_at": NUMBER,
    },
)  # fmt: skip

CLAIM_DELIVERIES: Final = """
UPDATE deliveries SET lease = :lease, due_at = :leased_until, attempts = attempts + 1
 WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                        WHERE state = 'owed' AND due_at <= :now AND sink IS NULL
                          AND :full NOT LIKE '%' || account_sid || ' ' || kind || ',%'
                        ORDER BY due_at LIMIT :limit /* passing over what is locked */)
RETURNING delivery_id, account_sid, kind, payload, attempts, give_up_at, created_at, lease
"""

END_DELIVERY: Final = """
UPDATE deliveries SET state = :state, ended_at = :now, last_error = :error, lease = NULL,
       payload = CASE WHEN :state = 'done' THEN :message_sid ELSE payload END
 WHERE delivery_id = :delivery_id AND state = 'owed' AND lease = :lease
RETURNING delivery_id
"""

PUT_OFF_DELIVERY: Final = """
UPDATE deliveries SET due_at = :due_at, last_error = :error, lease = NULL
 WHERE delivery_id = :delivery_id AND state = 'owed' AND lease = :lease
RETURNING delivery_id
"""

TRIED: Final = {
    "delivery_id": TEXT, "lease": TEXT, "state": TEXT, "error": TEXT, "ended_at": NUMBER, "due_at": NUMBER,
    "payload": TEXT,
}  # fmt: skip
_CELLS: Final = ", ".join(
    f"CAST({CELL.format(place)} AS {kind}) AS {name}" for place, (name, kind) in enumerate(TRIED.items())
)
# What came of many tries, each written down as one of the two above does it.
SETTLE_DELIVERIES: Final = f"""
UPDATE deliveries
   SET state = tried.state, ended_at = tried.ended_at, last_error = tried.error, lease = NULL,
       due_at = COALESCE(tried.due_at, deliveries.due_at), payload = COALESCE(tried.payload, deliveries.payload)
  FROM (SELECT {_CELLS} FROM {LINES}) AS tried
 WHERE deliveries.delivery_id = tried.delivery_id AND deliveries.state = 'owed' AND deliveries.lease = tried.lease
"""  # noqa: S608 - made of constants

LIST_DELIVERIES: Final = """
SELECT delivery_id, account_sid, kind, state, attempts, due_at, give_up_at, lease IS NOT NULL, last_error, created_at,
       ended_at, payload, sink
  FROM deliveries
 WHERE delivery_id > :after
   AND (CAST(:delivery_id AS text) IS NULL OR delivery_id = :delivery_id)
   AND (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
   AND (CAST(:state AS text) IS NULL OR state = :state)
   AND (CAST(:sink AS text) IS NULL OR sink = :sink)
 ORDER BY delivery_id
 LIMIT :limit
"""

# One that somebody holds is being tried at this moment; one that is done is not to be done twice.
RETRY_DELIVERY: Final = """
UPDATE deliveries SET state = 'owed', due_at = :now, give_up_at = :give_up_at, attempts = 0, ended_at = NULL
 WHERE delivery_id = :delivery_id AND (state = 'dead' OR (state = 'owed' AND lease IS NULL))
RETURNING delivery_id
"""

OWED_DELIVERIES: Final = """
SELECT payload FROM deliveries
 WHERE state = 'owed' AND kind = :kind AND account_sid = :account_sid AND sink IS NULL
"""

COUNT_DELIVERIES: Final = """
SELECT state, count(*) FROM deliveries WHERE state IN ('owed', 'dead') AND sink IS NULL GROUP BY state
"""

FORGET_DELIVERIES: Final = """
DELETE FROM deliveries
 WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                        WHERE state = 'done' AND due_at < :before AND sink IS NULL LIMIT :limit)
RETURNING delivery_id
"""

# Those of sinks, too.
FORGET_DEAD_DELIVERIES: Final = """
DELETE FROM deliveries
 WHERE delivery_id IN (SELECT delivery_id FROM deliveries WHERE state = 'dead' AND due_at < :before LIMIT :limit)
RETURNING delivery_id
"""
