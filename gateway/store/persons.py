"""Under which name an erased person's lines stay: a keyed hash, found again by whoever has the number and the key.

An erased person's suppression and history go on counting, though nobody can read whose they are. So each look-up by
recipient asks for the recipient's own key and for the erased one; a line under the own key comes before one under the
erased key, as it was written later.
"""

import hashlib
import hmac
import re
from typing import Final

import orjson

from gateway.messaging.addresses import fold_twin_writings
from gateway.messaging.optouts import RecipientKey

ERASED: Final = "erased:"
CHECK_NAME: Final = "erasure_check"  # tells whether a key is the one under which persons were erased
HASH_BYTES: Final = 16
NUMBER: Final = re.compile(r"\d{8,15}", re.ASCII)
SHARED_DIGITS: Final = 8  # how many digits at the end both writings of a number have in common, at the least


class Persons:
    """Names of erased persons, by the root key; ``know`` comes before all else."""

    def __init__(self) -> None:
        self._key: bytes | None = None

    def know(self, root_key: bytes) -> None:
        """Take the root key."""
        self._key = hmac.new(root_key, b"persons", hashlib.sha256).digest()

    @property
    def check(self) -> str:
        """What tells this key from another, in hexadecimal."""
        return self._hash("check")

    def erased(self, key: RecipientKey) -> RecipientKey:
        """The key under which an erased recipient's lines stand; that of an erased one is its own."""
        if is_erased(key):
            return key
        name = self._hash(f"{key.account_sid} {key.channel} {key.recipient_key}")
        return RecipientKey(key.account_sid, key.channel, ERASED + name)

    def columns(self, key: RecipientKey) -> dict[str, object]:
        """The columns of a recipient's key, and the key under which their lines stand if they were erased."""
        erased_key = self.erased(key).recipient_key
        return {
            "account_sid": key.account_sid,
            "channel": key.channel,
            "recipient_key": key.recipient_key,
            "erased_key": erased_key,
        }

    def _hash(self, text: str) -> str:
        if self._key is None:
            raise AssertionError("the store has no root key before it is open")
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=HASH_BYTES).hexdigest()


def is_erased(key: RecipientKey) -> bool:
    """Whether a key is that of an erased person."""
    return key.recipient_key.startswith(ERASED)


def pattern_of(key: RecipientKey) -> str:
    """What ``LIKE`` finds in each text that may mention a recipient, and in some others."""
    if key.recipient_key.startswith("+"):
        return f"%{key.recipient_key[-SHARED_DIGITS:]}%"
    return f"%{_in_json(key.recipient_key)}%"


def mentions(text: str, key: RecipientKey) -> bool:
    """Whether a text in JSON holds a recipient's number, in either writing, or opaque identity."""
    if key.recipient_key.startswith("+"):
        return any(fold_twin_writings(f"+{digits}") == key.recipient_key for digits in NUMBER.findall(text))
    return _in_json(key.recipient_key) in text


def _in_json(identity: str) -> str:
    return orjson.dumps(identity).decode()[1:-1]
