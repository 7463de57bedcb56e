"""What operations give, as JSON: the same for the command line and the admin API. Times are ISO 8601 in UTC."""

from collections.abc import Iterable
from typing import Any

from gateway.messaging.history import ConsentEvent
from gateway.messaging.instants import iso, maybe_iso
from gateway.messaging.opt_out_diff import Difference
from gateway.messaging.opt_out_forms import plain
from gateway.messaging.opt_out_rules import Fault
from gateway.messaging.optouts import OptOut, Scope
from gateway.messaging.past import PastOptOut
from gateway.messaging.policy import Forward
from gateway.messaging.shadow import ShadowPlaces
from gateway.operations.erasure import Erasure
from gateway.operations.explain import BodyExplained, SendExplained
from gateway.operations.optouts import Whom
from gateway.operations.preferences import MadeLink
from gateway.operations.services import KnownService, Planned
from gateway.store.bulk_lines import ImportState
from gateway.store.records import ListedOptOut, ReviewItem, ServiceVersion
from gateway.store.shadow_lines import ShadowCount

# Opt-outs and their history


def scope_as_json(scope: Scope) -> dict[str, str]:
    """A scope."""
    return {"kind": str(scope.kind), "id": scope.id}


def opt_out_as_json(opt_out: OptOut | PastOptOut) -> dict[str, object]:
    """A recipient's opt-out, where whose it is goes without saying."""
    return {
        "scope": scope_as_json(opt_out.scope),
        "effective_at": iso(opt_out.effective_at),
        "source": str(opt_out.source),
        "hold": opt_out.hold,
    }


def listed_as_json(opt_out: ListedOptOut) -> dict[str, object]:
    """A line of the blocklist."""
    return {
        "opt_out_id": opt_out.opt_out_id,
        "account_sid": opt_out.key.account_sid,
        "channel": opt_out.key.channel,
        "recipient": opt_out.recipient,
        "scope": scope_as_json(opt_out.scope),
        "hold": opt_out.hold,
        "source": opt_out.source,
        "actor": opt_out.actor,
        "effective_at": iso(opt_out.effective_at),
        "received_at": iso(opt_out.received_at),
    }


def event_as_json(event: ConsentEvent) -> dict[str, object]:
    """A line of the history."""
    return {
        "event_id": event.event_id,
        "account_sid": event.key.account_sid,
        "channel": event.key.channel,
        "recipient": event.recipient,
        "event_type": event.event_type,
        "change": event.change,
        "scopes": [scope_as_json(scope) for scope in event.scopes],
        "source": event.source,
        "actor": event.actor,
        "role": event.role,
        "settings_version": event.settings_version,
        "effective_at": iso(event.effective_at),
        "received_at": iso(event.received_at),
        "sender": event.sender,
        "service_sid": event.service_sid,
        "keyword": event.keyword,
        "keyword_set": event.keyword_set,
        "service_version": event.service_version,
        "message_sid": event.message_sid,
        "reason": event.reason,
        "hold": event.hold,
        "enforced": event.enforced,
    }


def erasure_as_json(whom: Whom, erasure: Erasure, *, dry_run: bool) -> dict[str, object]:
    """What an erasure changed, without who it was."""
    return {
        "account_sid": whom.account_sid,
        "dry_run": dry_run,
        "found": erasure.found_anything,
        "lines": erasure.lines,
        "event_ids": [] if dry_run else list(erasure.event_ids),
    }


def link_as_json(whom: Whom, service_sid: str, made: MadeLink) -> dict[str, object]:
    """A link to the page of preferences."""
    return {
        "link_id": made.link_id,
        "account_sid": whom.account_sid,
        "service_sid": service_sid,
        "url": made.url,
        "expires_at": iso(made.expires_at),
    }


def import_as_json(state: ImportState, *, dry_run: bool) -> dict[str, Any]:
    """How far an import has come; what is counted stands for lines."""
    return {
        "account_sid": state.account_sid,
        "name": state.name,
        "dry_run": dry_run,
        "counts": dict(state.counts),
        "started_at": iso(state.started_at),
        "ended_at": maybe_iso(state.ended_at),
    }


# Messaging Services


def known_as_json(known: KnownService) -> dict[str, Any]:
    """A service by all that is known of it."""
    return brief_as_json(known) | {"settings": plain(known.service.settings) if known.service else None}


