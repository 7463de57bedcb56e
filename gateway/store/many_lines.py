"""Many lines in one statement, in words both engines understand: what is the same in all of them is a value of the
statement, what differs comes as one JSON document.

SQLite's driver holds Python's lock while it binds values, and gives it up while a statement runs. So one statement for
thousands of lines costs a fraction of as many, and Python goes on beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import orjson

TEXT: Final = "text"
NUMBER: Final = "bigint"
TRUTH: Final = "boolean"

# What stands in a statement for SQLite, and what for PostgreSQL (`gateway.store.postgres`).
KEYS: Final = "SELECT k.value FROM json_each(:keys) AS k"
KEYS_ON_POSTGRESQL: Final = "SELECT k.value FROM json_array_elements_text(CAST(:keys AS json)) AS k (value)"
LINES: Final = "json_each(:lines) AS line"
LINES_ON_POSTGRESQL: Final = "json_array_elements(CAST(:lines AS json)) AS line (value)"
CELL: Final = "json_extract(line.value, '$[{}]')"
CELL_ON_POSTGRESQL: Final = "(line.value ->> {})"

NUL: Final = rb"\u0000"  # at which SQLite ends a text of JSON

Line = tuple[object, ...]


class NotForDocuments(Exception):
    """A value is one that a JSON document cannot hold, or that an engine would not read whole from it."""


@dataclass(frozen=True)
class Insert:
    """Adds lines to a table: its columns with their kinds, and what happens where a line is there already."""

    table: str
    kinds: Mapping[str, str]
    conflict: str = ""

    def one(self) -> str:
        """The statement for one line, whose values go by the names of the columns."""
        columns = ", ".join(self.kinds)
        values = ", ".join(f":{column}" for column in self.kinds)
        return f"INSERT INTO {self.table} ({columns}) VALUES ({values}) {self.conflict}"  # noqa: S608 - constants

    def many(self, lines: Sequence[Line]) -> tuple[str, dict[str, object]]:
        """The statement for at least one line, in their order, and its values. Raises `NotForDocuments`."""
        own, values = [], {}
        for column, cells in zip(self.kinds, zip(*lines, strict=True), strict=True):
            if cells.count(cells[0]) == len(cells):
                values[column] = cells[0]
            else:
                own.append((column, cells))
        rows = list(zip(*(cells for _, cells in own), strict=True)) if own else [()] * len(lines)
        return self._for(tuple(column for column, _ in own)), {**values, "lines": document(rows)}

    def whole(self, lines: Sequence[Line]) -> tuple[str, dict[str, object]]:
        """The same with each value in the document: one statement, whatever the lines are. Raises `NotForDocuments`."""
        return self._for(tuple(self.kinds)), {"lines": document(lines)}

    def _for(self, own: tuple[str, ...]) -> str:
        return _written(self.table, tuple(self.kinds.items()), own, self.conflict)


@lru_cache(maxsize=256)
def _written(table: str, kinds: tuple[tuple[str, str], ...], own: tuple[str, ...], conflict: str) -> str:
    cells = {column: CELL.format(place) for place, column in enumerate(own)}
    columns = ", ".join(column for column, _ in kinds)
    values = ", ".join(f"CAST({cells.get(column, f':{column}')} AS {kind})" for column, kind in kinds)
    # "WHERE true": without it SQLite takes ON CONFLICT for a join's ON (SQLite, UPSERT, parsing ambiguity).
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {LINES} WHERE true {conflict}"  # noqa: S608 - constants


def document(values: Iterable[object]) -> str:
    """Values as one JSON list. Raises `NotForDocuments`."""
    try:
        written = orjson.dumps(values)
    except TypeError as error:
        raise NotForDocuments from error
    if NUL in written:
        raise NotForDocuments
    return written.decode()
