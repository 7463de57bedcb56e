"""Whether a body that is no keyword plainly asks to be sent no more.

In the United States consent may be revoked by any reasonable means: other words than the keywords count where a
reasonable person would understand them as a request (47 CFR 64.1200(a)(10)). What is recognised here goes to a review
list; it is never an opt-in, and whether it changes the blocklist is the service's choice.

Precision comes before recall: only what nobody would doubt. Each language keeps its rules as a table in its own module;
what counts and what does not, and how well it is told apart, stands in docs/review-list.md.
"""

import re
from dataclasses import dataclass
from typing import Final

from gateway.messaging.intent.english import ENGLISH
from gateway.messaging.intent.french import FRENCH
from gateway.messaging.intent.german import GERMAN
from gateway.messaging.intent.portuguese import PORTUGUESE
from gateway.messaging.intent.reading import LONGEST_BODY, Corrections, read
from gateway.messaging.intent.spanish import SPANISH

LANGUAGES: Final = (ENGLISH, SPANISH, FRENCH, PORTUGUESE, GERMAN)

# Languages whose rules had a precision of at least 0.98 on the put-aside half of the corpus: only these may opt
# somebody out without a person who looks at the body (docs/review-list.md; tests hold this set to the corpus).
OPT_OUT_LANGUAGES: Final[frozenset[str]] = frozenset({"en", "es"})

# Words that are recognised with one letter wrong, and true words that are one letter away from one of them and stay
# what they are ("I messaged you", "no more massages"). Shorter words have too many neighbours.
MISTYPED: Final = (
    "unsubscribe", "unsubscribed", "unsubscribing", "messages", "messaging", "contacting", "notifications", "harassing",
    "subscription", "mensajes", "desuscribirme",
)  # fmt: skip
OTHER_WORDS: Final = ("message", "messaged", "massages", "massaging", "contracting", "mensaje", "mensajera")

# What a phone sends when a message is tapped: it quotes the sender's own words (iOS, Android).
TAPPED: Final = re.compile(
    r"\s*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \S{1,20} to|removed an? .{1,20} from"
    r"|(?:le |me )?gust[oó]|(?:le |me )?encant[oó]|(?:le |me )?dio risa|se rio de|a .{1,40} le (?:gust|encant)[oó]"
    r"|a? ?aim[eé]|a ador[eé]|gostou de|adorou|gefällt|gefiel)\s*[\"“„«‘]",
    re.IGNORECASE,
)

UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # what stands between its blanks without showing

CORRECTIONS: Final = Corrections(MISTYPED, OTHER_WORDS)


@dataclass(frozen=True, slots=True)
class Intent:
    """A request to be sent no more: its language (ISO 639), the rule that holds, and the words that gave it away.

    ``words`` are parts of the body as they were written, in their order.
    """

    language: str
    rule: str
    words: tuple[str, ...]


def asks_to_stop(body: str) -> Intent | None:
    """The first language's first rule that holds for the body; None where nothing plainly asks.

    Reads the first 1,600 characters (the longest body there is) in time proportional to their number. Never raises.
    """
    if TAPPED.match(" ".join(UNSEEN.sub("", body[:LONGEST_BODY]).split())):
        return None
    line = read(body, CORRECTIONS)
    for language in LANGUAGES:
        found = language.first(line)
        if found is not None:
            rule, words = found
            return Intent(language.code, rule.name, words)
    return None
