"""Keywords: which whole bodies mean STOP, START or HELP, and what each is answered with.

The whole body has to be a keyword (Twilio, Advanced Opt-Out: "only if the full body matches", in any case). Under
``normalized`` matching a body that is no keyword as it stands may still be an opt-out or help word as people type it;
an opt-in is never inferred.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gateway.messaging.folding import fold, fold_loosely


class OptOutType(StrEnum):
    """What a keyword means; also the value of the webhook's ``OptOutType`` parameter."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class Matching(StrEnum):
    """How a body is compared with keywords: as it stands, or as people type."""

    EXACT = "exact"
    NORMALIZED = "normalized"


@dataclass(frozen=True, slots=True)
class KeywordSet:
    """The keywords of one type and the reply (1 to 320 characters) that each of them gets.

    ``name`` tells an operator which set matched. ``reserved`` keywords work whatever a configuration says.
    """

    name: str
    opt_out_type: OptOutType
    keywords: tuple[str, ...]
    reply: str
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeywordMatch:
    """A body that was a keyword: its type, the keyword (folded), and the set that owns it, with that set's reply.

    ``folded`` is the whole body in the form of exact matching, which under normalized matching (``matching``) is not
    the keyword.
    """

    opt_out_type: OptOutType
    keyword: str
    set_name: str
    reply: str
    folded: str
    matching: Matching = Matching.EXACT


# Twilio, Advanced Opt-Out: these cannot be removed. The Help Center names START alone; unstop is in the newer page.
RESERVED: Final[Mapping[OptOutType, tuple[str, ...]]] = {
    OptOutType.STOP: ("stop",),
    OptOutType.START: ("start", "unstop"),
    OptOutType.HELP: ("help",),
}

# Long codes without Advanced Opt-Out: keywords (Twilio, STOP filtering and Advanced Opt-Out; REVOKE and OPTOUT since
# 14 May 2025) and replies, exact to the letter.
DEFAULT_KEYWORD_SETS: Final = (
    KeywordSet(
        name="default.STOP",
        opt_out_type=OptOutType.STOP,
        keywords=("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"),
        reply=(
            "You have successfully been unsubscribed. You will not receive any more messages from this number. "
            "Reply START to resubscribe."
        ),
        reserved=RESERVED[OptOutType.STOP],
    ),
    KeywordSet(
        name="default.START",
        opt_out_type=OptOutType.START,
        keywords=("start", "yes", "unstop"),
        reply=(
            "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
            "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
        ),
        reserved=RESERVED[OptOutType.START],
    ),
    KeywordSet(
        name="default.HELP",
        opt_out_type=OptOutType.HELP,
        keywords=("help", "info"),
        reply="Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        reserved=RESERVED[OptOutType.HELP],
    ),
)

DEFAULT_WORDS: Final[Mapping[OptOutType, frozenset[str]]] = {
    each.opt_out_type: frozenset(each.keywords) for each in DEFAULT_KEYWORD_SETS
}

# What each form of matching may find; an opt-in that nobody wrote must never be read into a text.
INFERRED: Final = (OptOutType.STOP, OptOutType.HELP)


def match_keyword(
    body: str, keyword_sets: tuple[KeywordSet, ...], matching: Matching = Matching.EXACT
) -> KeywordMatch | None:
    """The first set, in the order given, one of whose keywords is the whole body; None when the body is no keyword.

    Under normalized matching a body that is none as it stands is compared once more as people type, with opt-out words
    before help words.
    """
    folded = fold(body)
    owner = _exact(keyword_sets).get(folded)
    if owner is not None:
        return KeywordMatch(owner.opt_out_type, folded, owner.name, owner.reply, folded)
    if matching is Matching.EXACT:
        return None
    loose = fold_loosely(body)
    for opt_out_type in INFERRED:
        found = _loose(keyword_sets, opt_out_type).get(loose)
        if found is not None:
            owner, keyword = found
            return KeywordMatch(opt_out_type, keyword, owner.name, owner.reply, folded, Matching.NORMALIZED)
    return None


@lru_cache(maxsize=1_024)
def _exact(keyword_sets: tuple[KeywordSet, ...]) -> Mapping[str, KeywordSet]:
    """Which set owns each folded keyword: the first that has it."""
    owners: dict[str, KeywordSet] = {}
    for keyword_set in keyword_sets:
        for keyword in (*keyword_set.reserved, *keyword_set.keywords):
            owners.setdefault(fold(keyword), keyword_set)
    return owners


@lru_cache(maxsize=1_024)
def _loose(keyword_sets: tuple[KeywordSet, ...], opt_out_type: OptOutType) -> Mapping[str, tuple[KeywordSet, str]]:
    """The same in the form of normalized matching, for one type, each with the keyword it stands for."""
    owners: dict[str, tuple[KeywordSet, str]] = {}
    for keyword_set in keyword_sets:
        if keyword_set.opt_out_type is opt_out_type:
            for keyword in (*keyword_set.reserved, *keyword_set.keywords):
                owners.setdefault(fold_loosely(keyword), (keyword_set, fold(keyword)))
    owners.pop("", None)
    return owners
