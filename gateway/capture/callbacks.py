"""Which message of a run a captured status callback tells of, and where the target had Twilio post its callbacks.

Both are told by the target's answer to the send, and are needed until the callback's turn comes. As many are kept as
wait for theirs at a busy gateway, the latest, so that a capture of any length takes the same room.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

MOST_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A send as it was played: the SID of its message now (one of the run, where Twilio's stand-in made no message of
    it), and the path of its callbacks (None: they do not come through the target).
    """

    message_sid: str
    path: str | None = field(repr=False)


@dataclass(slots=True)
class Callbacks:
    """What was played lately, by the SIDs of the capture."""

    sent: "OrderedDict[str, Sent]" = field(default_factory=OrderedDict)

    def note(self, captured_sid: str, sent: Sent) -> None:
        """Remember a send."""
        self.sent[captured_sid] = sent
        if len(self.sent) > MOST_KEPT:
            self.sent.popitem(last=False)

    def of(self, captured_sid: str | None) -> Sent | None:
        """The send of a message; None where it is not known, or no more."""
        return self.sent.get(captured_sid or "")

    def kept(self) -> list[tuple[str, str, str | None]]:
        """All of it, as plain values that `from_kept` reads again."""
        return [(sid, sent.message_sid, sent.path) for sid, sent in self.sent.items()]

    @classmethod
    def from_kept(cls, kept: Iterable[tuple[str, str, str | None]]) -> "Callbacks":
        """What `kept` gave."""
        return cls(OrderedDict((sid, Sent(message_sid, path)) for sid, message_sid, path in kept))
