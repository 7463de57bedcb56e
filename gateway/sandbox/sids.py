"""Names that Twilio gives its resources: two capital letters and 32 hexadecimal digits."""

import hashlib
import secrets
from collections import Counter


def new_sid(prefix: str) -> str:
    """A SID by chance, e.g. ``SM`` + 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def sid_of(prefix: str, name: str) -> str:
    """The SID that `name` has in every run, so that seeded numbers keep theirs over a reset."""
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:32]


class Sids:
    """SIDs of what comes into being: by chance, or with a `seed` those of each kind the same in every run."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._given: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """A SID that was not given before; two of the same kind differ by the order in which they are asked for."""
        if self._seed is None:
            return new_sid(prefix)
        self._given[prefix] += 1
        return sid_of(prefix, f"{self._seed}/{prefix}/{self._given[prefix]}")
