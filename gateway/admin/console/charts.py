"""Bar charts as SVG, made here so that a page needs no script for them. Nothing is inline but attributes: the look is
in `console.css`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

WIDTH: Final = 360  # units of the drawing
HEIGHT: Final = 110
LEFT: Final = 34
FOOT: Final = 18
TOP: Final = 8
GAP: Final = 0.18  # of a bar's place
STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Series:
    """How often something happened in each of some spans of time; ``tone`` is the look of its bars."""

    title: str
    tone: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.counts)


def top_of(most: int) -> int:
    """The round number up to which an axis goes: 1, 2 or 5 with zeros."""
    scale = 1
    while True:
        for step in STEPS:
            if step * scale >= most:
                return step * scale
        scale *= 10


def chart(series: Series, starts: Sequence[datetime], form: str) -> Markup:
    """A series as bars. ``starts`` are when each span begins, ``form`` says how they are written below (strftime)."""
    most = top_of(max(series.counts, default=0) or 1)
    place = (WIDTH - LEFT) / max(len(series.counts), 1)
    bars = Markup("").join(
        _bar(series.tone, LEFT + place * (index + GAP / 2), place * (1 - GAP), count / most, f"{start:{form}}: {count}")
        for index, (count, start) in enumerate(zip(series.counts, starts, strict=True))
        if count
    )
    floor = HEIGHT - FOOT
    label = f"{series.title}: {series.total} in all, at most {max(series.counts, default=0)} in one span"
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
        '<line class="axis" x1="{left}" y1="{top}" x2="{width}" y2="{top}"/>'
        '<line class="axis" x1="{left}" y1="{floor}" x2="{width}" y2="{floor}"/>{bars}'
        '<text x="{by}" y="{high}" text-anchor="end">{most}</text><text x="{by}" y="{floor}" text-anchor="end">0</text>'
        '<text x="{left}" y="{foot}">{first}</text><text x="{width}" y="{foot}" text-anchor="end">{last}</text></svg>'
    ).format(
        width=WIDTH, height=HEIGHT, label=label, left=LEFT, top=TOP, floor=floor, bars=bars, by=LEFT - 5, high=TOP + 8,
        most=most, foot=HEIGHT - 4, first=f"{starts[0]:{form}}", last=f"{starts[-1]:{form}}",
    )  # fmt: skip


def _bar(tone: str, x: float, width: float, share: float, title: str) -> Markup:
    height = max(share * (HEIGHT - FOOT - TOP), 1.5)
    return Markup(
        '<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(tone, x, HEIGHT - FOOT - height, width, height, title)
