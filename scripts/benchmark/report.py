"""A run as Markdown and as JSON."""

import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from scripts.benchmark import goals, load, machine
from scripts.benchmark.results import Chapter, spread, table

RATES: Final = (13_000, 100_000)
"""Sends a second for which cores are estimated: what Twilio's whole platform peaked at in 2019, and far above it."""


BEGIN: Final = "<!-- from here on scripts/bench --markdown writes -->"
END: Final = "<!-- to here -->"


def head() -> str:
    """On what, and by what, it was measured."""
    upstream = "nginx" if machine.found("nginx") else "Python"
    moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    python, cores = platform.python_version(), len(machine.cores())
    return (
        f"{moment} UTC; Python {python}, {machine.processor()}, {cores} cores; load by {load.generator()}, upstream by "
        f"{upstream}. Each figure is the median of its rounds (least–most). Absolute figures are noise where others "
        "work on the same machine; ratios are of the same round."
    )


def markdown(chapters: Sequence[Chapter]) -> str:
    """Everything: goals first, then each chapter."""
    parts = [head(), "## Goals", goals.table(chapters)]
    estimates = [
        f"{a_second:,} sends a second would take {spread(cores)} such cores"
        for a_second in RATES
        if (cores := goals.cores_for(a_second, chapters))
    ]
    if estimates:
        parts.append(f"By the CPU of a forwarded send {', and '.join(estimates)}: an estimate, not a measurement.")
    for chapter in chapters:
        if not chapter.lines and not chapter.left_out:
            continue
        parts += [f"## {chapter.title}", chapter.explained]
        if chapter.lines:
            parts.append(table(chapter.lines))
        if chapter.left_out:
            parts.append(f"Left out for want of time: {'; '.join(chapter.left_out)}.")
    return "\n\n".join(parts) + "\n"


def put_into(page: str, told: str) -> str:
    """A page with what is between its `BEGIN` and `END` exchanged; what was told alone where it has none of them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n\n{told}\n{end}{after}" if begin and end else told


def as_json(chapters: Sequence[Chapter]) -> str:
    """All values of all rounds, with what is wanted of them."""
    told = {
        "machine": {
            "python": platform.python_version(),
            "processor": machine.processor(),
            "cores": len(machine.cores()),
            "load": load.generator(),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        },
        "goals": goals.told(chapters),
        "chapters": [asdict(chapter) for chapter in chapters],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
