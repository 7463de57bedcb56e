"""The whole list of an account told to Twilio's Consents API, for a mirror that begins, or that is not to be trusted:
first the opt-outs that stand, then the lifts that may be told (`gateway.operations.lifts`).

Lines are read just before each call, so that nobody is blocked at Twilio who was lifted meanwhile. The other way round
that does not suffice: who opts out while a lift is on its way is told as an opt-out right after it. How far it has come
is kept after each call, and of lifts before it as well: begun again, it goes on from there.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

import orjson

from gateway.directory import Account, Directory
from gateway.events.mirror import TwilioMirror, items_of
from gateway.flows.second_sources import SecondSources
from gateway.messaging.instants import iso, maybe_iso
from gateway.messaging.optouts import Source
from gateway.operations.lifts import Lifts
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter
from gateway.store.records import ListedOptOut
from gateway.twilio.consents import MOST_ITEMS, ConsentItem, TooMany
from gateway.twilio.upstreams import Upstreams

MOST_KEPT: Final = 100  # failures that are kept to be shown
PAUSE_SECONDS: Final = 5.0  # after a call that was one too many: the running mirror makes some as well
TRIES: Final = 24
TOLD: Final = "told"
LIFTED: Final = "lifted"
KNOWN: Final = "known"
LEFT_OUT: Final = "left_out"
LEFT_BLOCKED: Final = "left_blocked"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to tell: opt-outs, and ``lifts`` as of ``lifts_since`` (microseconds since 1970, UTC; None: all that may be
    told) or later. ``restart`` goes not on with what was broken off; ``dry_run`` tells and keeps nothing.
    """

    lifts: bool = True
    lifts_since: int | None = None
    dry_run: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """How far it has come: ``after`` is the last opt-out or, once ``at_lifts``, the last lift that was told; ``read``
    is how many messages of Twilio's were read for these. ``counts`` are opt-outs ``told`` and ``lifted``, ``known`` to
    Twilio already, ``left_out`` as Twilio cannot be told, ``left_blocked`` as a lift is in doubt, ``refused`` by it.
    ``failures`` are the first of these, each by its opt-out's identifier and with Twilio's reason. ``under_way`` are
    the lifts of a call that was about to be made. Times are microseconds since 1970, UTC.
    """

    account_sid: str
    after: str
    counts: Mapping[str, int]
    failures: Mapping[str, str]
    started_at: int
    ended_at: int | None = None
    at_lifts: bool = False
    read: int = 0
    under_way: Sequence[str] = ()


Items = Sequence[tuple[str, ConsentItem]]
"""What is to be told, each with the identifier of its opt-out."""


