"""Sessions of the console: who signed in with which token, and until when that counts.

A session begins with a token and never outlives it: whoever it belongs to is found anew, by the token, with each
request. What a browser shows is a random secret; the store keeps its SHA-256. It ends by signing out, when nobody used
it for half an hour, and after twelve hours in any case (OWASP, Session Management Cheat Sheet, proposes both).
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.operations.tokens import ADMIN, Caller, TokenOperations, hash_of
from gateway.store import Store, StoreError
from gateway.store.session_lines import AdminSession
from gateway.store.transaction import Transaction

IDLE: Final = 30 * 60 * 1_000_000  # microseconds
LONGEST: Final = 12 * 60 * 60 * 1_000_000
USED_EVERY: Final = 60 * 1_000_000  # how exactly used_at is kept
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in, and the SID of the account that they look at, where they have chosen one."""

    caller: Caller
    account_sid: str | None


class SessionOperations:
    """The operations. ``admin_hash`` is the SHA-256 of the settings' token, in hexadecimal; ``clock`` gives
    microseconds since 1970, UTC. Each raises `StoreUnavailable`.
    """

    def __init__(self, store: Store, tokens: TokenOperations, admin_hash: str, clock: Callable[[], int]) -> None:
        self._store = store
        self._tokens = tokens
        self._admin_hash = admin_hash
        self._clock = clock

    async def begin(self, token: str, instead_of: str | None = None) -> tuple[str, Caller] | None:
        """Sign in with a token, in the place of another session if there is one: gives the secret of the new session,
        and whose it is. None when the token proves nothing.
        """
        token_sha256 = hash_of(token)
        caller = await self._holder(token_sha256)
        if caller is None:
            return None
        secret, now = secrets.token_urlsafe(SECRET_BYTES), self._clock()
        session = AdminSession(hash_of(secret), token_sha256, None, now, now, now + LONGEST)

        async def unit(transaction: Transaction) -> None:
            await transaction.drop_ended_sessions(now, now - IDLE)
            if instead_of is not None:
                await transaction.end_session(hash_of(instead_of))
            await transaction.add_session(session)

        await self._store.write(unit)
        return secret, caller

    async def signed_in(self, secret: str, *, is_used: bool = True) -> SignedIn | None:
        """Who shows the secret of a session; None where there is none, it has ended, or its token proves nothing any
        more. With ``is_used`` the half hour begins anew.
        """
        session, now = await self._store.session_by_hash(hash_of(secret)), self._clock()
        if session is None or session.ends_at <= now or session.used_at + IDLE <= now:
            return None
        caller = await self._holder(session.token_sha256)
        if caller is None:
            return None
        if is_used and now - session.used_at >= USED_EVERY:
            await self._note_use(session.session_sha256, now)
        return SignedIn(caller, session.account_sid)

    async def choose(self, secret: str, account_sid: str) -> None:
        """Look at another account from now on."""
        await self._store.write(lambda transaction: transaction.choose_account(hash_of(secret), account_sid))

    async def end(self, secret: str) -> None:
        """Sign out."""
        await self._store.write(lambda transaction: transaction.end_session(hash_of(secret)))

    async def _holder(self, token_sha256: str) -> Caller | None:
        if hmac.compare_digest(token_sha256, self._admin_hash):
            return ADMIN
        return await self._tokens.holder_by_hash(token_sha256)

    async def _note_use(self, session_sha256: str, now: int) -> None:
        try:
            await self._store.write(lambda transaction: transaction.use_session(session_sha256, now))
        except StoreError:
            return  # who only reads is served by a store that cannot be written, too
