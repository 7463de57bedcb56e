"""What the store reads of sessions of the console."""

from gateway.store import session_statements as sql
from gateway.store.engine import Engine
from gateway.store.session_lines import AdminSession


class SessionReads:
    """What the store reads of sessions; it has ``_engine``."""

    _engine: Engine

    async def session_by_hash(self, session_sha256: str) -> AdminSession | None:
        """The session of this SHA-256 (hexadecimal), ended ones too as long as they are kept; None: there is none."""
        rows = await self._engine.read(sql.BY_HASH, {"session": session_sha256})
        return AdminSession(*rows[0]) if rows else None
