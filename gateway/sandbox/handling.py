"""What Twilio does by itself with a keyword, where it does: block list, reply and `OptOutType`.

A Service with Advanced Opt-Out goes by its own keyword sets on all its senders; other long codes, toll-free numbers
and RCS senders by the default words, unless Twilio's Support has removed this for the account; short codes, sender
IDs and WhatsApp have none. The carriers' layer on toll-free numbers comes first and is there in any case.

Sources: Twilio, Advanced Opt-Out; Twilio Support, Opt-out Keywords (SMS STOP Filtering), Getting Started with Advanced
Opt-Out, and Opt-out keyword handling for Toll-Free SMS.
"""

from dataclasses import dataclass

from gateway.sandbox import carrier, optouts
from gateway.sandbox.addresses import is_short_code, region_of
from gateway.sandbox.keywords import DEFAULT_SETS, match
from gateway.sandbox.seeds import KeywordType, SandboxKeywordSet
from gateway.sandbox.state import Number, ReceivedMessage, World

_WITH_DEFAULT_WORDS = ("+", "rcs:")
"""How the senders begin whose messages are matched with the default words."""


@dataclass(frozen=True, slots=True)
class _Keyword:
    """A keyword that came in, and how things stood."""

    phone: str
    sender: str
    was_blocked: bool
    carrier_answered: bool
    is_advanced: bool
    matched: SandboxKeywordSet


def handle_keyword(world: World, phone: str, number: Number, body: str) -> KeywordType | None:
    """Do what a keyword asks for and put the replies on the phone; gives the webhook's `OptOutType`, if any."""
    sender = number.number
    was_blocked = optouts.is_blocked(world, sender, phone, None)
    carrier_reply = carrier.handle(world, phone, sender, body)
    _put_on_phone(world, phone, sender, carrier_reply, "carrier-reply")
    service = world.service_of(sender)
    is_advanced = service is not None and service.advanced_opt_out is not None
    sets = _sets(world, number)
    matched = None if sets is None else match(sets, region_of(phone), body)
    if matched is None:
        return None
    keyword = _Keyword(phone, sender, was_blocked, carrier_reply is not None, is_advanced, matched)
    if _takes_effect(world, keyword):
        _put_on_phone(world, phone, sender, matched.reply, "automatic-reply")
    return matched.keyword_type if is_advanced else None


def _sets(world: World, number: Number) -> tuple[SandboxKeywordSet, ...] | None:
    """The keywords that Twilio listens for on a sender; None where it listens for none."""
    service = world.service_of(number.number)
    if service is not None and service.advanced_opt_out is not None:
        return service.advanced_opt_out
    is_handled = world.handling[number.account_sid] == "default" and number.number.startswith(_WITH_DEFAULT_WORDS)
    return DEFAULT_SETS if is_handled else None


def _takes_effect(world: World, keyword: _Keyword) -> bool:
    """Change the block list; whether Twilio's own reply is due."""
    if keyword.matched.keyword_type == "STOP":
        return _stop(world, keyword)
    if keyword.matched.keyword_type == "START":
        return _start(world, keyword)
    return not keyword.was_blocked  # Twilio, Advanced Opt-Out: no help for those who have opted out


def _stop(world: World, keyword: _Keyword) -> bool:
    optouts.block_by_keyword(world, keyword.sender, keyword.phone)
    if keyword.carrier_answered:
        return False  # Twilio, Advanced Opt-Out: on toll-free numbers its own text does not display
    # carriers want short codes to answer each time; elsewhere one confirmation is what the law allows
    return not keyword.was_blocked or is_short_code(keyword.sender)


def _start(world: World, keyword: _Keyword) -> bool:
    if carrier.is_blocked(world, keyword.sender, keyword.phone):
        return False  # Twilio, Advanced Opt-Out: only START and UNSTOP undo the block of a toll-free number
    optouts.lift_by_keyword(world, keyword.sender, keyword.phone)
    if keyword.carrier_answered:
        return keyword.is_advanced  # the carrier's text and that of the Advanced Opt-Out are both returned
    return keyword.was_blocked


def _put_on_phone(world: World, phone: str, sender: str, reply: str | None, direction: str) -> None:
    if reply is not None:
        received_at = world.clock.now()
        world.deliver(ReceivedMessage(None, sender, phone, reply, direction=direction, received_at=received_at))
