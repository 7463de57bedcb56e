"""Bringing a file into force: all of it is read first and sorted by recipient, then written some lines at a time, each
batch in one transaction with how far it has come.

So the same import, begun again, goes on where it was broken off, and none of its lines counts twice. A STOP that comes
meanwhile waits for one batch at most, whose size is by `gateway.operations.imports.pace`. While one is written the next
is taken from the sorted ones.
"""

import asyncio
import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, ParamSpec, TypeVar

import orjson
import phonenumbers

from gateway.directory import Account, Directory
from gateway.operations.actors import Actor
from gateway.operations.imports.batches import REFUSED, Batch, Reader, Report, Reported, batches_of
from gateway.operations.imports.by_recipient import ByRecipient, Consents
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

P = ParamSpec("P")
T = TypeVar("T")

AT_A_TIME: Final = 5_000  # lines that are read and kept
BY_RECIPIENT: Final = "by recipient"
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
        """Import a file that can be read from anywhere, and give how far it has come: while it is read without a
        ``total``, then after each batch; the last has ``ended_at``. Raises `ImportFailure`, `StoreError`; what was done
        before stays, and the same import goes on from there.
        """
        form = format_of(file, name, wanted.form)
        lines = LineFile(file, form)
        reader, version = await self._reader(account, lines.header, wanted, is_json=form == "jsonl")
        digest = await asyncio.to_thread(digest_of, file)
        state = await self._begun(account.sid, lines, (digest, version), name, wanted, by)
        counts: Counter[str] = Counter()
        with contextlib.closing(ByRecipient()) as consents:
            tell = report if not state.position else _silent  # what cannot be read was told when it was begun
            async with contextlib.aclosing(self._read(lines, reader, consents, wanted, tell)) as read:
                async for counts in read:
                    yield state if state.position else replace(state, counts=dict(counts))
            if wanted.all_or_nothing and not state.position and counts[REFUSED]:
                yield replace(state, counts={REFUSED: counts[REFUSED]}, ended_at=self._clock())
                return
            await _in_thread(consents.sort)
            state = await self._started(state, len(consents), counts, wanted)
            bringing = self._brought(account, state, consents, wanted, by, report, reader)
            async with contextlib.aclosing(bringing) as brought:
                async for state in brought:
                    yield state
        ended = replace(state, ended_at=self._clock())
        if not wanted.dry_run:
            await self._store.write(lambda transaction: transaction.put_import_state(ended))
        yield ended

    async def _read(
        self, lines: LineFile, reader: Reader, consents: ByRecipient, wanted: Wanted, report: Report
    ) -> AsyncGenerator[Counter[str]]:
        """Read all of the file, and give what is counted so far; beside a gateway that serves, with as long a pause
        after some lines as they took.
        """
        counts: Counter[str] = Counter()
        is_served = await self._is_served()
        pieces = batches_of(lines.lines(), reader, lambda: min(wanted.batch, AT_A_TIME))
        while (piece := await _in_thread(_kept, pieces, consents)) is not None:
            batch, seconds = piece
            for refused_line in batch.refused:
                report(refused_line)
            counts += batch.counts
            yield counts
            await asyncio.sleep(seconds if is_served else 0)

    async def _brought(
        self,
        account: Account,
        state: ImportState,
        consents: ByRecipient,
        wanted: Wanted,
        by: Actor,
        report: Report,
        reader: Reader,
    ) -> AsyncGenerator[ImportState]:
        """Bring what was read into force, and give how far that has come after each batch."""
        room = Room(self._store, account.sid, self._most_owed)
        pace = Pace(min(wanted.batch, room.most_lines))
        batches = consents.batches(state.position, pace.size)
        async with contextlib.aclosing(_ahead(batches, pace)) as taken:
            async for batch in taken:
                before, state = state, replace(state, position=state.position + len(batch))
                work = Work(
                    self._directory, account, before, state, batch, by, reader.has_opt_ins, self._clock,
                    is_told=not wanted.untold,
                )  # fmt: skip
                if work.is_told and not wanted.dry_run:
                    await room.wait_for(len(batch))
                done = self._store.try_out(work.judged) if wanted.dry_run else self._written(work, pace)
                counts, told = await done
                for told_line in told:
                    report(told_line)
                state = replace(state, counts=counts)
                yield state

    async def _written(self, work: Work, pace: Pace) -> tuple[dict[str, int], list[Reported]]:
        """Do a batch's work, and learn from it how large the next may be."""
        began = self._clock()
        done = await self._store.write(work.done)
        took = self._clock() - began
        pace.took(len(work.consents), took, is_served=await self._is_served())
        return done

    async def _is_served(self) -> bool:
        heartbeat = await self._store.try_out(lambda transaction: transaction.value(HEARTBEAT))
        return heartbeat is not None and self._clock() - int(heartbeat) < SERVING

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

    async def _reader(
        self, account: Account, header: tuple[str, ...], wanted: Wanted, *, is_json: bool
    ) -> tuple[Reader, tuple[object, ...]]:
        """Who reads the lines, and what else than the file and what is wanted it hangs on how they are read."""
        if not wanted.named and is_message_log(header):
            state = await self._directory.newest(account.sid)
            return LogReader(account, state, log_columns(header)), (state.version,)
        columns = list_columns(header, wanted.named)
        return ListReader(wanted.reading, columns, wanted.named if is_json else None), ()

    async def _begun(
        self, account_sid: str, lines: LineFile, digests: tuple[object, ...], name: str, wanted: Wanted, by: Actor
    ) -> ImportState:
        read_by = (phonenumbers.__version__, BY_RECIPIENT)  # in another order its place would be another
        told = orjson.dumps((digests, wanted.reading.told(), sorted(wanted.named.items()), lines.header, read_by))
        key = hashlib.sha256(told).hexdigest()
        begun = ImportState(account_sid, key, name, 0, 0, {}, by.name, self._clock())
        if wanted.dry_run:
            return begun
        last = await self._store.import_state(account_sid, key)
        if last is not None and last.ended_at is None:
            return last
        if last is not None and not wanted.again:
            raise ImportedAlready(last)
        await self._store.write(lambda transaction: transaction.put_import_state(begun))
        return begun

    async def _started(self, state: ImportState, total: int, counts: Counter[str], wanted: Wanted) -> ImportState:
        """The state to write from, now that all is read: where it was broken off, unless the file is read otherwise
        than then.
        """
        if state.position and state.total == total:
            return state
        begun = replace(state, position=0, total=total, counts=dict(counts))
        if state.position and not wanted.dry_run:
            await self._store.write(lambda transaction: transaction.put_import_state(begun))
        return begun


async def _in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What it gives, done in a thread. Who is cancelled waits for its end, as it uses what is going to be closed."""
    working = asyncio.create_task(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(working)
    finally:
        await asyncio.gather(working, return_exceptions=True)


def _silent(_: Reported) -> None:
    """Tell nobody."""


def _kept(pieces: Iterator[Batch], consents: ByRecipient) -> tuple[Batch, float] | None:
    """Read some lines and keep their consents; with how many seconds that took. None where there are no more."""
    began = time.monotonic()
    piece = next(pieces, None)
    if piece is None:
        return None
    consents.add(piece.consents)
    return piece, time.monotonic() - began


async def _ahead(batches: Iterator[Consents], pace: Pace) -> AsyncGenerator[Consents]:
    """The batches, each taken in a thread while whoever asked works on the one before; beside a gateway that serves in
    the pause that is left to it, so that no transaction waits for the thread.
    """

    def begun() -> asyncio.Task[Consents | None]:
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
