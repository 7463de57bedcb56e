"""What a rule is, and how its pattern is read and looked for.

A pattern is a row of items between blanks, looked for anywhere in a line (``reading.Line``):

=========  ==========================================================================================
``word``   that word as it is read: small letters, no accents, no apostrophes (``dont``, ``numero``)
``NAME``   one of the patterns, divided by `` / ``, that the language lists under this name
``a|b``    one of these; ``a|b_c`` where one of them is two words
``x?``     perhaps
``x*3``    up to three times, also not at all
``ANY``    any word; ``NUMBER``: digits; ``GAP``: any word or pause
``^ $``    a sentence begins, ends here; ``^^ $$``: so does the body
``. ,``    these marks; ``QUESTION``: a question mark
=========  ==========================================================================================

Every repetition has a bound, so that a search costs time in proportion to the length of the line.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.messaging.intent.reading import Line

WINDOW: Final = 120  # characters of the line before a match in which what excuses it is looked for

BUILT_IN: Final = {
    "ANY": r"(?:[^\W_]+ )",
    "NUMBER": r"(?:\d+ )",
    "GAP": r"(?:[^\W_]+ |, )",
    "^": r"(?<=[.?] )",
    "$": r"(?=[.?] )",
    "^^": r"(?<=\A\. )",
    "$$": r"(?=[.?] \Z)",
    "QUESTION": r"\? ",
}
ITEM: Final = re.compile(r"(?P<core>[^\s?*]+)(?P<perhaps>\?)?(?:\*(?P<times>\d))?")


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
        self._searches = tuple(_Search(self, rule) for rule in rules)
        self._worth_a_search: dict[str, list[int]] = defaultdict(list)
        for place, search in enumerate(self._searches):
            for word in search.rarest:
                self._worth_a_search[word].append(place)

    def first(self, line: Line) -> tuple[Rule, tuple[str, ...]] | None:
        """The first rule that holds, in the order of the table, with the words that made it hold."""
        places = {place for word in line.vocabulary for place in self._worth_a_search.get(word, ())}
        for place in sorted(places):
            span = self._searches[place].span(line)
            if span is not None:
                return self.rules[place], line.written(*span)
        return None

    def expression(self, pattern: str) -> str:
        """The regular expression of one pattern."""
        return "".join(self._item(item) for item in pattern.split())

    def one_of(self, patterns: str) -> str:
        """The regular expression of patterns divided by `` / ``."""
        return "(?:" + "|".join(self.expression(pattern) for pattern in patterns.split(" / ")) + ")"

    def words(self, names: str) -> frozenset[str]:
        """All words under these names, or the words themselves."""
        return frozenset(word for name in names.split() for word in self._words(name))

    def _item(self, item: str) -> str:
        parts = ITEM.fullmatch(item)
        if parts is None:
            raise ValueError(f"{self.code}: {item!r} is no item of a pattern")
        expression = "(?:" + "|".join(self._core(core) for core in parts["core"].split("|")) + ")"
        if parts["perhaps"]:
            return expression + "?"
        return f"{expression}{{0,{parts['times']}}}" if parts["times"] else expression

    def _core(self, core: str) -> str:
        if core in BUILT_IN:
            return BUILT_IN[core]
        if core.isupper():
            return self.one_of(self.names[core])
        return "".join(f"{re.escape(word)} " for word in core.split("_"))

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
        each = [self.required(pattern) for pattern in self.names[core].split(" / ")]
        return frozenset().union(*(min(sets, key=len) for sets in each)) if all(each) else frozenset()


class _Search:
    """A rule with its expressions compiled."""

    def __init__(self, language: Language, rule: Rule) -> None:
        self.rule = rule
        self._required = language.required(rule.pattern)
        self.rarest = min(self._required, key=len)
        self._pattern = re.compile(r"(?<= )" + language.expression(rule.pattern))
        self._before = (
            re.compile(r"(?<= )" + language.one_of(rule.unless_before) + r"\Z") if rule.unless_before else None
        )
        self._after = re.compile(language.one_of(rule.unless_after)) if rule.unless_after else None
        self._unless = language.words(rule.unless)
        self._along = language.words(rule.along)

    def span(self, line: Line) -> tuple[int, int] | None:
        """Where the text of the line holds what the rule describes."""
        seen = line.vocabulary
        if any(words.isdisjoint(seen) for words in self._required) or not self._unless.isdisjoint(seen):
            return None
        if self._along and self._along.isdisjoint(seen):
            return None
        return next((match.span() for match in self._pattern.finditer(line.text) if self._holds(line, match)), None)

    def _holds(self, line: Line, match: re.Match[str]) -> bool:
        start, end = match.span()
        if self._before is not None and self._before.search(line.text, max(0, start - WINDOW), start):
            return False
        if self._after is not None and self._after.match(line.text, end):
            return False
        return not self.rule.shouted or (not line.is_in_capitals and any(map(_is_shouted, line.written(start, end))))


def _is_shouted(word: str) -> bool:
    return len(word) > 1 and word.isupper()
