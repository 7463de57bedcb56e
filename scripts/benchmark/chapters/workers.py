"""Two workers beside one: what sharing a store and its sockets adds to a request."""

import contextlib
from dataclasses import replace
from typing import Final

from scripts.benchmark import machine, sends, sides
from scripts.benchmark.alternating import Subject, alternate, seconds_for
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.results import CPU, Chapter, with_ratio

TITLE: Final = "Two workers"
EXPLAINED: Final = (
    "`gateway serve --workers 2` beside one worker, both free to use the first two cores, each worker with 64 sends in "
    "flight, TLS upstream. CPU is that of all its processes. Where there are two cores, load and upstream share the "
    "second one with the workers."
)
TIMES_ONE: Final = "× one worker"
IN_FLIGHT: Final = 64
COUNTS: Final = (1, 2)


def measured(bench: Bench) -> Chapter:
    """One and two workers, each on a store of its own. Raises `Wrong`, `NotStarted`."""
    if not bench.deadline.allows(2 * START_SECONDS + seconds_for(2, bench.rounds, bench.seconds)):
        return Chapter(TITLE, EXPLAINED, (), ("all of it",))
    requests = sends.written(bench.folder / "requests", sends.Mix(FEW, 0.0))
    cores = frozenset(machine.cores()[:2])
    subjects = []
    with contextlib.ExitStack() as undo:
        for count in COUNTS:
            scene = replace(bench.scene(bench.engine), cores=cores, settings={"GATEWAY_WORKERS": str(count)})
            undo.callback(bench.done_with, scene)
            side = undo.enter_context(sides.running(sides.GATEWAY, scene))
            subjects.append(Subject({"Workers": str(count)}, side, requests, 0.0, count * IN_FLIGHT))
        lines = alternate(subjects, bench.rounds, bench.seconds, warm_up=not bench.quick)
    alone = lines[0].figures[CPU]
    return Chapter(TITLE, EXPLAINED, tuple(with_ratio(line, TIMES_ONE, alone) for line in lines))
