"""What all chapters of a run share: where the upstream is, how long to measure, which sides there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark.deadline import Deadline
from scripts.benchmark.sides import Scene
from scripts.benchmark.stores import Stores
from scripts.benchmark.upstream import Upstream

FEW: Final = 1_000
"""How many opt-outs there are where their number is not what is looked at."""
START_SECONDS: Final = 2.0  # what the start of a side takes, or so


@dataclass(frozen=True, slots=True)
class Bench:
    """One run. ``seconds`` is how long each measurement lasts, ``names`` are the sides that are on this machine."""

    folder: Path
    twilio: Upstream
    stores: Mapping[str, Stores]
    deadline: Deadline
    names: tuple[str, ...]
    rounds: int
    seconds: float
    opt_outs: tuple[int, ...] = (FEW,)
    quick: bool = False

    @property
    def engine(self) -> str:
        """The engine where it is not what is looked at: the first that was asked for."""
        return next(iter(self.stores))

    def scene(self, engine: str, opt_outs: int = FEW, *, tls: bool = True) -> Scene:
        """A scene with a store of its own, which `done_with` removes. Raises `stores.TooLate`."""
        return Scene(self.folder, self.twilio, self.stores[engine].fresh(opt_outs), opt_outs, tls)

    def done_with(self, scene: Scene) -> None:
        """Remove the scene's store."""
        self.stores[scene.database_url.partition(":")[0]].dispose(scene.database_url)
