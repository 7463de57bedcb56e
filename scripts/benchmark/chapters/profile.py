"""Where the CPU time of a forwarded send goes, by the gateway's modules."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from scripts.benchmark import load, sends, sides
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.results import Chapter, Line

TITLE: Final = "Where the time goes"
EXPLAINED: Final = (
    "Samples of a gateway with 64 forwarded sends in flight, TLS upstream, one every few milliseconds of its CPU time, "
    "its start taken off. A sample counts for the innermost module of the gateway, with the libraries that it calls. "
    "*Event loop* is what none of them is at work in: sockets, TLS, dispatch. *Other threads* are SQLite's."
)
SHARE: Final = "% of CPU"
IN_FLIGHT: Final = 64
SECONDS: Final = 8.0
LEAST_SHARE: Final = 1.0  # per cent; what is below is told together
THE_REST: Final = "the rest"


def measured(bench: Bench) -> Chapter:
    """A gateway under load, and one that only starts, whose samples are taken off. Raises `Wrong`, `NotStarted`."""
    if bench.quick or not bench.deadline.allows(2 * START_SECONDS + SECONDS):
        return Chapter(TITLE, EXPLAINED, (), ("all of it",))
    idle, busy = _samples(bench, "idle", 0.0), _samples(bench, "busy", SECONDS)
    return Chapter(TITLE, EXPLAINED, tuple(lines(busy - idle)))


def lines(samples: Counter[str]) -> list[Line]:
    """A line for each module, the largest first, the small ones together."""
    whole = samples.total()
    shares = {module: 100 * count / whole for module, count in samples.most_common()}
    told = {module: share for module, share in shares.items() if share >= LEAST_SHARE}
    rest = 100 - sum(told.values()) if whole else 0.0
    return [Line({"Module": module}, {SHARE: (share,)}) for module, share in [*told.items(), (THE_REST, rest)] if share]


def _samples(bench: Bench, name: str, seconds: float) -> Counter[str]:
    file = bench.folder / f"profile-{name}.json"
    scene = replace(bench.scene(bench.engine), observed=("profiled", file))
    with sides.running(sides.GATEWAY, scene) as side:
        if seconds:
            requests = sends.written(bench.folder / "requests", sends.Mix(FEW, 0.0))
            load.keep_in_flight(side.port, requests, IN_FLIGHT, seconds)
    bench.done_with(scene)
    return _read(file)


def _read(file: Path) -> Counter[str]:
    if not file.exists():
        raise Wrong("the gateway did not end in time and told nothing of its samples")
    return Counter(json.loads(file.read_text()))
