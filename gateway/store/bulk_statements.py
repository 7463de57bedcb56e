"""SQL about many recipients at once and about the imports that bring them, in words both engines understand. Their keys
are one JSON list, ``keys``.
"""

from typing import Final

from gateway.store.many_lines import KEYS

OPT_OUTS_OF_ALL: Final = f"""
SELECT recipient_key, scope_kind, scope_id, standing, effective_at, source, hold,
       shadow_standing, shadow_effective_at, shadow_source
  FROM opt_outs
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN ({KEYS})
"""  # noqa: S608 - made of constants

OPT_INS_OF_ALL: Final = f"""
SELECT recipient_key, sender, service_sid, keyword, effective_at
  FROM consent_events
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN ({KEYS})
   AND event_type = 'START' AND role = 'recipient' AND sender IS NOT NULL AND enforced
 ORDER BY effective_at
"""  # noqa: S608 - made of constants

SCHEDULED_FOR_ALL: Final = f"""
SELECT DISTINCT recipient_key
  FROM scheduled_messages
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN ({KEYS})
   AND state = 'standing' AND send_at > :since
"""  # noqa: S608 - made of constants

ERASURES: Final = "SELECT erasures FROM accounts WHERE account_sid = :account_sid"

IMPORT: Final = """
SELECT name, position, line AS total, counts, actor, started_at, ended_at
  FROM imports
 WHERE account_sid = :account_sid AND digest = :digest
"""

PUT_IMPORT: Final = """
INSERT INTO imports (account_sid, digest, name, position, line, counts, actor, started_at, ended_at)
VALUES (:account_sid, :digest, :name, :position, :total, :counts, :actor, :started_at, :ended_at)
ON CONFLICT (account_sid, digest) DO UPDATE
   SET name = excluded.name, position = excluded.position, line = excluded.line, counts = excluded.counts,
       actor = excluded.actor, started_at = excluded.started_at, ended_at = excluded.ended_at
"""
