"""Many lines at once: statements that add so many of them, so that a thousand lines are some ten statements."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from gateway.store.account_lines import Run

# How many lines a statement adds, the most first: few texts, so that a driver keeps each of them prepared.
SIZES: Final = (100, 10, 1)


async def add_lines(run: Run, table: str, columns: tuple[str, ...], lines: Sequence[Sequence[Any]]) -> None:
    """Add lines, each with its values in the order of the columns; one whose key is there already is left as it is."""
    for size, some in _parts(lines):
        values: Mapping[str, Any] = {
            f"{column}{_letters(number)}": value
            for number, line in enumerate(some)
            for column, value in zip(columns, line, strict=True)
        }
        await run(_statement(table, columns, size), values)


def _parts(lines: Sequence[Sequence[Any]]) -> Iterator[tuple[int, Sequence[Sequence[Any]]]]:
    first = 0
    for size in SIZES:
        while len(lines) - first >= size:
            yield size, lines[first : first + size]
            first += size


@cache
def _statement(table: str, columns: tuple[str, ...], size: int) -> str:
    """Names of tables and columns are constants of ours."""
    rows = (f"({', '.join(f':{column}{_letters(number)}' for column in columns)})" for number in range(size))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(rows)} ON CONFLICT DO NOTHING"  # noqa: S608


def _letters(number: int) -> str:
    """A number as a suffix of a parameter's name, which takes no digits: 0 is _aa, 1 is _ab."""
    return "_" + chr(ord("a") + number // 26) + chr(ord("a") + number % 26)
