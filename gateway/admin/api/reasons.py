"""The reason that a call gives for what it changes."""

from gateway.admin.reading import invalid
from gateway.messaging.errors import Malformed
from gateway.operations.actors import read_reason


def reason_of(text: str | None) -> str | None:
    """A reason for the history: one line of text, or none."""
    try:
        return read_reason(text)
    except Malformed as error:
        raise invalid("reason", str(error)) from None
