"""How much time there is, and what is left out for want of it."""

import time


class Deadline:
    """The end of a run, in seconds from now; nothing is begun that would not be done before it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the end; below zero when it has passed."""
        return self._end - time.monotonic()

    def allows(self, seconds: float) -> bool:
        """Whether something that takes so long may still be begun."""
        return self.left >= seconds
