"""Measure sends through the gateway and through what might stand in its place, side by side in one run.

Each round asks every side in turn, so that what else the machine does meets all alike. A side has a core of its own
where there are two; upstream and load have the others. CPU is that of the side's processes with all threads, by their
own clocks. What is missing on this machine is left out, and said.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark import load, machine, sends, sides, upstream
from scripts.campaigns.check_cost import fill
from scripts.campaigns.fleet import database, progress

QUICK_SECONDS: Final = 1.0
WARM_UP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: so many sends in flight, that share of them blocked, TLS upstream or plain."""

    in_flight: int
    blocked: float
    tls: bool = True


QUICK: Final = (Case(64, 0.0), Case(64, 1.0))
WHOLE: Final = (
    Case(1, 0.0), Case(64, 0.0), Case(256, 0.0), Case(64, 0.05), Case(64, 1.0), Case(64, 0.0, tls=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One side in one case, a value for each round: CPU of a request in µs, requests a second, latencies in ms."""

    side: str
    case: Case
    cpu: tuple[float, ...]
    a_second: tuple[float, ...]
    p50: tuple[float, ...]
    p99: tuple[float, ...]


class Wrong(Exception):
    """A side answered otherwise than it must; nothing that was measured counts."""


def measure(
    running: dict[str, sides.Running], case: Case, requests: Path, rounds: int, seconds: float
) -> list[Measured]:
    """One case through every side, in turn. Raises `Wrong`."""
    found: dict[str, list[tuple[float, load.Load]]] = defaultdict(list)
    for side in running.values():
        load.keep_in_flight(side.port, requests, case.in_flight, WARM_UP_SECONDS)
    for number in range(rounds):
        for name, side in running.items():
            before = side.process.cpu_seconds()
            made = load.keep_in_flight(side.port, requests, case.in_flight, seconds)
            used = side.process.cpu_seconds() - before
            _demand_right(name, case, made)
            found[name].append((used / made.requests * 1e6, made))
            progress(f"{case}, round {number + 1} of {rounds}, {name}: {used / made.requests * 1e6:.0f} µs")
    return [
        Measured(
            name,
            case,
            tuple(cpu for cpu, _ in values),
            tuple(made.a_second for _, made in values),
            tuple(made.p50 for _, made in values),
            tuple(made.p99 for _, made in values),
        )
        for name, values in found.items()
    ]


def _demand_right(name: str, case: Case, made: load.Load) -> None:
    """What is blocked must be refused by who checks, and nothing else by anybody."""
    share = case.blocked if name in sides.CHECKING else 0.0
    if made.requests == 0 or made.broken or abs(made.refused / made.requests - share) > 0.02:
        raise Wrong(f"{name}: of {made.requests} sends {made.refused} were refused and {made.broken} broken in {case}")


@contextlib.contextmanager
def started(names: Sequence[str], scene: sides.Scene) -> Iterator[dict[str, sides.Running]]:
    """All sides at once; those that are not asked use no CPU."""
    with contextlib.ExitStack() as undo:
        yield {name: undo.enter_context(sides.running(name, scene)) for name in names}


def run(given: argparse.Namespace, folder: Path) -> list[Measured]:
    """Every case, the sides started anew for TLS and for plain."""
    missing = sides.sides_here()
    for name, what in missing.items():
        print(f"left out: {name}, for want of {what}", file=sys.stderr)
    names = [name for name in sides.SIDES if name not in missing]
    certificate, key = machine.certificate(folder)
    measured = []
    with (
        database(given.engine, folder) as database_url,
        upstream.running(folder, certificate, key) as twilio,
    ):
        if given.engine == "sqlite":
            _make(database_url)
        fill(given.engine, database_url, 0, given.opt_outs)
        for tls in (True, False):
            cases = [case for case in (QUICK if given.quick else WHOLE) if case.tls is tls]
            if not cases:
                continue
            with started(names, sides.Scene(folder, twilio, database_url, given.opt_outs, tls=tls)) as running:
                for case in cases:
                    requests = folder / "requests"
                    mix = sends.Mix(given.opt_outs, case.blocked)
                    load.write_requests(requests, [sends.request(each, "gateway") for each in sends.recipients(mix)])
                    measured += measure(running, case, requests, given.rounds, given.seconds)
    return measured


def _make(database_url: str) -> None:
    environment = {"PATH": os.environ["PATH"], "GATEWAY_DATABASE_URL": database_url}
    subprocess.run([sys.executable, "-m", "gateway", "db", "upgrade"], check=True, env=environment, capture_output=True)


def table(measured: Sequence[Measured]) -> str:
    """Markdown: medians with least and most, and each side's CPU beside the bare pass-through's."""
    lines = [
        "| In flight | Blocked | Upstream | Side | CPU, µs a request | × bare | A second | p50, ms | p99, ms |",
        "|---:|---:|---|---|---:|---:|---:|---:|---:|",
    ]
    bare = {each.case: statistics.median(each.cpu) for each in measured if each.side == sides.BARE}
    for each in measured:
        case, ratio = each.case, statistics.median(each.cpu) / bare[each.case]
        cells = (
            str(case.in_flight), f"{case.blocked:.0%}", "TLS" if case.tls else "plain", each.side,
            _spread(each.cpu, 1), f"{ratio:.2f}", _spread(each.a_second, 0), _spread(each.p50, 2), _spread(each.p99, 2),
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float], digits: int) -> str:
    middle, least, most = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="64 in flight, nothing and everything blocked: a minute")
    options.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--opt-outs", type=int, default=1_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=5.0, help="of each side in each round")
    options.add_argument("--json", type=Path, help="write all values there")
    options.add_argument("--install-mitmproxy", action="store_true", help="into .benchmark/, by pip; then measure")
    given = options.parse_args()
    if given.quick:
        given.seconds = QUICK_SECONDS
    if given.install_mitmproxy:
        sides.install_mitmproxy()
    try:
        with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder:
            measured = run(given, Path(folder))
    except (machine.NotStarted, Wrong) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"Python {platform.python_version()}, {len(machine.cores())} cores, load by {load.generator()}\n")
    print(table(measured))
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in measured], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
