"""Which keyword a message is, by Twilio's default words or those of an Advanced Opt-Out. Pure.

Sources: Twilio Support, Opt-out Keywords (SMS STOP Filtering) for the default words and replies; Twilio, Advanced
Opt-Out for reserved words and the order of look-up: country, then language, then standard.
"""

from collections.abc import Iterable, Sequence

from gateway.sandbox.seeds import KeywordType, SandboxKeywordSet

STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

DEFAULT_SETS = (
    SandboxKeywordSet(
        "STOP", ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), STOP_REPLY
    ),
    SandboxKeywordSet("START", ("START", "YES", "UNSTOP"), START_REPLY),
    SandboxKeywordSet("HELP", ("HELP", "INFO"), HELP_REPLY),
)

RESERVED: dict[KeywordType, tuple[str, ...]] = {
    "STOP": ("STOP",),
    "START": ("START", "UNSTOP"),
    "HELP": ("HELP",),
}
"""Words that no configuration can take away (Twilio, Advanced Opt-Out: Editing keywords)."""


def match(sets: Sequence[SandboxKeywordSet], region: str, body: str) -> SandboxKeywordSet | None:
    """The set that has the whole body as a keyword, for a phone of that country; None for no keyword."""
    return next((each for each in _in_order(sets, region) if _is_keyword(body, each.keywords)), None)


def _in_order(sets: Sequence[SandboxKeywordSet], region: str) -> Iterable[SandboxKeywordSet]:
    yield from (each for each in sets if each.country == region)
    yield from (each for each in sets if each.country is None and each.language is not None)
    yield from (each for each in sets if each.country is None and each.language is None)
    yield from _reserved(sets)


def _reserved(sets: Sequence[SandboxKeywordSet]) -> Iterable[SandboxKeywordSet]:
    """The reserved words, with the standard reply of their type."""
    for default in DEFAULT_SETS:
        kind = default.keyword_type
        standard = [
            each.reply for each in sets if (each.keyword_type, each.country, each.language) == (kind, None, None)
        ]
        yield SandboxKeywordSet(kind, RESERVED[kind], standard[0] if standard else default.reply)


def _is_keyword(body: str, keywords: Iterable[str]) -> bool:
    """Whether the whole body is one of them, in whatever case (Twilio, Advanced Opt-Out: case insensitive)."""
    return body.strip().casefold() in {keyword.casefold() for keyword in keywords}
