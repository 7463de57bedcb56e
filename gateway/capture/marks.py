"""How a replayed request is told from others, and how its answer tells the decision."""

import re
from typing import Final

REPLAY_HEADER: Final = "X-Gateway-Replay"
"""Names the run of a replay that a request belongs to."""
RUN: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
"""What names a run; anything else is not shown, as it may hold a number."""
OUTCOME_HEADER: Final = "X-Gateway-Outcome"
"""Outcome and reason in the words of the log and, where the gateway's own reply stands in the answer, `CONFIRMED`."""
CONFIRMED: Final = "confirmed"
