"""The sandbox's time: the machine's, set forward at will, never back."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """What the sandbox calls now; scheduled messages and rate limits go by it."""

    def __init__(self) -> None:
        self._ahead_seconds = 0.0

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead_seconds)

    def monotonic(self) -> float:
        """Seconds since some moment; they only grow."""
        return time.monotonic() + self._ahead_seconds

    @property
    def ahead_seconds(self) -> float:
        """How far it has been set forward."""
        return self._ahead_seconds

    def advance(self, seconds: float) -> None:
        """Set the time forward. Raises ValueError where that would be back."""
        if seconds < 0:
            raise ValueError(f"time cannot be set back by {-seconds} s")
        self._ahead_seconds += seconds
