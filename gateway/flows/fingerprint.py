"""What tells one inbound message from another under the same MessageSid."""

import hashlib
import hmac

from gateway.messaging.messages import InboundMessage


class Fingerprints:
    """Keyed hashes of recipient, sender and body: the same SID with another of these is not the same message."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"fingerprint", hashlib.sha256).digest()

    def of(self, message: InboundMessage) -> str:
        """The fingerprint of a message, in hexadecimal."""
        parts = (message.recipient.wire, message.sender.wire, message.body)
        content = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()
