"""Names that Twilio gives its resources: two capital letters and 32 hexadecimal digits."""

import hashlib
import secrets


def new_sid(prefix: str) -> str:
    """A fresh SID, e.g. ``SM`` + 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def sid_of(prefix: str, name: str) -> str:
    """The SID that `name` has in every run, so that seeded numbers keep theirs over a reset."""
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:32]
