"""The lines of a transaction about many recipients at once, as an import brings them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.messaging.optouts import OptOut, Scope
from gateway.store import bulk_statements as sql
from gateway.store.account_lines import Run
from gateway.store.learned_lines import StoredOptIn
from gateway.store.records import opt_out_of

MOST_KEYS = 1_024  # in one statement

OptOutsByKey = dict[str, dict[Scope, OptOut]]


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far the import of a file has come: ``digest`` is that of the file and of how it is read, ``name`` what the
    file is called. What stands before ``position`` (bytes) and ``line`` is done. ``counts`` tell how many lines ended
    how. ``ended_at`` is None while it is under way or was broken off. Times are microseconds since 1970, UTC.
    """

    account_sid: str
    digest: str
    name: str
    position: int
    line: int
    counts: Mapping[str, int]
    actor: str
    started_at: int
    ended_at: int | None = None


class BulkLines:
    """What a transaction does with them; it has ``_run``."""

    _run: Run

    async def opt_outs_of_all(self, account_sid: str, channel: str, keys: Iterable[str]) -> OptOutsByKey:
        """All opt-outs of several recipients of one channel, standing and lifted, by key and scope."""
        found: OptOutsByKey = {}
        for key, *row in await self._of_all(sql.OPT_OUTS_OF_ALL, account_sid, channel, keys):
            opt_out = opt_out_of(tuple(row))
            found.setdefault(key, {})[opt_out.scope] = opt_out
        return found

    async def opt_ins_of_all(self, account_sid: str, channel: str, keys: Iterable[str]) -> dict[str, list[StoredOptIn]]:
        """The opt-in keywords of several recipients of one channel, oldest first, by key."""
        found: dict[str, list[StoredOptIn]] = {}
        for key, sender, service, word, at in await self._of_all(sql.OPT_INS_OF_ALL, account_sid, channel, keys):
            found.setdefault(key, []).append(StoredOptIn(sender, service, word or "", at))
        return found

    async def scheduled_of_all(self, account_sid: str, channel: str, keys: Iterable[str], since: int) -> set[str]:
        """Which of several recipients have messages that Twilio holds until a time later than ``since``."""
        rows = await self._of_all(sql.SCHEDULED_FOR_ALL, account_sid, channel, keys, since=since)
        return {key for (key,) in rows}

    async def import_state(self, account_sid: str, digest: str) -> ImportState | None:
        """How far an import has come; None: it was never begun."""
        rows = await self._run(sql.IMPORT, {"account_sid": account_sid, "digest": digest})
        if not rows:
            return None
        name, position, line, counts, *rest = rows[0]
        return ImportState(account_sid, digest, name, position, line, orjson.loads(counts), *rest)

    async def put_import_state(self, state: ImportState) -> None:
        """Keep how far an import has come."""
        values = {name: getattr(state, name) for name in ImportState.__slots__}
        await self._run(sql.PUT_IMPORT, values | {"counts": orjson.dumps(dict(state.counts)).decode()})

    async def _of_all(
        self, statement: str, account_sid: str, channel: str, keys: Iterable[str], **more: object
    ) -> list[tuple[Any, ...]]:
        wanted: Sequence[str] = sorted(set(keys))
        rows: list[tuple[Any, ...]] = []
        for first in range(0, len(wanted), MOST_KEYS):
            text, values = sql.for_keys(statement, wanted[first : first + MOST_KEYS])
            rows += await self._run(text, {"account_sid": account_sid, "channel": channel, **values, **more})
        return rows
