"""Bringing a file into force, some lines at a time, each batch in one transaction with how far it has come.

So the same import, begun again, goes on where it was broken off, and none of its lines counts twice. A STOP that comes
meanwhile waits for one batch at most, whose size is by `gateway.operations.imports.pace`. While one is written the next
is read.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

import orjson

from gateway.directory import Account, Directory
from gateway.operations.actors import Actor
from gateway.operations.imports.batches import READ, REFUSED, Batch, Reader, Report, Reported, batches_of
from gateway.operations.imports.columns import is_message_log, list_columns, log_columns
from gateway.operations.imports.errors import ImportedAlready
from gateway.operations.imports.files import LineFile, digest_of, format_of
from gateway.operations.imports.lists import ListReader, Reading
from gateway.operations.imports.logs import LogReader
from gateway.operations.imports.pace import MOST, Pace
from gateway.operations.imports.room import MOST_OWED, Room
from gateway.operations.imports.work import Work
from gateway.store import Store
from gateway.store.bulk_lines import ImportState
from gateway.store.store import HEARTBEAT

SERVING: Final = 5 * 1_000_000  # microseconds since a gateway's last heartbeat


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to import: ``reading`` says what lines mean that do not say it themselves, ``named`` which columns are which
    (`gateway.operations.imports.columns`), ``form`` is ``csv`` or ``jsonl`` (None: found out). ``dry_run`` only tells
    what would be done, ``all_or_nothing`` imports nothing if one line cannot be, ``again`` also what was imported
    before. ``untold``: sinks are told nothing of it. ``batch`` is how many lines one transaction takes at most.
    """

    reading: Reading
    named: Mapping[str, str] = field(default_factory=dict)
    form: str | None = None
    dry_run: bool = False
    all_or_nothing: bool = False
    again: bool = False
    untold: bool = False
    batch: int = MOST


class ImportOperations:
    """Imports. ``clock`` gives microseconds since 1970, UTC; ``most_owed`` is how many events are kept for a sink."""

    def __init__(
        self, store: Store, directory: Directory, clock: Callable[[], int], most_owed: int = MOST_OWED
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._most_owed = most_owed

    async def run(
        self, account: Account, file: BinaryIO, name: str, wanted: Wanted, by: Actor, report: Report
    ) -> AsyncIterator[ImportState]:
        """Import a file that can be read from anywhere, and give how far it has come after each batch; the last has
        ``ended_at``. Raises `ImportFailure`, `StoreError`; what was done before stays, and the same import goes on from
        there.
        """
        form = format_of(file, name, wanted.form)
        lines = LineFile(file, form)
        reader = await self._reader(account, lines.header, wanted, is_json=form == "jsonl")
        digest = await asyncio.to_thread(digest_of, file)
        state = await self._begun(account.sid, lines, digest, name, wanted, by)
        if wanted.all_or_nothing and state.position == lines.begin[0]:
            refused = await asyncio.to_thread(_refused_of, lines, reader, report)
            if refused:
                yield replace(state, counts={REFUSED: refused}, ended_at=self._clock())
                return
        room = Room(self._store, account.sid, self._most_owed)
        pace = Pace(min(wanted.batch, room.most_lines))
        batches = batches_of(lines.lines(state.position, state.line), reader, pace.size)
        async with contextlib.aclosing(_ahead(batches, pace)) as read:
            async for batch in read:
                for refused_line in batch.refused:
                    report(refused_line)
                before, state = state, self._after(state, batch)
                work = Work(
                    self._directory, account, before, state, batch, by, reader.has_opt_ins, self._clock,
                    is_told=not wanted.untold,
                )  # fmt: skip
                if work.is_told and not wanted.dry_run:
                    await room.wait_for(len(batch.consents))
                done = self._store.try_out(work.judged) if wanted.dry_run else self._written(work, pace)
                counts, told = await done
                for told_line in told:
                    report(told_line)
                state = replace(state, counts=counts)
                yield state
        ended = replace(state, ended_at=self._clock())
        if not wanted.dry_run:
            await self._store.write(lambda transaction: transaction.put_import_state(ended))
        yield ended

    async def _written(self, work: Work, pace: Pace) -> tuple[dict[str, int], list[Reported]]:
        """Do a batch's work, and learn from it how large the next may be."""
        began = self._clock()
        done = await self._store.write(work.done)
        now = self._clock()
        heartbeat = await self._store.try_out(lambda transaction: transaction.value(HEARTBEAT))
        is_served = heartbeat is not None and now - int(heartbeat) < SERVING
        pace.took(work.batch.counts[READ], now - began, is_served=is_served)
        return done

    async def to_end(
        self,
        account: Account,
        file: BinaryIO,
        name: str,
        wanted: Wanted,
        by: Actor,
        report: Report,
        progress: Callable[[ImportState], None] = lambda _: None,
    ) -> ImportState:
        """`run` to its end; ``progress`` is told how far it is after each batch. Gives what it came to."""
        last: ImportState | None = None
        async for last in self.run(account, file, name, wanted, by, report):
            progress(last)
        if last is None:
            raise RuntimeError("an import ends by saying so")
        return last

    async def _reader(self, account: Account, header: tuple[str, ...], wanted: Wanted, *, is_json: bool) -> Reader:
        if not wanted.named and is_message_log(header):
            state = await self._directory.newest(account.sid)
            return LogReader(account, state, log_columns(header))
        return ListReader(wanted.reading, list_columns(header, wanted.named), wanted.named if is_json else None)

    async def _begun(
        self, account_sid: str, lines: LineFile, digest: str, name: str, wanted: Wanted, by: Actor
    ) -> ImportState:
        told = orjson.dumps((digest, wanted.reading.told(), sorted(wanted.named.items()), lines.header))
        key = hashlib.sha256(told).hexdigest()
        position, line = lines.begin
        begun = ImportState(account_sid, key, name, position, line, {}, by.name, self._clock())
        if wanted.dry_run:
            return begun
        last = await self._store.import_state(account_sid, key)
        if last is not None and last.ended_at is None:
            return last
        if last is not None and not wanted.again:
            raise ImportedAlready(last)
        await self._store.write(lambda transaction: transaction.put_import_state(begun))
        return begun

    @staticmethod
    def _after(state: ImportState, batch: Batch) -> ImportState:
        counts = Counter(state.counts) + batch.counts
        return replace(state, position=batch.position, line=batch.line, counts=dict(counts))


async def _ahead(batches: Iterator[Batch], pace: Pace) -> AsyncGenerator[Batch]:
    """The batches, each read in a thread while whoever asked works on the one before; beside a gateway that serves in
    the pause that is left to it, so that no transaction waits for the thread.
    """

    def begun() -> asyncio.Task[Batch | None]:
        return asyncio.create_task(asyncio.to_thread(next, batches, None))

    reading = begun()
    try:
        while (batch := await reading) is not None:
            if is_alone := not pace.is_served:
                reading = begun()
            yield batch
            if not is_alone:
                reading = begun()
            await asyncio.sleep(pace.pause)
    finally:
        await asyncio.gather(reading, return_exceptions=True)  # the file is read to no other purpose meanwhile


def _refused_of(lines: LineFile, reader: Reader, report: Report) -> int:
    """How many lines cannot be read; each is reported."""
    count = 0
    for batch in batches_of(lines.lines(*lines.begin), reader, lambda: MOST):
        for refused in batch.refused:
            report(refused)
        count += len(batch.refused)
    return count
