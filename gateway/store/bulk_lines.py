"""The lines of a transaction about many recipients at once, as an import brings them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from gateway.messaging.optouts import OptOut, RecipientKey, Scope
from gateway.store import bulk_statements as sql
from gateway.store.account_lines import Run
from gateway.store.errors import NotStorable
from gateway.store.learned_lines import StoredOptIn
from gateway.store.many_lines import NotForDocuments, document
from gateway.store.persons import Persons
from gateway.store.records import opt_out_of

OptOutsByKey = dict[str, dict[Scope, OptOut]]


@dataclass(frozen=True, slots=True)
class ImportState:
    """How far the import of a file has come: ``digest`` is that of the file and of how it is read, ``name`` what the
    file is called. Of its consents, in the order of their recipients, the first ``position`` are done, of ``total``;
    both are 0 until all of it is read. ``counts`` tell how many lines ended how. ``ended_at`` is None while it is under
    way or was broken off. Times are microseconds since 1970, UTC.
    """

    account_sid: str
    digest: str
    name: str
    position: int
    total: int
    counts: Mapping[str, int]
    actor: str
    started_at: int
    ended_at: int | None = None


class BulkLines:
    """What a transaction does with them; it has ``_run`` and ``_persons``. Lines of erased persons are found by their
    own keys.
    """

    _run: Run
    _persons: Persons

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
        rows = await self._of_all(sql.OPT_INS_OF_ALL, account_sid, channel, keys)
        for key, sender, service, word, at in sorted(rows, key=itemgetter(4)):
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
        name, position, total, counts, *rest = rows[0]
        return ImportState(account_sid, digest, name, position, total, orjson.loads(counts), *rest)

    async def put_import_state(self, state: ImportState) -> None:
        """Keep how far an import has come."""
        values = {name: getattr(state, name) for name in ImportState.__slots__}
        await self._run(sql.PUT_IMPORT, values | {"counts": orjson.dumps(dict(state.counts)).decode()})

    async def has_erasures(self, account_sid: str) -> bool:
        """Whether anybody of the account was ever erased."""
        rows = await self._run(sql.ERASURES, {"account_sid": account_sid})
        return bool(rows and rows[0][0])

    async def erased_among(self, account_sid: str, channel: str, keys: Iterable[str]) -> set[str]:
        """Which of several recipients have lines as erased persons."""
        erased = await self._erased(account_sid, channel, keys)
        found: set[str] = set()
        for statement in (sql.OPT_OUTS_OF_ALL, sql.SCHEDULED_FOR_ALL):
            found |= {row[0] for row in await self._of_names(statement, account_sid, channel, erased, since=0)}
        return {erased[name] for name in found}

    async def _of_all(
        self, statement: str, account_sid: str, channel: str, keys: Iterable[str], **more: object
    ) -> list[tuple[Any, ...]]:
        """Rows that begin with a recipient's key, those of erased persons first, as they were written before."""
        own = tuple(keys)
        erased = await self._erased(account_sid, channel, own)
        rows = await self._of_names(statement, account_sid, channel, erased, **more)
        known = [(erased[row[0]], *row[1:]) for row in rows]
        return known + await self._of_names(statement, account_sid, channel, own, **more)

    async def _erased(self, account_sid: str, channel: str, keys: Iterable[str]) -> dict[str, str]:
        """The keys of recipients by those under which they stand if they were erased; none where nobody ever was."""
        if not await self.has_erasures(account_sid):
            return {}
        return {self._persons.erased(RecipientKey(account_sid, channel, key)).recipient_key: key for key in keys}

    async def _of_names(
        self, statement: str, account_sid: str, channel: str, names: Iterable[str], **more: object
    ) -> list[tuple[Any, ...]]:
        wanted = list(names)
        if not wanted:
            return []
        try:
            keys = document(wanted)
        except NotForDocuments as error:
            raise NotStorable("a recipient's key cannot be asked for") from error
        return await self._run(statement, {"account_sid": account_sid, "channel": channel, "keys": keys, **more})
