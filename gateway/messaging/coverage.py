"""What a keyword reaches: the scopes that a STOP covers and those that a START lets in again. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

from gateway.messaging.addresses import Address, Channel, region_of
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.pools import Pools
from gateway.messaging.senders import TOLL_FREE

# Toll-free numbers: the carrier answers STOP itself, and only these words lift its block (Twilio, Advanced Opt-Out).
CARRIER_STOP: Final = "stop"
CARRIER_STARTS: Final = frozenset({"start", "unstop"})
CARRIER_REGIONS: Final = frozenset({"US", "CA"})


def services_of(message: InboundMessage, pools: Pools) -> frozenset[str]:
    """Every service that any source says holds the sender: a STOP covers them all."""
    named = {message.service_sid} if message.service_sid else set()
    return pools.services_of(message.sender.key) | named


def services_now(message: InboundMessage, pools: Pools) -> frozenset[str]:
    """The service that the message names, which held the sender when it came; where it names none, all that are known
    to. An older place of the sender's must not lift what was said to another service.
    """
    return frozenset({message.service_sid}) if message.service_sid else services_of(message, pools)


def scopes_of_stop(message: InboundMessage, pools: Pools) -> tuple[Scope, ...]:
    """Each service that holds the sender, and the sender itself, so that a sender which moves to another service takes
    nothing away from anybody.
    """
    services = (Scope(ScopeKind.SERVICE, sid) for sid in sorted(services_of(message, pools)))
    return (*services, Scope(ScopeKind.SENDER, message.sender.key))


def scopes_of_start(message: InboundMessage, folded: str, pools: Pools) -> list[Scope]:
    """The services that hold the sender and all senders of their pools, except other toll-free numbers: a carrier keeps
    those blocked until START or UNSTOP is sent to the number itself. ``folded`` is the body in the form of matching.
    """
    if is_carrier_handled(message) and folded not in CARRIER_STARTS:
        return []
    return scopes_let_in(message.recipient, services_now(message, pools), pools, {message.sender.key})


def scopes_let_in(
    recipient: Address, services: Iterable[str], pools: Pools, here: Collection[str] = frozenset()
) -> list[Scope]:
    """What an opt-in to services lets in: they and the senders of their pools, but for toll-free ones that a carrier
    keeps blocked; and the senders that it was sent to (``here``), if it was.
    """
    pooled = {key for sid in services for key in pools.senders_of.get(sid, frozenset())}
    senders = set(here) | {key for key in pooled if not is_toll_free_for(recipient, key)}
    return [
        *(Scope(ScopeKind.SERVICE, sid) for sid in sorted(services)),
        *(Scope(ScopeKind.SENDER, key) for key in sorted(senders)),
    ]


def is_toll_free_for(recipient: Address, sender_key: str) -> bool:
    """Whether a carrier handles a sender's keywords for a recipient."""
    if recipient.channel != Channel.PHONE or not TOLL_FREE.fullmatch(sender_key):
        return False
    return recipient.key.startswith("+1") and region_of(recipient.key) in CARRIER_REGIONS | {None}


def is_carrier_handled(message: InboundMessage) -> bool:
    """Whether a carrier handles a message's keyword."""
    return is_toll_free_for(message.recipient, message.sender.key)
