"""Python's garbage collector, told what a serving process is like: most of it stays, the rest goes with its request."""

import gc
from typing import Final

YOUNG: Final = 20_000  # objects made and not yet gone, at which it looks at the young ones


def expect_little() -> None:
    """Never look again at what is there now, which lives as long as the process, and less often at what is young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
