"""Building the list from the past: every keyword in an account's list of messages at Twilio, each with its evidence.

The list is read from the newest message on, and what is in force in the end does not hang on the order: each keyword
counts from Twilio's time, as in `gateway.messaging.late`. How far it has come is kept after each page, so that the same
command goes on where it was broken off. Bodies are read by the settings in force now; nobody is answered, and nothing
is lifted at Twilio.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.directory import Account, Directory
from gateway.flows.gaps import is_before, missed_in
from gateway.flows.missed import LearnedFrom, Missed
from gateway.flows.second_sources import MALFORMED, NO_KEYWORD, SEEN, SecondSources
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.learned_lines import Backfill
from gateway.store.transaction import Transaction
from gateway.twilio.late_messages import listed_at
from gateway.twilio.lists import ListPage
from gateway.twilio.message_list import pages_of_messages
from gateway.twilio.products import API
from gateway.twilio.upstreams import Upstreams

LEASE: Final = 60 * 1_000_000  # microseconds, prolonged with each page
READ: Final = "read"
INBOUND: Final = "inbound"


class UnderWay(Exception):
    """Somebody else back-fills the account at this moment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read: messages from ``since`` (None: the first there is) to ``until`` (None: now), in microseconds since
    1970, UTC, and how many pages a second at most. ``restart`` goes not on with what was broken off; ``dry_run`` counts
    and keeps nothing.
    """

    since: int | None = None
    until: int | None = None
    pages_per_second: float = 5.0
    restart: bool = False
    dry_run: bool = False


class BackfillOperations:
    """Back-fills. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self,
        directory: Directory,
        store: Store,
        sources: SecondSources,
        upstreams: Upstreams,
        clock: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._store = store
        self._sources = sources
        self._upstreams = upstreams
        self._clock = clock
        self._holder = new_id(clock())

    async def run(self, account: Account, wanted: Wanted, by: Actor) -> AsyncIterator[Backfill]:
        """Read the list, and give how far it has come after each page; the last has ``ended_at``. Raises `UnderWay`,
        `UpstreamError`, `StoreError`; what was done before stays, and another run goes on from there.
        """
        state = await self._begun(account, wanted, by)
        if not wanted.dry_run:
            await self._directory.sync(account)  # a keyword covers the services that hold its sender
        api = self._upstreams.to(API, account.origins)
        async for page in pages_of_messages(api, account.sid, account.auth_tokens[0], state.since, state.reached):
            state = await self._taken(account, wanted, state, page, by)
            yield state
            if state.since is not None and is_before(page, state.since):
                break
            await asyncio.sleep(1 / wanted.pages_per_second)
        ended = replace(state, ended_at=self._clock())
        await self._keep(wanted, ended, held_for=0)
        yield ended

    async def _begun(self, account: Account, wanted: Wanted, by: Actor) -> Backfill:
        now = self._clock()
        last = None if wanted.restart or wanted.dry_run else await self._store.backfill(account.sid)
        if last is not None and last.ended_at is None and _is_same(last, wanted):
            state = last
        else:
            until = wanted.until if wanted.until is not None else now
            state = Backfill(account.sid, wanted.since, until, until, {}, by.name, now)
        await self._keep(wanted, state)
        return state

    async def _taken(self, account: Account, wanted: Wanted, state: Backfill, page: ListPage, by: Actor) -> Backfill:
        reason = f"back-filled from Twilio's list of messages by {by.name}"
        since = state.since if state.since is not None else 0
        fresh = tuple(item for item in page if _is_up_to(listed_at(item), state.reached))
        missed, why_not = missed_in(fresh, since, account.sid, LearnedFrom.BACKFILL, reason)
        take = self._counted if wanted.dry_run else self._sources.take
        here = Counter({READ: len(fresh), INBOUND: len(missed), MALFORMED: len(why_not)})
        counts = Counter(state.counts) + here + await take(account, missed)
        times = [at for item in fresh if (at := listed_at(item)) is not None]
        state = replace(state, counts=dict(counts), reached=min([state.reached, *times]))
        await self._keep(wanted, state)
        return state

    async def _counted(self, account: Account, missed: Sequence[Missed]) -> Counter[str]:
        """What taking messages would come to, as far as it can be told beforehand: by type, or ``seen`` before."""
        counted: Counter[str] = Counter()
        for one, opt_out_type in zip(missed, await self._sources.types_of(account, missed), strict=True):
            if opt_out_type is None:
                counted[NO_KEYWORD] += 1
            else:
                counted[SEEN if await self._sources.is_known(account, one) else opt_out_type] += 1
        return counted

    async def _keep(self, wanted: Wanted, state: Backfill, held_for: int = LEASE) -> None:
        """Keep how far it has come, and that nobody else begins. Raises `UnderWay`."""
        if wanted.dry_run:
            return
        now = self._clock()

        async def keep(transaction: Transaction) -> bool:
            name = f"backfill {state.account_sid}"
            held = await transaction.take_lease(name, self._holder, now=now, held_until=now + held_for)
            if held:
                await transaction.put_backfill(state)
            return held

        if not await self._store.write(keep):
            raise UnderWay("a back-fill of the account is under way already, or was killed less than a minute ago")


def keywords_of(counts: Mapping[str, int]) -> int:
    """How many of what was counted were keywords that were news."""
    return sum(count for name, count in counts.items() if name not in {READ, INBOUND, SEEN, NO_KEYWORD, MALFORMED})


def _is_same(last: Backfill, wanted: Wanted) -> bool:
    return last.since == wanted.since and wanted.until in {None, last.until}


def _is_up_to(at: int | None, reached: int) -> bool:
    return at is None or at <= reached
