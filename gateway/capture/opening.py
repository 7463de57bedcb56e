"""Files as people have them: plain or compressed by gzip, told apart by how they begin and not by their names."""

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, Final, cast

GZIP: Final = b"\x1f\x8b"
UNREADABLE: Final = (OSError, EOFError, zlib.error)
"""What opening and reading such a file may raise."""


def opened(path: Path) -> BinaryIO:
    """Open a file for reading. Raises `OSError`; reading it raises any of `UNREADABLE`."""
    file = path.open("rb")
    try:
        is_packed = file.read(len(GZIP)) == GZIP
    finally:
        file.close()
    return cast("BinaryIO", gzip.open(path, "rb")) if is_packed else path.open("rb")


def why_unreadable(error: Exception) -> str:
    """One of `UNREADABLE` in a few words."""
    if isinstance(error, EOFError):
        return "its compressed data ends in the middle"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or "its compressed data is damaged"
