"""What a keyword does: the change it brings to a recipient's opt-outs, and whether it is answered.

Pure: given the message, the match, the pools and the recipient's opt-outs, `change_for` says what becomes of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.messaging.addresses import Channel, region_of
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, KeywordMatch, OptOutType, match_keyword
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source, wins
from gateway.messaging.policy import Forward, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import TOLL_FREE, SenderKind


class TwilioHandling(StrEnum):
    """Who else is handling keywords: nobody (``off``), Twilio's default handling, or its Advanced Opt-Out."""

    OFF = "off"
    DEFAULT = "default"
    AOO = "aoo"


class UnmanagedSenders(StrEnum):
    """What a keyword does on senders whose keywords Twilio leaves to the customer."""

    RECORD = "record"
    IGNORE = "ignore"


class Change(StrEnum):
    """What became of the recipient's opt-outs."""

    ADDED = "added"
    STAYS = "stays"
    LIFTED = "lifted"
    NOTHING = "nothing"
    HELD = "held"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class KeywordPolicy:
    """How an account has its keywords handled."""

    twilio_handling: TwilioHandling
    unmanaged_senders: UnmanagedSenders = UnmanagedSenders.RECORD
    reply_when_not_opted_out: bool = False
    help_when_opted_out: bool = False


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """What one keyword brings: scopes to add to the blocklist, scopes to lift, what to call it, what to answer.

    ``renew`` are opt-outs that stand and go on standing, dated by this keyword: an opt-in between the two STOPs that
    is learned of late does not lift them.
    ``confirmation`` is the text (1 to 320 characters) that the recipient gets, or None for no answer.
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


# Senders on which Twilio's default keywords are handled without Advanced Opt-Out (Twilio, STOP filtering; RCS since
# March 2026). On all others it is left to the customer: recorded, in force, not answered.
MANAGED_KINDS: Final = frozenset({SenderKind.LONG_CODE, SenderKind.TOLL_FREE, SenderKind.RCS})

# Stands as the keyword set of what Twilio itself recognised.
TWILIOS_SET: Final = "twilio.OptOutType"

# Toll-free numbers: the carrier answers STOP itself, and only these words lift its block (Twilio, Advanced Opt-Out).
CARRIER_STOP: Final = "stop"
CARRIER_STARTS: Final = frozenset({"start", "unstop"})
CARRIER_REGIONS: Final = frozenset({"US", "CA"})


def keyword_of(message: InboundMessage, policy: KeywordPolicy) -> KeywordMatch | None:
    """The keyword that a message is, or None. Where Twilio already said so (``OptOutType``), its word is taken."""
    if message.opt_out_type is not None:
        return _twilios_word(message.opt_out_type, message.body)
    if policy.unmanaged_senders is UnmanagedSenders.IGNORE and message.sender.kind not in MANAGED_KINDS:
        return None
    return match_keyword(message.body, DEFAULT_KEYWORD_SETS)


def change_for(
    message: InboundMessage,
    match: KeywordMatch,
    policy: KeywordPolicy,
    pools: Pools,
    opt_outs: Iterable[OptOut],
    effective_at: int,
) -> ConsentChange:
    """The change a keyword brings. ``opt_outs`` are all of the recipient's, lifted ones too, in the message's
    account and channel; ``effective_at`` is in microseconds since 1970, UTC.
    """
    situation = _Situation(message, match, policy, pools, {o.scope: o for o in opt_outs}, effective_at)
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
    policy: KeywordPolicy
    pools: Pools
    opt_outs: dict[Scope, OptOut]
    effective_at: int

    def stop(self) -> ConsentChange:
        covered = self.scopes_of_stop()
        counted = [scope for scope in covered if wins(True, self.effective_at, self.opt_outs.get(scope))]
        add = tuple(scope for scope in counted if not self.is_standing(scope))
        renew = tuple(self.renewed(scope) for scope in counted if scope not in add)
        if add:
            confirm = not self.would_be_blocked(self.opt_outs) and not self.carrier_answers_stop()
            return self.change(Change.ADDED, add=add, renew=renew, confirm=confirm)
        return self.change(Change.STAYS if counted else Change.OUTDATED, renew=renew)

    def renewed(self, scope: Scope) -> OptOut:
        standing = self.opt_outs[scope]
        return replace(standing, effective_at=max(standing.effective_at, self.effective_at))

    def start(self) -> ConsentChange:
        if not self.would_be_blocked(self.opt_outs):
            return self.change(Change.NOTHING, confirm=self.policy.reply_when_not_opted_out)
        liftable = [scope for scope in self.scopes_of_start() if self.is_standing(scope)]
        unheld = [scope for scope in liftable if not self.opt_outs[scope].hold]
        lift = tuple(scope for scope in unheld if wins(False, self.effective_at, self.opt_outs[scope]))
        if not lift:
            return self.change(self.why_not_lifted(liftable, unheld))
        left = {scope: opt_out for scope, opt_out in self.opt_outs.items() if scope not in lift}
        return self.change(Change.LIFTED, lift=lift, confirm=not self.would_be_blocked(left))

    @staticmethod
    def why_not_lifted(liftable: list[Scope], unheld: list[Scope]) -> Change:
        if not liftable:
            return Change.STAYS
        return Change.OUTDATED if unheld else Change.HELD

    def help(self) -> ConsentChange:
        answered = self.policy.help_when_opted_out or not self.would_be_blocked(self.opt_outs)
        return self.change(Change.NOTHING, confirm=answered)

    def scopes_of_stop(self) -> tuple[Scope, ...]:
        """Each service that holds the sender, and the sender itself, so that a sender which moves to another
        service takes nothing away from anybody.
        """
        services = (Scope(ScopeKind.SERVICE, sid) for sid in sorted(self.services()))
        return (*services, Scope(ScopeKind.SENDER, self.message.sender.key))

    def scopes_of_start(self) -> list[Scope]:
        """The services that hold the sender and all senders of their pools, except other toll-free numbers:
        a carrier keeps those blocked until START or UNSTOP is sent to the number itself.
        """
        if self.is_carrier_handled() and self.match.keyword not in CARRIER_STARTS:
            return []
        here = self.message.sender.key
        services = self.services_now()
        pooled = {key for sid in services for key in self.pools.senders_of.get(sid, frozenset())}
        senders = {here} | {key for key in pooled if not self.is_toll_free_here(key)}
        return [
            *(Scope(ScopeKind.SERVICE, sid) for sid in sorted(services)),
            *(Scope(ScopeKind.SENDER, key) for key in sorted(senders)),
        ]

    def services_now(self) -> frozenset[str]:
        """The service that the webhook names, which holds the sender now; where it names none, all that are known to.
        An older place of the sender's must not lift what was said to another service.
        """
        return frozenset({self.message.service_sid}) if self.message.service_sid else self.services()

    def services(self) -> frozenset[str]:
        """Every service that any source says holds the sender: a STOP covers them all."""
        named = {self.message.service_sid} if self.message.service_sid else set()
        return self.pools.services_of(self.message.sender.key) | named

    def would_be_blocked(self, opt_outs: dict[Scope, OptOut]) -> bool:
        """Whether a send from the sender that got the keyword would be suppressed under these opt-outs."""
        message = self.message
        answer = OutboundMessage(message.account_sid, message.recipient, message.service_sid, message.sender)
        return not isinstance(decide(answer, self.pools, opt_outs.values()), Forward)

    def is_standing(self, scope: Scope) -> bool:
        opt_out = self.opt_outs.get(scope)
        return opt_out is not None and opt_out.standing

    def is_toll_free_here(self, sender_key: str) -> bool:
        """Whether a carrier handles a sender's keywords for this recipient."""
        recipient = self.message.recipient
        if recipient.channel != Channel.PHONE or not TOLL_FREE.fullmatch(sender_key):
            return False
        return recipient.key.startswith("+1") and region_of(recipient.key) in CARRIER_REGIONS | {None}

    def is_carrier_handled(self) -> bool:
        return self.is_toll_free_here(self.message.sender.key)

    def carrier_answers_stop(self) -> bool:
        return self.is_carrier_handled() and self.match.keyword == CARRIER_STOP

    def answers(self) -> bool:
        """Whether it is for the gateway to answer: neither Twilio does it, nor nobody is to."""
        if self.policy.twilio_handling is not TwilioHandling.OFF or self.message.opt_out_type is not None:
            return False
        return self.message.sender.kind in MANAGED_KINDS

    def change(
        self,
        change: Change,
        *,
        add: tuple[Scope, ...] = (),
        lift: tuple[Scope, ...] = (),
        renew: tuple[OptOut, ...] = (),
        confirm: bool = False,
    ) -> ConsentChange:
        source = Source.TWILIO if self.message.opt_out_type is not None else Source.KEYWORD
        return ConsentChange(
            self.match.opt_out_type,
            self.match.keyword,
            self.match.set_name,
            source,
            change,
            add=add,
            lift=lift,
            renew=renew,
            confirmation=self.match.reply if confirm and self.answers() else None,
        )


def _twilios_word(said: OptOutType, body: str) -> KeywordMatch:
    """The match that Twilio's own ``OptOutType`` stands for, without a reply of ours."""
    own = match_keyword(body, DEFAULT_KEYWORD_SETS)
    return KeywordMatch(said, own.keyword if own else "", TWILIOS_SET, "")
