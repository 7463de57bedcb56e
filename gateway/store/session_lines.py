"""The lines of a transaction about sessions of the console."""

from dataclasses import dataclass

from gateway.store import session_statements as sql
from gateway.store.account_lines import Run


@dataclass(frozen=True, slots=True)
class AdminSession:
    """A session as it is kept: by SHA-256 (hexadecimal) of what the browser shows, with that of the token that it began
    with, and the account that is looked at. Times are microseconds since 1970, UTC; ``used_at`` is true to the minute.
    """

    session_sha256: str
    token_sha256: str
    account_sid: str | None
    created_at: int
    used_at: int
    ends_at: int


class SessionLines:
    """What a transaction does with sessions; it has ``_run``."""

    _run: Run

    async def add_session(self, session: AdminSession) -> None:
        """Keep a new session."""
        values = {
            "session": session.session_sha256,
            "token": session.token_sha256,
            "account": session.account_sid,
            "now": session.created_at,
            "ends_at": session.ends_at,
        }
        await self._run(sql.ADD, values)

    async def use_session(self, session_sha256: str, now: int) -> None:
        """Note that a session was used."""
        await self._run(sql.USE, {"session": session_sha256, "now": now})

    async def choose_account(self, session_sha256: str, account_sid: str) -> None:
        """Keep which account a session looks at."""
        await self._run(sql.CHOOSE, {"session": session_sha256, "account": account_sid})

    async def end_session(self, session_sha256: str) -> None:
        """Let a session be over; nothing happens where there is none."""
        await self._run(sql.END, {"session": session_sha256})

    async def drop_ended_sessions(self, now: int, idle_since: int) -> None:
        """Forget sessions that were to end by now, and those that nobody has used since ``idle_since``."""
        await self._run(sql.DROP_ENDED, {"now": now, "idle_since": idle_since})
