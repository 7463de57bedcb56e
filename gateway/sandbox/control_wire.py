"""How the control surface writes and reads things. Pure."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from gateway.sandbox import fields
from gateway.sandbox.consents import ConsentCall
from gateway.sandbox.faults import KINDS, WHENS, Fault
from gateway.sandbox.inbound import Handled
from gateway.sandbox.journal import RecordedRequest, RecordedWebhook
from gateway.sandbox.seeds import HANDLINGS, KEYWORD_TYPES, SandboxKeywordSet
from gateway.sandbox.sinks import EventTrouble, RecordedEvent
from gateway.sandbox.state import Message, Number, ReceivedMessage, Service

SEND_FIELDS: dict[str, fields.Reader] = {
    "to": fields.text,
    "body": fields.text,
    "media_urls": fields.texts,
    "extra": fields.text_map,
    "message_sid": fields.optional(fields.text),
    "wait": fields.flag,
}
REDELIVER_FIELDS: dict[str, fields.Reader] = {"wait": fields.flag}
HANDLING_FIELDS: dict[str, fields.Reader] = {
    "enabled": fields.flag,
    "handling": fields.one_of(*HANDLINGS),
    "account_sid": fields.text,
}
CONSENT_FIELDS: dict[str, fields.Reader] = {"failing_items": fields.optional(fields.whole(0, 1_000_000))}
WEBHOOK_FIELDS: dict[str, fields.Reader] = {"losing": fields.optional(fields.whole(0, 1_000_000))}
DEACTIVATION_FIELDS: dict[str, fields.Reader] = {"numbers": fields.texts}
CLOCK_FIELDS: dict[str, fields.Reader] = {"advance_seconds": fields.number}
TROUBLE_FIELDS: dict[str, fields.Reader] = {
    "drop": fields.optional(fields.whole(0, 1_000_000)),
    "duplicate": fields.whole(0, 100),
    "delay_seconds": fields.number,
    "shuffle": fields.whole(0, 1_000_000),
}
_KEYWORD_SET_FIELDS: dict[str, fields.Reader] = {
    "keyword_type": fields.one_of(*KEYWORD_TYPES),
    "keywords": fields.texts,
    "reply": fields.text,
    "country": fields.optional(fields.text),
    "language": fields.optional(fields.text),
}
NUMBER_FIELDS: dict[str, fields.Reader] = {
    "sms_url": fields.url,
    "sms_method": fields.one_of("GET", "POST"),
    "sms_fallback_url": fields.url,
    "sms_fallback_method": fields.one_of("GET", "POST"),
}
SERVICE_FIELDS: dict[str, fields.Reader] = {
    "friendly_name": fields.text,
    "senders": fields.texts,
    "alpha_senders": fields.texts,
    "inbound_request_url": fields.optional(fields.url),
    "inbound_method": fields.one_of("GET", "POST"),
    "fallback_url": fields.optional(fields.url),
    "fallback_method": fields.one_of("GET", "POST"),
    "status_callback": fields.optional(fields.url),
    "use_inbound_webhook_on_number": fields.flag,
}
_FAULT_FIELDS: dict[str, fields.Reader] = {
    "kind": fields.one_of(*KINDS),
    "seconds": fields.number,
    "status": fields.whole(400, 599),
    "retry_after": fields.optional(fields.whole(0, 86_400)),
    "times": fields.optional(fields.whole(1, 1_000_000)),
    "method": fields.optional(fields.one_of("GET", "POST", "DELETE", "PUT")),
    "path_prefix": fields.text,
    "when": fields.one_of(*WHENS),
}


def faults_from(document: Any) -> tuple[Fault, ...]:
    """The faults of a `PUT /faults`; raises InvalidInput."""
    read = fields.read_fields(document, {"faults": _faults}, required=("faults",))
    faults: tuple[Fault, ...] = read["faults"]
    return faults


def _faults(name: str, value: object) -> tuple[Fault, ...]:
    return fields.each(name, value, lambda item: Fault(**fields.read_fields(item, _FAULT_FIELDS, required=("kind",))))


def keyword_sets_from(document: Any) -> tuple[SandboxKeywordSet, ...] | None:
    """The keyword sets of a `PUT …/advanced-opt-out`, None for none; raises InvalidInput."""
    reader = fields.optional(_keyword_sets)
    read = fields.read_fields(document, {"keyword_sets": reader}, required=("keyword_sets",))
    sets: tuple[SandboxKeywordSet, ...] | None = read["keyword_sets"]
    return sets


def _keyword_sets(name: str, value: object) -> tuple[SandboxKeywordSet, ...]:
    required = ("keyword_type", "keywords", "reply")
    return fields.each(
        name, value, lambda item: SandboxKeywordSet(**fields.read_fields(item, _KEYWORD_SET_FIELDS, required))
    )


def fault(value: Fault) -> dict[str, Any]:
    """A fault with the times that are left."""
    return asdict(value)


def received(value: ReceivedMessage) -> dict[str, Any]:
    """A message on a phone."""
    return {
        "sid": value.sid,
        "from": value.sender,
        "to": value.to,
        "body": value.body,
        "media": list(value.media_urls),
        "direction": value.direction,
        "received_at": value.received_at.isoformat(),
    }


def message(value: Message) -> dict[str, Any]:
    """An outbound message as it stands."""
    return {
        "sid": value.sid,
        "account_sid": value.account_sid,
        "from": value.sender,
        "to": value.to,
        "body": value.body,
        "media": list(value.media_urls),
        "direction": value.direction,
        "status": value.status,
        "messaging_service_sid": value.messaging_service_sid,
        "error_code": value.error_code,
        "created_at": value.created.isoformat(),
    }


def handled(value: Handled) -> dict[str, Any]:
    """How an inbound message ended."""
    answer = value.webhook
    written = (
        None
        if answer is None
        else {
            "url": answer.url,
            "status": answer.status,
            "content_type": answer.content_type,
            "body": answer.body,
            "seconds": round(answer.seconds, 4),
            "error": answer.error,
        }
    )
    return {"message_sid": value.message_sid, "webhook": written, "replies": list(value.replies)}


def request(value: RecordedRequest) -> dict[str, Any]:
    """A recorded API request; bytes that are no UTF-8 show as replacement characters."""
    return {
        "method": value.method,
        "target": value.target,
        "headers": [list(pair) for pair in value.headers],
        "body": value.body.decode("utf-8", "replace"),
        "status": value.status,
    }


def webhook(value: RecordedWebhook) -> dict[str, Any]:
    """A recorded webhook or status callback."""
    return {
        "kind": value.kind,
        "method": value.method,
        "url": value.url,
        "headers": [list(pair) for pair in value.headers],
        "params": dict(value.params),
        "status": value.status,
        "content_type": value.content_type,
        "body": value.body,
        "seconds": round(value.seconds, 4),
        "error": value.error,
    }


def number(value: Number) -> dict[str, Any]:
    """A sender."""
    return {
        "number": value.number,
        "sid": value.sid,
        "account_sid": value.account_sid,
        **{name: getattr(value, name) for name in NUMBER_FIELDS},
    }


def service(value: Service) -> dict[str, Any]:
    """A Messaging Service, with its Advanced Opt-Out or null."""
    sets = value.advanced_opt_out
    return {
        "sid": value.sid,
        "account_sid": value.account_sid,
        **{name: getattr(value, name) for name in SERVICE_FIELDS},
        "keyword_sets": None if sets is None else [asdict(each) for each in sets],
    }


def trouble(value: EventTrouble) -> dict[str, Any]:
    """What befalls events."""
    return asdict(value)


def event(value: RecordedEvent) -> dict[str, Any]:
    """One try to deliver an event."""
    return {
        "sink_sid": value.sink_sid,
        "event_id": value.event_id,
        "body": value.body.decode("utf-8", "replace"),
        "status": value.status,
    }


def consent_call(value: ConsentCall) -> dict[str, Any]:
    """A call of the Consents API with what became of each item."""
    return {
        "account_sid": value.account_sid,
        "received_at": value.received_at.isoformat(),
        "items": [asdict(each.item) | {"error_messages": list(each.error_messages)} for each in value.results],
    }


def opt_outs(entries: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """A block list, in order of scope and recipient."""
    return [{"scope": scope, "recipient": recipient} for scope, recipient in sorted(entries)]


def problem(status: int, title: str, detail: str, field: str | None = None) -> web.Response:
    """An error as RFC 9457 has it; `field` is where in the input it is."""
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field is not None:
        document["field"] = field
        document["errors"] = [{"detail": detail, "pointer": f"/{field}"}]
    return web.json_response(document, status=status, content_type="application/problem+json")
