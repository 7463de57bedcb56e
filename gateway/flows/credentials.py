"""Credentials, proved before anything is decided, so that nobody learns here who opted out (design: no oracle).

An Auth Token of the settings is known here. Anything else (secondary token, API key, restricted key, Bearer token, a
parent's credentials) is proved by Twilio with a call that sends nothing, and remembered as a keyed hash for a while.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from gateway.directory import Account
from gateway.flows.attempts import Attempts, caller_of
from gateway.flows.outcome import Answer
from gateway.flows.request import Request
from gateway.twilio.errors import AUTHENTICATE, BAD_HTTP, UPSTREAM_AWAY, TrafficError
from gateway.twilio.headers import answer_headers
from gateway.twilio.paths import Format, format_of
from gateway.twilio.products import API
from gateway.twilio.rest import Proof, prove
from gateway.twilio.upstream import UpstreamError, UpstreamResponse
from gateway.twilio.upstreams import Upstreams

REMEMBER_SECONDS: Final = 300.0
MOST_REMEMBERED: Final = 10_000
MOST_PROOFS_AT_ONCE: Final = 8  # so that guessing does not take the connections that sends need
LONGEST_AUTHORIZATION: Final = 4_096

# What Twilio said, or why it said nothing; those who ask the same meanwhile get the same.
Said = tuple[Proof, UpstreamResponse] | UpstreamError


class Disproved(Exception):
    """Twilio refused the credentials; ``answer`` is what it said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("Twilio refused the credentials")
        self.answer = answer


class Credentials:
    """Which credentials may send for which account."""

    def __init__(self, upstreams: Upstreams, attempts: Attempts, secret: bytes, monotonic: Callable[[], float]) -> None:
        self._upstreams = upstreams
        self._attempts = attempts
        self._key = hmac.new(secret, b"credentials", hashlib.sha256).digest()
        self._monotonic = monotonic
        self._proving = asyncio.Semaphore(MOST_PROOFS_AT_ONCE)
        self._proved_until: dict[bytes, float] = {}
        self._under_way: dict[bytes, asyncio.Future[Said]] = {}
        self._asking: Counter[bytes] = Counter()

    async def prove(self, account: Account, request: Request) -> None:
        """Return if the request's credentials may send for the account. Raises `Disproved` with Twilio's own answer,
        or `TrafficError` (401 without credentials, 429 after many wrong ones, 503 when Twilio cannot say).
        """
        authorization = authorization_of(request)
        if self.are_known(account, authorization):
            return
        caller = caller_of(request.remote, user_of(authorization))
        as_xml = format_of(request.path) is Format.XML
        said = await self._said_once(account, authorization, caller, as_xml=as_xml)
        if isinstance(said, UpstreamError):
            raise TrafficError(UPSTREAM_AWAY, "the credentials cannot be proved") from said
        proof, answer = said
        if proof is Proof.DISPROVED:
            raise Disproved(Answer(answer.status, answer_headers(answer.headers), answer.body))
        if proof is Proof.UNDECIDED:
            raise TrafficError(UPSTREAM_AWAY, "the credentials cannot be proved")

    def are_known(self, account: Account, authorization: str) -> bool:
        """Whether the credentials are an Auth Token of the settings, or were proved a short while ago."""
        return self._is_auth_token(account, authorization) or self._is_remembered(account, authorization)

    async def _said_once(self, account: Account, authorization: str, caller: bytes, *, as_xml: bool) -> Said:
        """What Twilio says of the credentials; it is asked once by all who want to know it at the same time."""
        key = self._hash(account, authorization) + bytes([as_xml])
        while (asked := self._under_way.get(key)) is not None:
            await asyncio.wait({asked})
            if not asked.cancelled():
                return asked.result()
        asking = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            said = await self._said(account, authorization, caller, as_xml=as_xml)
            asking.set_result(said)
        finally:
            asking.cancel()  # without effect once there is a result
            del self._under_way[key]
        return said

    async def _said(self, account: Account, authorization: str, caller: bytes, *, as_xml: bool) -> Said:
        self._asking[caller] += 1
        try:
            await self._attempts.slow_down(caller, self._asking[caller] - 1)
            async with self._proving:
                api = self._upstreams.to(API, account.origins)
                proof, answer = await prove(api, account.sid, authorization, as_xml=as_xml)
        except UpstreamError as error:
            return error
        finally:
            self._asking[caller] -= 1
            if not self._asking[caller]:
                del self._asking[caller]
        if proof is Proof.DISPROVED:
            self._attempts.wrong(caller)
        if proof is Proof.PROVED:
            self._attempts.right(caller)
            self._remember(account, authorization)
        return proof, answer

    @staticmethod
    def _is_auth_token(account: Account, authorization: str) -> bool:
        given = authorization.encode("latin-1", "replace")
        matches = [hmac.compare_digest(given, each) for each in _usual(account.sid, account.auth_tokens)]
        if any(matches):
            return True
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


def authorization_of(request: Request) -> str:
    """The ``Authorization`` header. Raises `TrafficError`: 401 without one, 400 for one longer than any of Twilio's."""
    authorization = request.header("Authorization")
    if not authorization:
        raise TrafficError(AUTHENTICATE)
    if len(authorization) > LONGEST_AUTHORIZATION:
        raise TrafficError(BAD_HTTP, "the Authorization header is longer than any of Twilio's")
    return authorization


@lru_cache(maxsize=1_024)
def _usual(account_sid: str, tokens: tuple[str, ...]) -> tuple[bytes, ...]:
    """Basic credentials with each token, as nearly all clients write them."""
    return tuple(b"Basic " + base64.b64encode(f"{account_sid}:{token}".encode()) for token in tokens)


def user_of(authorization: str) -> bytes:
    """The user name of Basic credentials; nothing for a Bearer token, which names nobody."""
    return _basic(authorization)[0]


def _basic(authorization: str) -> tuple[bytes, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b""
    return user, password
