"""What the length of the list costs: gateways on stores of each engine and size, side by side."""

import contextlib
from typing import Final

from scripts.benchmark import sends, sides
from scripts.benchmark.alternating import Subject, alternate, seconds_for
from scripts.benchmark.bench import START_SECONDS, Bench
from scripts.benchmark.chapters.checks import with_check
from scripts.benchmark.machine import NotStarted
from scripts.benchmark.results import Chapter, Line
from scripts.benchmark.stores import TooLate

TITLE: Final = "From a thousand opt-outs to ten million"
EXPLAINED: Final = (
    "The gateway alone, TLS upstream, 64 in flight, recipients spread over the whole list. *check* is "
    "`Store.find_opt_outs` by itself on the same store, 64 in flight. CPU and memory are the gateway's, with what "
    "SQLite reads and keeps within its process, without PostgreSQL's server."
)
BLOCKED: Final = (0.0, 0.05, 1.0)
IN_FLIGHT: Final = 64
MEMORY: Final = "memory, MB"
CHECK_SECONDS: Final = 3.0


def measured(bench: Bench) -> Chapter:
    """Every size on every engine, as far as there is time. Raises `Wrong`, `NotStarted`."""
    lines: list[Line] = []
    left_out: list[str] = []
    running: list[tuple[dict[str, str], sides.Scene, sides.Running]] = []
    with contextlib.ExitStack() as undo:
        for engine in bench.stores:
            for opt_outs in bench.opt_outs:
                try:
                    started = _started(bench, engine, opt_outs, undo)
                except TooLate as late:
                    left_out.append(str(late))
                    continue
                running.append(started)
        for blocked in BLOCKED:
            if not bench.deadline.allows(seconds_for(len(running), bench.rounds, bench.seconds)):
                left_out.append(f"{blocked:.0%} blocked")
                continue
            lines += _of_share(bench, blocked, running)
    return Chapter(TITLE, EXPLAINED, tuple(lines), tuple(left_out))


def _started(
    bench: Bench, engine: str, opt_outs: int, undo: contextlib.ExitStack
) -> tuple[dict[str, str], sides.Scene, sides.Running]:
    if not bench.deadline.allows(START_SECONDS):
        raise TooLate(f"{opt_outs:,} opt-outs on {engine}")
    scene = bench.scene(engine, opt_outs)
    undo.callback(bench.done_with, scene)
    try:
        side = undo.enter_context(sides.running(sides.GATEWAY, scene))
    except NotStarted as error:
        raise NotStarted(f"with {opt_outs:,} opt-outs on {engine}: {error}") from None
    return {"Engine": engine, "Opt-outs": f"{opt_outs:,}"}, scene, side


def _of_share(
    bench: Bench, blocked: float, running: list[tuple[dict[str, str], sides.Scene, sides.Running]]
) -> list[Line]:
    subjects = []
    for number, (names, scene, side) in enumerate(running):
        requests = sends.written(bench.folder / f"requests-{number}", sends.Mix(scene.opt_outs, blocked))
        subjects.append(Subject({**names, "Blocked": f"{blocked:.0%}"}, side, requests, blocked, IN_FLIGHT))
    lines = alternate(subjects, bench.rounds, bench.seconds)
    if blocked:
        return lines
    return [_with_memory(with_check(line, scene), side) for line, (_, scene, side) in zip(lines, running, strict=True)]


def _with_memory(line: Line, side: sides.Running) -> Line:
    return Line(line.names, {**line.figures, MEMORY: (side.process.memory() / 1e6,)})
