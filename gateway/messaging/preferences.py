"""What a recipient is told on the page of preferences of a Messaging Service: whether they get its texts and, if not,
what they themselves can do about it. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.messaging.addresses import Address
from gateway.messaging.coverage import is_toll_free_for, scopes_let_in
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import OptOut, Scope, ScopeKind
from gateway.messaging.policy import Forward, decide
from gateway.messaging.pools import Pools
from gateway.messaging.services import MessagingService

BLOCKED_BY_TWILIO: Final = frozenset({TwilioHandling.DEFAULT, TwilioHandling.AOO})


@dataclass(frozen=True, slots=True)
class Preference:
    """How it stands: ``gets_texts``, or whether they may be had again by one click (``may_return``).

    ``start_at`` are toll-free senders to which START has to be sent, as a carrier keeps them blocked until then;
    ``is_kept`` tells of an opt-out that only the company lifts; ``twilio_may_block`` that somebody who left before may
    have to send START to be let in by Twilio, too.
    """

    gets_texts: bool
    may_return: bool
    start_at: tuple[str, ...] = ()
    is_kept: bool = False
    twilio_may_block: bool = False


def preference_of(
    account_sid: str,
    recipient: Address,
    service_sid: str,
    pools: Pools,
    opt_outs: Iterable[OptOut],
    *,
    may_twilio_block: bool,
) -> Preference:
    """How it stands for a recipient, whose opt-outs in the account are given, lifted ones too."""
    known = tuple(opt_outs)
    standing = {opt_out.scope: opt_out for opt_out in known if opt_out.standing}
    gets_texts = isinstance(decide(OutboundMessage(account_sid, recipient, service_sid, None), pools, known), Forward)
    reached = scopes_let_in(recipient, {service_sid}, pools)
    pooled = sorted(pools.senders_of.get(service_sid, frozenset()))
    carried = tuple(
        key for key in pooled if is_toll_free_for(recipient, key) and Scope(ScopeKind.SENDER, key) in standing
    )
    liftable = any(scope in standing and not standing[scope].hold for scope in reached)
    others = {scope for scope in standing if scope not in {Scope(ScopeKind.SENDER, key) for key in carried}}
    return Preference(
        gets_texts,
        may_return=not gets_texts and liftable,
        start_at=carried,
        is_kept=not gets_texts and not liftable and bool(others),
        twilio_may_block=may_twilio_block and gets_texts and any(opt_out.scope in reached for opt_out in known),
    )


def may_twilio_block(policy: KeywordPolicy, service: MessagingService | None, service_sid: str, pools: Pools) -> bool:
    """Whether Twilio keeps a block of its own for any of a service's senders."""
    own = service.settings.twilio_handling if service is not None else None
    of_senders = policy.senders or {}
    pooled = pools.senders_of.get(service_sid, frozenset())
    handlings = {own or policy.twilio_handling} | {of_senders[key] for key in pooled if key in of_senders}
    return not BLOCKED_BY_TWILIO.isdisjoint(handlings)
