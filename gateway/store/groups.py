"""Units that wait while a commit is under way share the next transaction, each undone alone when it raises.

They run without savepoints first, as few raise; when one did, all run again, each behind a savepoint. For an engine
whose transactions may have to be run again: when a group meets another transaction a few times over, its units are run
one by one, so that one that always fails takes nobody with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from gateway.store.engine import T, UnitOfWork
from gateway.store.errors import NotStorable, StoreError, StoreUnavailable, TryAgain
from gateway.store.transaction import Transaction

MOST_IN_ONE_COMMIT: Final = 64
TRIES_TOGETHER: Final = 3


class Transact(Protocol):
    """Runs a unit in one transaction, again while another is in its way, so many times at most; as `Engine.write`."""

    def __call__(self, unit: UnitOfWork[T], tries: int = ...) -> Awaitable[T]:
        """Run a unit of work."""
        ...


@dataclass(slots=True)
class _Waiting:
    unit: UnitOfWork[Any]
    future: asyncio.Future[Any]


Deliver = Callable[[], None]


class Groups:
    """Gathers units and has them committed, one group after another."""

    def __init__(self, transact: Transact) -> None:
        self._transact = transact
        self._queue: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    async def write(self, unit: UnitOfWork[T], within_seconds: float) -> T:
        """Run a unit as `Engine.write` promises; one that was given up or whose caller was cancelled before it began is
        left out.
        """
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        waiting = _Waiting(unit, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        limit = asyncio.timeout(within_seconds)
        try:
            async with limit:
                return await waiting.future  # type: ignore[no-any-return]
        except TimeoutError as error:
            if not limit.expired():
                raise  # the unit's own
            raise StoreUnavailable("the store took too long to write") from error

    async def close(self, within_seconds: float) -> None:
        """Let the group that is under way end, for so long; refuse all others."""
        self._is_closed = True
        queue, self._queue = self._queue, []
        _refuse(queue, StoreUnavailable("the store is closed"))
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=within_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while self._queue:
            group, self._queue = self._queue[:MOST_IN_ONE_COMMIT], self._queue[MOST_IN_ONE_COMMIT:]
            group = [waiting for waiting in group if not waiting.future.done()]
            try:
                await self._commit(group)
            except BaseException as error:
                _refuse(group, StoreUnavailable(f"the write was broken off ({type(error).__name__})"))
                if not isinstance(error, Exception):
                    raise

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        if len(group) > 1:
            for ways in (_together, _each_behind_savepoint):
                try:
                    outcomes = await self._transact(partial(ways, group), tries=TRIES_TOGETHER)
                except (_OneRaised, NotStorable):
                    continue
                except StoreError as error:
                    if isinstance(error.__cause__, TryAgain):
                        break
                    _refuse(group, error)
                    return
                for deliver in outcomes:
                    deliver()
                return
        for waiting in group:
            if not waiting.future.done():
                await self._commit_alone(waiting)

    async def _commit_alone(self, waiting: _Waiting) -> None:
        try:
            result = await self._transact(partial(_unless_given_up, waiting))
        except Exception as error:
            _refuse([waiting], error)
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            _refuse([waiting], error)  # something the unit waited for was cancelled
        else:
            _give(waiting, result)


class _OneRaised(Exception):
    """A unit of a group raised, so that nothing of the group is kept."""


async def _together(group: Sequence[_Waiting], transaction: Transaction) -> list[Deliver]:
    """Run the units of a group; gives what to tell each once it is committed. Raises `_OneRaised`."""
    return [await _run_together(waiting, transaction) for waiting in group if not waiting.future.done()]


async def _run_together(waiting: _Waiting, transaction: Transaction) -> Deliver:
    try:
        return partial(_give, waiting, await waiting.unit(transaction))
    except (TryAgain, StoreUnavailable):
        raise
    except asyncio.CancelledError as error:
        if _is_being_cancelled():
            raise
        raise _OneRaised from error  # something the unit waited for was cancelled
    except Exception as error:
        raise _OneRaised from error


async def _each_behind_savepoint(group: Sequence[_Waiting], transaction: Transaction) -> list[Deliver]:
    """The same where one raises, which alone is undone."""
    return [await _behind_savepoint(waiting, transaction) for waiting in group]


async def _behind_savepoint(waiting: _Waiting, transaction: Transaction) -> Deliver:
    await transaction.save()
    try:
        result = await _unless_given_up(waiting, transaction)
        await transaction.release()
    except _GivenUp as error:
        await transaction.undo()
        return partial(_refuse, [waiting], error)
    except (TryAgain, StoreUnavailable):
        raise
    except asyncio.CancelledError as error:
        if _is_being_cancelled():
            raise
        await transaction.undo()
        return partial(_refuse, [waiting], error)
    except Exception as error:
        await transaction.undo()
        return partial(_refuse, [waiting], error)
    return partial(_give, waiting, result)


class _GivenUp(StoreUnavailable):
    """Nobody waits for a unit any more, so it is not begun again."""


async def _unless_given_up(waiting: _Waiting, transaction: Transaction) -> object:
    if waiting.future.done():
        raise _GivenUp("nobody waits for it any more")
    return await waiting.unit(transaction)


def _give(waiting: _Waiting, result: object) -> None:
    if not waiting.future.done():
        waiting.future.set_result(result)


def _refuse(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if not waiting.future.done():
            waiting.future.set_exception(error)
            waiting.future.exception()  # whoever waited may have given up already


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
