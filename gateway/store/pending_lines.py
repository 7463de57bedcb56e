"""Lines that a transaction adds and that nobody has asked for since: written together, before the next statement that
might, and at the latest before the commit. So what many units add takes one statement a table.
"""

from collections.abc import Hashable, Mapping
from typing import Final

from gateway.store.many_lines import Insert, Line, NotForDocuments

Statement = tuple[str, Mapping[str, object]]
MOST_LINES: Final = 1_000  # so that a large unit is written piece by piece


class PendingLines:
    """What a transaction has to add still. Lines of one table keep their order; those of different tables have none."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[Insert, list[Line]]] = {}
        self._about: set[Hashable] = set()
        self._count = 0

    def add(self, insert: Insert, line: Line, about: Hashable) -> None:
        """Add a line; ``about`` is by what somebody may ask for it."""
        self._lines.setdefault(insert.table, (insert, []))[1].append(line)
        self._about.add(about)
        self._count += 1

    def is_about(self, *what: Hashable) -> bool:
        """Whether a line is about any of it."""
        return not self._about.isdisjoint(what)

    @property
    def is_full(self) -> bool:
        """Whether it is better to write them now."""
        return self._count >= MOST_LINES

    def take(self) -> list[Statement]:
        """The statements that add all of them, of which none is left then."""
        statements = [each for insert, lines in self._lines.values() for each in _statements(insert, lines)]
        self.drop()
        return statements

    def drop(self) -> None:
        """Forget them: what they belong to is undone."""
        self._lines.clear()
        self._about.clear()
        self._count = 0


def _statements(insert: Insert, lines: list[Line]) -> list[Statement]:
    if len(lines) > 1:
        try:
            return [insert.whole(lines)]
        except NotForDocuments:
            pass
    return [(insert.one(), dict(zip(insert.kinds, line, strict=True))) for line in lines]
