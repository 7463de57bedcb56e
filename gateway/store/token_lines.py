"""The lines of a transaction about tokens of the admin listener."""

from dataclasses import dataclass
from typing import Any

import orjson

from gateway.store import token_statements as sql
from gateway.store.account_lines import Run


@dataclass(frozen=True, slots=True)
class AdminToken:
    """A token as it is kept, without what it is proved by. ``accounts`` are the SIDs of those that it may see, None:
    all. Times are microseconds since 1970, UTC; ``last_used_at`` is true to the minute.
    """

    name: str
    role: str
    accounts: frozenset[str] | None
    created_at: int
    created_by: str
    expires_at: int | None
    last_used_at: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None


class TokenLines:
    """What a transaction does with tokens; it has ``_run``."""

    _run: Run

    async def add_token(self, token: AdminToken, token_sha256: str) -> bool:
        """Keep a new token by its SHA-256 (hexadecimal); false when there is or was one of this name."""
        values = {
            "name": token.name,
            "hash": token_sha256,
            "role": token.role,
            "accounts": None if token.accounts is None else orjson.dumps(sorted(token.accounts)).decode(),
            "now": token.created_at,
            "by": token.created_by,
            "expires_at": token.expires_at,
        }
        return bool(await self._run(sql.ADD, values))

    async def revoke_token(self, name: str, by: str, now: int) -> bool:
        """Let a token prove nothing any more; false when there is none of this name, or it was revoked already."""
        return bool(await self._run(sql.REVOKE, {"name": name, "by": by, "now": now}))

    async def use_token(self, name: str, now: int) -> None:
        """Note that a token was used."""
        await self._run(sql.USE, {"name": name, "now": now})


def token_of(row: tuple[Any, ...]) -> AdminToken:
    """Read the columns of one token."""
    name, role, accounts, *rest = row
    return AdminToken(name, role, None if accounts is None else frozenset(orjson.loads(accounts)), *rest)
