"""SQL of the lists that people read page by page: only the conditions that are asked for stand in a statement, so that
an index serves it. Values are always parameters.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

OPT_OUT_COLUMNS: Final = """
SELECT opt_out_id, account_sid, channel, recipient_key, recipient, scope_kind, scope_id, hold, source, actor,
       effective_at, received_at, standing, role, settings_version, event_id, shadow_standing, shadow_effective_at,
       shadow_source, shadow_event_id
  FROM opt_outs
"""

OPT_OUT_CONDITIONS: Final[Mapping[str, str]] = {
    "account_sid": "account_sid = :account_sid",
    "channel": "channel = :channel",
    "scope_kind": "scope_kind = :scope_kind",
    "scope_id": "scope_id = :scope_id",
    "source": "source = :source",
    "since": "effective_at >= :since",
}

OPT_OUT: Final = OPT_OUT_COLUMNS + " WHERE opt_out_id = :opt_out_id"

# Lines that were made in shadow mode alone are lifted as of 1970.
LIFTED_CONDITIONS: Final = "account_sid = :account_sid AND NOT standing AND effective_at > 0 AND effective_at >= :since"

LIFTED: Final = OPT_OUT_COLUMNS + f" WHERE {LIFTED_CONDITIONS} AND opt_out_id > :after ORDER BY opt_out_id LIMIT :limit"

OLDEST_LIFT: Final = f"SELECT min(effective_at) FROM opt_outs WHERE {LIFTED_CONDITIONS}"  # noqa: S608 - a constant

OPT_OUT_LINES_OF: Final = (
    OPT_OUT_COLUMNS
    + """
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
 ORDER BY scope_kind, scope_id
"""
)

EVENT_COLUMNS: Final = """
SELECT event_id, account_sid, channel, recipient_key, recipient, event_type, change, scopes, source, actor, role,
       settings_version, effective_at, received_at, sender, service_sid, keyword, keyword_set, message_sid, reason,
       hold, service_version, enforced
  FROM consent_events
"""

OF_RECIPIENT: Final = """
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
"""

HISTORY_OF: Final = EVENT_COLUMNS + OF_RECIPIENT + " ORDER BY event_id"

HISTORY_PAGE: Final = EVENT_COLUMNS + OF_RECIPIENT + " AND event_id > :after ORDER BY event_id LIMIT :limit"

EVENT_CONDITIONS: Final[Mapping[str, str]] = {
    "account_sid": "account_sid = :account_sid",
    "channel": "channel = :channel",
    "event_type": "event_type = :event_type",
    "change": "change = :change",
    "source": "source = :source",
    "service_sid": "service_sid = :service_sid",
    "message_sid": "message_sid = :message_sid",
    "since": "event_id >= :since",
    "until": "event_id < :until",
}


@cache
def opt_outs_where(names: frozenset[str]) -> str:
    """A page of standing opt-outs under these conditions."""
    wanted = ["standing", "opt_out_id > :after", *_in_order(OPT_OUT_CONDITIONS, names)]
    return " ".join([OPT_OUT_COLUMNS, "WHERE", " AND ".join(wanted), "ORDER BY opt_out_id LIMIT :limit"])


@cache
def events_where(names: frozenset[str]) -> str:
    """A page of the history under these conditions."""
    wanted = ["event_id > :after", *_in_order(EVENT_CONDITIONS, names)]
    return " ".join([EVENT_COLUMNS, "WHERE", " AND ".join(wanted), "ORDER BY event_id LIMIT :limit"])


def _in_order(conditions: Mapping[str, str], names: Iterable[str]) -> list[str]:
    return [condition for name, condition in conditions.items() if name in names]
