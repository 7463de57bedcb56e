"""A capture played again: in its order for each person, at a pace, and compared with what was decided then.

What one person said and what was sent to him keeps its order, however many requests are under way. Where two messages
of his were a second or more apart they are now, too: within a second a STOP wins over a START, whichever came first.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from gateway.capture.decisions import decision_of
from gateway.capture.marks import CALLBACK_HEADER, OUTCOME_HEADER
from gateway.capture.records import Traffic
from gateway.capture.requests import Answered, Played, Player
from gateway.capture.results import Results
from gateway.capture.scrubbing import RECIPIENTS

APART_SECONDS: Final = 1.05
SECOND: Final = 1_000_000
MOST_PENDING: Final = 2_000  # read and not played yet; those of one person wait for each other
LAST_DIGITS: Final = 8  # by which two spellings of a number are one person's; who shares them only waits longer
ANSWER_SECONDS: Final = 60.0
REPLAYED: Final = "code_900405"  # how a gateway refuses whose sends reach people
MOST_BODY_BYTES: Final = 1024 * 1024


class NoRehearsal(Exception):
    """The target is none that may be played to; the text says why."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: ``rate`` requests a second, or ``speed`` times as fast as they came; neither: as fast as may be."""

    rate: float | None = None
    speed: float | None = None

    def due(self, number: int, since_first: int) -> float:
        """When, in seconds since the start, a request is due that came so many microseconds behind the first."""
        if self.rate is not None:
            return number / self.rate
        return since_first / SECOND / self.speed if self.speed is not None else 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is played at most: requests, and seconds; None: all."""

    requests: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class _Lanes:
    """Who waits for whom: the last request of each person that is under way, and when he last wrote."""

    last: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    wrote: "OrderedDict[str, tuple[int, float]]" = field(default_factory=OrderedDict)

    def earliest(self, lane: str, at: int) -> float:
        """From when on (monotonic seconds) a message of a person may be played that came in at ``at`` then."""
        before = self.wrote.get(lane)
        return before[1] + APART_SECONDS if before is not None and at - before[0] >= SECOND else 0.0

    def note(self, lane: str, at: int, now: float) -> None:
        """Remember that a person wrote, as long as it matters."""
        self.wrote[lane] = (at, now)
        self.wrote.move_to_end(lane)
        while next(iter(self.wrote.values()))[1] < now - 2 * APART_SECONDS:
            self.wrote.popitem(last=False)


class Replay:
    """One run. ``on_progress`` is called after each request; ``monotonic`` gives seconds."""

    def __init__(
        self,
        player: Player,
        results: Results,
        pace: Pace,
        bounds: Bounds,
        concurrency: int,
        on_progress: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._player = player
        self._results = results
        self._pace = pace
        self._bounds = bounds
        self._on_progress = on_progress
        self._monotonic = monotonic
        self._ends_at = math.inf
        self._under_way = asyncio.Semaphore(concurrency)
        self._pending = asyncio.Semaphore(MOST_PENDING)
        self._lanes = _Lanes()

    async def run(self, traffic: Iterator[Traffic]) -> None:
        """Play all of it, or as much as the bounds let."""
        first_at: int | None = None
        began, number = self._monotonic(), 0
        self._ends_at = math.inf if self._bounds.seconds is None else began + self._bounds.seconds
        async with _session() as http, asyncio.TaskGroup() as tasks:
            for index, record in enumerate(traffic):
                if self._results.is_done(index):
                    continue
                first_at = record.at if first_at is None else first_at
                due = began + self._pace.due(number, record.at - first_at)
                if self._is_over(number, due):
                    self._results.is_cut = True
                    break
                await asyncio.sleep(max(0.0, due - self._monotonic()))
                await self._pending.acquire()
                self._begin(tasks, http, index, record)
                number += 1

    def _is_over(self, number: int, due: float) -> bool:
        is_enough = self._bounds.requests is not None and number >= self._bounds.requests
        return is_enough or max(due, self._monotonic()) >= self._ends_at

    def _begin(self, tasks: asyncio.TaskGroup, http: aiohttp.ClientSession, index: int, record: Traffic) -> None:
        lane = lane_of(record)
        before = self._lanes.last.get(lane)
        task = tasks.create_task(self._in_turn(http, index, record, lane, before))
        self._lanes.last[lane] = task

        def ended(_: object) -> None:
            self._pending.release()
            if self._lanes.last.get(lane) is task:
                del self._lanes.last[lane]

        task.add_done_callback(ended)

    async def _in_turn(
        self,
        http: aiohttp.ClientSession,
        index: int,
        record: Traffic,
        lane: str,
        before: asyncio.Task[None] | None,
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        played = self._player.played(record)
        if isinstance(played, str):
            self._results.left_out(index, record, played)
            self._on_progress()
            return
        is_persons = record.record in {"inbound", "event"}
        if is_persons:
            await asyncio.sleep(max(0.0, self._lanes.earliest(lane, record.at) - self._monotonic()))
        async with self._under_way:
            began = self._monotonic()
            if began >= self._ends_at:  # it has waited for its turn until then; a later run begins with it
                self._results.is_cut = True
                return
            answered = await _asked(http, played)
            now = self._monotonic()
        if is_persons:
            self._lanes.note(lane, record.at, now)
        if isinstance(answered, str):
            self._results.failed(index, record, answered)
        else:
            self._player.answered(record, answered)
            now_decided = self._player.decision(record, answered)
            self._results.answered(index, record, decision_of(record), now_decided, now - began)
        self._on_progress()


async def demand_rehearsal(player: Player) -> None:
    """Ask the target, before anything that could reach people, whether it keeps a replay from them. Raises
    `NoRehearsal`.
    """
    async with _session() as http:
        answered = await _asked(http, player.probe())
    if isinstance(answered, str):
        raise NoRehearsal(f"it cannot be asked: {answered}")
    if answered.told is None:
        raise NoRehearsal("it is no gateway that knows what a replay is")
    if REPLAYED in answered.told:
        raise NoRehearsal("its sends reach Twilio itself; set its twilio.api_url and accounts_url to a sandbox's")


def lane_of(record: Traffic) -> str:
    """Whose request it is, however his number is written; an event stream's is its first message's."""
    name = RECIPIENTS[record.record]
    text = record.field(name)
    if record.record == "event":
        data = record.items[0].get("data") if record.items else None
        text = str(data.get(name)) if isinstance(data, dict) else ""
    digits = "".join(char for char in text or "" if char.isdecimal())
    return digits[-LAST_DIGITS:] or text or ""


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as http:
        yield http


async def _asked(http: aiohttp.ClientSession, played: Played) -> Answered | str:
    """The answer, or why there is none."""
    url = URL(played.url, encoded=True)
    try:
        async with http.request(
            played.method, url, data=played.body or None, headers=played.headers, allow_redirects=False
        ) as answer:
            body = await answer.content.read(MOST_BODY_BYTES)
            while not answer.content.at_eof():
                body = (body + await answer.content.read(MOST_BODY_BYTES))[:MOST_BODY_BYTES]
            told, path = answer.headers.get(OUTCOME_HEADER), answer.headers.get(CALLBACK_HEADER)
            return Answered(answer.status, told, body, path)
    except TimeoutError:
        return "no answer in time"
    except aiohttp.ClientConnectorError:
        return "no connection"
    except (aiohttp.ClientError, OSError) as error:
        return type(error).__name__
