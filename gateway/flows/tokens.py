"""Names that only the gateway can make, for what stands in URLs of its own that others come back to."""

import base64
import hashlib
import hmac
from typing import Any, Final

import orjson

SIGNATURE_BYTES: Final = 32


class Tokens:
    """Signed names of one ``purpose``; those of another are not taken for them."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._key = hmac.new(secret, purpose, hashlib.sha256).digest()

    def made(self, *content: object) -> str:
        """The token that names plain values; it can be read, but not made, by whoever sees it."""
        plain = orjson.dumps(content)
        return base64.urlsafe_b64encode(plain + self._sign(plain)).decode().rstrip("=")

    def read(self, token: str) -> list[Any] | None:
        """The values that a token names; None when the gateway did not make it."""
        try:
            both = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        plain, signature = both[:-SIGNATURE_BYTES], both[-SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(plain)):
            return None
        return list(orjson.loads(plain))

    def _sign(self, plain: bytes) -> bytes:
        return hmac.new(self._key, plain, hashlib.sha256).digest()
