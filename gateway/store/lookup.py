"""The check: which opt-outs of a recipient stand.

Concurrent look-ups are folded into one statement. One may join only a look-up that has not been issued yet; no
answer is kept for another. So whoever asks after a STOP was committed sees it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.store.engine import Engine, Row
from gateway.store.errors import StoreUnavailable
from gateway.store.records import Found, opt_out_of

ANSWER_WITHIN_SECONDS: Final = 0.9  # a slow store means 503 within a second, not a queue
MOST_AT_ONCE: Final = 512


class Lookup:
    """Answers look-ups, each run of it one statement at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: dict[RecipientKey, asyncio.Future[Found]] = {}
        self._asked = asyncio.Event()
        self._is_closed = False

    async def find(self, key: RecipientKey) -> Found:
        """The recipient's standing opt-outs, as they are at some instant after this call began.

        Raises `StoreUnavailable` when there is no answer within 0.9 s.
        """
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            self._asked.set()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                return await asyncio.shield(future)
        except TimeoutError as error:
            raise StoreUnavailable("the store took too long to answer") from error

    async def run(self) -> None:
        """Answer look-ups until cancelled; the store owns the tasks that run this, one a lane of the engine."""
        try:
            while True:
                await self._asked.wait()
                asked = self._take()
                if asked:  # else another lane was quicker
                    await self._answer_next(asked)
        finally:
            self._is_closed = True
            _refuse(self._waiting, StoreUnavailable("the store is closed"))
            self._waiting.clear()

    async def _answer_next(self, asked: dict[RecipientKey, asyncio.Future[Found]]) -> None:
        try:
            found = await self._find_all(list(asked))
        except StoreUnavailable as error:
            _refuse(asked, error)
        except BaseException as error:
            # A fault of ours, or the end: nobody is left waiting, and a fault does not end the answering.
            _refuse(asked, StoreUnavailable(f"the look-up was broken off ({type(error).__name__})"))
            if not isinstance(error, Exception):
                raise
        else:
            _answer(asked, found)

    def _take(self) -> dict[RecipientKey, asyncio.Future[Found]]:
        keys = list(self._waiting)[:MOST_AT_ONCE]
        asked = {key: self._waiting.pop(key) for key in keys}
        if not self._waiting:
            self._asked.clear()
        return asked

    async def _find_all(self, keys: Sequence[RecipientKey]) -> list[Found]:
        return _by_position(await self._engine.find(keys), len(keys))


def _by_position(rows: list[Row], count: int) -> list[Found]:
    opt_outs: list[list[OptOut]] = [[] for _ in range(count)]
    versions = [0] * count
    for position, version, *columns in rows:
        versions[position] = version or 0
        if columns[0] is not None:
            opt_outs[position].append(opt_out_of(tuple(columns)))
    return [Found(tuple(found), version) for found, version in zip(opt_outs, versions, strict=True)]


def _answer(asked: dict[RecipientKey, asyncio.Future[Found]], found: list[Found]) -> None:
    for future, answer in zip(asked.values(), found, strict=True):
        if not future.done():
            future.set_result(answer)


def _refuse(asked: dict[RecipientKey, asyncio.Future[Found]], error: StoreUnavailable) -> None:
    for future in asked.values():
        if not future.done():
            future.set_exception(error)
            future.exception()  # whoever waited may have given up already
