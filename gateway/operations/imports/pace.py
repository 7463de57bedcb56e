"""How many lines one transaction takes: as many as keep others waiting for no longer than they may.

A transaction over many lines is cheaper for each of them, and whoever else writes waits for its end. So its size
follows from how long the last one took, and from whether a gateway is serving on the same store.
"""

from typing import Final

SERVED: Final = 100_000  # microseconds that a transaction should take beside a gateway that serves
ALONE: Final = 800_000  # and where there is none: within the two seconds that another command waits for its turn
FIRST: Final = 500  # lines
LEAST: Final = 100
MOST: Final = 20_000


class Pace:
    """The size of the next batch: ``most`` lines at most."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = min(most, FIRST)

    def size(self) -> int:
        """How many lines the next batch should have."""
        return self._size

    def took(self, lines: int, microseconds: int, *, is_served: bool) -> None:
        """Learn how long a batch of so many lines took."""
        fit = lines * (SERVED if is_served else ALONE) // max(microseconds, 1)
        self._size = min(max(fit, LEAST), 2 * self._size, self._most)
