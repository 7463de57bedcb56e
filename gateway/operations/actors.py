"""Who acts on the list and on settings, and why; every change names somebody."""

from dataclasses import dataclass
from typing import Final

from gateway.messaging.errors import Malformed
from gateway.messaging.optouts import Source

MOST_REASON: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a name for the history, the role they act in, and what that counts as for the list."""

    name: str
    role: str = "operator"
    source: Source = Source.OPERATOR


def read_reason(text: str | None) -> str | None:
    """A reason for the history: one line of text, or none. Raises `Malformed`."""
    if text is None:
        return None
    if not text.strip() or len(text) > MOST_REASON or not text.isprintable():
        raise Malformed(f"it must be one line of 1 to {MOST_REASON} printable characters")
    return text.strip()
