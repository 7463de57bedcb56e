"""Credentials, proved before anything is decided, so that nobody learns here who opted out (design: no oracle).

An Auth Token of the settings is known here. Anything else (API key, Bearer token, a parent's credentials) is proved by
Twilio with a call that sends nothing, and remembered as a keyed hash for a short time.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from gateway.directory import Account
from gateway.flows.outcome import Answer
from gateway.twilio.errors import AUTHENTICATE, BAD_HTTP, UPSTREAM_AWAY, TrafficError
from gateway.twilio.headers import answer_headers
from gateway.twilio.rest import Proof, prove
from gateway.twilio.upstream import Upstream, UpstreamError

REMEMBER_SECONDS: Final = 300.0
MOST_REMEMBERED: Final = 10_000
MOST_PROOFS_AT_ONCE: Final = 8  # so that guessing does not take the connections that sends need
LONGEST_AUTHORIZATION: Final = 4_096


class Disproved(Exception):
    """Twilio refused the credentials; ``answer`` is what it said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("Twilio refused the credentials")
        self.answer = answer


class Credentials:
    """Which credentials may send for which account."""

    def __init__(self, api: Upstream, secret: bytes, monotonic: Callable[[], float]) -> None:
        self._api = api
        self._key = hmac.new(secret, b"credentials", hashlib.sha256).digest()
        self._monotonic = monotonic
        self._proving = asyncio.Semaphore(MOST_PROOFS_AT_ONCE)
        self._proved_until: dict[bytes, float] = {}

    async def prove(self, account: Account, authorization: str | None) -> None:
        """Return if the credentials may send for the account. Raises `Disproved` with Twilio's own answer, or
        `TrafficError` (401 without credentials, 503 when Twilio cannot say).
        """
        if not authorization:
            raise TrafficError(AUTHENTICATE)
        if len(authorization) > LONGEST_AUTHORIZATION:
            raise TrafficError(BAD_HTTP, "the Authorization header is longer than any of Twilio's")
        if self._is_auth_token(account, authorization) or self._is_remembered(account, authorization):
            return
        try:
            async with self._proving:
                proof, answer = await prove(self._api, account.sid, authorization)
        except UpstreamError as error:
            raise TrafficError(UPSTREAM_AWAY, "the credentials cannot be proved") from error
        if proof is Proof.DISPROVED:
            raise Disproved(Answer(answer.status, answer_headers(answer.headers), answer.body))
        if proof is Proof.UNDECIDED:
            raise TrafficError(UPSTREAM_AWAY, "the credentials cannot be proved")
        self._remember(account, authorization)

    @staticmethod
    def _is_auth_token(account: Account, authorization: str) -> bool:
        user, password = _basic(authorization)
        matches = [hmac.compare_digest(password, token.encode()) for token in account.auth_tokens]
        return hmac.compare_digest(user, account.sid.encode()) and any(matches)

    def _is_remembered(self, account: Account, authorization: str) -> bool:
        return self._proved_until.get(self._hash(account, authorization), 0.0) > self._monotonic()

    def _remember(self, account: Account, authorization: str) -> None:
        if len(self._proved_until) >= MOST_REMEMBERED:
            self._proved_until.clear()
        self._proved_until[self._hash(account, authorization)] = self._monotonic() + REMEMBER_SECONDS

    def _hash(self, account: Account, authorization: str) -> bytes:
        return hmac.new(self._key, f"{account.sid}\n{authorization}".encode(), hashlib.sha256).digest()


def _basic(authorization: str) -> tuple[bytes, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b""
    return user, password
