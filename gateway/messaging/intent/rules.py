"""What a rule is, and how its pattern is read and looked for.

A pattern is a row of items between blanks, looked for anywhere in a line (``reading.Line``):

=========  ==========================================================================================
``word``   that word as it is read: small letters, no accents, no apostrophes (``dont``, ``numero``)
``NAME``   one of the patterns, divided by `` / ``, that the language lists under this name
``a|b``    one of these; ``a|b_c`` where one of them is two words
``x?``     perhaps
``x*3``    up to three times, also not at all
``ANY``    any word; ``NUMBER``: digits that no table names; ``GAP``: any word or pause
``^ $``    a sentence begins, ends here; ``^^ $$``: so does the body
``. ,``    these marks; ``QUESTION``: a question mark
=========  ==========================================================================================

Every repetition has a bound, so that a search costs time in proportion to the length of the line.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gateway.messaging.intent.reading import STRENGTH, Line

# Expressions run over a line in which each word is one letter: the words of a language's tables have letters of their
# own from here on (a private use area of Unicode), numbers and all other words share one each, marks are themselves.
FIRST_LETTER: Final = 0xE000
NUMBER: Final = "0"
OTHER: Final = "o"

BUILT_IN: Final = {
    "ANY": "[^.?,]",
    "GAP": "[^.?]",
    "^": r"(?<=[.?])",
    "$": r"(?=[.?])",
    "^^": r"(?<=\A\.)",
    "$$": r"(?=[.?]\Z)",
    "QUESTION": r"\?",
    ".": r"\.",
    ",": ",",
    "NUMBER": NUMBER,
}
ITEM: Final = re.compile(r"(?P<core>[^\s?*]+)(?P<perhaps>\?)?(?:\*(?P<times>\d))?")
WINDOW: Final = 12  # words before a match in which what takes it back is looked for


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to ask.

    ``unless_before`` ends right before the match and takes it back, ``unless_after`` begins right after it; both are
    patterns divided by `` / ``. ``unless`` are words (or names of words) anywhere in the body that take it back,
    ``along`` words of which one has to stand somewhere. ``shouted``: one of its words stands out in capitals.
    """

    name: str
    pattern: str
    unless_before: str = ""
    unless_after: str = ""
    unless: str = ""
    along: str = ""
    shouted: bool = False