class MirrorOperations:
    """Pushes. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self,
        directory: Directory,
        store: Store,
        sources: SecondSources,
        upstreams: Upstreams,
        mirror: TwilioMirror,
        clock: Callable[[], int],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._directory = directory
        self._store = store
        self._sources = sources
        self._upstreams = upstreams
        self._mirror = mirror
        self._clock = clock
        self._pause_seconds = pause_seconds

    async def push(self, account: Account, wanted: Wanted) -> AsyncIterator[Pushed]:
        """Tell Twilio of the list, and give how far it has come after each call, and each page of Twilio's messages
        that was read; the last has ``ended_at``. Raises `UpstreamError`, `NotTaken`, `StoreError`; another push goes on
        from there.
        """
        state = Pushed(account.sid, "", {}, {}, self._clock())
        if not wanted.dry_run and not wanted.restart:
            state = await self._settled(account, await self._kept(state), wanted)
        for is_due, steps in ((not state.at_lifts, self._opt_outs), (wanted.lifts, self._lifts)):
            if is_due:
                async for step in steps(account, state, wanted):
                    state = step
                    yield state
        state = replace(state, ended_at=self._clock())
        await self._keep(state, wanted)
        yield state

    async def _opt_outs(self, account: Account, state: Pushed, wanted: Wanted) -> AsyncIterator[Pushed]:
        those = OptOutFilter(account_sid=account.sid)
        while True:
            await self._turn(account, wanted)
            lines = await self._store.list_opt_outs(those, state.after, MOST_ITEMS)
            if not lines:
                break
            items, counts = _sayable(lines, is_stop=True)
            state = replace(state, after=lines[-1].opt_out_id, counts=_sum(state.counts, counts))
            state = await self._patiently(partial(self._tell, account, state, items, wanted))
            await self._keep(state, wanted)
            yield state
        yield replace(state, after="", at_lifts=True)

    async def _lifts(self, account: Account, state: Pushed, wanted: Wanted) -> AsyncIterator[Pushed]:
        since = max(wanted.lifts_since or 0, 0)
        oldest = await self._store.oldest_lift(account.sid, since)
        if oldest is None:
            return
        if not wanted.dry_run:
            await self._directory.sync(account)  # what a lift is about hangs on the pools
        lifts = Lifts(account, self._directory, self._store, self._sources, self._upstreams, self._clock)
        async for count in lifts.read(oldest):
            state = replace(state, read=state.read + count)
            yield state
        while await self._store.list_lifted(account.sid, since, state.after, 1):
            state = await self._patiently(partial(self._lift_some, account, lifts, state, since, wanted))
            yield state

    async def _lift_some(self, account: Account, lifts: Lifts, state: Pushed, since: int, wanted: Wanted) -> Pushed:
        """Tell the next lifts, and of whoever opted out meanwhile that they did."""
        await self._turn(account, wanted)
        await lifts.read_on()
        lines = [line.listed for line in await self._store.list_lifted(account.sid, since, state.after, MOST_ITEMS)]
        items, counts = _sayable(lines, is_stop=False)
        by_id = {line.opt_out_id: line for line in lines}
        sure = [(name, item) for name, item in items if await lifts.may_be_told(by_id[name])]
        state = replace(state, under_way=[name for name, _ in sure])
        await self._keep(state, wanted)
        told = await self._tell(account, state, sure, wanted)
        counts[LEFT_BLOCKED] += len(items) - len(sure)
        after = lines[-1].opt_out_id if lines else state.after
        state = replace(told, after=after, counts=_sum(told.counts, counts))
        return await self._settled(account, state, wanted)

    async def _settled(self, account: Account, state: Pushed, wanted: Wanted) -> Pushed:
        """Once the lifts that were under way are through: those that stand by now are told as opt-outs, even where
        Twilio knew it first.
        """
        if not state.under_way or wanted.dry_run:
            return state
        found = [await self._store.opt_out_line(name) for name in state.under_way]
        items = [
            item for line in found if line is not None and line.standing for item in _said(line.listed, is_stop=True)
        ]
        if items:
            await self._turn(account, wanted)
            state = await self._patiently(partial(self._tell, account, state, items, wanted))
        state = replace(state, under_way=())
        await self._keep(state, wanted)
        return state

    async def _turn(self, account: Account, wanted: Wanted) -> None:
        if not wanted.dry_run:
            await self._mirror.turn(account)

    async def _tell(self, account: Account, state: Pushed, items: Items, wanted: Wanted) -> Pushed:
        """Tell at most 25 items, and count what came of it. Raises `TooMany`."""
        failures, failed = dict(state.failures), {}
        if items and not wanted.dry_run:
            failed = await self._mirror.tell(account, [item for _, item in items])
        for place, why in failed.items():
            if len(failures) < MOST_KEPT:
                failures[items[place][0]] = why
        taken = [item for place, (_, item) in enumerate(items) if place not in failed]
        stops = sum(item.is_stop for item in taken)
        counts = Counter({TOLD: stops, LIFTED: len(taken) - stops, REFUSED: len(failed)})
        return replace(state, counts=_sum(state.counts, counts), failures=failures)

    async def _patiently(self, call: Callable[[], Awaitable[Pushed]]) -> Pushed:
        """Make a call, again where it was one too many."""
        for left in reversed(range(TRIES)):
            try:
                return await call()
            except TooMany:
                if not left:
                    raise
                await asyncio.sleep(self._pause_seconds)
        raise AssertionError("unreachable")

    async def _kept(self, begun: Pushed) -> Pushed:
        text = await self._store.try_out(lambda transaction: transaction.value(_name(begun)))
        last = Pushed(**orjson.loads(text)) if text is not None else begun
        return last if last.ended_at is None else begun

    async def _keep(self, state: Pushed, wanted: Wanted) -> None:
        if wanted.dry_run:
            return
        text = orjson.dumps(asdict(state)).decode()
        await self._store.write(lambda transaction: transaction.put_value(_name(state), text))


def pushed_as_json(state: Pushed, *, dry_run: bool) -> dict[str, Any]:
    """How far a push has come."""
    return {
        "account_sid": state.account_sid,
        "dry_run": dry_run,
        "counts": dict(state.counts),
        "failures": [{"opt_out_id": opt_out_id, "why": why} for opt_out_id, why in state.failures.items()],
        "messages_read": state.read,
        "started_at": iso(state.started_at),
        "ended_at": maybe_iso(state.ended_at),
    }


def _sayable(lines: Sequence[ListedOptOut], *, is_stop: bool) -> tuple[Items, Counter[str]]:
    """What Twilio can be told of, and how much it cannot be or knows already."""
    news = [line for line in lines if line.source != Source.TWILIO]
    items = [item for line in news for item in _said(line, is_stop=is_stop)]
    return items, Counter({KNOWN: len(lines) - len(news), LEFT_OUT: len(news) - len(items)})


def _said(line: ListedOptOut, *, is_stop: bool) -> Items:
    """What Twilio is told of a line; nothing where its Consents API cannot say it."""
    scopes, at, source = (line.scope,), line.effective_at, line.source
    said = items_of(line.key.channel, line.recipient, scopes, at, source, is_stop=is_stop)
    return [(line.opt_out_id, item) for item in said]


def _sum(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in (Counter(some) + Counter(more)).items() if count}


def _name(state: Pushed) -> str:
    return f"mirror_push {state.account_sid}"
