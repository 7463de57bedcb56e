"""Measure sends through the gateway and through what might stand in its place, side by side in one run.

Each round asks every side in turn, so that what else the machine does meets all alike. A side has a core of its own
where there are two; upstream and load have the others. CPU is that of the side's processes with all threads, by their
own clocks. What is missing on this machine, and what there is no time for, is left out, and said.
"""

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from scripts.benchmark import load, machine, plot, report, sides, upstream
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import Bench
from scripts.benchmark.chapters import latency, lists, memory, pauses, profile, side_by_side, stops, workers
from scripts.benchmark.deadline import Deadline
from scripts.benchmark.results import A_SECOND, Chapter
from scripts.benchmark.stores import stores

MINUTES: Final = 15.0
QUICK_MINUTES: Final = 0.92
ROUNDS: Final = 3
QUICK_ROUNDS: Final = 2
SECONDS: Final = (1.0, 5.0)  # at least and at most, of each measurement
MEASUREMENTS: Final = 600  # in a whole run, or so: the time is divided by that
SHARE_OF_RATE: Final = 0.3
BY_SIGTERM: Final = 143
ENGINES: Final = ("sqlite", "postgresql")
OPT_OUTS: Final = "1000,1000000,10000000"


@contextlib.contextmanager
def bench(given: argparse.Namespace, folder: Path) -> Iterator[Bench]:
    """What the chapters work with, as it was asked for."""
    missing = sides.sides_here()
    for name, what in missing.items():
        print(f"left out: {name}, for want of {what}", file=sys.stderr)
    deadline = Deadline(given.minutes * 60)
    certificate, key = machine.certificate(folder)
    with contextlib.ExitStack() as undo:
        yield Bench(
            folder,
            undo.enter_context(upstream.running(folder, certificate, key)),
            {engine: undo.enter_context(stores(engine, folder, deadline)) for engine in given.engines},
            deadline,
            tuple(name for name in sides.SIDES if name not in missing),
            given.rounds,
            given.seconds,
            given.opt_outs,
            given.quick,
        )


def run(bench: Bench, rate: float | None) -> Iterator[Chapter]:
    """All chapters, what matters most first. Raises `Wrong`, `machine.NotStarted`, `load.NotMade`."""
    first = side_by_side.measured(bench)
    yield first
    yield workers.measured(bench)
    yield stops.measured(bench)
    reached = first.one({**side_by_side.FORWARDED.names, "Side": sides.GATEWAY})
    if rate:
        yield latency.measured(bench, rate, "as asked for")
    elif reached:
        why = f"{SHARE_OF_RATE:.0%} of what the gateway reached in this run"
        yield latency.measured(bench, median(reached.figures[A_SECOND]) * SHARE_OF_RATE, why)
    if not bench.quick:
        yield memory.measured(bench)
        yield profile.measured(bench)
        yield lists.measured(bench)  # late, as it may take minutes to fill the stores
        yield pauses.measured(bench)


def read(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, with what hangs on ``--quick`` and on the time filled in."""
    options = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--quick", action="store_true", help="what most goals are about, within a minute")
    options.add_argument("--minutes", type=float, help=f"the whole run's at most, or so ({MINUTES:.0f})")
    options.add_argument("--seconds", type=float, help="of each measurement (by the minutes: 1 to 5)")
    options.add_argument("--rounds", type=int, help=f"of each measurement ({ROUNDS}; {QUICK_ROUNDS} with --quick)")
    options.add_argument("--opt-outs", default=OPT_OUTS, help=f"lengths of the list, separated by commas ({OPT_OUTS})")
    options.add_argument("--engine", choices=(*ENGINES, "both"), help="both; sqlite with --quick")
    options.add_argument("--rate", type=float, help="sends a second over the slow upstream (30%% of what is reached)")
    options.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables there as well, in a page between its marks"
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    options.add_argument("--plot", type=Path, metavar="FILE", help="draw the most of it there, as SVG")
    options.add_argument("--install-mitmproxy", action="store_true", help="into .benchmark/, by pip; then measure")
    given = options.parse_args(arguments)
    try:
        given.opt_outs = tuple(sorted({int(number) for number in given.opt_outs.split(",")}))
    except ValueError:
        options.error(f"--opt-outs: not numbers separated by commas: {given.opt_outs}")
    given.rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    if given.opt_outs[0] < 1 or given.rounds < 1:
        options.error("--opt-outs and --rounds are 1 or more")
    engine = given.engine or ("sqlite" if given.quick else "both")
    given.engines = ENGINES if engine == "both" else (engine,)
    given.minutes = given.minutes or (QUICK_MINUTES if given.quick else MINUTES)
    least, most = SECONDS
    given.seconds = given.seconds or (
        least if given.quick else min(max(given.minutes * 60 / MEASUREMENTS, least), most)
    )
    return given


def main() -> int:
    """The command."""
    given = read()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(BY_SIGTERM))  # so that all sides are ended with it
    if given.install_mitmproxy:
        sides.install_mitmproxy()
    chapters: list[Chapter] = []
    status = 0
    try:
        with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder, bench(given, Path(folder)) as made:
            chapters.extend(run(made, given.rate))
    except (machine.NotStarted, load.NotMade, Wrong) as error:
        print(f"bench: {error}", file=sys.stderr)
        status = 1
    finally:
        _write(given, chapters)  # also of a run that was broken off
    return status


def _write(given: argparse.Namespace, chapters: list[Chapter]) -> None:
    print(report.markdown(chapters))
    if given.markdown:
        page = given.markdown.read_text() if given.markdown.exists() else ""
        given.markdown.write_text(report.put_into(page, report.markdown(chapters)))
    if given.json:
        given.json.write_text(report.as_json(chapters))
    if given.plot:
        given.plot.write_text(plot.svg(plot.panels(chapters)))


if __name__ == "__main__":
    sys.exit(main())
