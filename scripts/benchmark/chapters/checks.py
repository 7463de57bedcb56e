"""The check alone, and its share of a send."""

import asyncio
from typing import Final

from scripts.benchmark.machine import core_of_proxy, on_cores
from scripts.benchmark.results import CPU, Line
from scripts.benchmark.sides import Scene
from scripts.campaigns.check_cost import Measured, measure_checks, opened

CHECK: Final = "check, µs"
SHARE: Final = "check, % of a send"
IN_FLIGHT: Final = 64
ROUNDS: Final = 3
CHECKS: Final = 4_000
FEW_CHECKS: Final = 1_500


def with_check(line: Line, scene: Scene, *, few: bool = False) -> Line:
    """The line of a gateway's sends, with what the check alone costs on the same store, 64 of them in flight."""
    check = _cpu_of_check(scene, FEW_CHECKS if few else CHECKS)
    send = line.figures[CPU]
    share = tuple(100 * part / whole for part, whole in zip(check, send, strict=False))
    return Line(line.names, {**line.figures, CHECK: check, SHARE: share})


def _cpu_of_check(scene: Scene, checks: int) -> tuple[float, ...]:
    """Of each round, µs with all threads of the process, on the core where the gateway works as well."""
    engine = scene.database_url.partition(":")[0]

    async def measure() -> list[Measured]:
        async with opened(scene.database_url) as store:
            return await measure_checks(engine, store, scene.opt_outs, ROUNDS, checks)

    with on_cores(core_of_proxy()):
        found = asyncio.run(measure())
    return next(each.cpu for each in found if each.in_flight == IN_FLIGHT)