class Language:
    """The rules of one language, ready to be looked for."""

    def __init__(self, code: str, names: Mapping[str, str], rules: tuple[Rule, ...]) -> None:
        self.code = code
        self.rules = rules
        self.names = names
        self._letters: dict[str, str] = {}
        self._named: dict[str, str] = {}
        self._required_by_name: dict[str, frozenset[str]] = {}
        self._searches = tuple(_Search(self, rule) for rule in rules)
        self._worth_a_search: dict[str, list[int]] = defaultdict(list)
        for place, search in enumerate(self._searches):
            for word in search.rarest:
                self._worth_a_search[word].append(place)

    def first(self, line: Line) -> tuple[Rule, tuple[str, ...]] | None:
        """The first rule that holds, in the order of the table, with the words that made it hold."""
        seen = frozenset(word.read for word in line.words)
        places = {place for word in seen for place in self._worth_a_search.get(word, ())}
        letters = "".join(self._letter_of(word.read) for word in line.words) if places else ""
        for place in sorted(places):
            span = self._searches[place].span(line, letters, seen)
            if span is not None:
                return self.rules[place], line.written(*span)
        return None

    def expression(self, pattern: str) -> str:
        """The regular expression of one pattern."""
        return "".join(self._item(item) for item in pattern.split())

    def one_of(self, patterns: str) -> str:
        """The regular expression of patterns divided by `` / ``."""
        return _either(self.expression(pattern) for pattern in patterns.split(" / "))

    def words(self, names: str) -> frozenset[str]:
        """All words under these names, or the words themselves."""
        return frozenset(word for name in names.split() for word in self._words(name))

    def _letter_of(self, word: str) -> str:
        return self._letters.get(word) or (word if word in STRENGTH else NUMBER if word.isdecimal() else OTHER)

    def _letter(self, word: str) -> str:
        return self._letters.setdefault(word, chr(FIRST_LETTER + len(self._letters)))

    def _item(self, item: str) -> str:
        parts = ITEM.fullmatch(item)
        if parts is None:
            raise ValueError(f"{self.code}: {item!r} is no item of a pattern")
        expression = _either(self._core(core) for core in parts["core"].split("|"))
        if parts["perhaps"]:
            return f"(?:{expression})?"
        return f"(?:{expression}){{0,{parts['times']}}}" if parts["times"] else expression

    def _core(self, core: str) -> str:
        if core in BUILT_IN:
            return BUILT_IN[core]
        if core.isupper():
            if core not in self._named:
                self._named[core] = self.one_of(self.names[core])
            return self._named[core]
        return "".join(self._letter(word) for word in core.split("_"))

    def _words(self, item: str) -> Iterator[str]:
        for core in ITEM.sub(r"\g<core>", item).split("|"):
            if core in BUILT_IN:
                continue
            if core.isupper():
                yield from self.words(self.names[core].replace(" / ", " "))
            else:
                yield from core.split("_")

    def required(self, pattern: str) -> list[frozenset[str]]:
        """Sets of words; a line that holds the pattern has at least one word of each."""
        found = (self._one_required(item) for item in pattern.split())
        return [words for words in found if words]

    def _one_required(self, item: str) -> frozenset[str]:
        parts = ITEM.fullmatch(item)
        if parts is None or parts["perhaps"] or parts["times"]:
            return frozenset()
        choices = [self._required_by(core) for core in item.split("|")]
        return frozenset().union(*choices) if all(choices) else frozenset()

    def _required_by(self, core: str) -> frozenset[str]:
        """What one alternative requires: of each pattern under a name its rarest set, or nothing where one has none."""
        if core in BUILT_IN:
            return frozenset()
        if core not in self.names:
            return frozenset(core.split("_")[:1])
        if core not in self._required_by_name:
            each = [self.required(pattern) for pattern in self.names[core].split(" / ")]
            rarest = (min(sets, key=len) for sets in each) if all(each) else ()
            self._required_by_name[core] = frozenset().union(*rarest)
        return self._required_by_name[core]


def _either(expressions: Iterable[str]) -> str:
    """One expression for all; single letters are put into one set, which is quicker to compile and to try."""
    found = list(dict.fromkeys(expressions))
    letters = [each for each in found if len(each) == 1 and ord(each) >= FIRST_LETTER]
    others = [each for each in found if each not in letters]
    if letters:
        others.insert(0, f"[{''.join(letters)}]" if len(letters) > 1 else letters[0])
    return others[0] if len(others) == 1 else f"(?:{'|'.join(others)})"


class _Search:
    """A rule ready to be looked for. Its expressions are compiled when they are needed first, a millisecond each."""

    def __init__(self, language: Language, rule: Rule) -> None:
        self.rule = rule
        self._required = language.required(rule.pattern)
        self.rarest = min(self._required, key=len)
        self._unless = language.words(rule.unless)
        self._along = language.words(rule.along)
        self._expressions = (
            language.expression(rule.pattern),
            language.one_of(rule.unless_before) + r"\Z" if rule.unless_before else "",
            language.one_of(rule.unless_after) if rule.unless_after else "",
        )

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]:
        asked, before, after = (re.compile(each) if each else None for each in self._expressions)
        if asked is None:
            raise ValueError(f"{self.rule.name!r} asks for nothing")
        return asked, before, after

    def span(self, line: Line, letters: str, seen: frozenset[str]) -> tuple[int, int] | None:
        """From which word to which the line holds what the rule describes."""
        if any(words.isdisjoint(seen) for words in self._required) or not self._unless.isdisjoint(seen):
            return None
        if self._along and self._along.isdisjoint(seen):
            return None
        asked, before, after = self._compiled
        for match in asked.finditer(letters):
            start, end = match.span()
            if before is not None and before.search(letters, max(0, start - WINDOW), start):
                continue
            if after is not None and after.match(letters, end):
                continue
            if self.rule.shouted and not line.has_shouted(start, end):
                continue
            return start, end
        return None
