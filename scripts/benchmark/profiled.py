"""``gateway`` with samples of where its CPU time goes, taken by the kernel's profiling timer.

usage: python -m scripts.benchmark.profiled FILE ARGUMENTS-OF-GATEWAY

A sample counts for the innermost module of the gateway that is at work, with the libraries that it calls. What the
event loop does without any of ours counts for the loop: sockets, TLS, the parser's feeding. Where the main thread did
not work since the last sample, another one did, which is that of SQLite.
"""

import atexit
import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

from gateway.cli import main

EVERY_SECONDS: Final = 0.001  # of CPU time, of all threads; the kernel makes it one of its ticks
GATEWAY: Final = "/gateway/"
RUNNING: Final = "gateway/cli/"  # is at work the whole time, at the bottom
LOOP: Final = "event loop, sockets, TLS"
THREADS: Final = "other threads"


def module_of(frame: FrameType | None) -> str:
    """The innermost module of the gateway below a frame, as ``gateway/flows/check.py``."""
    while frame is not None:
        _, found, rest = frame.f_code.co_filename.rpartition(GATEWAY)
        if found:
            module = f"gateway/{rest}"
            return LOOP if module.startswith(RUNNING) else module
        frame = frame.f_back
    return LOOP


def profile(file: Path) -> None:
    """Write down, at the end of this process, how many samples each module has."""
    samples: Counter[str] = Counter()
    last = time.thread_time()

    def on_sample(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.thread_time()
        samples[module_of(frame) if now - last > EVERY_SECONDS / 2 else THREADS] += 1
        last = now

    def write() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps(samples))

    signal.signal(signal.SIGPROF, on_sample)
    signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)
    atexit.register(write)


if __name__ == "__main__":
    profile(Path(sys.argv.pop(1)))
    main()
