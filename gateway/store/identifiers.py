"""Time-ordered identifiers (UUID version 7, RFC 9562 section 5.7), so that keys grow at one end of an index."""

import os
import uuid

MICROSECONDS_PER_MILLISECOND = 1000


def new_id(now: int) -> str:
    """A new identifier that sorts by ``now`` (microseconds since 1970, UTC) to the millisecond."""
    milliseconds = now // MICROSECONDS_PER_MILLISECOND
    random = int.from_bytes(os.urandom(10))
    value = milliseconds << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))
