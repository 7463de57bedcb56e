"""The check: which opt-outs a recipient has.

Concurrent look-ups are folded into one statement. One may join only a look-up that has not been issued yet; no
answer is kept for another. So whoever asks after a STOP was committed sees it.

Of a person who was erased the lines stand under another key, which takes a hash to make. So a look-up asks for it only
in accounts that have erased somebody, which every answer tells: one that comes from such an account without having
asked is asked again as a whole. Which accounts these are is remembered, to ask for both at once; that they are may be
learned late, and never becomes wrong.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.store.engine import Engine, Row
from gateway.store.errors import SecretUnknown, StoreUnavailable
from gateway.store.records import Found, opt_out_of

ANSWER_WITHIN_SECONDS: Final = 0.9  # a slow store means 503 within a second, not a queue
MOST_AT_ONCE: Final = 512

Asked = dict[RecipientKey, list[asyncio.Future[Found]]]


class Lookup:
    """Answers look-ups, each run of it one statement at a time."""

    def __init__(self, engine: Engine, confirm: Callable[[], Awaitable[None]]) -> None:
        """``confirm`` raises `StoreError` where persons were erased under another root key than this process has."""
        self._engine = engine
        self._confirm = confirm
        self._erasing: set[str] = set()
        self._waiting: Asked = {}
        self._asked = asyncio.Event()
        self._is_closed = False

    async def find(self, key: RecipientKey) -> Found:
        """The recipient's opt-outs, standing and lifted, as they are at some instant after this call began.

        Raises `StoreUnavailable` when the store has given no answer for 0.9 s.
        """
        if self._is_closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(ANSWER_WITHIN_SECONDS, self._give_up, self._waiting)
            self._asked.set()
        future: asyncio.Future[Found] = loop.create_future()
        self._waiting.setdefault(key, []).append(future)
        return await future

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

    def _take(self) -> Asked:
        """What waits, for one statement; the rest and who comes now wait for the next."""
        self._asked.clear()
        asked, self._waiting = self._waiting, {}
        return asked

    async def _answer_next(self, asked: Asked) -> None:
        keys = list(asked)
        try:
            for first in range(0, len(keys), MOST_AT_ONCE):
                part = keys[first : first + MOST_AT_ONCE]
                _answer(asked, part, await self._found(part))
        except StoreUnavailable as error:
            _refuse(asked, error)
        except SecretUnknown as error:
            _refuse(asked, StoreUnavailable(str(error)))
        except BaseException as error:
            # A fault of ours, or the end: nobody is left waiting, and a fault does not end the answering.
            _refuse(asked, StoreUnavailable(f"the look-up was broken off ({type(error).__name__})"))
            if not isinstance(error, Exception):
                raise
        finally:
            asked.clear()  # the timer that gives up holds it for a while yet

    async def _found(self, keys: list[RecipientKey]) -> list[Found]:
        while True:
            erased = [i for i, key in enumerate(keys) if key.account_sid in self._erasing]
            places = [*range(len(keys)), *erased]  # whose answer each of the keys that are asked for belongs to
            asked = [*keys, *(self._engine.persons.erased(keys[place]) for place in erased)]
            rows = await self._engine.find(asked)
            news = {keys[places[row[0]]].account_sid for row in rows if row[2]} - self._erasing
            if not news:
                return _by_place(rows, places, len(keys))
            await self._confirm()
            self._erasing |= news

    def _give_up(self, asked: Asked) -> None:
        """Refuse whoever of a statement, issued or still waiting to be, has no answer yet."""
        _refuse(asked, StoreUnavailable("the store took too long to answer"))
        if asked is self._waiting:  # nobody may join what has been given up
            self._take()


def _by_place(rows: list[Row], places: Sequence[int], count: int) -> list[Found]:
    opt_outs: list[list[OptOut]] = [[] for _ in range(count)]
    erased: list[tuple[int, OptOut]] = []
    versions = [0] * count
    for position, version, _, *columns in rows:
        place = places[position]
        versions[place] = version or 0
        if columns[0] is None:
            continue
        if position < count:
            opt_outs[place].append(opt_out_of(tuple(columns)))
        else:
            erased.append((place, opt_out_of(tuple(columns))))
    for place, opt_out in erased:  # a line under the own key was written later
        if all(opt_out.scope != known.scope for known in opt_outs[place]):
            opt_outs[place].append(opt_out)
    return [Found(tuple(found), version) for found, version in zip(opt_outs, versions, strict=True)]


def _answer(asked: Asked, keys: Sequence[RecipientKey], found: Iterable[Found]) -> None:
    for key, answer in zip(keys, found, strict=True):
        for future in asked[key]:
            if not future.done():
                future.set_result(answer)


def _refuse(asked: Asked, error: StoreUnavailable) -> None:
    for futures in asked.values():
        for future in futures:
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waited may have given up already
