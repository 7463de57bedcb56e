"""Whose keywords count for an inbound message: those of its Messaging Service, else Twilio's default ones.

Advanced Opt-Out has to be enabled for a service's own sets to count; all other senders have the default English words
and replies (Twilio, STOP filtering).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.messaging.addresses import region_of
from gateway.messaging.intent import OPT_OUT_LANGUAGES, Intent, asks_to_stop
from gateway.messaging.keywords import (
    DEFAULT_KEYWORD_SETS,
    DEFAULT_WORDS,
    KeywordMatch,
    KeywordSet,
    Matching,
    OptOutType,
    match_keyword,
)
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_settings import (
    Enforcement,
    IntentMode,
    RelayMode,
    TwilioHandling,
    keyword_sets_of,
)
from gateway.messaging.pools import Pools
from gateway.messaging.senders import SenderKind
from gateway.messaging.services import MessagingService, enforcements_of


class UnmanagedSenders(StrEnum):
    """What a keyword does on senders whose keywords Twilio leaves to the customer."""

    RECORD = "record"
    IGNORE = "ignore"


# Senders on which Twilio's default keywords are handled without Advanced Opt-Out (Twilio, STOP filtering; RCS since
# March 2026). On all others it is left to the customer: recorded, in force, not answered.
MANAGED_KINDS = frozenset({SenderKind.LONG_CODE, SenderKind.TOLL_FREE, SenderKind.RCS})


TWILIOS_SET: Final = "twilio.OptOutType"
"""The keyword set of what Twilio itself said to be a keyword."""


@dataclass(frozen=True, slots=True)
class KeywordPolicy:
    """How keywords are handled: set for an account, and for a service or a sender where that says otherwise.

    ``senders`` holds the ``twilio_handling`` of single senders by their keys, ``senders_enforcement`` that of theirs.
    """

    twilio_handling: TwilioHandling
    unmanaged_senders: UnmanagedSenders = UnmanagedSenders.RECORD
    reply_when_not_opted_out: bool = False
    help_when_opted_out: bool = False
    intent: IntentMode = IntentMode.REVIEW
    senders: Mapping[str, TwilioHandling] | None = None
    confirm_late: bool = False
    enforcement: Enforcement = Enforcement.ON
    senders_enforcement: Mapping[str, Enforcement] | None = None


@dataclass(frozen=True, slots=True)
class Handling:
    """How one message's keywords are handled: by which sets and policy, of which service in which version, and whether
    what they bring is carried out (``enforced``).

    ``service`` is None where the sender is in none that the gateway has settings for. ``is_advanced`` tells whether the
    service's own sets are in force.
    """

    policy: KeywordPolicy
    keyword_sets: tuple[KeywordSet, ...] = DEFAULT_KEYWORD_SETS
    matching: Matching = Matching.EXACT
    service: MessagingService | None = None
    enforced: bool = True

    @property
    def is_advanced(self) -> bool:
        """Whether Advanced Opt-Out is enabled for the message's service."""
        return self.service is not None and self.service.enabled

    @property
    def version(self) -> int | None:
        """The version of the service's settings that decided; None where the default sets did."""
        return self.service.version if self.service is not None and self.service.enabled else None

    @property
    def relays(self) -> bool:
        """Whether the message is handed on to the app."""
        return self.service is None or self.service.settings.relay is not RelayMode.DROP

    def match(self, message: InboundMessage) -> KeywordMatch | None:
        """The keyword that a message is, or None. Where Twilio already said so (``OptOutType``), its word is taken."""
        if message.opt_out_type is not None:
            return _twilios_word(message.opt_out_type, message.body)
        is_unmanaged = is_unmanaged_kind(message) and not self.is_advanced
        if is_unmanaged and self.policy.unmanaged_senders is UnmanagedSenders.IGNORE:
            return None
        found = match_keyword(message.body, self.keyword_sets, self.matching)
        if found is None and self.policy.twilio_handling is TwilioHandling.DEFAULT and not is_unmanaged_kind(message):
            # Twilio has already acted on its own words, also on those that the service's sets leave out.
            return match_keyword(message.body, DEFAULT_KEYWORD_SETS)
        if self.policy.twilio_handling is TwilioHandling.AOO and found and found.opt_out_type is not OptOutType.STOP:
            # Twilio's own Advanced Opt-Out did not say that it is one, so it lifted and answered nothing; where it is
            # not on for the sender, it still knows the default words.
            return found if is_default_word(found) else None
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body is: the keyword, if it is one, else whether it asks to stop all the same, and how it is handled."""

    handling: Handling
    match: KeywordMatch | None
    intent: Intent | None = None


def read_body(
    message: InboundMessage, policy: KeywordPolicy, pools: Pools, services: Mapping[str, MessagingService]
) -> Reading:
    """Read what a message means. A body that only asks to stop counts as an opt-out where its service says so
    (``intent = opt_out``) and its language is recognised surely enough; else it is for a person to decide.
    """
    handling = handling_of(message, policy, pools, services)
    if not is_enforced((message.sender.key,), message.service_sid, policy, pools, enforcements_of(services)):
        handling = replace(handling, enforced=False)
    match = handling.match(message)
    if match is not None or handling.policy.intent is IntentMode.OFF:
        return Reading(handling, match)
    if match_keyword(message.body, handling.keyword_sets, handling.matching) is not None:
        return Reading(handling, None)  # a keyword where the settings ignore keywords
    intent = asks_to_stop(message.body)
    if intent is None or handling.policy.intent is IntentMode.REVIEW or intent.language not in OPT_OUT_LANGUAGES:
        return Reading(handling, None, intent)
    return Reading(handling, _as_opt_out(intent, handling), intent)


def handling_of(
    message: InboundMessage, policy: KeywordPolicy, pools: Pools, services: Mapping[str, MessagingService]
) -> Handling:
    """How a message is handled, by the service that its webhook names or, where it names none, that holds its sender.

    Where several hold it, one with Advanced Opt-Out counts before one without, and one for which the body is an opt-out
    before all others: where sources disagree, no STOP is lost.
    """
    country = country_of(message)
    held_by = {message.service_sid} if message.service_sid else pools.services_of(message.sender.key)
    known = [services[sid] for sid in sorted(held_by) if sid in services]
    found = [_of_service(message, policy, service, country) for service in known]
    found.sort(key=lambda handling: not handling.is_advanced)
    for handling in found:
        match = handling.match(message)
        if match is not None and match.opt_out_type is OptOutType.STOP:
            return handling
    return found[0] if found else Handling(_of_sender(message, policy))


def believed(
    message: InboundMessage, policy: KeywordPolicy, pools: Pools, services: Mapping[str, MessagingService]
) -> InboundMessage:
    """A message of Twilio's event stream, with its ``OptOutType`` only where that tells who handled it.

    Unlike a webhook an event carries it for Twilio's default words whether or not Twilio acts on them (Twilio,
    OptOutType). So where its handling is off such a word is read by the gateway's own sets, as the webhook is.
    """
    if message.opt_out_type is None or match_keyword(message.body, DEFAULT_KEYWORD_SETS) is None:
        return message
    plain = replace(message, opt_out_type=None)
    handling = handling_of(plain, policy, pools, services)
    return plain if handling.policy.twilio_handling is TwilioHandling.OFF else message


def is_enforced(
    sender_keys: Collection[str],
    service_sid: str | None,
    policy: KeywordPolicy,
    pools: Pools,
    in_services: Mapping[str, Enforcement],
) -> bool:
    """Whether what is decided for these senders, through the service that is named, is carried out. ``in_services`` are
    what services say (`gateway.messaging.services.enforcements_of`).

    As with ``twilio_handling`` a sender's own setting comes before its service's, that before the account's. In shadow
    mode is only what is so by all that may count: each sender, each service that holds one that names none, and of a
    service whose sender is not known yet each of its pool.
    """
    stated = policy.senders_enforcement or {}
    if policy.enforcement is Enforcement.ON and not stated and Enforcement.SHADOW not in in_services.values():
        return True
    said: set[Enforcement] = set()
    for key in sender_keys:
        if key in stated:
            said.add(stated[key])
            continue
        held_by = {service_sid} if service_sid else pools.services_of(key)
        said |= {in_services.get(sid, policy.enforcement) for sid in held_by} or {policy.enforcement}
    if not sender_keys:
        said.add(in_services.get(service_sid or "", policy.enforcement))
        said |= {stated[key] for key in pools.senders_of.get(service_sid or "", ()) if key in stated}
    return Enforcement.ON in said


def is_send_enforced(
    message: OutboundMessage, policy: KeywordPolicy, pools: Pools, in_services: Mapping[str, Enforcement]
) -> bool:
    """Whether what is decided on a send is carried out; see `is_enforced`."""
    if not in_services and not policy.senders_enforcement:
        return policy.enforcement is Enforcement.ON
    return is_enforced([sender.key for sender in message.senders], message.service_sid, policy, pools, in_services)


def country_of(message: InboundMessage) -> str | None:
    """The recipient's country (ISO 3166): by the number, ``FromCountry`` only where that does not tell."""
    key = message.recipient.key
    return (region_of(key) if key.startswith("+") else None) or message.from_country


