"""Names that only the gateway can make, for what stands in URLs of its own that others come back to."""

import base64
import hashlib
import hmac
import re
import uuid
from typing import Any, Final

import orjson

SIGNATURE_BYTES: Final = 32
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{38}", re.ASCII)


LINK: Final = b"preferences"
MAC_BYTES: Final = 12


class LinkTokens:
    """Names of links to the page of preferences, short enough for a text: the link's identifier, which says nothing
    about anybody, and what proves that the gateway made it.
    """

    def __init__(self, root_key: bytes) -> None:
        self._key = hmac.new(root_key, LINK, hashlib.sha256).digest()

    def made(self, link_id: str) -> str:
        """The token of a link: 38 characters."""
        plain = uuid.UUID(link_id).bytes
        return base64.urlsafe_b64encode(plain + self._mac(plain)).decode().rstrip("=")

    def read(self, token: str) -> str | None:
        """The identifier of a token's link; None when the gateway did not make it."""
        if not TOKEN.fullmatch(token):
            return None
        both = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        plain, mac = both[:-MAC_BYTES], both[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(plain)) or self.made(str(uuid.UUID(bytes=plain))) != token:
            return None
        return str(uuid.UUID(bytes=plain))

    def _mac(self, plain: bytes) -> bytes:
        return hmac.new(self._key, plain, hashlib.sha256).digest()[:MAC_BYTES]


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
