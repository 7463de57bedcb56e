"""What of an outcome is the gateway's decision, and how two decisions about one request differ.

Twilio's answer to a forwarded send, and what an app answers, are not the gateway's: they are left out. So is what
failed because something was away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.capture.records import Traffic
from gateway.messaging.instants import iso

KEYWORD: Final = re.compile(r"(stop|start|help)_[a-z]+")
EXAMPLES: Final = 5  # of each difference
CREATED: Final = 201
# Inbound messages that are no keyword, whatever became of them at the app.
ORDINARY: Final = frozenset({"app_answered", "answer_not_understood", "replies_held_back", "no_app", "app_failed"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, in words that can be compared, and the gateway's own reply to a keyword (None: no reply; also
    None where that is not known, ``knows_reply`` False).
    """

    word: str
    reply: str | None = None
    knows_reply: bool = True


def decision_of(record: Traffic) -> Decision | None:
    """What was decided when it was captured; None where that is not told or was no decision."""
    if record.outcome is None:
        return None
    word = word_of(record.record, record.outcome, record.reason or "", record.status)
    return None if word is None else Decision(word, record.confirmation, knows_reply=record.reason is not None)


def word_of(kind: str, outcome: str, reason: str, status: int | None) -> str | None:
    """A decision in a word or two, from the words of the log; None where there was none."""
    if outcome == "refused":
        return f"refused ({reason})" if reason else "refused"
    if kind == "send":
        later = outcome == "suppressed" and status == CREATED
        return f"{outcome}{' later' * later}" if outcome in {"forwarded", "suppressed"} else None
    if kind == "inbound":
        if reason in ORDINARY:
            return "no keyword"
        if outcome == "repeated":
            return "repeated"
        return reason if KEYWORD.fullmatch(reason) or reason == "not_relayed" else None
    return "taken" if kind == "event" and outcome == "recorded" else None


@dataclass(slots=True)
class Differences:
    """How often which decision became which other one, with examples; of each kind only a few are kept."""

    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    compared: int = 0
    not_compared: int = 0

    @property
    def total(self) -> int:
        """How many requests were decided otherwise."""
        return sum(self.counts.values())

    def compare(self, record: Traffic, then: Decision | None, now: Decision | None) -> bool:
        """Count one request; true where it was decided as before, or cannot be compared."""
        if then is None or now is None:
            self.not_compared += 1
            return True
        self.compared += 1
        if then.word != now.word:
            self._add(record, then.word, now.word)
            return False
        if then.knows_reply and now.knows_reply and then.reply != now.reply:
            then_word, now_word = _in_words(then.word, then.reply, now.reply)
            self._add(record, then_word, now_word, reply_then=then.reply, reply_now=now.reply)
            return False
        return True

    def as_json(self) -> list[dict[str, Any]]:
        """Each kind of difference, the most frequent first."""
        listed = sorted(self.counts, key=lambda key: (-self.counts[key], key))
        return [
            {"record": key[0], "then": key[1], "now": key[2], "count": self.counts[key], "examples": self.examples[key]}
            for key in listed
        ]

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values that `from_kept` reads again."""
        return {"differences": self.as_json(), "compared": self.compared, "not_compared": self.not_compared}

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> "Differences":
        """What `kept` gave."""
        found = cls(compared=int(kept["compared"]), not_compared=int(kept["not_compared"]))
        for each in kept["differences"]:
            key = (str(each["record"]), str(each["then"]), str(each["now"]))
            found.counts[key], found.examples[key] = int(each["count"]), list(each["examples"])
        return found

    def _add(self, record: Traffic, then: str, now: str, **told: str | None) -> None:
        key = (record.record, then, now)
        self.counts[key] = self.counts.get(key, 0) + 1
        examples = self.examples.setdefault(key, [])
        if len(examples) < EXAMPLES:
            examples.append(example(record) | told)


def example(record: Traffic) -> dict[str, Any]:
    """A request as it can be found again in the capture; its body only where that is in the capture, too."""
    named = {name: record.field(name) for name in ("MessageSid", "To", "From", "MessagingServiceSid", "Body")}
    return {"at": iso(record.at), "account_sid": record.account_sid} | {
        name: value for name, value in named.items() if value
    }


def _in_words(word: str, then: str | None, now: str | None) -> tuple[str, str]:
    if then is None:
        return f"{word}, no reply", f"{word}, a reply"
    if now is None:
        return f"{word}, a reply", f"{word}, no reply"
    return f"{word}, a reply", f"{word}, another reply"
