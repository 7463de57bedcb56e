"""The consent history in sentences that somebody can read who knows neither the gateway nor Twilio."""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.messaging.consent import Change
from gateway.messaging.history import SCHEDULED, SHADOW, ConsentEvent
from gateway.messaging.instants import iso
from gateway.messaging.keywords import OptOutType
from gateway.messaging.optouts import Scope, ScopeKind, Source
from gateway.operations.history import Past

UNKNOWN: Final = "At {} nothing was known of this recipient: no opt-out stood, and none had ever been recorded."

ASKED: Final[Mapping[str, str]] = {
    OptOutType.STOP: "to stop",
    OptOutType.START: "to receive messages again",
    OptOutType.HELP: "for help",
}
KINDS: Final[Mapping[ScopeKind, str]] = {
    ScopeKind.SERVICE: "Messaging Service",
    ScopeKind.SENDER: "sender",
    ScopeKind.ACCOUNT: "all senders of account",
}
CHANGES: Final[dict[str, str]] = {
    Change.ADDED: "From then on the recipient was opted out of {scopes}.",
    Change.LIFTED: "That lifted the opt-out of {scopes}.",
    Change.STAYS: "That changed nothing: the opt-out stood already, or another one was still in the way.",
    Change.NOTHING: "That changed no opt-out.",
    Change.HELD: "That lifted nothing: the opt-out is on hold.",
    Change.OUTDATED: "That changed nothing: something later was known already.",
}
IN_SHADOW: Final[dict[str, str]] = {
    Change.ADDED: "Enforced, it would have opted the recipient out of {scopes}.",
    Change.LIFTED: "Enforced, it would have lifted the opt-out of {scopes}.",
}
NOT_ENFORCED: Final = "Nothing was enforced: shadow mode."


def finding_of(pasts: Iterable[Past], at: str) -> str:
    """What stood at an instant, in one sentence."""
    standing = [(past.key.channel, opt_out) for past in pasts for opt_out in past.standing]
    if not standing:
        return f"At {at} no opt-out of this recipient stood."
    told = (
        f"{scope_in_words(opt_out.scope)} on channel {channel}, in force since {iso(opt_out.effective_at, 'seconds')}"
        + (", on hold" if opt_out.hold else "")
        for channel, opt_out in standing
    )
    return f"At {at} this recipient was opted out of: " + "; ".join(told) + "."


def scope_in_words(scope: Scope) -> str:
    """What an opt-out covers."""
    return f"{KINDS[scope.kind]} {scope.id}"


def sentence_of(event: ConsentEvent) -> str:
    """One event: what happened, who did it, and what it changed."""
    if event.event_type == SCHEDULED:
        return f"A message that was scheduled to this recipient: {event.change.replace('_', ' ')}. {_reason(event)}"
    scopes = ", and of ".join(scope_in_words(scope) for scope in event.scopes) or "nothing"
    if event.event_type == SHADOW:
        by = f"{event.actor} ({event.role}, by way of {event.source})"
        return f"{by} dropped what was said in shadow mode of {scopes}; no opt-out changed. {_reason(event)}".strip()
    words = CHANGES if event.enforced else CHANGES | IN_SHADOW
    changed = words.get(event.change, f"What changed: {event.change}.").format(scopes=scopes)
    shadow = "" if event.enforced else NOT_ENFORCED
    return " ".join(part for part in (_what(event), changed, shadow, _hold(event), _later(event)) if part)


def _what(event: ConsentEvent) -> str:
    service = f" of Messaging Service {event.service_sid}" if event.service_sid else ""
    if event.keyword_set is not None and event.message_sid is not None:
        return _message(event, service)
    if event.source == Source.TWILIO:
        sender = f" from {event.sender}" if event.sender else ""
        return f"Twilio refused a message to this recipient{sender}{service} because of an opt-out. {_reason(event)}"
    asked = ASKED.get(event.event_type, event.event_type)
    by = f"{event.actor} ({event.role}, by way of {event.source}) recorded that the recipient asked {asked}."
    return f"{by} {_reason(event)}".strip()


def _message(event: ConsentEvent, service: str) -> str:
    """A text that the recipient sent; with an actor who decided on it where no keyword did."""
    word = f"“{event.keyword}”" if event.keyword else "a text"
    by = {Source.TWILIO: "Twilio itself", Source.KEYWORD: "The gateway"}.get(Source(event.source), event.actor)
    read = f"{by} read it as {event.event_type}, by the keyword set {event.keyword_set}."
    sent = f"The recipient sent {word} to {event.sender}{service}, in message {event.message_sid}."
    return f"{sent} {read} {_reason(event)}".strip()


def _reason(event: ConsentEvent) -> str:
    return f"The reason given: “{event.reason}”." if event.reason else ""


def _hold(event: ConsentEvent) -> str:
    return "It concerns a hold, which the recipient's own opt-in never lifts." if event.hold else ""


def _later(event: ConsentEvent) -> str:
    """Where something counted from another time than it was learned at (by more than a second)."""
    if abs(event.received_at - event.effective_at) <= 1_000_000:
        return ""
    return f"It counts from {iso(event.effective_at, 'seconds')}; the gateway learned of it later."
