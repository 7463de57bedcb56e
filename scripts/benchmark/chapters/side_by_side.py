"""What a send costs, side by side: the gateway and its opponents with the same sends in flight."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark import sends, sides
from scripts.benchmark.alternating import Subject, alternate, seconds_for
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.chapters.checks import with_check
from scripts.benchmark.results import CPU, Chapter, Line, with_ratio

TITLE: Final = "A send, side by side"
EXPLAINED: Final = (
    f"{FEW:,} opt-outs. *bare aiohttp* and *nginx* hand each request on and check nothing; *nginx with Lua check* and "
    "the *mitmproxy add-on* keep the list in memory and log nothing. *× bare* is the CPU beside that of bare aiohttp "
    "in the same round, which for mitmproxy is another: it is measured after the others, in two cases."
)
TIMES_BARE: Final = "× bare"


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: so many sends in flight, that share of them blocked, TLS upstream or plain."""

    in_flight: int
    blocked: float
    tls: bool = True

    def __str__(self) -> str:
        return f"{self.in_flight} in flight, {self.blocked:.0%} blocked, {'TLS' if self.tls else 'plain'}"

    @property
    def names(self) -> dict[str, str]:
        """How its lines are found."""
        upstream = "TLS" if self.tls else "plain"
        return {"In flight": str(self.in_flight), "Blocked": f"{self.blocked:.0%}", "Upstream": upstream}


FORWARDED: Final = Case(64, 0.0)
SUPPRESSED: Final = Case(64, 1.0)
QUICK: Final = (FORWARDED, SUPPRESSED)
WHOLE: Final = (
    FORWARDED, SUPPRESSED, Case(64, 0.05), Case(1, 0.0), Case(256, 0.0),
    Case(64, 0.0, tls=False), Case(1, 0.0, tls=False), Case(256, 0.0, tls=False), Case(64, 1.0, tls=False),
)  # fmt: skip
SLOW_SECONDS: Final = 4.0  # for mitmproxy, which needs a second or more to open 64 connections
LEFT_OUT_WHEN_QUICK: Final = frozenset({sides.NGINX_ALONE})
LEFT_OUT_WHEN_SUPPRESSED: Final = frozenset({sides.NGINX_CHECKS})  # and in a hurry: no goal is about it
LEFT_OUT_OVER_PLAIN: Final = frozenset({sides.MITMPROXY_CHECKS})


def measured(bench: Bench) -> Chapter:
    """All cases; the sides are started anew for TLS and for plain. Raises `Wrong`, `machine.NotStarted`."""
    cases = QUICK if bench.quick else WHOLE
    lines: list[Line] = []
    left_out: list[str] = []
    for tls in (True, False):
        of_kind = [case for case in cases if case.tls is tls]
        if of_kind:
            more, missing = _with_sides(bench, of_kind, tls=tls)
            lines += more
            left_out += missing
    return Chapter(TITLE, EXPLAINED, tuple(lines), tuple(left_out))


def _with_sides(bench: Bench, cases: list[Case], *, tls: bool) -> tuple[list[Line], list[str]]:
    if not bench.deadline.allows(len(bench.names) * START_SECONDS):
        return [], [str(case) for case in cases]
    left = LEFT_OUT_WHEN_QUICK if bench.quick else frozenset() if tls else LEFT_OUT_OVER_PLAIN
    names = [name for name in bench.names if name not in left]
    scene = bench.scene(bench.engine, tls=tls)
    lines: list[Line] = []
    left_out: list[str] = []
    with contextlib.ExitStack() as undo:
        undo.callback(bench.done_with, scene)
        running = {name: undo.enter_context(sides.running(name, scene)) for name in names}
        slow = running.pop(sides.MITMPROXY_CHECKS, None)
        for number, case in enumerate(cases):
            if bench.deadline.allows(seconds_for(len(running), bench.rounds, bench.seconds)):
                lines += _of_case(bench, case, running, scene, warm_up=number == 0 or not bench.quick)
            else:
                left_out.append(str(case))
        for case in QUICK[:1] if bench.quick else QUICK:
            if slow and case in cases:
                more, missing = _of_mitmproxy(bench, case, slow)
                lines += more
                left_out += missing
    return [with_ratio(line, TIMES_BARE, _bare(lines, line)) for line in lines], left_out


def _of_case(
    bench: Bench, case: Case, running: dict[str, sides.Running], scene: sides.Scene, *, warm_up: bool
) -> list[Line]:
    requests = sends.written(bench.folder / "requests", sends.Mix(FEW, case.blocked))
    left = LEFT_OUT_WHEN_SUPPRESSED if bench.quick and case == SUPPRESSED else frozenset()
    subjects = [_subject(case, name, side, requests) for name, side in running.items() if name not in left]
    lines = alternate(subjects, bench.rounds, bench.seconds, warm_up=warm_up)
    if case == FORWARDED:
        lines[0] = with_check(lines[0], scene, few=bench.quick)  # the gateway comes first of the sides
    return lines


def _of_mitmproxy(bench: Bench, case: Case, slow: sides.Running) -> tuple[list[Line], list[str]]:
    """By itself, as it needs more time for the same."""
    rounds = 1 if bench.quick else bench.rounds
    if not bench.deadline.allows(seconds_for(1, rounds, SLOW_SECONDS)):
        return [], [f"{case} by mitmproxy"]
    requests = sends.written(bench.folder / "requests", sends.Mix(FEW, case.blocked))
    subject = _subject(case, sides.MITMPROXY_CHECKS, slow, requests)
    return alternate([subject], rounds, SLOW_SECONDS, warm_up=not bench.quick), []


def _bare(lines: list[Line], beside: Line) -> tuple[float, ...]:
    """The bare pass-through's CPU in the case of a line."""
    wanted = {**beside.names, "Side": sides.BARE}
    return next((line.figures[CPU] for line in lines if line.is_of(wanted)), ())


def _subject(case: Case, name: str, side: sides.Running, requests: Path) -> Subject:
    refuses = case.blocked if name in sides.CHECKING else 0.0
    return Subject({**case.names, "Side": name}, side, requests, refuses, case.in_flight)
