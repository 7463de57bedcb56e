"""Bodies that are no keyword but plainly ask to stop."""

from dataclasses import dataclass
from typing import Final

OPT_OUT_LANGUAGES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Intent:
    """Why a body reads as a wish to stop: the language and rule, and the words that gave it away."""

    language: str
    rule: str
    words: tuple[str, ...]


def asks_to_stop(body: str) -> Intent | None:
    """Whether a body plainly asks to stop."""
    return Intent("en", "stop_texting", ("stop", "texting")) if "stop texting" in body.casefold() else None
