"""Counts for reports: made anew from the consent history and from activity, a quarter of an hour at a time.

What was counted stands up to a watermark; a report reads counts up to it and the truth from there on. Each round begins
some time before the watermark, so that what was written late is counted, too, and puts its counts in the place of those
before. So counting twice, or in two processes, comes to the same; and `recount` is nothing but the watermark set back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from gateway import metrics
from gateway.messaging.counts import OF_CONSENT, OF_SENDS, QUARTER, By, Count, Measure, quarter_of
from gateway.store import Store, StoreError
from gateway.store.activity_reads import Counted
from gateway.store.identifiers import first_id
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

EVERY_SECONDS: Final = 300.0
LATE: Final = 60 * 1_000_000  # microseconds: how long after its time a line may be written in the ordinary course
AGAIN: Final = 4 * QUARTER  # how much before the watermark a round begins
SPAN: Final = 96 * QUARTER  # a day, in one transaction
DAY: Final = 24 * 60 * 60 * 1_000_000
# By what metrics tell counts apart: neither numbers nor words that people wrote are in any of them.
TOLD_BY: Final = {"service": By.SERVICE, "country": By.COUNTRY, "source": By.SOURCE}
LINES: Final = 5_000  # read at a time: some milliseconds of the connection for reading
FORGOTTEN: Final = 1_000
PAUSE_SECONDS: Final = 0.05

Page = Callable[[str | None, str, int, int], Awaitable[Counted]]


@dataclass(frozen=True, slots=True)
class Truth:
    """One of the two things that counts are made of."""

    kind: str
    measures: tuple[Measure, ...]
    page: Page


class CountedMeanwhile(Exception):
    """Another process has counted, or set the watermark back, in between."""


class Counting:
    """Counts, and forgets what has been kept long enough. ``clock`` gives microseconds since 1970, UTC; activity is
    kept for ``keep_days``, 0: there is none.
    """

    def __init__(self, store: Store, clock: Callable[[], int], *, keep_days: int, keep_counts_days: int) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep_days * DAY
        self._keep_counts = keep_counts_days * DAY
        self._truths = truths_of(store)

    async def round_or_say(self) -> None:
        """Count and forget, and log what fails; a timer calls this every ``EVERY_SECONDS``."""
        try:
            await self.count()
            await self._forget()
            await self._tell()
        except Exception as error:
            # Reports read what is not counted from where it lies; the next round counts it.
            log.warning("not_counted", why=str(error) if isinstance(error, StoreError) else type(error).__name__)

    async def count(self) -> None:
        """Count up to now, as far as nothing is likely to come late. Raises `StoreUnavailable`, `CountedMeanwhile`."""
        until = quarter_of(self._clock() - LATE)
        for truth in self._truths:
            await self._count(truth, until)

    async def recount(self, since: int) -> None:
        """Count anew from the quarter on in which an instant lies; sends only as far as activity reaches back. Raises
        `StoreUnavailable`, `CountedMeanwhile`.
        """
        for truth in self._truths:
            back_to = quarter_of(max(since, self._reaches_back(truth)))

            async def set_back(transaction: Transaction, kind: str = truth.kind, back_to: int = back_to) -> None:
                counted = await transaction.counted_until(kind)
                if counted is not None and back_to < counted:
                    await transaction.count_from(kind, back_to)

            await self._store.write(set_back)
        await self.count()

    def _reaches_back(self, truth: Truth) -> int:
        """From which quarter on nothing of a truth has been forgotten."""
        if truth.measures is OF_CONSENT:
            return 0
        return quarter_of(self._clock() - self._keep) + QUARTER

    async def _count(self, truth: Truth, until: int) -> None:
        counted = await self._store.counted_until(truth.kind)
        if counted is not None and counted >= until:
            return
        first = counted - AGAIN if counted is not None else await self._begins(truth, until)
        first = max(first, self._reaches_back(truth))
        while first < until:
            last = min(first + SPAN, until)
            counts = await counts_of(truth, None, first, last)
            await self._store.write(partial(_kept, truth=truth, span=(first, last), counts=counts, counted=counted))
            counted = max(counted or 0, last)
            first = last

    async def _begins(self, truth: Truth, until: int) -> int:
        began = await self._store.first_to_count(truth.measures is OF_SENDS)
        return until - QUARTER if began is None else quarter_of(began)

    async def _forget(self) -> None:
        now = self._clock()
        await self._all(lambda transaction: transaction.forget_activity(now - self._keep, FORGOTTEN))
        await self._all(lambda transaction: transaction.forget_counts(now - self._keep_counts, FORGOTTEN))

    async def _all(self, some: Callable[[Transaction], Awaitable[int]]) -> None:
        """Forget some at a time until there are no more, so that nobody who writes waits for long."""
        while await self._store.write(some) == FORGOTTEN:  # noqa: ASYNC110 - a pause, not a wait
            await asyncio.sleep(PAUSE_SECONDS)

    async def _tell(self) -> None:
        """Tell metrics what was counted of the last day."""
        since = quarter_of(self._clock() - DAY)
        counted = await self._store.counts_since(since)
        for measure in Measure:
            metrics.LAST_DAY.labels(str(measure)).set(counted.get(measure, 0))
        for name, by in TOLD_BY.items():  # whoever counted yesterday may be another process: its groups fall to 0
            groups = await self._store.counts_since_by(by, since, since - DAY)
            for (counted_as, group), count in groups.items():
                metrics.LAST_DAY_BY.labels(name, group, counted_as).set(count)


def truths_of(store: Store) -> tuple[Truth, Truth]:
    """What counts are made of."""
    return Truth("consent", OF_CONSENT, store.count_consent), Truth("sends", OF_SENDS, store.count_sends)


async def counts_of(truth: Truth, account_sid: str | None, since: int, until: int) -> dict[Count, int]:
    """Count from the truth what happened from one instant on up to another; None: in all accounts."""
    counts: dict[Count, int] = {}
    after, is_last = first_id(since), False
    while not is_last:
        page = await truth.page(account_sid, after, until, LINES)
        for counted, count in page.counts.items():
            counts[counted] = counts.get(counted, 0) + count
        after, is_last = page.after, page.is_last
    return counts


async def _kept(
    transaction: Transaction, *, truth: Truth, span: tuple[int, int], counts: dict[Count, int], counted: int | None
) -> None:
    """Keep what was counted in a span, if ``counted`` is the watermark still."""
    if await transaction.counted_until(truth.kind) != counted:
        raise CountedMeanwhile("another process has counted in between; what it did counts")
    await transaction.replace_counts(truth.measures, *span, counts)
    await transaction.count_from(truth.kind, max(counted or 0, span[1]))
