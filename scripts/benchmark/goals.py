"""The goals of a send's cost, each as a figure of one run beside what is wanted of it."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.benchmark import sides
from scripts.benchmark.chapters import latency, lists, pauses, side_by_side, stops, workers
from scripts.benchmark.chapters.checks import CHECK, SHARE
from scripts.benchmark.results import A_SECOND, CPU, P99, Chapter, Line, ratios, spread

NOT_MEASURED: Final = "not measured in this run"
Chapters = Mapping[str, Chapter]
Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: at most (or ``at_least``) this value of the median of what is measured, one value a round."""

    what: str
    wanted: float
    measured: Callable[[Chapters], Values]
    at_least: bool = False
    unit: str = ""

    def reached(self, values: Values) -> bool:
        """Whether the median is as wanted."""
        middle = statistics.median(values)
        return middle >= self.wanted if self.at_least else middle <= self.wanted


def _side(chapters: Chapters, side: str, case: side_by_side.Case) -> Line | None:
    chapter = chapters.get(side_by_side.TITLE)
    return chapter.one({**case.names, "Side": side}) if chapter else None


def _cpu_beside(one: str, other: str, case: side_by_side.Case) -> Callable[[Chapters], Values]:
    def measured(chapters: Chapters) -> Values:
        first, second = _side(chapters, one, case), _side(chapters, other, case)
        return ratios(first.figures[CPU], second.figures[CPU]) if first and second else ()

    return measured


def _figure(title: str, figure: str, names: Mapping[str, str]) -> Callable[[Chapters], Values]:
    def measured(chapters: Chapters) -> Values:
        line = chapters[title].one(names) if title in chapters else None
        return line.figures.get(figure, ()) if line else ()

    return measured


def _longest_beside_shortest(title: str, figure: str, names: Mapping[str, str]) -> Callable[[Chapters], Values]:
    """The median of a figure with the longest list, beside that with the shortest."""

    def measured(chapters: Chapters) -> Values:
        lines = [line for line in chapters[title].lines if line.is_of(names)] if title in chapters else []
        lines = sorted((line for line in lines if figure in line.figures), key=_length_of_list)
        if len(lines) < 2:
            return ()
        return (statistics.median(lines[-1].figures[figure]) / statistics.median(lines[0].figures[figure]),)

    return measured


def _length_of_list(line: Line) -> int:
    return int(line.names["Opt-outs"].replace(",", ""))


def _flat(engine: str) -> Callable[[Chapters], Values]:
    return _longest_beside_shortest(lists.TITLE, CHECK, {"Engine": engine, "Blocked": "0%"})


def _stop(engine: str) -> Goal:
    names = {"Engine": engine, "STOPs a second": str(stops.RATE)}
    what = f"STOP to 2xx, committed, p99 at {stops.RATE} a second, {engine}"
    return Goal(what, 25, _figure(stops.TITLE, P99, names), unit=" ms")


def _added(quantile: str, wanted: float, figure: str) -> Goal:
    return Goal(f"latency added, {quantile}", wanted, _figure(latency.TITLE, figure, _GATEWAY), unit=" ms")


_GATEWAY: Final = {"Side": sides.GATEWAY}
_FORWARDS: Final = side_by_side.FORWARDED
_SUPPRESSES: Final = side_by_side.SUPPRESSED
_OF_GATEWAY: Final = _FORWARDS.names | _GATEWAY
GOALS: Final = (
    Goal("forwarded send, CPU × bare aiohttp (aim: 0.4)", 0.5, _cpu_beside(sides.GATEWAY, sides.BARE, _FORWARDS)),
    Goal("forwarded send, CPU × nginx with check", 4, _cpu_beside(sides.GATEWAY, sides.NGINX_CHECKS, _FORWARDS)),
    Goal("suppressed send, CPU × bare aiohttp", 0.4, _cpu_beside(sides.GATEWAY, sides.BARE, _SUPPRESSES)),
    Goal("mitmproxy, × gateway", 20, _cpu_beside(sides.MITMPROXY_CHECKS, sides.GATEWAY, _FORWARDS), at_least=True),
    Goal("check, share of a send", 10, _figure(side_by_side.TITLE, SHARE, _OF_GATEWAY), unit="%"),
    Goal("check, longest list × shortest, sqlite", 1.25, _flat("sqlite")),
    Goal("check, longest list × shortest, postgresql", 1.25, _flat("postgresql")),
    Goal("sends a second on one core", 25_000, _figure(side_by_side.TITLE, A_SECOND, _OF_GATEWAY), at_least=True),
    Goal("two workers, CPU × one", 1.15, _figure(workers.TITLE, workers.TIMES_ONE, {"Workers": "2"})),
    _stop("sqlite"),
    _stop("postgresql"),
    _added("p50", 0.4, latency.ADDED_P50),
    _added("p99", 2, latency.ADDED_P99),
    Goal("young collections, longest list × shortest", 1.25, _longest_beside_shortest(pauses.TITLE, pauses.YOUNG, {})),
    Goal("full collections, longest list × shortest", 1.25, _longest_beside_shortest(pauses.TITLE, pauses.FULL, {})),
)


def told(chapters: Sequence[Chapter]) -> list[dict[str, object]]:
    """Each goal with what was measured; ``reached`` is None where nothing was."""
    by_title = {chapter.title: chapter for chapter in chapters}
    lines: list[dict[str, object]] = []
    for goal in GOALS:
        values = goal.measured(by_title)
        reached = goal.reached(values) if values else None
        lines.append({"goal": goal.what, "wanted": _wanted(goal), "measured": values, "reached": reached})
    return lines


def table(chapters: Sequence[Chapter]) -> str:
    """The goals as Markdown."""
    lines = ["| Goal | Wanted | Measured | Reached |", "|---|---:|---:|---|"]
    by_title = {chapter.title: chapter for chapter in chapters}
    for goal in GOALS:
        values = goal.measured(by_title)
        if values:
            verdict = "yes" if goal.reached(values) else "**no**"
            lines.append(f"| {goal.what} | {_wanted(goal)} | {spread(values)}{goal.unit} | {verdict} |")
        else:
            lines.append(f"| {goal.what} | {_wanted(goal)} | {NOT_MEASURED} | |")
    return "\n".join(lines)


def _wanted(goal: Goal) -> str:
    return f"{'≥' if goal.at_least else '≤'} {goal.wanted:,}{goal.unit}"


def cores_for(a_second: int, chapters: Sequence[Chapter]) -> Values:
    """How many cores so many forwarded sends a second take, by the CPU of one; an estimate."""
    line = _side({chapter.title: chapter for chapter in chapters}, sides.GATEWAY, side_by_side.FORWARDED)
    return tuple(cpu * a_second / 1e6 for cpu in line.figures[CPU]) if line else ()
