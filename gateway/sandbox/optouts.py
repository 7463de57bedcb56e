"""Twilio's block list: who is on it, and who is put on it or taken off.

Sources: Twilio Support, Opt-out Keywords (scope: the Service of a sender in one, else the pair); Twilio, Consent
Management API (Service SID or from number); Unified opt-outs across RCS, SMS and MMS. What stands on the list counts
whatever the account's handling of keywords is.
"""

from gateway.sandbox import carrier
from gateway.sandbox.addresses import consent_address
from gateway.sandbox.state import World


def is_blocked(world: World, sender: str, recipient: str, service_sid: str | None) -> bool:
    """Whether a message is held back: by its Service, by the sender's Service, by the pair, or by the carriers."""
    if not world.opt_outs and not world.carrier_opt_outs:
        return False  # before any number is read: load tests send by the thousand
    scopes = {service_sid, sender, *_service_sids(world, sender)}
    address = consent_address(recipient)
    return carrier.is_blocked(world, sender, recipient) or any((scope, address) in world.opt_outs for scope in scopes)


def block(world: World, scope: str, recipient: str) -> None:
    """Put a recipient on the list for a Service or a sender."""
    world.opt_outs.add((scope, consent_address(recipient)))


def lift(world: World, scope: str, recipient: str) -> None:
    """Take a recipient off the list of a Service or a sender, if it is there; carriers have a list of their own."""
    world.opt_outs.discard((scope, consent_address(recipient)))


def block_by_keyword(world: World, sender: str, phone: str) -> None:
    """What an opt-out word sent to `sender` blocks: the sender's Service, else the pair."""
    for scope in _service_sids(world, sender) or [sender]:
        block(world, scope, phone)


def lift_by_keyword(world: World, sender: str, phone: str) -> None:
    """What an opt-in word sent to `sender` lifts: all that held its messages back, save the carriers' block."""
    for scope in (sender, *_service_sids(world, sender)):
        lift(world, scope, phone)


def _service_sids(world: World, sender: str) -> list[str]:
    service = world.service_of(sender)
    return [service.sid] if service else []
