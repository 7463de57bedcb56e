"""``gateway`` with an eye on its garbage collector: each pause is written down, and nothing else is changed.

usage: python -m scripts.benchmark.watched FILE ARGUMENTS-OF-GATEWAY
"""

import array
import atexit
import gc
import json
import sys
import time
from pathlib import Path
from typing import Final

from gateway.cli import main

CLOCK: Final = time.monotonic  # that of the whole machine, so that others know what happened meanwhile


def watch(file: Path) -> None:
    """Write down, at the end of this process, when each collection began and what CPU it took, both in seconds."""
    began, used, took = array.array("d"), array.array("d"), array.array("d")
    generations = array.array("b")

    def on_collection(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            generations.append(told["generation"])
            began.append(CLOCK())
            used.append(time.thread_time())
        else:
            took.append(time.thread_time() - used[-1])

    def write() -> None:
        gc.callbacks.remove(on_collection)
        file.write_text(json.dumps([list(generations), list(began), list(took)]))

    gc.callbacks.append(on_collection)
    atexit.register(write)


if __name__ == "__main__":
    watch(Path(sys.argv.pop(1)))
    main()
