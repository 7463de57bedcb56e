"""Writing: units of work, each all or nothing, committed in groups.

Whoever hands in a unit gets its result only after the commit that holds it is on the disk. Units that wait while a
commit is under way share the next one. They run without savepoints first, as few raise; when one did, all run again,
each behind a savepoint.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.store.engine import T, UnitOfWork
from gateway.store.errors import StoreError, StoreUnavailable
from gateway.store.pending_lines import Statement
from gateway.store.persons import Persons
from gateway.store.sqlite import SqliteConnection
from gateway.store.transaction import Transaction

MOST_IN_ONE_COMMIT: Final = 64
COMMIT: Final[Statement] = ("COMMIT", {})
GIVE_UP_AFTER_SECONDS: Final = 10.0  # Twilio waits 15 s for the answer to a webhook


@dataclass(slots=True)
class _Waiting:
    unit: UnitOfWork[Any]
    future: asyncio.Future[Any]
    result: Any = field(default=None)


class Writer:
    """Runs units of work one after another on a connection of its own."""

    def __init__(self, connection: SqliteConnection, demand_same_file: Callable[[], None], persons: Persons) -> None:
        """``demand_same_file`` raises `StoreUnavailable` when what is committed goes where nobody will find it."""
        self._connection = connection
        self._demand_same_file = demand_same_file
        self._persons = persons
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._is_closed = False
        self.is_writable = True
        self.commits = 0

    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit as `Engine.write` promises; one whose caller was cancelled before it began is left out."""
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        waiting = _Waiting(unit, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        limit = asyncio.timeout(GIVE_UP_AFTER_SECONDS)
        try:
            async with limit:
                return await waiting.future  # type: ignore[no-any-return]
        except TimeoutError as error:
            if not limit.expired():
                raise  # the unit's own
            self.is_writable = False
            raise StoreUnavailable("the store took too long to write") from error

    async def run(self) -> None:
        """Commit what is handed in until cancelled; the store owns the task that runs this."""
        try:
            while True:
                group = [await self._queue.get()]
                while len(group) < MOST_IN_ONE_COMMIT and not self._queue.empty():
                    group.append(self._queue.get_nowait())
                await self._commit([waiting for waiting in group if not waiting.future.done()])
        finally:
            self._is_closed, self.is_writable = True, False
            while not self._queue.empty():
                _refuse(self._queue.get_nowait(), StoreUnavailable("the store is closed"))

    async def _commit(self, group: list[_Waiting]) -> None:
        if not group:
            return
        try:
            kept = group if await self._ran_together(group) else await self._each_behind_savepoint(group)
            self._demand_same_file()
        except StoreError as error:
            await self._failed(group, error)
            return
        except BaseException as error:
            # A fault of ours, or the end: nobody is left waiting, and a fault does not end the writing.
            await self._failed(group, StoreUnavailable(f"the write was broken off ({type(error).__name__})"))
            if isinstance(error, Exception):
                return
            raise
        self.is_writable = True
        self.commits += 1
        for waiting in kept:
            if not waiting.future.done():
                waiting.future.set_result(waiting.result)

    async def _ran_together(self, group: list[_Waiting]) -> bool:
        """Run units and commit them; false when one raised, and nothing is kept. There are no savepoints: with one,
        SQLite keeps a copy of each page that a large unit changes.
        """
        await self._connection.run("BEGIN IMMEDIATE")
        transaction = Transaction(self._connection, self._persons)
        try:
            for waiting in group:
                waiting.result = await waiting.unit(transaction)
            await self._connection.run_all([*transaction.unwritten(), COMMIT])
        except StoreUnavailable:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if _is_being_cancelled():
                raise  # the writer, not something that a unit waited for
            await self._connection.run("ROLLBACK")
            if len(group) == 1:
                _refuse(group[0], error)
            return False
        return True

    async def _each_behind_savepoint(self, group: list[_Waiting]) -> list[_Waiting]:
        """Run those of a group that are waited for again, as one of them raised; commits the others."""
        again = [waiting for waiting in group if not waiting.future.done()]
        if not again:
            return []
        await self._connection.run("BEGIN IMMEDIATE")
        transaction = Transaction(self._connection, self._persons)
        kept = [waiting for waiting in again if await self._ran(waiting, transaction)]
        await self._connection.run("COMMIT")
        return kept

    async def _ran(self, waiting: _Waiting, transaction: Transaction) -> bool:
        """Run one unit within the group; a unit that raises is undone alone. A store's error ends the group."""
        await transaction.save()
        try:
            waiting.result = await waiting.unit(transaction)
            await transaction.release()
        except StoreUnavailable:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if _is_being_cancelled():
                raise  # the writer, not something that the unit waited for
            await transaction.undo()
            _refuse(waiting, error)
            return False
        return True

    async def _failed(self, group: list[_Waiting], error: StoreError) -> None:
        self.is_writable = False
        with contextlib.suppress(StoreError):  # there was no transaction, or it is gone with the failure
            await self._connection.run("ROLLBACK")
        for waiting in group:
            _refuse(waiting, error)


def _refuse(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(error)
        waiting.future.exception()  # whoever waited may have given up already


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
