"""The garbage collector's pauses in a gateway under load, with few opt-outs in its store and with many."""

import contextlib
import json
import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from scripts.benchmark import load, sends, sides
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import START_SECONDS, Bench
from scripts.benchmark.results import Chapter, Line
from scripts.benchmark.stores import TooLate

TITLE: Final = "Pauses of the garbage collector"
EXPLAINED: Final = (
    "Each collection in a gateway with 64 sends in flight, by `gc.callbacks` in its process. CPU time, as what else "
    "the machine does would count otherwise. *Young* are collections of generations 0 and 1, *full* those of "
    "generation 2."
)
IN_FLIGHT: Final = 64
YOUNG: Final = "young, p99, ms"
FULL: Final = "full, median, ms"
LONGEST: Final = "longest, ms"
SHARE: Final = "of 1,000 sends, ms"
FULL_GENERATION: Final = 2


@dataclass(frozen=True, slots=True)
class Pauses:
    """What a gateway wrote: generation, begin (seconds of the machine's monotonic clock) and length of each pause."""

    generations: tuple[int, ...]
    began: tuple[float, ...]
    took: tuple[float, ...]

    @classmethod
    def read(cls, path: Path) -> "Pauses":
        """From the file of `scripts.benchmark.watched`. Raises `Wrong` where there is none."""
        if not path.exists():
            raise Wrong("the gateway did not end in time and told nothing of its collector's pauses")
        generations, began, took = json.loads(path.read_text())
        return cls(tuple(generations), tuple(began), tuple(took))

    def within(self, begin: float, end: float) -> "Pauses":
        """Those that began between two moments."""
        kept = [
            (generation, began, took)
            for generation, began, took in zip(self.generations, self.began, self.took, strict=False)
            if begin <= began < end
        ]
        if not kept:
            return Pauses((), (), ())
        return Pauses(*(tuple(column) for column in zip(*kept, strict=True)))

    def figures(self, requests: int) -> dict[str, float]:
        """What is told of them, in milliseconds."""
        young = sorted(t for g, t in zip(self.generations, self.took, strict=True) if g < FULL_GENERATION) or [0.0]
        full = [t for g, t in zip(self.generations, self.took, strict=True) if g == FULL_GENERATION]
        return {
            YOUNG: young[int(len(young) * 0.99)] * 1e3,
            LONGEST: max(self.took, default=0.0) * 1e3,
            SHARE: sum(self.took) / requests * 1e6,
        } | ({FULL: statistics.median(full) * 1e3} if full else {})


@dataclass(frozen=True, slots=True)
class Watched:
    """A gateway whose pauses go to a file, and its loads: begin, end, requests."""

    scene: sides.Scene
    side: sides.Running
    file: Path
    loads: list[tuple[float, float, int]] = field(default_factory=list)


def measured(bench: Bench) -> Chapter:
    """A gateway for each size of the list, in turn. Raises `Wrong`, `NotStarted`."""
    needed = len(bench.opt_outs) * (START_SECONDS + (bench.rounds + 1) * (bench.seconds + 0.5))
    if bench.quick or not bench.deadline.allows(needed):
        return Chapter(TITLE, EXPLAINED, (), ("all of it",))
    left_out: list[str] = []
    started: list[Watched] = []
    with contextlib.ExitStack() as undo:
        for opt_outs in bench.opt_outs:
            file = bench.folder / f"pauses-{opt_outs}.json"
            try:
                scene = replace(bench.scene(bench.engine, opt_outs), observed=("watched", file))
            except TooLate as late:
                left_out.append(str(late))
                continue
            undo.callback(bench.done_with, scene)
            started.append(Watched(scene, undo.enter_context(sides.running(sides.GATEWAY, scene)), file))
        for number in range(bench.rounds + 1):
            for watched in started:
                requests = sends.written(bench.folder / "requests", sends.Mix(watched.scene.opt_outs, 0.0))
                begin = time.monotonic()
                made = load.keep_in_flight(watched.side.port, requests, IN_FLIGHT, bench.seconds)
                if number:  # the first round warms up
                    watched.loads.append((begin, time.monotonic(), made.requests))
    lines = [_line(f"{each.scene.opt_outs:,}", Pauses.read(each.file), each.loads) for each in started]
    return Chapter(TITLE, EXPLAINED, tuple(lines), tuple(left_out))


def _line(opt_outs: str, pauses: Pauses, loads: list[tuple[float, float, int]]) -> Line:
    told = [pauses.within(begin, end).figures(requests) for begin, end, requests in loads]
    figures = {name: tuple(each[name] for each in told if name in each) for name in (YOUNG, FULL, LONGEST, SHARE)}
    return Line({"Opt-outs": opt_outs}, {name: values for name, values in figures.items() if values})
