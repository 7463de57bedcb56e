"""Keywords: which whole bodies mean STOP, START or HELP, and what each is answered with.

Matching is ``exact``: the whole body, outer white space trimmed and Unicode folded, equals the keyword folded the
same way (Twilio, Advanced Opt-Out: "only if the full body matches", case-insensitive).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OptOutType(StrEnum):
    """What a keyword means; also the value of the webhook's ``OptOutType`` parameter."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


@dataclass(frozen=True, slots=True)
class KeywordSet:
    """The keywords of one type and the reply (1 to 320 characters) that each of them gets.

    ``name`` tells an operator which set matched. ``reserved`` keywords work whatever a configuration says.
    """

    name: str
    opt_out_type: OptOutType
    keywords: tuple[str, ...]
    reply: str
    reserved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeywordMatch:
    """A body that was a keyword: its type, the folded keyword, and the set that owns it."""

    opt_out_type: OptOutType
    keyword: str
    set_name: str
    reply: str


# Twilio's default keywords on long codes (docs, Advanced Opt-Out, 2026; REVOKE and OPTOUT since 14 May 2025) and its
# default replies (OpenAPI messaging v3, example values; HELP: Help Center article on STOP filtering).
DEFAULT_KEYWORD_SETS: Final = (
    KeywordSet(
        name="default.STOP",
        opt_out_type=OptOutType.STOP,
        keywords=("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"),
        reply=(
            "You have successfully been unsubscribed. You will not receive any more messages from this number. "
            "Reply START to resubscribe."
        ),
        reserved=("stop",),
    ),
    KeywordSet(
        name="default.START",
        opt_out_type=OptOutType.START,
        keywords=("start", "yes", "unstop"),
        reply=(
            "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
            "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
        ),
        reserved=("start", "unstop"),
    ),
    KeywordSet(
        name="default.HELP",
        opt_out_type=OptOutType.HELP,
        keywords=("help", "info"),
        reply="Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        reserved=("help",),
    ),
)

# Letters that case folding keeps apart although people type one for the other (Turkish i): the dotless one, and the
# dotted one, which folds to an i and a dot above, however it was composed.
DOTLESS_I: Final = str.maketrans({"ı": "i"})
DOTTED_I: Final = re.compile("i\u0307+")


def match_keyword(body: str, keyword_sets: Sequence[KeywordSet]) -> KeywordMatch | None:
    """The first set, in the order given, one of whose keywords is the whole body; None when the body is no keyword."""
    folded = fold(body)
    for keyword_set in keyword_sets:
        for keyword in (*keyword_set.reserved, *keyword_set.keywords):
            if folded == fold(keyword):
                return KeywordMatch(keyword_set.opt_out_type, folded, keyword_set.name, keyword_set.reply)
    return None


def fold(text: str) -> str:
    """The form in which bodies and keywords are compared: NFKC, casefold, NFKC; invisible marks dropped; trimmed.

    Folding what is folded changes nothing.
    """
    if text.isascii():
        return text.strip().casefold()
    visible = "".join(char for char in text if not _is_invisible(char))
    folded = unicodedata.normalize("NFKC", visible).casefold().translate(DOTLESS_I)
    return unicodedata.normalize("NFKC", DOTTED_I.sub("i", folded)).strip()


def _is_invisible(char: str) -> bool:
    """Zero-width and bidi marks, soft hyphens (category Cf) and variation selectors."""
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"
