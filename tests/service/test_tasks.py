"""Tasks beside the listeners: how each of them ends."""

import asyncio
import contextlib

from gateway.tasks import Tasks


class Worker:
    """Works until it is told to stop, then finishes; never, if it is stuck."""

    def __init__(self, *, is_stuck: bool = False) -> None:
        self._told = asyncio.Event()
        self._is_stuck = is_stuck
        self.ended = ""

    async def run(self) -> None:
        try:
            await self._told.wait()
            if self._is_stuck:
                await asyncio.Event().wait()
            await asyncio.sleep(0.01)
            self.ended = "done"
        except asyncio.CancelledError:
            self.ended = "broken off"
            raise

    def stop(self) -> None:
        self._told.set()


async def test_a_worker_finishes_what_is_under_way() -> None:
    worker = Worker()
    async with contextlib.AsyncExitStack() as undo:
        Tasks(undo).run_until_done(worker)
        await asyncio.sleep(0)
    assert "done" == worker.ended


async def test_a_worker_that_does_not_end_is_broken_off(monkeypatch) -> None:
    monkeypatch.setattr("gateway.tasks.FINISH_SECONDS", 0.05)
    worker = Worker(is_stuck=True)
    async with contextlib.AsyncExitStack() as undo:
        Tasks(undo).run_until_done(worker)
        await asyncio.sleep(0)
    assert "broken off" == worker.ended


async def test_other_work_is_broken_off_at_once_the_last_first() -> None:
    ended = []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with contextlib.AsyncExitStack() as undo:
        tasks = Tasks(undo)
        tasks.run(work("first"))
        tasks.run(work("second"))
        await asyncio.sleep(0)
    assert ["second", "first"] == ended
