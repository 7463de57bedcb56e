"""Time-ordered identifiers (UUID version 7, RFC 9562 section 5.7), so that keys grow at one end of an index."""

import os
from typing import Final

MICROSECONDS_PER_MILLISECOND: Final = 1000
VERSION: Final = 0x7
VARIANT: Final = 0x2
VARIED: Final = {f"{digit:x}": f"{VARIANT << 2 | digit & 3:x}" for digit in range(16)}
"""The digit of the variant, for each random one."""

FRACTIONS: Final = tuple(
    f"{each * 4096 // MICROSECONDS_PER_MILLISECOND:03x}" for each in range(MICROSECONDS_PER_MILLISECOND)
)
"""The twelve bits behind the version, for each microsecond of a millisecond."""


def new_id(now: int) -> str:
    """A new identifier that sorts by ``now`` (microseconds since 1970, UTC) to the microsecond.

    The twelve bits behind the version hold the fraction of the millisecond (RFC 9562, section 6.2, method 3).
    """
    milliseconds, microseconds = divmod(now, MICROSECONDS_PER_MILLISECOND)
    fraction = microseconds * 4096 // MICROSECONDS_PER_MILLISECOND
    random = int.from_bytes(os.urandom(8)) & ~(0x3 << 62)
    return _written(milliseconds << 80 | VERSION << 76 | fraction << 64 | VARIANT << 62 | random)


def new_ids(first: int, count: int) -> list[str]:
    """So many new identifiers, the first of the instant ``first``, each of the others a microsecond after the last."""
    random = os.urandom(8 * count).hex()
    ids: list[str] = []
    while len(ids) < count:  # all of a millisecond begin alike
        milliseconds, microseconds = divmod(first + len(ids), MICROSECONDS_PER_MILLISECOND)
        time, place = f"{milliseconds:012x}", 16 * len(ids)
        begin, last = f"{time[:8]}-{time[8:]}-7", min(count - len(ids) + microseconds, MICROSECONDS_PER_MILLISECOND)
        ids += [
            f"{begin}{FRACTIONS[microsecond]}-{VARIED[random[at]]}{random[at + 1 : at + 4]}-{random[at + 4 : at + 16]}"
            for microsecond, at in zip(range(microseconds, last), range(place, len(random), 16), strict=False)
        ]
    return ids


def first_id(now: int) -> str:
    """What sorts before every identifier made at an instant (microseconds since 1970, UTC) or later, and after those of
    earlier ones.
    """
    milliseconds, microseconds = divmod(max(now, 0), MICROSECONDS_PER_MILLISECOND)
    fraction = microseconds * 4096 // MICROSECONDS_PER_MILLISECOND
    value = min(milliseconds, 2**48 - 1) << 80 | VERSION << 76 | fraction << 64
    return _written(value)


def _written(value: int) -> str:
    """The text form of an identifier, as that of `uuid.UUID`, which takes four times as long."""
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def instant_of(identifier: str) -> int:
    """When an identifier was made, to the millisecond (microseconds since 1970, UTC)."""
    return int(identifier[:8] + identifier[9:13], 16) * MICROSECONDS_PER_MILLISECOND
