"""What was measured: chapters of lines, each with its names and its figures, a value of each figure for every round."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

CPU: Final = "CPU, µs a request"
A_SECOND: Final = "a second"
P50: Final = "p50, ms"
P99: Final = "p99, ms"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: what was measured, by names, and a value of each figure for every round, in their order."""

    names: Mapping[str, str]
    figures: Mapping[str, tuple[float, ...]]

    def is_of(self, names: Mapping[str, str]) -> bool:
        """Whether it has these names, whatever others it has."""
        return names.items() <= self.names.items()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A table with what has to be known of it. ``left_out`` says what is missing in it, and why."""

    title: str
    explained: str
    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = field(default=())

    def one(self, names: Mapping[str, str]) -> Line | None:
        """The first line of these names."""
        return next((line for line in self.lines if line.is_of(names)), None)


def ratios(one: Sequence[float], other: Sequence[float]) -> tuple[float, ...]:
    """One by the other, round by round, so that what the machine did in a round meets both."""
    return tuple(first / second for first, second in zip(one, other, strict=False) if second)


def with_ratio(line: Line, name: str, other: Sequence[float]) -> Line:
    """A line with its CPU beside another's, as a figure of that name."""
    return Line(line.names, {CPU: line.figures[CPU], name: ratios(line.figures[CPU], other), **line.figures})


def spread(values: Sequence[float]) -> str:
    """Median (least–most), with as many digits as can be read."""
    middle = statistics.median(values)
    if len(values) == 1:
        return shown(middle)
    return f"{shown(middle)} ({shown(min(values))}–{shown(max(values))})"


def shown(value: float) -> str:
    """A number with three digits or so."""
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def table(lines: Sequence[Line]) -> str:
    """Lines as a Markdown table: names to the left, figures to the right."""
    names = list(dict.fromkeys(name for line in lines for name in line.names))
    figures = list(dict.fromkeys(figure for line in lines for figure in line.figures))
    rows = [[*names, *figures]]
    for line in lines:
        cells = [spread(line.figures[figure]) if line.figures.get(figure) else "" for figure in figures]
        rows.append([*(line.names.get(name, "") for name in names), *cells])
    told = [f"| {' | '.join(row)} |" for row in rows]
    told.insert(1, f"|{'---|' * len(names)}{'---:|' * len(figures)}")
    return "\n".join(told)
