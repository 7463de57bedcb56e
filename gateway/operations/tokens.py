"""Tokens of the admin listener: who holds one, what they may do, and for which accounts.

A token is shown once, when it is made; the store keeps its SHA-256, which is enough for 256 random bits. A name is
given once: history names who acted by it. What a token may do is told by its role, each of which may do what those
before it may:

| Role | May |
|---|---|
| `read` | look; numbers are shown masked |
| `operate` | see numbers, add and lift opt-outs, decide on the review list, have deliveries tried again |
| `admin` | save settings of Messaging Services; make and revoke tokens, where it may see all accounts |
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.messaging.errors import Malformed
from gateway.messaging.optouts import Source
from gateway.operations.actors import Actor
from gateway.store import Store, StoreError
from gateway.store.token_lines import AdminToken
from gateway.store.transaction import Transaction

PREFIX: Final = "gwt_"  # so that whoever finds one knows what it is
NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}"
ADMIN_NAME: Final = "admin-token"  # the token of the settings
USED_EVERY: Final = 60 * 1_000_000  # microseconds: how exactly last_used_at is kept
MOST_SECONDS: Final = 10 * 366 * 86_400


class Role(StrEnum):
    """What somebody may do; the later ones include the earlier."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do what the other may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the admin listener. ``accounts`` are the SIDs of those that they may see, None: all."""

    name: str
    role: Role
    accounts: frozenset[str] | None = None

    @property
    def actor(self) -> Actor:
        """Who acts, for the history."""
        return Actor(self.name, str(self.role), Source.API)

    @property
    def sees_numbers(self) -> bool:
        """Whether they are shown numbers in full."""
        return self.role.includes(Role.OPERATE)

    def may_see(self, account_sid: str) -> bool:
        """Whether an account is one of theirs."""
        return self.accounts is None or account_sid in self.accounts


ADMIN: Final = Caller(ADMIN_NAME, Role.ADMIN)


class NoSuchToken(Exception):
    """There is no token of this name, or it was revoked already."""


class TakenName(Exception):
    """There is or was a token of this name; history would not tell the two apart."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, and the secret that is shown this once."""

    token: AdminToken
    secret: str


class TokenOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def make(
        self, name: str, role: Role, accounts: frozenset[str] | None, by: str, seconds: int | None = None
    ) -> Made:
        """Make a token that is good for so many seconds, None: until it is revoked. Raises `Malformed`, `TakenName`."""
        now = self._clock()
        expires_at = None if seconds is None else now + seconds * 1_000_000
        token = AdminToken(read_name(name), str(role), accounts, now, by, expires_at)
        secret = PREFIX + secrets.token_urlsafe(32)

        async def unit(transaction: Transaction) -> bool:
            return await transaction.add_token(token, hash_of(secret))

        if not await self._store.write(unit):
            raise TakenName(f"there is or was a token {name}; take another name")
        return Made(token, secret)

    async def listed(self, after: str = "", limit: int = 500) -> list[AdminToken]:
        """Tokens in the order of their names, revoked and expired ones too."""
        return await self._store.tokens(after, limit)

    async def revoke(self, name: str, by: str) -> None:
        """Let a token prove nothing any more, from the next call on. Raises `NoSuchToken`."""

        async def unit(transaction: Transaction) -> bool:
            return await transaction.revoke_token(name, by, self._clock())

        if not await self._store.write(unit):
            raise NoSuchToken(f"there is no token {name} that could be revoked")

    async def holder_of(self, secret: str) -> Caller | None:
        """Who holds a token; None when it is unknown, revoked or expired. That it was used is kept to the minute."""
        return await self.holder_by_hash(hash_of(secret))

    async def holder_by_hash(self, token_sha256: str) -> Caller | None:
        """The same by the token's SHA-256, in hexadecimal."""
        token = await self._store.token_by_hash(token_sha256)
        now = self._clock()
        if token is None or not is_good(token, now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
            await self._note_use(token.name, now)
        return Caller(token.name, Role(token.role), token.accounts)

    async def _note_use(self, name: str, now: int) -> None:
        async def unit(transaction: Transaction) -> None:
            await transaction.use_token(name, now)

        try:
            await self._store.write(unit)
        except StoreError:
            return  # who only reads is served by a store that cannot be written, too


def is_good(token: AdminToken, now: int) -> bool:
    """Whether a token still proves who holds it."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def hash_of(secret: str) -> str:
    """What is kept of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def read_name(text: str) -> str:
    """A name for a token. Raises `Malformed`."""
    if not re.fullmatch(NAME, text, re.ASCII) or text == ADMIN_NAME:
        raise Malformed(f"it must be 1 to 64 letters, digits, dots, hyphens, underscores or @, and not {ADMIN_NAME}")
    return text
