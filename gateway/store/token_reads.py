"""What the store reads of tokens of the admin listener."""

from gateway.store import token_statements as sql
from gateway.store.engine import Engine
from gateway.store.token_lines import AdminToken, token_of


class TokenReads:
    """What the store reads of tokens; it has ``_engine``."""

    _engine: Engine

    async def token_by_hash(self, token_sha256: str) -> AdminToken | None:
        """The token of this SHA-256 (hexadecimal), revoked or expired ones too; None when there is none."""
        rows = await self._engine.read(sql.BY_HASH, {"hash": token_sha256})
        return token_of(rows[0]) if rows else None

    async def tokens(self, after: str, limit: int) -> list[AdminToken]:
        """Up to ``limit`` tokens in the order of their names, from the one after ``after`` on."""
        return [token_of(row) for row in await self._engine.read(sql.LISTED, {"after": after, "limit": limit})]
