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
WOULD_SUPPRESS: Final = "would_suppress"
OPTED_OUT_AT_TWILIO: Final = "twilio_opted_out"
SUPPRESSED: Final = "suppressed"
REPEATED: Final = "repeated"
LATER: Final = " later"
# Words for what changes nothing, in shadow mode or not.
WITHOUT_EFFECT: Final = frozenset({"forwarded", "no keyword", "not_relayed", "repeated", "taken", "told"})
# Inbound messages that are no keyword, whatever became of them at the app.
ORDINARY: Final = frozenset({"app_answered", "answer_not_understood", "replies_held_back", "no_app", "app_failed"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, in words that can be compared, and the gateway's own reply to a keyword (None: no reply; also
    None where that is not known, ``knows_reply`` False). In shadow mode it was not carried out (``enforced`` False).
    """

    word: str
    reply: str | None = None
    knows_reply: bool = True
    enforced: bool = True

    @property
    def is_done(self) -> bool:
        """Whether it was carried out; what has no effect counts as done."""
        return self.enforced or self.word in WITHOUT_EFFECT or self.word.startswith("refused")

    @property
    def told(self) -> str:
        """The word and, where it was not carried out, that."""
        return self.word if self.is_done else f"{self.word}, not enforced"


def decision_of(record: Traffic) -> Decision | None:
    """What was decided when it was captured; None where that is not told or was no decision."""
    if record.outcome is None:
        return None
    reason = record.reason or ""
    word = word_of(record.record, record.outcome, reason, record.status, record.decided or "")
    enforced = record.enforced and reason != WOULD_SUPPRESS  # version 1 tells it by the reason alone
    knows_reply = enforced and record.reason is not None
    return None if word is None else Decision(word, record.confirmation, knows_reply=knows_reply, enforced=enforced)


def word_of(kind: str, outcome: str, reason: str, status: int | None, decided: str = "") -> str | None:
    """A decision in a word or two, from the words of the log; None where there was none. ``decided`` is what was
    decided where the reason tells something else.
    """
    if outcome == "refused":
        return f"refused ({reason})" if reason else "refused"
    if kind == "send":
        if WOULD_SUPPRESS in {reason, decided}:
            return SUPPRESSED
        later = outcome == SUPPRESSED and status == CREATED
        return f"{outcome}{LATER * later}" if outcome in {"forwarded", SUPPRESSED} else None
    if kind == "status":
        return _word_of_status(outcome, reason, decided)
    if kind == "inbound":
        if KEYWORD.fullmatch(decided):
            return decided
        if reason in ORDINARY:
            return "no keyword"
        if outcome == REPEATED:
            return REPEATED
        return reason if KEYWORD.fullmatch(reason) or reason == "not_relayed" else None
    return "taken" if kind == "event" and outcome == "recorded" else None


def _word_of_status(outcome: str, reason: str, decided: str) -> str | None:
    """What a status callback told the gateway; what its app answered is the app's."""
    if outcome != "relayed" and reason != "app_failed":
        return None
    return "opted out at Twilio" if OPTED_OUT_AT_TWILIO in {reason, decided} else "told"


@dataclass(slots=True)
class Differences:
    """How often which decision became which other one, with examples; of each kind only a few are kept. What was
    decided alike and carried out in only one of the two, as the other was in shadow mode, is counted apart
    (``not_done``), or is a difference where ``by_deeds``.
    """

    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    compared: int = 0
    not_compared: int = 0
    not_done: int = 0
    by_deeds: bool = False

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
        is_done_alike = then.is_done is now.is_done
        if not is_decided_alike(then, now) or (self.by_deeds and not is_done_alike):
            self._add(record, then.told, now.told)
            return False
        if then.knows_reply and now.knows_reply and then.reply != now.reply:
            then_word, now_word = _in_words(then, now)
            self._add(record, then_word, now_word, reply_then=then.reply, reply_now=now.reply)
            return False
        self.not_done += not is_done_alike
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
        counted = {"compared": self.compared, "not_compared": self.not_compared, "not_done": self.not_done}
        return {"differences": self.as_json()} | counted

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> "Differences":
        """What `kept` gave."""
        found = cls(
            compared=int(kept["compared"]), not_compared=int(kept["not_compared"]), not_done=int(kept["not_done"])
        )
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


def is_decided_alike(then: Decision, now: Decision) -> bool:
    """Whether the same was decided. How a send would have failed shadow mode does not tell."""
    if then.enforced and now.enforced:
        return then.word == now.word
    return then.word.removesuffix(LATER) == now.word.removesuffix(LATER)


def _in_words(then: Decision, now: Decision) -> tuple[str, str]:
    if then.reply is None:
        return f"{then.told}, no reply", f"{now.told}, a reply"
    if now.reply is None:
        return f"{then.told}, a reply", f"{now.told}, no reply"
    return f"{then.told}, a reply", f"{now.told}, another reply"
