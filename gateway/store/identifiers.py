"""Time-ordered identifiers (UUID version 7, RFC 9562 section 5.7), so that keys grow at one end of an index."""

import os
from typing import Final

MICROSECONDS_PER_MILLISECOND: Final = 1000
VERSION: Final = 0x7
VARIANT: Final = 0x2
VARIED: Final = {f"{digit:x}": f"{VARIANT << 2 | digit & 3:x}" for digit in range(16)}
"""The digit of the variant, for each random one."""


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
    return [_at(first + number, random[16 * number : 16 * number + 16]) for number in range(count)]


def _at(now: int, random: str) -> str:
    """The identifier of an instant, with 64 random bits in hexadecimal, of which the variant takes two."""
    milliseconds, microseconds = divmod(now, MICROSECONDS_PER_MILLISECOND)
    time, fraction = f"{milliseconds:012x}", microseconds * 4096 // MICROSECONDS_PER_MILLISECOND
    return f"{time[:8]}-{time[8:]}-7{fraction:03x}-{VARIED[random[0]]}{random[1:4]}-{random[4:]}"


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
