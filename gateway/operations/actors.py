"""Who acts on the list and on settings; every change names somebody."""

from dataclasses import dataclass

from gateway.messaging.optouts import Source


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a name for the history, the role they act in, and what that counts as for the list."""

    name: str
    role: str = "operator"
    source: Source = Source.OPERATOR
