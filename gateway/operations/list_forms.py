"""What lists, deliveries, tokens and the past give as JSON, for the command line and the admin API alike."""

from typing import Any

from gateway.messaging.instants import iso, maybe_iso
from gateway.messaging.policy import Decision, Suppress
from gateway.operations.json_forms import listed_as_json, scope_as_json
from gateway.store.list_reads import OptOutLine
from gateway.store.records import ListedDelivery, ScheduledMessage
from gateway.store.token_lines import AdminToken


def line_as_json(line: OptOutLine) -> dict[str, object]:
    """A line of the blocklist with all that is kept of it."""
    more = {"standing": line.standing, "role": line.role, "settings_version": line.settings_version}
    return listed_as_json(line.listed) | more | {"event_id": line.event_id, "shadow": _shadow_as_json(line)}


def _shadow_as_json(line: OptOutLine) -> dict[str, object] | None:
    """What was learned in shadow mode beside a line, if anything."""
    shadow = line.shadow
    if shadow is None:
        return None
    at, source = iso(shadow.effective_at), str(shadow.source)
    return {"standing": shadow.standing, "effective_at": at, "source": source, "event_id": line.shadow_event_id}


def decision_as_json(decision: Decision) -> dict[str, object]:
    """Whether a send would go."""
    scope = scope_as_json(decision.opt_out.scope) if isinstance(decision, Suppress) else None
    outcome = "suppress" if scope else "forward"
    return {"outcome": outcome, "reason": str(decision.reason), "scope": scope, "enforced": decision.enforced}


def delivery_as_json(delivery: ListedDelivery) -> dict[str, object]:
    """A delivery, without what it holds."""
    return {
        "delivery_id": delivery.delivery_id,
        "account_sid": delivery.account_sid,
        "kind": delivery.kind,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "is_held": delivery.is_held,
        "due_at": iso(delivery.due_at) if delivery.state == "owed" else None,
        "give_up_at": iso(delivery.give_up_at),
        "last_error": delivery.last_error,
        "created_at": iso(delivery.created_at),
        "sink": delivery.sink,
        "ended_at": maybe_iso(delivery.ended_at),
    }


def scheduled_as_json(message: ScheduledMessage) -> dict[str, object]:
    """A scheduled message."""
    return {
        "account_sid": message.account_sid,
        "message_sid": message.message_sid,
        "recipient": message.recipient,
        "service_sid": message.service_sid,
        "sender": message.sender,
        "send_at": iso(message.send_at),
        "state": message.state,
        "why": message.why,
        "created_at": iso(message.created_at),
        "ended_at": maybe_iso(message.ended_at),
    }


def token_as_json(token: AdminToken) -> dict[str, Any]:
    """A token, without its secret, which nobody has but its holder."""
    return {
        "name": token.name,
        "role": token.role,
        "accounts": None if token.accounts is None else sorted(token.accounts),
        "created_at": iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": maybe_iso(token.expires_at),
        "last_used_at": maybe_iso(token.last_used_at),
        "revoked_at": maybe_iso(token.revoked_at),
        "revoked_by": token.revoked_by,
    }
