"""A run as a picture: bars as SVG, made here, with the least and most of all rounds as a line over each."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from scripts.benchmark.chapters import latency, lists, side_by_side
from scripts.benchmark.results import CPU, Chapter, shown
from scripts.benchmark.sides import GATEWAY

WIDTH: Final = 860  # pixels, as everything here
LEFT: Final = 250
RIGHT: Final = 150
BAR: Final = 16
STEP: Final = 24
HEAD: Final = 44
MOST_TIMES: Final = 4  # as long as the longest of ours; what is longer is cut there, its number says how far it goes
STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1c2430}.title{font-weight:600;font-size:15px}.bar{fill:#2f6fbd}"
    ".other{fill:#9aa7b8}.spread{stroke:#1c2430;stroke-width:1.5}.paper{fill:#fff}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``ours`` are drawn in the accent colour."""

    label: str
    values: tuple[float, ...]
    ours: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one unit under a title."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Of all of it."""
        return HEAD + STEP * len(self.bars)


def panels(chapters: Sequence[Chapter]) -> list[Panel]:
    """What is shown of a run."""
    by_title = {chapter.title: chapter for chapter in chapters}
    made = []
    if side_by_side.TITLE in by_title:
        for what, case in (("forwarded", side_by_side.FORWARDED), ("suppressed", side_by_side.SUPPRESSED)):
            title = f"CPU of a send that is {what}, µs (64 in flight, TLS upstream)"
            made.append(_panel(title, by_title[side_by_side.TITLE], case.names, "Side", CPU))
    if lists.TITLE in by_title:
        for engine in ("sqlite", "postgresql"):
            names = {"Engine": engine, "Blocked": "0%"}
            title = f"CPU of a forwarded send by opt-outs on {engine}, µs"
            made.append(_panel(title, by_title[lists.TITLE], names, "Opt-outs", CPU))
    if latency.TITLE in by_title:
        for figure in (latency.ADDED_P50, latency.ADDED_P99):
            made.append(_panel(f"Latency of a send, {figure}", by_title[latency.TITLE], {}, "Side", figure))
    return [panel for panel in made if panel.bars]


def _panel(title: str, chapter: Chapter, names: dict[str, str], label: str, figure: str) -> Panel:
    lines = [line for line in chapter.lines if line.is_of(names) and line.figures.get(figure)]
    return Panel(
        title,
        tuple(
            Bar(each.names[label], each.figures[figure], each.names.get("Side", GATEWAY) == GATEWAY) for each in lines
        ),
    )


def svg(shown_panels: Sequence[Panel]) -> str:
    """The panels below one another."""
    height = sum(panel.height for panel in shown_panels) + STEP
    drawn, top = [], 0
    for panel in shown_panels:
        drawn.append(_drawn(panel, top))
        top += panel.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="What a send costs"><style>{STYLE}</style>'
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>{"".join(drawn)}</svg>\n'
    )


def _drawn(panel: Panel, top: int) -> str:
    most = _end_of_scale(panel.bars)
    scale = (WIDTH - LEFT - RIGHT) / most if most > 0 else 0.0
    parts = [f'<text class="title" x="12" y="{top + 30}">{escape(panel.title)}</text>']
    for number, bar in enumerate(panel.bars):
        y = top + HEAD + number * STEP
        middle, least, farthest = (
            LEFT + min(max(value, 0), most) * scale
            for value in (statistics.median(bar.values), min(bar.values), max(bar.values))
        )
        centre = y + BAR / 2
        tone, width = "bar" if bar.ours else "other", middle - LEFT
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect class="{tone}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
            f'<line class="spread" x1="{least:.1f}" y1="{centre}" x2="{farthest:.1f}" y2="{centre}"/>'
            f'<text x="{farthest + 8:.1f}" y="{y + 13}">{escape(shown(statistics.median(bar.values)))}</text>'
        )
    return "".join(parts)


def _end_of_scale(bars: Sequence[Bar]) -> float:
    most = max(max(bar.values) for bar in bars)
    ours = [max(bar.values) for bar in bars if bar.ours]
    return min(most, MOST_TIMES * max(ours)) if ours and max(ours) > 0 else most