def brief_as_json(known: KnownService) -> dict[str, Any]:
    """The same without its settings."""
    service, told = known.service, known.told
    return {
        "service_sid": known.sid,
        "name": known.name,
        "friendly_name": told.friendly_name if told else None,
        "enabled": service.enabled if service else False,
        "version": service.version if service else None,
        "senders": sorted(known.senders),
        "drops_incoming": told.drops_incoming if told else None,
        "use_inbound_webhook_on_number": told.use_inbound_webhook_on_number if told else None,
    }


def version_as_json(version: ServiceVersion) -> dict[str, Any]:
    """One version with its settings."""
    service = version.service
    return {
        "service_sid": service.sid,
        "version": service.version,
        "enabled": service.enabled,
        "change": version.change,
        "actor": version.actor,
        "role": version.role,
        "reason": version.reason,
        "settings_version": version.settings_version,
        "saved_at": iso(version.saved_at),
        "settings": plain(service.settings),
    }


def planned_as_json(plan: Planned, *, dry_run: bool) -> dict[str, Any]:
    """What a change does."""
    return {
        "service_sid": plan.service_sid,
        "dry_run": dry_run,
        "changes": plan.changes,
        "version": plan.after.version,
        "enabled": plan.after.enabled,
        "differences": [difference_as_json(difference) for difference in plan.differences],
        "warnings": faults_as_json(plan.warnings),
    }


def difference_as_json(difference: Difference) -> dict[str, str | None]:
    """One place that differs."""
    return {"place": difference.place, "before": difference.before, "after": difference.after}


def faults_as_json(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """Faults or warnings, each with its place."""
    return [{"place": fault.place, "detail": fault.text} for fault in faults]


# Shadow mode


def shadow_places_as_json(places: ShadowPlaces) -> dict[str, object]:
    """Where it is on."""
    return {
        "is_on": bool(places),
        "account": places.account,
        "services": list(places.services),
        "senders": list(places.senders),
        "enforced": list(places.enforced),
    }


def shadow_count_as_json(count: ShadowCount) -> dict[str, object]:
    """What would have been done on a day."""
    return {"day": count.day, "service_sid": count.service_sid, "what": count.what, "count": count.count}


# Explanations


def body_as_json(explained: BodyExplained) -> dict[str, Any]:
    """What a body means and would do."""
    reading, change, segments = explained.reading, explained.change, explained.segments
    match, intent, handling = reading.match, reading.intent, reading.handling
    return {
        "folded": explained.folded,
        "loosely_folded": explained.loosely_folded,
        "opt_out_type": match and match.opt_out_type,
        "keyword_set": match and match.set_name,
        "keyword": match and match.keyword,
        "matching": match and match.matching,
        "why": explained.why,
        "country": explained.country,
        "sender": explained.sender.wire or None,
        "service_sid": handling.service.sid if handling.service else None,
        "version": handling.version,
        "advanced_opt_out": handling.is_advanced,
        "twilio_handling": handling.policy.twilio_handling,
        "relayed": handling.relays,
        "enforced": handling.enforced,
        "change": change and change.change,
        "scopes": [scope_as_json(scope) for scope in change.scopes] if change else [],
        "lifted_at_twilio": [scope_as_json(scope) for scope in change.lift_at_twilio] if change else [],
        "reply": change and change.confirmation,
        "segments": segments.count if segments else None,
        "encoding": segments.encoding if segments else None,
        "asks_to_stop": list(intent.words) if intent else None,
        "remarks": list(explained.remarks),
    }


def send_as_json(explained: SendExplained) -> dict[str, Any]:
    """Whether a send would go, and if not, by which opt-out and on what evidence."""
    decision = explained.decision
    return {
        "forwarded": not decision.holds_back,
        "enforced": decision.enforced,
        "reason": decision.reason,
        "opt_out": None if isinstance(decision, Forward) else opt_out_as_json(decision.opt_out),
        "event": event_as_json(explained.event) if explained.event else None,
        "unplaced": list(explained.unplaced),
        "settings_version": explained.settings_version,
    }


# The review list


def review_item_as_json(item: ReviewItem) -> dict[str, Any]:
    """One message that asks to stop, and what was decided on it."""
    return {
        "review_id": item.review_id,
        "account_sid": item.key.account_sid,
        "message_sid": item.message_sid,
        "recipient": item.recipient,
        "sender": item.sender,
        "service_sid": item.service_sid,
        "body": item.body,
        "language": item.language,
        "rule": item.rule,
        "words": list(item.words),
        "state": item.state,
        "received_at": iso(item.received_at),
        "decided_at": maybe_iso(item.decided_at),
        "actor": item.actor,
        "reason": item.reason,
        "event_id": item.event_id,
    }
