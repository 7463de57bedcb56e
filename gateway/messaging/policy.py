"""May this message leave? The decision is a value with its reason; whether it is carried out is a field of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from operator import attrgetter

from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, as_counted, wins
from gateway.messaging.pools import Pools
from gateway.messaging.values import value


class Reason(StrEnum):
    """Why a message was forwarded or suppressed, in words for logs, metrics and reports."""

    NO_OPT_OUT = "no_opt_out"
    OPTED_OUT_OF_SERVICE = "opted_out_of_service"
    OPTED_OUT_OF_SENDER = "opted_out_of_sender"
    OPTED_OUT_OF_ACCOUNT = "opted_out_of_account"
    SENDER_NOT_PLACED = "sender_not_placed"


OPTED_OUT_OF = {
    ScopeKind.SERVICE: Reason.OPTED_OUT_OF_SERVICE,
    ScopeKind.SENDER: Reason.OPTED_OUT_OF_SENDER,
    ScopeKind.ACCOUNT: Reason.OPTED_OUT_OF_ACCOUNT,
}


@value
class Forward:
    """Pass the message on to Twilio."""

    reason: Reason = Reason.NO_OPT_OUT
    enforced: bool = True

    @property
    def holds_back(self) -> bool:
        """Whether the message may not leave."""
        return False


@value
class Suppress:
    """Hold the message back because of ``opt_out``; not carried out where ``enforced`` is False (shadow mode)."""

    reason: Reason
    opt_out: OptOut
    enforced: bool = True

    @property
    def holds_back(self) -> bool:
        """Whether the message may not leave."""
        return self.enforced


Decision = Forward | Suppress


def decide(message: OutboundMessage, pools: Pools, opt_outs: Iterable[OptOut], *, enforced: bool = True) -> Decision:
    """Decide on one message, given all opt-outs of its recipient within its account and channel.

    A send is blocked by an opt-out on the account, on the service it names, on a service whose pool holds one of
    its senders, on one of its senders, on any sender of the pool it may pick from, and on a service that held one of
    these senders when the opt-out took effect (a sender that moves unblocks nobody). While one of its senders, or the
    pool of the service it names, has no place yet, every opt-out of the recipient in the account blocks it.

    ``opt_outs`` are standing and lifted ones: a lifted one tells that a moved sender was let in again. In shadow mode
    (``enforced`` False) the decision is what it would be once the list that was kept there is adopted.
    """
    last = {opt_out.scope: opt_out for opt_out in as_counted(opt_outs, enforced=enforced)}
    standing = [opt_out for opt_out in last.values() if opt_out.standing]
    if not standing:
        return Forward(enforced=enforced)
    standing.sort(key=attrgetter("scope"))  # of several the same is told, whatever order a store gives them in
    covering = scopes_of_send(message, pools)
    for opt_out in standing:
        if opt_out.scope in covering:
            return Suppress(OPTED_OUT_OF[opt_out.scope.kind], opt_out, enforced)
    for sender_key in senders_of_send(message, pools):
        former = former_opt_out(sender_key, pools.left.get(sender_key, {}), last)
        if former is not None:
            return Suppress(Reason.OPTED_OUT_OF_SERVICE, former, enforced)
    if has_unplaced(message, pools):
        return Suppress(Reason.SENDER_NOT_PLACED, standing[0], enforced)
    return Forward(enforced=enforced)


def scopes_of_send(message: OutboundMessage, pools: Pools) -> frozenset[Scope]:
    """Every scope an opt-out on which blocks this send."""
    services = {message.service_sid} if message.service_sid else set()
    for sender in message.senders:
        services |= pools.services_of(sender.key)
    return frozenset(
        {Scope(ScopeKind.ACCOUNT, message.account_sid)}
        | {Scope(ScopeKind.SERVICE, sid) for sid in services}
        | {Scope(ScopeKind.SENDER, key) for key in senders_of_send(message, pools)}
    )


def senders_of_send(message: OutboundMessage, pools: Pools) -> frozenset[str]:
    """The keys of the senders that a send names or, where it names a service alone, of all that Twilio may pick."""
    named = frozenset(sender.key for sender in message.senders)
    if message.service_sid and message.sender is None:
        return named | pools.senders_of.get(message.service_sid, frozenset())
    return named


def former_opt_out(sender_key: str, left: Mapping[str, int], last: Mapping[Scope, OptOut]) -> OptOut | None:
    """A standing opt-out of a service that held a sender when it took effect and does no more, unless the recipient
    was let in again at that sender since. ``left`` tells until when (microseconds since 1970, UTC) which service did.
    """
    lifted = last.get(Scope(ScopeKind.SENDER, sender_key))
    let_in_at = lifted.effective_at if lifted is not None and not lifted.standing else None
    for service_sid, left_at in left.items():
        opt_out = last.get(Scope(ScopeKind.SERVICE, service_sid))
        if opt_out is None or not opt_out.standing or opt_out.effective_at > left_at:
            continue
        if let_in_at is None or not wins(False, let_in_at, opt_out):
            return opt_out
    return None


def kept_at_former_senders(service_sid: str, pools: Pools, last: Mapping[Scope, OptOut]) -> tuple[OptOut, ...]:
    """What a service's opt-out still does at senders that left the service, as opt-outs of those senders themselves.

    To be kept before the service's opt-out is dated anew: by its new date they were not in the service any more, and
    saying STOP again would let them send.
    """
    left = {key: services for key, services in pools.left.items() if service_sid in services}
    former = {key: former_opt_out(key, {service_sid: services[service_sid]}, last) for key, services in left.items()}
    scopes = {Scope(ScopeKind.SENDER, key): opt_out for key, opt_out in former.items() if opt_out is not None}
    return tuple(
        replace(opt_out, scope=scope)
        for scope, opt_out in scopes.items()
        if scope not in last or not last[scope].standing
    )


def has_unplaced(message: OutboundMessage, pools: Pools) -> bool:
    """Whether a sender of this send, or the pool it may pick from, has not been placed yet."""
    return bool(unplaced(message, pools))


def unplaced(message: OutboundMessage, pools: Pools) -> tuple[str, ...]:
    """The sender keys and the service SID of this send about which nobody has been asked yet."""
    named = [sender.key for sender in message.senders]
    if message.service_sid:
        named.append(message.service_sid)
    return tuple(name for name in named if not pools.knows(name))
