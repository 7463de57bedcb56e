"""How a replayed request is told from others, and what its answer tells besides: only at a gateway in front of a
sandbox, as any other refuses what is replayed.
"""

import re
from typing import Final

REPLAY_HEADER: Final = "X-Gateway-Replay"
"""Names the run of a replay that a request belongs to."""
RUN: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
"""What names a run; anything else is not shown, as it may hold a number."""
OUTCOME_HEADER: Final = "X-Gateway-Outcome"
"""Outcome and reason in the words of the log; then, where the gateway's own reply stands in the answer, `CONFIRMED`;
where nothing is enforced, `SHADOW`; and behind `DECIDED` what was decided where the reason tells something else.
"""
CONFIRMED: Final = "confirmed"
SHADOW: Final = "shadow"
DECIDED: Final = "decided="
CALLBACK_HEADER: Final = "X-Gateway-Callback"
"""In the answer to a send whose status callbacks come through the gateway: the path to which Twilio was told to post
them, as nobody else can make it.
"""
