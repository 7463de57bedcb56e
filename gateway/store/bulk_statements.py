"""SQL about many recipients at once and about the imports that bring them, in words both engines understand.

A statement names as many keys as are asked for, filled up to a power of two, so that few statements are ever prepared.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

KEYS: Final = "/* keys */"

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
SELECT name, position, line, counts, actor, started_at, ended_at
  FROM imports
 WHERE account_sid = :account_sid AND digest = :digest
"""

PUT_IMPORT: Final = """
INSERT INTO imports (account_sid, digest, name, position, line, counts, actor, started_at, ended_at)
VALUES (:account_sid, :digest, :name, :position, :line, :counts, :actor, :started_at, :ended_at)
ON CONFLICT (account_sid, digest) DO UPDATE
   SET name = excluded.name, position = excluded.position, line = excluded.line, counts = excluded.counts,
       actor = excluded.actor, started_at = excluded.started_at, ended_at = excluded.ended_at
"""


@cache
def _for_so_many(sql: str, count: int) -> str:
    return sql.replace(KEYS, ", ".join(f":key_{number}" for number in range(count)))


def for_keys(sql: str, keys: Sequence[str]) -> tuple[str, dict[str, object]]:
    """A statement about these keys, at least one, and the values of their parameters."""
    filled = [*keys, *[keys[-1]] * ((1 << (len(keys) - 1).bit_length()) - len(keys))]
    return _for_so_many(sql, len(filled)), {f"key_{number}": key for number, key in enumerate(filled)}
