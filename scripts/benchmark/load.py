"""The load: sends kept in flight by wrk, or by Python where there is no wrk; sends at a fixed rate by Python."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark.machine import cores_of_others, found

WRK_SCRIPT: Final = Path(__file__).with_name("wrk.lua")
REFUSED: Final = 400  # this status and above


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load; latencies in milliseconds. ``refused`` were answered an error, ``broken`` not at all."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float

    @property
    def a_second(self) -> float:
        """Requests answered a second."""
        return self.requests / self.seconds


class NotMade(Exception):
    """The program that makes the load failed; the text is what it said last."""


def generator() -> str:
    """The name of the program that keeps sends in flight."""
    return "wrk" if found("wrk") else "python"


def write_requests(path: Path, requests: Sequence[bytes]) -> None:
    """Keep requests in a file, as wrk.lua and the program in Python read it."""
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%d\n" % len(request) + request)


def keep_in_flight(port: int, requests: Path, in_flight: int, seconds: float) -> Load:
    """Keep so many sends under way for so long, each connection one after another. Raises `NotMade`."""
    wrk = found("wrk")
    if wrk is None:
        return _by_python(port, requests, seconds, "--in-flight", str(in_flight))
    options = ["-t1", f"-c{in_flight}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(WRK_SCRIPT)]
    first = str(random.randrange(10**6))  # noqa: S311 - hides nothing
    return _result([wrk, *options, f"http://127.0.0.1:{port}", "--", str(requests), first])


def keep_pace(port: int, requests: Path, a_second: float, seconds: float, *, once: bool = False) -> Load:
    """Begin a send whenever one is due, whatever became of those before it; latencies count from when it was due.

    So a side that stands still is charged for all that were due meanwhile (no coordinated omission). ``once`` sends the
    requests from the first on, each once at most. Raises `NotMade`.
    """
    options = ["--a-second", str(a_second)] + (["--once"] if once else [])
    return _by_python(port, requests, seconds, *options)


def _by_python(port: int, requests: Path, seconds: float, *options: str) -> Load:
    command = [sys.executable, "-m", "scripts.benchmark.sender", "--seconds", str(seconds), *options]
    return _result([*command, str(port), str(requests)])


def _result(command: Sequence[str]) -> Load:
    others = cores_of_others()
    ran = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, others),
    )
    told = next((line for line in ran.stdout.splitlines() if line.startswith("RESULT ")), None)
    if told is None:
        raise NotMade(f"{Path(command[0]).name} gave no result:\n{ran.stderr[-2_000:]}")
    return Load(**json.loads(told.removeprefix("RESULT ")))
