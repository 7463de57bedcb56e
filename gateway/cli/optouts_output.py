"""Opt-outs, changes and history in words for the eye."""

from typing import Final

from gateway.cli.output import (
    GOES,
    STOPS,
    in_columns,
    say,
    say_json,
    to_the_second,
)
from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.instants import iso
from gateway.messaging.optouts import OptOut
from gateway.messaging.past import PastOptOut
from gateway.messaging.policy import Decision, Reason, Suppress
from gateway.operations.erasure import Erasure
from gateway.operations.history import Past
from gateway.operations.json_forms import opt_out_as_json, scope_as_json
from gateway.operations.list_forms import decision_as_json
from gateway.operations.optouts import Changed, Told, Whom
from gateway.store.records import ListedOptOut

LISTED: Final = (("SINCE", 20), ("ACCOUNT", 34), ("RECIPIENT", 16), ("SCOPE", 42), ("SOURCE", 8), ("ACTOR", 9))

WHAT_CHANGED: Final = {
    Change.ADDED: "added",
    Change.STAYS: "stays: opted out there already",
    Change.LIFTED: "lifted",
    Change.NOTHING: "nothing: no such opt-out stands",
    Change.HELD: "held",
}


def tell_listed(opt_out: ListedOptOut | None) -> str:
    """One opt-out of a list; None gives the heading."""
    if opt_out is None:
        return in_columns(LISTED)
    cells = (
        to_the_second(opt_out.effective_at),
        opt_out.key.account_sid,
        opt_out.recipient,
        str(opt_out.scope),
        opt_out.source,
        opt_out.actor,
    )
    widths = (width for _, width in LISTED)
    return in_columns(zip(cells, widths, strict=True)) + ("  hold" if opt_out.hold else "")


def tell_event(event: ConsentEvent) -> str:
    """One line of history."""
    told = [
        to_the_second(event.effective_at),
        f"{event.event_type} {event.change}",
        f"by {event.actor} ({event.source})",
        *(str(scope) for scope in event.scopes),
        *(() if event.enforced else ("in shadow mode",)),
    ]
    for name in ("keyword", "sender", "message_sid", "reason"):
        value = getattr(event, name)
        if value:
            told.append(f"{name}={value!r}" if name in {"keyword", "reason"} else f"{name}={value}")
    return "  ".join(told)


def tell_standing(whom: Whom, told: Told, *, as_json: bool) -> None:
    """What stands for a recipient, and whether the send that was asked about would go."""
    if as_json:
        say_json(
            _whom_as_json(whom)
            | {"standing": [opt_out_as_json(opt_out) for opt_out in told.standing]}
            | ({} if told.decision is None else {"decision": decision_as_json(told.decision)})
        )
        return
    _say_standing(whom, told.standing)
    if told.decision is not None:
        _say_decision(told.decision)


def tell_past(whom: Whom, past: Past, at: int, *, as_json: bool) -> None:
    """What stood for a recipient at an instant (microseconds since 1970, UTC)."""
    if as_json:
        standing = [opt_out_as_json(opt_out) for opt_out in past.standing]
        say_json(_whom_as_json(whom) | {"at": iso(at), "standing": standing})
        return
    say(f"at {to_the_second(at)}:")
    _say_standing(whom, past.standing)


def tell_changed(whom: Whom, changed: Changed, *, as_json: bool) -> None:
    """What an addition or a removal did, and what stands now."""
    if as_json:
        say_json(
            _whom_as_json(whom)
            | {
                "change": changed.change,
                "event_id": changed.event_id,
                "scopes": [scope_as_json(scope) for scope in changed.scopes],
                "held": [scope_as_json(scope) for scope in changed.held],
                "standing": [opt_out_as_json(opt_out) for opt_out in changed.standing],
            }
        )
        return
    say("  ".join([WHAT_CHANGED[changed.change], *(str(scope) for scope in changed.scopes or changed.held)]))
    _say_standing(whom, changed.standing)


def _say_standing(whom: Whom, standing: tuple[OptOut | PastOptOut, ...]) -> None:
    count = {0: "no opt-out stands", 1: "one opt-out stands"}.get(len(standing), f"{len(standing)} opt-outs stand")
    say(f"{whom.recipient.wire} in {whom.account_sid} on channel {whom.recipient.channel}: {count}")
    for opt_out in standing:
        held = ", on hold" if opt_out.hold else ""
        say(f"  {opt_out.scope}  since {to_the_second(opt_out.effective_at)}  from {opt_out.source}{held}")


def _say_decision(decision: Decision) -> None:
    if not decision.enforced:
        say("shadow mode: the send goes; once the shadow list is adopted and enforced:", STOPS)
    if not isinstance(decision, Suppress):
        say("a send would be forwarded", GOES)
    elif decision.reason is Reason.SENDER_NOT_PLACED:
        say("a send would be suppressed, unless Twilio says that its sender is in no service opted out of", STOPS)
    else:
        say(f"a send would be suppressed ({decision.reason}: {decision.opt_out.scope})", STOPS)


def _whom_as_json(whom: Whom) -> dict[str, object]:
    recipient = whom.recipient
    return {"account_sid": whom.account_sid, "channel": recipient.channel, "recipient": recipient.wire}


def tell_erasure(erasure: Erasure, *, dry_run: bool) -> None:
    """What an erasure changed, without who it was."""
    if not erasure.found_anything:
        say("nothing is kept of this recipient in a readable form")
        return
    say("would be erased:" if dry_run else "erased:")
    for table, count in erasure.lines.items():
        if count:
            say(f"  {table}: {count}")
