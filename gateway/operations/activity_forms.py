"""What activity and reports give as JSON, for the command line and the admin API alike."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.messaging.activity import Activity, address_of
from gateway.messaging.counts import By
from gateway.messaging.instants import iso, maybe_iso
from gateway.messaging.intervals import local_iso
from gateway.operations.journey import Journey
from gateway.operations.reports import Asked, Report, has_rate, rate, untold
from gateway.store.activity_reads import AttributedOptOut

# What reports are told apart by, as people ask for it.
GROUPS: Final = {
    "service": By.SERVICE,
    "sender": By.SENDER,
    "country": By.COUNTRY,
    "keyword": By.KEYWORD,
    "source": By.SOURCE,
    "reason": By.REASON,
}
NAMES_OF: Final = {by: name for name, by in GROUPS.items()}
FORMULA: Final = re.compile(r"[=@\t\r-]|\+(?![\d*]+$)")


def activity_as_json(line: Activity) -> dict[str, object]:
    """A line of activity."""
    scope = None if line.scope_kind is None else {"kind": line.scope_kind, "id": line.scope_id}
    return {
        "activity_id": line.activity_id,
        "account_sid": line.account_sid,
        "at": iso(line.at),
        "direction": line.direction,
        "decision": line.decision,
        "reason": line.reason,
        "enforced": line.enforced,
        "status": line.status,
        "error_code": line.error_code,
        "message_sid": line.message_sid,
        "service_sid": line.service_sid,
        "sender": line.sender,
        "channel": line.channel,
        "recipient": address_of(line.channel, line.recipient_key),
        "country": line.country,
        "scope": scope,
        "settings_version": line.settings_version,
    }


def attributed_as_json(opt_out: AttributedOptOut) -> dict[str, object]:
    """An opt-out with the last send before it."""
    last = opt_out.last_send
    return {
        "event_id": opt_out.event_id,
        "effective_at": iso(opt_out.effective_at),
        "channel": opt_out.channel,
        "recipient": opt_out.recipient or None,
        "sender": opt_out.sender,
        "service_sid": opt_out.service_sid,
        "keyword": opt_out.keyword,
        "source": opt_out.source,
        "message_sid": opt_out.message_sid,
        "last_message_sid": last.message_sid if last else None,
        "last_sent_at": maybe_iso(last.at) if last else None,
        "last_sender": last.sender if last else None,
        "last_service_sid": last.service_sid if last else None,
        "seconds_between": (opt_out.effective_at - last.at) // 1_000_000 if last else None,
    }


def report_as_json(report: Report) -> dict[str, Any]:
    """A report; its times as clocks in its time zone show them."""
    asked = report.asked
    return {
        "report": asked.kind.name,
        "account_sid": asked.account_sid,
        "service_sid": asked.service_sid,
        "interval": str(asked.interval),
        "by": NAMES_OF[asked.by] if asked.by is not None else None,
        "time_zone": str(asked.zone),
        "rows": [
            {"since": local_iso(row.since, asked.zone), "until": local_iso(row.until, asked.zone)}
            | {"group": row.group or None}
            | _counts(asked, row.counts)
            | _untold(asked)
            for row in report.rows
        ],
        "total": _counts(asked, report.total),
    }


def _counts(asked: Asked, counts: Mapping[str, int]) -> dict[str, Any]:
    rates = {"opt_out_rate": rate(dict(counts)) if has_rate(asked) else None} if asked.kind.has_rate else {}
    return {**counts, **rates}


def _untold(asked: Asked) -> dict[str, None]:
    """What the rows of a report cannot tell: of which keyword or source a send is that nothing held back."""
    return {str(measure): None for measure in asked.kind.measures if measure in untold(asked)}


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Rows as CSV (RFC 4180), the columns named in its first line; what is null is empty. A text that a spreadsheet
    would take for a formula is kept from it by an apostrophe, save for a number with its plus.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    names = list(columns)
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return value


def journey_as_json(journey: Journey) -> dict[str, Any]:
    """The journey of a message."""
    return {
        "account_sid": journey.account_sid,
        "message_sid": journey.message_sid,
        "direction": journey.direction,
        "recipient": journey.recipient,
        "sender": journey.sender,
        "service_sid": journey.service_sid,
        "steps": [
            {
                "at": iso(step.at),
                "step": str(step.name),
                "what": step.what,
                "outcome": step.outcome,
                "reason": step.reason,
                "scopes": [{"kind": str(scope.kind), "id": scope.id} for scope in step.scopes],
                "status": step.status,
                "error_code": step.error_code,
                "reference": step.reference,
            }
            for step in journey.steps
        ],
    }
