"""How many lines one transaction takes: as many as keep others waiting for no longer than they may.

A transaction over many lines is cheaper for each of them, and whoever else writes waits for its end. So its size
follows from how long the last one took, and from whether a gateway is serving on the same store. To one that is, as
long as that took is left: SQLite lets in whoever happens to ask while nobody writes.
"""

from typing import Final

SERVED: Final = 50_000  # microseconds that a transaction should take beside a gateway that serves
ALONE: Final = 800_000  # and where there is none: within the two seconds that another command waits for its turn
FIRST: Final = 500  # lines
LEAST: Final = 100
MOST: Final = 20_000
MOST_SERVED: Final = 1_000
LONGEST_PAUSE: Final = 5_000_000  # microseconds


class Pace:
    """The size of the next batch: ``most`` lines at most; ``is_served`` tells whether a gateway serves, and ``pause``
    how many seconds are left to it after a batch.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = min(most, FIRST)
        self.is_served = False
        self.pause = 0.0

    def size(self) -> int:
        """How many lines the next batch should have."""
        return self._size

    def took(self, lines: int, microseconds: int, *, is_served: bool) -> None:
        """Learn how long a batch of so many lines took."""
        self.is_served = is_served
        self.pause = min(microseconds, LONGEST_PAUSE) / 1_000_000 if is_served else 0.0
        fit = lines * (SERVED if is_served else ALONE) // max(microseconds, 1)
        most = min(self._most, MOST_SERVED) if is_served else self._most
        self._size = min(max(fit, LEAST), 2 * self._size, most)
