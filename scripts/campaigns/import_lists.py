"""Import a large list by the command line, kill it with -9 on the way, export it, and print what each costs.

On SQLite the least that an import can be is measured beside it (`scripts.campaigns.import_bare`): a rate says little of
another machine, the ratio to that says more.

Looked for: a line that does not take effect, or twice, because the import was killed; and memory that grows with the
list. Lines come in no order, each with a date. CPU is that of the command's process (not the PostgreSQL server's), and
says more than seconds where others use the machine as well. Ends with status 1 on any violation.
"""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.store.upgrade import prepare
from scripts.campaigns.fleet import for_each_engine, parser, progress, told
from tests.staging import ACCOUNT, ALONE, TOKEN, rows_of

STEP: Final = 7_368_787  # shares no factor with the numbers there are, so that each comes once, in no order
NUMBERS: Final = 7_999_999_990
BARE: Final = "the least that an import can be"
MEGABYTE: Final = 1024 * 1024
MOST_MEGABYTES: Final = 256
SETTINGS: Final = """
database_url = "{database_url}"
[[accounts]]
sid = "{account}"
auth_tokens = ["{token}"]
twilio_handling = "off"
default_region = "US"
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost: ``cpu`` and ``wall`` in seconds, ``peak`` in bytes."""

    what: str
    rows: int
    cpu: float
    wall: float
    peak: int

    def row(self, engine: str) -> str:
        """A line of the table."""
        each, a_second = self.cpu / self.rows * 1e6, self.rows / self.wall
        return f"| {engine} | {self.what} | {self.rows:,} | {each:.0f} | {a_second:,.0f} | {self.peak // MEGABYTE} |"


@dataclass(slots=True)
class Found:
    """What was measured, and what was violated."""

    costs: list[Cost] = field(default_factory=list)
    kills: int = 0
    wrong: list[str] = field(default_factory=list)


def write_list(path: Path, rows: int) -> None:
    """A list of so many numbers, each once."""
    with path.open("w") as file:
        file.write("number,date,reason\n")
        for row in range(rows):
            number, day = 2_000_000_000 + row * STEP % NUMBERS, 1 + row % 28
            file.write(f"+1{number},2025-07-{day:02}T12:00:00Z,from the old system\n")


def ran(what: str, rows: int, folder: Path, *arguments: str, kill_after: float | None = None) -> Cost | None:
    """Run a command of the gateway; None where it was killed after so many seconds."""
    return measured(what, rows, folder, ("gateway", "optouts", *arguments), kill_after=kill_after)


def measured(
    what: str, rows: int, folder: Path, module: Sequence[str], *, kill_after: float | None = None
) -> Cost | None:
    """Run a module with its arguments, and measure it."""
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment["GATEWAY_CONFIG"] = str(folder / "gateway.toml")
    command = [sys.executable, "-m", *module]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    peak, (ended, status, used) = 0, os.wait4(process.pid, os.WNOHANG)
    while not ended:
        if kill_after is not None and time.monotonic() - began > kill_after:
            process.send_signal(signal.SIGKILL)
            kill_after = None
        peak = max(peak, peak_of(process.pid))
        time.sleep(0.02)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)  # nobody else is to wait for it
    if process.returncode == -signal.SIGKILL:
        return None
    if process.returncode:
        raise RuntimeError(f"{' '.join(module)} ended with status {process.returncode}")
    return Cost(what, rows, used.ru_utime + used.ru_stime, time.monotonic() - began, peak)


def peak_of(pid: int) -> int:
    """The most memory that a process has had since it was begun, in bytes. What ``wait4`` tells is never less than its
    parent had when it was forked.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def campaign(database_url: str, folder: Path, *, rows: int, kills: int, seed: int) -> Found:
    """Import, kill, go on, export, and look."""
    found, chance = Found(), random.Random(seed)  # noqa: S311 - to be repeatable
    given, out = folder / "list.csv", folder / "out.csv"
    (folder / "gateway.toml").write_text(SETTINGS.format(database_url=database_url, account=ACCOUNT, token=TOKEN))
    prepare(database_url)
    write_list(given, rows)
    importing = ("import", str(given), "--sender", ALONE)
    for number in range(kills):
        progress(f"killing the import, {number + 1} of {kills}")
        if ran("import", rows, folder, *importing, kill_after=chance.uniform(1.5, 6.0)) is not None:
            break
        found.kills += 1
        if _is_done(database_url):  # it was killed on its way out
            break
    if database_url.startswith("sqlite") and not kills:
        progress("importing by the least that it can be")
        bare = measured(BARE, rows, folder, ("scripts.campaigns.import_bare", str(given), str(folder / "bare.db")))
        found.costs += [bare] if bare is not None else []
    progress("importing")
    if not _is_done(database_url):
        imported = ran("import", rows, folder, *importing)
        found.costs += [imported] if imported is not None and not kills else []
    progress("exporting")
    exported = ran("export", rows, folder, "export", "--output", str(out))
    again = ran("import of what is known", rows, folder, "import", str(out))
    found.costs += [cost for cost in (exported, again) if cost is not None]
    look(found, database_url, out, rows)
    return found


def _is_done(database_url: str) -> bool:
    return rows_of(database_url, "SELECT 1 FROM imports WHERE ended_at IS NOT NULL") != []


def look(found: Found, database_url: str, out: Path, rows: int) -> None:
    """Whether each line took effect once, and the export has them all."""
    [(standing,)] = rows_of(database_url, "SELECT count(*) FROM opt_outs WHERE standing")
    [(events,)] = rows_of(database_url, "SELECT count(*) FROM consent_events")
    with out.open() as file:
        lines = sum(1 for _ in file) - 1
    for what, count in (("opt-outs", standing), ("lines of history", events), ("exported lines", lines)):
        if count != rows:
            found.wrong.append(f"{count} {what} of {rows} lines, after {found.kills} kills")
    for cost in found.costs:
        if cost.peak > MOST_MEGABYTES * MEGABYTE:
            found.wrong.append(f"{cost.what} took {cost.peak // MEGABYTE} MB")


def table(costs: Sequence[tuple[str, Cost]]) -> str:
    """What was measured, as Markdown."""
    names = ("Engine", "Command", "Lines", "CPU a line, µs", "Lines a second", "Peak, MB")
    head = [f"| {' | '.join(names)} |", "|---|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *(cost.row(engine) for engine, cost in costs)])


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--kills", type=int, default=0, help="how often the import is killed on the way")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    costs: list[tuple[str, Cost]] = []

    async def run(engine: str, database_url: str, folder: Path) -> list[str]:
        found = await asyncio.to_thread(
            campaign, database_url, folder, rows=given.rows, kills=given.kills, seed=given.seed
        )
        costs.extend((engine, cost) for cost in found.costs)
        return found.wrong

    wrong = for_each_engine(given, run)
    print(table(costs))
    return told(wrong)


if __name__ == "__main__":
    sys.exit(main())
