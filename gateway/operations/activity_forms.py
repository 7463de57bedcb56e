"""What activity and reports give as JSON, for the command line and the admin API alike."""

from gateway.messaging.activity import Activity
from gateway.messaging.addresses import Channel
from gateway.messaging.instants import iso, maybe_iso
from gateway.store.activity_reads import AttributedOptOut


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


def address_of(channel: str | None, recipient_key: str | None) -> str | None:
    """A recipient by its key, with the prefix that its channel has on the wire; None where it is not known any more."""
    if channel is None or recipient_key is None:
        return None
    return recipient_key if channel == Channel.PHONE else f"{channel}:{recipient_key}"
