"""Closing gaps: keywords whose webhook never came are read from Twilio's list of messages, at start and now and then.

Whichever process holds an account's lease reads what came since the last reading, and a little before that, newest
first, so that the latest word of everybody is in force soonest; in which order it is read does not matter to what is
in force in the end. Until when the list was read is kept only once all of it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from gateway import metrics
from gateway.deliveries import SECOND
from gateway.directory import Account, Directory
from gateway.flows.missed import LearnedFrom, Missed
from gateway.flows.second_sources import MALFORMED, NO_KEYWORD, SEEN, SecondSources
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction
from gateway.twilio.late_messages import NotAMessage, listed_at, read_listed
from gateway.twilio.lists import ListPage
from gateway.twilio.message_list import pages_of_messages
from gateway.twilio.products import API
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams

log: Final = structlog.get_logger()

OVERLAP: Final = 15 * 60 * SECOND  # for what Twilio lists late, and for clocks that differ
LEASE: Final = 60 * SECOND  # prolonged with each page
PAUSE_SECONDS: Final = 0.05  # between two pages, so that apps' calls are not crowded out
AT_ONCE: Final = 4  # accounts
LONGEST_BACKOFF_SECONDS: Final = 30.0
REASON: Final = "learned from Twilio's list of messages"
LOOKS: Final = 4  # how often in a period it is looked whether somebody else has closed the gap


@dataclass(frozen=True, slots=True)
class GapStatus:
    """Until when an account's list was read (microseconds since 1970, UTC), and why it could not be lately, and when
    that was. ``missed`` is how many keywords this process has learned there, ``missed_at`` when it did so last.
    """

    closed_until: int | None
    error: str | None
    failed_at: int | None = None
    missed: int = 0
    missed_at: int | None = None


class GapClosing:
    """This process's part in it; ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self,
        directory: Directory,
        store: Store,
        sources: SecondSources,
        upstreams: Upstreams,
        clock: Callable[[], int],
        every_seconds: float,
    ) -> None:
        self._directory = directory
        self._store = store
        self._sources = sources
        self._upstreams = upstreams
        self._clock = clock
        self._every_seconds = every_seconds
        self._holder = new_id(clock())
        self._started_at = clock()
        self._closed_until: dict[str, int | None] = {}
        self._why_not: dict[str, tuple[str, int]] = {}  # and when
        self._missed: dict[str, tuple[int, int]] = {}  # how many, and when last

    @property
    def is_first_done(self) -> bool:
        """Whether every account's list was read once since this process started, by whomever."""
        read = [self._closed_until.get(account.sid) for account in self._directory.accounts]
        return all(until is not None and until >= self._started_at for until in read)

    def status(self) -> dict[str, GapStatus]:
        """How it is with each account."""
        sids = [account.sid for account in self._directory.accounts]
        nothing: tuple[None, None] = (None, None)
        return {
            sid: GapStatus(
                self._closed_until.get(sid), *self._why_not.get(sid, nothing), *self._missed.get(sid, (0, None))
            )
            for sid in sids
        }

    async def run(self) -> None:
        """Close gaps until cancelled; the service owns the task. What fails is tried again after growing pauses."""
        backoff = 1.0
        while True:
            if await self.look():
                backoff = 1.0
                await asyncio.sleep(self._every_seconds / LOOKS)
            else:
                await asyncio.sleep(min(backoff, self._every_seconds))
                backoff = min(backoff * 2, LONGEST_BACKOFF_SECONDS)

    async def look(self) -> bool:
        """Close the gap of every account whose list was not read for a period; false where one is open still."""
        places = asyncio.Semaphore(AT_ONCE)

        async def look(account: Account) -> bool:
            async with places:
                return await self._look(account)

        return all(await asyncio.gather(*(look(account) for account in self._directory.accounts)))

    async def _look(self, account: Account) -> bool:
        try:
            until = self._closed_until[account.sid] = await self._store.closed_until(account.sid)
            due_before = max(self._started_at, self._clock() - int(self._every_seconds * SECOND))
            if until is not None and until >= due_before:
                self._why_not.pop(account.sid, None)  # somebody else may have closed it
                return True
            return await self._close(account)
        except Exception as error:
            # Twilio or the store is away, or a fault of ours: the gap stays open, and is looked at again.
            why = str(error) if isinstance(error, UpstreamError | StoreError) else type(error).__name__
            self._why_not[account.sid] = why, self._clock()
            metrics.GAP_CLOSINGS.labels("failed").inc()
            log.warning("gap_not_closed", account=account.sid, why=why)
            return False

    async def _close(self, account: Account) -> bool:
        """Read the list since it was read last, and a little more; false while another process does. Raises
        `UpstreamError`, `StoreError`.
        """
        began = self._clock()
        if not await self._is_ours(account):
            return False
        since = await self._store.write(lambda transaction: _last_seen(transaction, account.sid, began)) - OVERLAP
        read = learned = 0
        api = self._upstreams.to(API, account.origins)
        async for page in pages_of_messages(api, account.sid, account.auth_tokens[0], since):
            read += len(page)
            learned += await self._take(account, page, since)
            if is_before(page, since):
                break
            if not await self._is_ours(account):
                return False
            await asyncio.sleep(PAUSE_SECONDS)
        await self._done(account, began)
        log.info("gap_closed", account=account.sid, read=read, learned=learned)
        return True

    async def _take(self, account: Account, page: ListPage, since: int) -> int:
        """Take the inbound messages of a page; gives how many keywords were news."""
        missed, why_not = missed_in(page, since, account.sid, LearnedFrom.LIST, REASON)
        for why in why_not:
            metrics.LEARNED.labels(LearnedFrom.LIST, MALFORMED).inc()
            log.warning("listed_message_refused", account=account.sid, why=why)
        counted = await self._sources.take(account, missed)
        news = sum(count for outcome, count in counted.items() if outcome not in {SEEN, NO_KEYWORD, MALFORMED})
        if news:
            before, _ = self._missed.get(account.sid, (0, 0))
            self._missed[account.sid] = before + news, self._clock()
        return news

    async def _is_ours(self, account: Account) -> bool:
        now = self._clock()

        async def take(transaction: Transaction) -> bool:
            name = f"gap {account.sid}"
            return await transaction.take_lease(name, self._holder, now=now, held_until=now + LEASE)

        return await self._store.write(take)

    async def _done(self, account: Account, began: int) -> None:
        now = self._clock()

        async def done(transaction: Transaction) -> None:
            await transaction.put_closed_until(account.sid, began)
            await transaction.take_lease(f"gap {account.sid}", self._holder, now=now, held_until=now)

        await self._store.write(done)
        self._closed_until[account.sid] = began
        self._why_not.pop(account.sid, None)
        metrics.GAP_CLOSINGS.labels("closed").inc()


def missed_in(
    page: ListPage, since: int, account_sid: str, learned_from: LearnedFrom, reason: str
) -> tuple[list[Missed], list[str]]:
    """The inbound messages of a page from an instant on, and why others cannot be read: they lose nothing else. One
    without a time counts from the instant.
    """
    missed, why_not = [], []
    for item in page:
        try:
            late = read_listed(item)
        except NotAMessage as error:
            why_not.append(str(error))
            continue
        if late is None or late.message.account_sid != account_sid or (late.at is not None and late.at < since):
            continue
        missed.append(Missed(late.message, late.at if late.at is not None else since, learned_from, reason))
    return missed, why_not


def is_before(page: ListPage, since: int) -> bool:
    """Whether a page holds nothing but what is older than an instant: so is all behind it."""
    times = [listed_at(item) for item in page]
    return bool(times) and all(at is not None and at < since for at in times)


async def _last_seen(transaction: Transaction, account_sid: str, now: int) -> int:
    """Until when nothing can be missing: the last reading, else the last webhook, else now, as there was nobody before
    who missed anything.
    """
    until = await transaction.closed_until(account_sid)
    if until is None:
        until = await transaction.newest_inbound(account_sid)
    return until if until is not None else now
