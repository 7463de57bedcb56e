"""The whole list of an account told to Twilio's Consents API, for a mirror that begins, or that is not to be trusted.

Lines are read just before each call, so that nobody is blocked at Twilio who was lifted meanwhile. How far it has come
is kept after each call: begun again, it goes on from there. Lifts are told by the running mirror, not here: an opt-in
that is told out of its time could undo a STOP that only Twilio knows.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import orjson

from gateway.directory import Account
from gateway.events.mirror import TwilioMirror, items_of
from gateway.messaging.instants import iso, maybe_iso
from gateway.messaging.optouts import Source
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter
from gateway.store.records import ListedOptOut
from gateway.twilio.consents import MOST_ITEMS, ConsentItem, TooMany

MOST_KEPT: Final = 100  # failures that are kept to be shown
PAUSE_SECONDS: Final = 5.0  # after a call that was one too many: the running mirror makes some as well
TRIES: Final = 24
TOLD: Final = "told"
KNOWN: Final = "known"
LEFT_OUT: Final = "left_out"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Pushed:
    """How far it has come: ``after`` is the last opt-out that was told. ``counts`` are opt-outs: ``told``, ``known`` to
    Twilio already, ``left_out`` as Twilio cannot be told, ``refused`` by it. ``failures`` are the first of these, each
    by its opt-out's identifier and with Twilio's reason. Times are microseconds since 1970, UTC.
    """

    account_sid: str
    after: str
    counts: Mapping[str, int]
    failures: Mapping[str, str]
    started_at: int
    ended_at: int | None = None


class MirrorOperations:
    """Pushes. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self, store: Store, mirror: TwilioMirror, clock: Callable[[], int], pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._store = store
        self._mirror = mirror
        self._clock = clock
        self._pause_seconds = pause_seconds

    async def push(self, account: Account, *, dry_run: bool = False, restart: bool = False) -> AsyncIterator[Pushed]:
        """Tell Twilio of all opt-outs that stand, and give how far it has come after each call; the last has
        ``ended_at``. Raises `UpstreamError`, `NotTaken`, `StoreError`; another push goes on from there.
        """
        state = Pushed(account.sid, "", {}, {}, self._clock())
        if not dry_run and not restart:
            state = await self._kept(state)
        wanted = OptOutFilter(account_sid=account.sid)
        while True:
            if not dry_run:
                await self._mirror.turn(account)
            lines = await self._store.list_opt_outs(wanted, state.after, MOST_ITEMS)
            if not lines:
                break
            state = await self._told(account, state, lines, dry_run=dry_run)
            if not dry_run:
                await self._keep(state)
            yield state
        state = replace(state, ended_at=self._clock())
        if not dry_run:
            await self._keep(state)
        yield state

    async def _told(self, account: Account, state: Pushed, lines: Sequence[ListedOptOut], *, dry_run: bool) -> Pushed:
        counts, failures = Counter(state.counts), dict(state.failures)
        items: list[tuple[str, ConsentItem]] = []
        for line in lines:
            said = _item_of(line)
            counts[KNOWN] += line.source == Source.TWILIO
            counts[LEFT_OUT] += said is None and line.source != Source.TWILIO
            items += [(line.opt_out_id, said)] if said is not None else []
        failed = {} if dry_run or not items else await self._call(account, [item for _, item in items])
        counts.update({TOLD: len(items) - len(failed), REFUSED: len(failed)})
        for place, why in failed.items():
            if len(failures) < MOST_KEPT:
                failures[items[place][0]] = why
        left = {name: count for name, count in counts.items() if count}
        return replace(state, after=lines[-1].opt_out_id, counts=left, failures=failures)

    async def _call(self, account: Account, items: Sequence[ConsentItem]) -> dict[int, str]:
        for left in reversed(range(TRIES)):
            try:
                return await self._mirror.tell(account, items)
            except TooMany:
                if not left:
                    raise
                await asyncio.sleep(self._pause_seconds)
        raise AssertionError("unreachable")

    async def _kept(self, begun: Pushed) -> Pushed:
        text = await self._store.try_out(lambda transaction: transaction.value(_name(begun)))
        last = Pushed(**orjson.loads(text)) if text is not None else begun
        return last if last.ended_at is None else begun

    async def _keep(self, state: Pushed) -> None:
        text = orjson.dumps(asdict(state)).decode()
        await self._store.write(lambda transaction: transaction.put_value(_name(state), text))


def pushed_as_json(state: Pushed, *, dry_run: bool) -> dict[str, Any]:
    """How far a push has come."""
    return {
        "account_sid": state.account_sid,
        "dry_run": dry_run,
        "counts": dict(state.counts),
        "failures": [{"opt_out_id": opt_out_id, "why": why} for opt_out_id, why in state.failures.items()],
        "started_at": iso(state.started_at),
        "ended_at": maybe_iso(state.ended_at),
    }


def _item_of(line: ListedOptOut) -> ConsentItem | None:
    if line.source == Source.TWILIO:
        return None
    items = items_of(line.key.channel, line.recipient, (line.scope,), line.effective_at, line.source, is_stop=True)
    return items[0] if items else None


def _name(state: Pushed) -> str:
    return f"mirror_push {state.account_sid}"
