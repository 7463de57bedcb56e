"""What a keyword does: the change it brings to a recipient's opt-outs, and whether it is answered.

Pure: given the message, the match, the pools and the recipient's opt-outs, `change_for` says what becomes of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.messaging.addresses import Channel
from gateway.messaging.coverage import (
    CARRIER_STOP,
    is_carrier_handled,
    scopes_of_start,
    scopes_of_stop,
    services_now,
)
from gateway.messaging.handling import MANAGED_KINDS, Handling, is_default_word
from gateway.messaging.keywords import KeywordMatch, OptOutType
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source, as_counted, wins
from gateway.messaging.policy import Forward, decide, former_opt_out, kept_at_former_senders
from gateway.messaging.pools import Pools
from gateway.messaging.senders import SenderKind


class Change(StrEnum):
    """What became of the recipient's opt-outs."""

    ADDED = "added"
    STAYS = "stays"
    LIFTED = "lifted"
    NOTHING = "nothing"
    HELD = "held"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """What one keyword brings: scopes to add to the blocklist, scopes to lift, what to call it, what to answer.

    ``renew`` are opt-outs that stand and go on standing, dated by this keyword: an opt-in between the two STOPs that
    is learned of late does not lift them. Among them is what a service's opt-out did at senders that left it.
    ``confirmation`` is the text (1 to 320 characters) that the recipient gets, or None for no answer.
    ``service_sid`` and ``version`` are of the service whose settings decided, None where the default sets did.
    ``lift_at_twilio`` are the scopes on which Twilio's own block has to be lifted before the confirmation goes out.
    In shadow mode (``enforced`` False) nothing is answered nor lifted at Twilio; ``would_confirm`` tells what would be.
    """

    opt_out_type: OptOutType
    keyword: str
    keyword_set: str
    source: Source
    change: Change
    add: tuple[Scope, ...] = ()
    lift: tuple[Scope, ...] = ()
    renew: tuple[OptOut, ...] = ()
    confirmation: str | None = None
    service_sid: str | None = None
    version: int | None = None
    lift_at_twilio: tuple[Scope, ...] = ()
    enforced: bool = True
    would_confirm: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What is added or lifted."""
        return self.add + self.lift


def change_for(
    message: InboundMessage,
    match: KeywordMatch,
    handling: Handling,
    pools: Pools,
    opt_outs: Iterable[OptOut],
    effective_at: int,
) -> ConsentChange:
    """The change a keyword brings. ``opt_outs`` are all of the recipient's, lifted ones too, in the message's
    account and channel; ``effective_at`` is in microseconds since 1970, UTC.
    """
    counted = {o.scope: o for o in as_counted(opt_outs, enforced=handling.enforced)}
    situation = _Situation(message, match, handling, pools, counted, effective_at)
    match match.opt_out_type:
        case OptOutType.STOP:
            return situation.stop()
        case OptOutType.START:
            return situation.start()
        case OptOutType.HELP:
            return situation.help()


@dataclass(frozen=True, slots=True)
class _Situation:
    """One keyword and all that its effect depends on."""

    message: InboundMessage
    match: KeywordMatch
    handling: Handling
    pools: Pools
    opt_outs: dict[Scope, OptOut]
    effective_at: int

    def stop(self) -> ConsentChange:
        covered = scopes_of_stop(self.message, self.pools)
        counted = [scope for scope in covered if wins(True, self.effective_at, self.opt_outs.get(scope))]
        add = tuple(scope for scope in counted if not self.is_standing(scope))
        dated = [opt_out for scope in counted if scope not in add for opt_out in self.renewed(scope)]
        dated.sort(key=lambda opt_out: opt_out.effective_at)  # of two for one scope the later counts
        renew = tuple({opt_out.scope: opt_out for opt_out in dated}.values())
        if add:
            is_new = self.is_answered_each_time() or not self.would_be_blocked(self.opt_outs)
            confirm = is_new and not self.carrier_answers_stop()
            return self.change(Change.ADDED, add=add, renew=renew, confirm=confirm)
        if counted:
            return self.change(Change.STAYS, renew=renew, confirm=self.is_answered_each_time())
        return self.change(Change.OUTDATED)

    def is_answered_each_time(self) -> bool:
        """A short code's carriers want each STOP answered, subscribed or not (Twilio, compliant HELP and STOP)."""
        return self.message.sender.kind is SenderKind.SHORT_CODE

    def renewed(self, scope: Scope) -> tuple[OptOut, ...]:
        """The opt-out of a scope, dated anew, and what it did until now at senders that left the service."""
        standing = self.opt_outs[scope]
        anew = replace(standing, effective_at=max(standing.effective_at, self.effective_at))
        if scope.kind is not ScopeKind.SERVICE:
            return (anew,)
        here = Scope(ScopeKind.SENDER, self.message.sender.key)
        kept = kept_at_former_senders(scope.id, self.pools, self.opt_outs)
        return (anew, *(opt_out for opt_out in kept if opt_out.scope != here))

    def start(self) -> ConsentChange:
        reached = scopes_of_start(self.message, self.match.folded, self.pools)
        liftable = {scope: opt_out for scope in reached if (opt_out := self.standing_on(scope))}
        unheld = {scope: opt_out for scope, opt_out in liftable.items() if not opt_out.hold}
        lift = tuple(scope for scope, opt_out in unheld.items() if wins(False, self.effective_at, opt_out))
        if not lift and not self.would_be_blocked(self.opt_outs):
            welcomed = not is_default_word(self.match) or self.handling.policy.reply_when_not_opted_out
            return self.change(Change.NOTHING, confirm=welcomed, lift_at_twilio=self.lifted_at_twilio())
        if not lift:
            return self.change(self.why_not_lifted(liftable, unheld))
        left = self.opt_outs | {scope: self.lifted(scope, liftable[scope]) for scope in lift}
        confirm = not self.would_be_blocked(left)
        return self.change(Change.LIFTED, lift=lift, confirm=confirm, lift_at_twilio=self.lifted_at_twilio())

    def standing_on(self, scope: Scope) -> OptOut | None:
        """The opt-out that stands on a scope: its own or, for a sender that has moved, that of its former service.

        A service that another source than the webhook still holds for the sender's counts as left, too: the lift is
        then in force as soon as all agree.
        """
        own = self.opt_outs.get(scope)
        if own is not None and own.standing:
            return own
        if scope.kind is not ScopeKind.SENDER:
            return None
        elsewhere = self.pools.services_of(scope.id) - services_now(self.message, self.pools)
        left = {**self.pools.left.get(scope.id, {}), **dict.fromkeys(elsewhere, self.effective_at)}
        return former_opt_out(scope.id, left, self.opt_outs)

    def lifted(self, scope: Scope, opt_out: OptOut) -> OptOut:
        return replace(opt_out, scope=scope, standing=False, effective_at=self.effective_at)

    def lifted_at_twilio(self) -> tuple[Scope, ...]:
        """Where Twilio's default handling is on it does not know an opt-in word of ours: its block has to be lifted
        through its Consents API, which cannot lift a toll-free number's (Twilio, Consent API).
        """
        if self.is_twilios() or is_carrier_handled(self.message) or self.message.recipient.channel != Channel.PHONE:
            return ()
        if self.handling.policy.twilio_handling is not TwilioHandling.DEFAULT:
            return ()
        # Twilio's block is on the service where the sender is in one, else on the pair of numbers.
        services = tuple(Scope(ScopeKind.SERVICE, sid) for sid in sorted(services_now(self.message, self.pools)))
        return services or (Scope(ScopeKind.SENDER, self.message.sender.key),)

    @staticmethod
    def why_not_lifted(liftable: Mapping[Scope, OptOut], unheld: Mapping[Scope, OptOut]) -> Change:
        if not liftable:
            return Change.STAYS
        return Change.OUTDATED if unheld else Change.HELD

    def help(self) -> ConsentChange:
        answered = self.handling.policy.help_when_opted_out or not self.would_be_blocked(self.opt_outs)
        return self.change(Change.NOTHING, confirm=answered)

    def would_be_blocked(self, opt_outs: dict[Scope, OptOut]) -> bool:
        """Whether a send from the sender that got the keyword would be suppressed under these opt-outs."""
        message = self.message
        answer = OutboundMessage(message.account_sid, message.recipient, message.service_sid, message.sender)
        return not isinstance(decide(answer, self.pools, opt_outs.values()), Forward)

    def is_standing(self, scope: Scope) -> bool:
        opt_out = self.opt_outs.get(scope)
        return opt_out is not None and opt_out.standing

    def carrier_answers_stop(self) -> bool:
        return is_carrier_handled(self.message) and self.match.folded == CARRIER_STOP

    def is_twilios(self) -> bool:
        """Whether Twilio handled the keyword itself: it says so, or its default handling knows the word."""
        if self.message.opt_out_type is not None:
            return True
        is_default = is_default_word(self.match) and self.message.sender.kind in MANAGED_KINDS
        return is_default and self.handling.policy.twilio_handling is not TwilioHandling.OFF

    def answers(self) -> bool:
        """Whether it is for the gateway to answer: neither Twilio does it, nor nobody is to."""
        if self.is_twilios() or self.handling.policy.twilio_handling is TwilioHandling.AOO:
            return False
        return self.message.sender.kind in MANAGED_KINDS or self.handling.is_advanced

    def change(
        self,
        change: Change,
        *,
        add: tuple[Scope, ...] = (),
        lift: tuple[Scope, ...] = (),
        renew: tuple[OptOut, ...] = (),
        confirm: bool = False,
        lift_at_twilio: tuple[Scope, ...] = (),
    ) -> ConsentChange:
        source = Source.TWILIO if self.message.opt_out_type is not None else Source.KEYWORD
        enforced, is_answered = self.handling.enforced, confirm and self.answers()
        version = self.handling.version if self.message.opt_out_type is None else None
        return ConsentChange(
            self.match.opt_out_type,
            self.match.keyword,
            self.match.set_name,
            source,
            change,
            add=add,
            lift=lift,
            renew=renew,
            confirmation=self.match.reply if is_answered and enforced else None,
            service_sid=self.handling.service.sid if self.handling.service and version is not None else None,
            version=version,
            lift_at_twilio=lift_at_twilio if enforced else (),
            enforced=enforced,
            would_confirm=is_answered and not enforced,
        )


def effective_at(opt_out_type: OptOutType, opt_outs: Iterable[OptOut], received_at: int) -> int:
    """When a keyword counts from whose webhook comes now: its receipt. A STOP comes after all that is known, even if
    the clock was ahead when that was written. In microseconds since 1970, UTC.
    """
    if opt_out_type is not OptOutType.STOP:
        return received_at
    return max([received_at, *(opt_out.effective_at for opt_out in opt_outs)])


def opt_outs_after(change: ConsentChange, effective_at: int) -> tuple[OptOut, ...]:
    """The opt-outs that a change leaves, standing and lifted, dated by its keyword."""

    def now_standing(scope: Scope) -> OptOut:
        return OptOut(scope, standing=True, effective_at=effective_at, source=change.source)

    added = tuple(now_standing(scope) for scope in change.add)
    lifted = tuple(replace(now_standing(scope), standing=False) for scope in change.lift)
    return added + change.renew + lifted