def is_unmanaged_kind(message: InboundMessage) -> bool:
    """Whether Twilio leaves the keywords of such senders to the customer, Advanced Opt-Out aside."""
    return message.sender.kind not in MANAGED_KINDS


def is_default_word(match: KeywordMatch) -> bool:
    """Whether Twilio's default handling knows the body, and so has handled it where it is on."""
    return match.folded in DEFAULT_WORDS[match.opt_out_type]


def _of_service(
    message: InboundMessage, policy: KeywordPolicy, service: MessagingService, country: str | None
) -> Handling:
    settings = service.settings
    policy = replace(policy, twilio_handling=settings.twilio_handling or policy.twilio_handling)
    policy = _of_sender(message, policy)
    if not service.enabled:
        return Handling(policy, service=service)
    if settings.reply_when_not_opted_out is not None:
        policy = replace(policy, reply_when_not_opted_out=settings.reply_when_not_opted_out)
    if settings.help_when_opted_out is not None:
        policy = replace(policy, help_when_opted_out=settings.help_when_opted_out)
    if settings.confirm_late is not None:
        policy = replace(policy, confirm_late=settings.confirm_late)
    policy = replace(policy, intent=settings.intent)
    return Handling(policy, keyword_sets_of(settings, country), settings.matching, service)


def _of_sender(message: InboundMessage, policy: KeywordPolicy) -> KeywordPolicy:
    """What is set for a single sender comes before all else."""
    own = (policy.senders or {}).get(message.sender.key)
    return replace(policy, twilio_handling=own) if own is not None else policy


def _as_opt_out(intent: Intent, handling: Handling) -> KeywordMatch:
    """The match that a body which asks to stop stands for; it is answered like STOP."""
    stop = next(each for each in handling.keyword_sets if "stop" in each.reserved)
    return KeywordMatch(OptOutType.STOP, "", f"intent.{intent.language}.{intent.rule}", stop.reply, "")


def _twilios_word(said: OptOutType, body: str) -> KeywordMatch:
    """The match that Twilio's own ``OptOutType`` stands for, without a reply of ours."""
    own = match_keyword(body, DEFAULT_KEYWORD_SETS)
    keyword = own.keyword if own else ""
    return KeywordMatch(said, keyword, TWILIOS_SET, "", keyword)
