"""What runs in a process beside its listeners, until it stops."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Final, Protocol

FINISH_SECONDS: Final = 2.0  # what is broken off then is taken up again, by whoever finds its lease run out


class Worker(Protocol):
    """Runs until it is told to stop, and finishes what is under way then."""

    async def run(self) -> None:
        """Work."""
        ...

    def stop(self) -> None:
        """Let `run` come to its end."""
        ...


class Tasks:
    """Starts tasks, and ends each where ``undo`` comes to it."""

    def __init__(self, undo: contextlib.AsyncExitStack) -> None:
        self._undo = undo

    def run_until_done(self, worker: Worker) -> None:
        """Run something, and let it finish what is under way in the end."""
        task = asyncio.create_task(worker.run())

        async def drain() -> None:
            worker.stop()
            await _finish(task)

        self._undo.push_async_callback(drain)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something, and break it off in the end."""
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._undo.push_async_callback(end)


async def _finish(task: asyncio.Task[None]) -> None:
    """Let a task end by itself, for a while."""
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            await asyncio.shield(task)
    except TimeoutError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
