"""Sides measured in turn, round by round, so that what else the machine does meets all alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark import load
from scripts.benchmark.results import A_SECOND, CPU, P50, P99, Line
from scripts.benchmark.sides import Running
from scripts.campaigns.fleet import progress

WARM_UP_SECONDS: Final = 1.0
BESIDE_SECONDS: Final = 0.4  # what a measurement takes beside its own time
MOST_ASTRAY: Final = 0.02  # of a share of refused sends, as a run does not end after a whole number of blocked ones


class Wrong(Exception):
    """A side answered otherwise than it must; nothing that was measured counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A side with what is sent to it, and the share of that which it has to refuse."""

    names: Mapping[str, str]
    side: Running
    requests: Path
    refuses: float
    in_flight: int

    def __str__(self) -> str:
        return ", ".join(f"{name.lower()} {value}" for name, value in self.names.items())


def alternate(subjects: Sequence[Subject], rounds: int, seconds: float, *, warm_up: bool = True) -> list[Line]:
    """Each subject's CPU of a request, requests a second and latencies. Raises `Wrong`, `load.NotMade`."""
    if warm_up:
        for subject in subjects:
            load.keep_in_flight(subject.side.port, subject.requests, subject.in_flight, WARM_UP_SECONDS)
    found: list[list[tuple[float, load.Load]]] = [[] for _ in subjects]
    for number in range(rounds):
        for subject, values in zip(subjects, found, strict=True):
            values.append(_measured(subject, seconds))
            progress(f"round {number + 1} of {rounds}: {subject}: {values[-1][0]:.0f} µs")
    return [_line(subject, values) for subject, values in zip(subjects, found, strict=True)]


def seconds_for(subjects: int, rounds: int, seconds: float) -> float:
    """How long that takes."""
    return subjects * (WARM_UP_SECONDS + BESIDE_SECONDS + rounds * (max(seconds, 1.0) + BESIDE_SECONDS))


def _measured(subject: Subject, seconds: float) -> tuple[float, load.Load]:
    before = subject.side.process.cpu_seconds()
    made = load.keep_in_flight(subject.side.port, subject.requests, subject.in_flight, seconds)
    used = subject.side.process.cpu_seconds() - before
    if made.requests == 0 or made.broken or abs(made.refused / made.requests - subject.refuses) > MOST_ASTRAY:
        raise Wrong(f"{subject}: of {made.requests} sends {made.refused} were refused and {made.broken} broken")
    return used / made.requests * 1e6, made


def _line(subject: Subject, values: Sequence[tuple[float, load.Load]]) -> Line:
    figures = {
        CPU: tuple(cpu for cpu, _ in values),
        A_SECOND: tuple(made.a_second for _, made in values),
        P50: tuple(made.p50 for _, made in values),
        P99: tuple(made.p99 for _, made in values),
    }
    return Line(subject.names, figures)
