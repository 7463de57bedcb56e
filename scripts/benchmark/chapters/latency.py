"""What a side adds to the latency of a send: a fixed rate over an upstream that takes 50 ms, beside it alone."""

import contextlib
from collections import defaultdict
from dataclasses import replace
from typing import Final

from scripts.benchmark import load, machine, sends, sides, upstream
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.results import P50, P99, Chapter, Line
from scripts.campaigns.fleet import progress

TITLE: Final = "Latency added"
UPSTREAM_SECONDS: Final = 0.05
EXPLAINED: Final = (
    "{rate:,.0f} sends a second ({why}), begun when they are due whatever became of those before, over a TLS upstream "
    "that takes 50 ms. Latencies count from when a send was due (no coordinated omission); *added* is a side's "
    "quantile less that of sends straight to the same upstream, over plain HTTP, in the same round."
)
STRAIGHT: Final = "straight to the upstream"
MEASURED: Final = (sides.GATEWAY, sides.BARE, sides.NGINX_CHECKS)
QUICK: Final = (sides.GATEWAY,)
ADDED_P50: Final = "added p50, ms"
ADDED_P99: Final = "added p99, ms"
LEAST_SENDS: Final = 1_200  # in each measurement, for a 99th of a hundred that means something
LEAST_SECONDS: Final = 3.0
QUICK_SECONDS: Final = 1.5
MOST_SECONDS: Final = 8.0


def measured(bench: Bench, rate: float, why: str) -> Chapter:
    """Each side at a rate, in sends a second; ``why`` says where it comes from. Raises `Wrong`, `NotStarted`."""
    explained = EXPLAINED.format(rate=rate, why=why)
    seconds = QUICK_SECONDS if bench.quick else min(max(LEAST_SECONDS, LEAST_SENDS / rate), MOST_SECONDS)
    names = [name for name in (QUICK if bench.quick else MEASURED) if name in bench.names]
    rounds = 1 if bench.quick else bench.rounds
    needed = len(names) * START_SECONDS + (len(names) + 1) * rounds * (seconds + 0.5)
    if not bench.deadline.allows(needed):
        return Chapter(TITLE, explained, (), ("all of it",))
    folder = bench.folder / "later"  # with a certificate of its own
    folder.mkdir(exist_ok=True)
    certificate, key = machine.certificate(folder)
    requests = sends.written(bench.folder / "requests", sends.Mix(FEW, 0.0))
    found: dict[str, list[load.Load]] = defaultdict(list)
    with contextlib.ExitStack() as undo:
        late = undo.enter_context(upstream.running(folder, certificate, key, UPSTREAM_SECONDS))
        scene = replace(bench.scene(bench.engine), upstream=late)
        undo.callback(bench.done_with, scene)
        ports = {STRAIGHT: late.plain}
        for name in names:
            ports[name] = undo.enter_context(sides.running(name, scene)).port
        for port in ports.values():
            load.keep_pace(port, requests, rate, seconds / 2)
        for number in range(rounds):
            for name, port in ports.items():
                made = load.keep_pace(port, requests, rate, seconds)
                if made.broken or made.refused or not made.requests:
                    raise Wrong(f"{name}: {made.broken} sends broken, {made.refused} refused at {rate:.0f} a second")
                found[name].append(made)
                progress(f"round {number + 1} of {rounds}: {name}, {rate:.0f} a second: p50 {made.p50:.2f} ms")
    return Chapter(TITLE, explained, tuple(_line(name, made, found[STRAIGHT]) for name, made in found.items()))


def _line(name: str, made: list[load.Load], straight: list[load.Load]) -> Line:
    figures = {P50: tuple(each.p50 for each in made), P99: tuple(each.p99 for each in made)}
    if name != STRAIGHT:
        pairs = list(zip(made, straight, strict=True))
        figures |= {
            ADDED_P50: tuple(each.p50 - alone.p50 for each, alone in pairs),
            ADDED_P99: tuple(each.p99 - alone.p99 for each, alone in pairs),
        }
    return Line({"Side": name}, figures)
