"""The way of keywords that are learned without their webhook, whatever the source: read, record, tell.

What is no keyword is left to its webhook and changes nothing, unless it plainly asks to stop: that goes on the review
list, once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import structlog

from gateway import metrics
from gateway.deliveries import Outbox
from gateway.directory import Account, Directory
from gateway.flows.activity import ActivityLog
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.keyword import KeywordRecorder, NotAKeyword
from gateway.flows.missed import LearnedFrom, Missed, key_of
from gateway.flows.outcome import Answer, Outcome, What
from gateway.flows.reviewing import review_item
from gateway.flows.shadow import tell_would_confirm
from gateway.messaging.consent import ConsentChange
from gateway.messaging.handling import Reading, believed, read_body
from gateway.messaging.intent import Intent
from gateway.messaging.messages import InboundMessage
from gateway.messaging.services import AccountState
from gateway.store import Store
from gateway.store.errors import NotStorable
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

AT_A_TIME: Final = 64  # as many units as share a commit
SEEN: Final = "seen"
NO_KEYWORD: Final = "no_keyword"
MALFORMED: Final = "malformed"


class SecondSources:
    """Takes what was missed. ``outbox`` is woken for what is owed then; None where no deliveries are carried out. What
    was learned is noted in ``activity``, where there is one.
    """

    def __init__(
        self,
        directory: Directory,
        store: Store,
        recorder: KeywordRecorder,
        fingerprints: Fingerprints,
        outbox: Outbox | None,
        clock: Callable[[], int],
        activity: ActivityLog | None = None,
    ) -> None:
        self._directory = directory
        self._store = store
        self._recorder = recorder
        self._fingerprints = fingerprints
        self._outbox = outbox
        self._clock = clock
        self._activity = activity

    async def take(self, account: Account, missed: Sequence[Missed]) -> Counter[str]:
        """Record the keywords among messages of an account; gives how many ended how: by what became of the opt-outs,
        ``seen`` before, ``no_keyword``, ``malformed``. When it returns all of it is committed. Raises
        `StoreUnavailable`, and then some may be recorded already; taking them again harms nothing.
        """
        if not missed:
            return Counter()
        readings = await self._read(account, missed)
        counted: Counter[str] = Counter()
        keywords = [one for one, reading in zip(missed, readings, strict=True) if reading.match is not None]
        await self._place(account, keywords)
        for first in range(0, len(keywords), AT_A_TIME):
            some = keywords[first : first + AT_A_TIME]
            counted.update(await _all(self._learn(account, one) for one in some))
        for one, reading in zip(missed, readings, strict=True):
            if reading.match is None:
                counted[NO_KEYWORD] += 1
                if reading.intent is not None:
                    await self._review(account, one, reading.intent)
        for outcome, count in counted.items():
            metrics.LEARNED.labels(missed[0].learned_from, outcome).inc(count)
        return counted

    async def is_known(self, account: Account, missed: Missed) -> bool:
        """Whether a message was seen before. Raises `StoreUnavailable`."""
        return await self._store.seen(account.sid, missed.message.message_sid) is not None

    async def types_of(self, account: Account, missed: Sequence[Missed]) -> list[str | None]:
        """What messages are by the settings in force, STOP, START or HELP, None for no keyword; nothing is recorded.
        Raises `StoreUnavailable`.
        """
        readings = await self._read(account, missed) if missed else []
        return [None if reading.match is None else str(reading.match.opt_out_type) for reading in readings]

    async def _read(self, account: Account, missed: Sequence[Missed]) -> list[Reading]:
        """What messages are, by the newest settings; within its transaction a keyword is read once more."""
        found = await self._store.find_opt_outs(key_of(missed[0].message))
        state = await self._directory.state(account.sid, found.settings_version)
        return [_reading(one.message, account, state) for one in missed]

    async def _place(self, account: Account, keywords: Iterable[Missed]) -> None:
        """Ask Twilio once where senders stand that nobody knows of: a STOP covers their services as well."""
        pools = await self._directory.pools(account.sid, 0)
        unknown = {one.message.sender.key for one in keywords if not pools.knows(one.message.sender.key)}
        if unknown:
            await self._directory.place(account.sid, tuple(sorted(unknown)))

    async def _learn(self, account: Account, missed: Missed) -> str:
        try:
            change = await self._recorder.learn(account, missed, self._fingerprints.of(missed.message))
        except NotAKeyword:
            return NO_KEYWORD
        except NotStorable:  # trying again would not help, and nobody else is to wait for it
            if missed.learned_from is not LearnedFrom.BACKFILL:
                log.warning("keyword_refused", source=missed.learned_from, account=account.sid)
            return MALFORMED
        if change is None:
            return SEEN
        tell_would_confirm(change)
        if missed.learned_from is not LearnedFrom.BACKFILL:  # which tells what it did by itself
            self._tell(account, missed, change)
        return str(change.change)

    def _tell(self, account: Account, missed: Missed, change: ConsentChange) -> None:
        """Say and note what was learned, and wake who carries out what is owed for it."""
        if self._outbox is not None:
            self._outbox.wake()
        log.info(
            "learned",
            source=missed.learned_from,
            account=account.sid,
            message=missed.message.message_sid,
            type=change.opt_out_type,
            change=change.change,
        )
        if self._activity is not None:
            self._activity.note(_noted(account, missed, change))

    async def _review(self, account: Account, missed: Missed, intent: Intent) -> None:
        message = missed.message

        async def unit(transaction: Transaction) -> None:
            is_known = await transaction.seen(account.sid, message.message_sid) is not None
            if not is_known and not await transaction.is_on_review(account.sid, message.message_sid):
                now = self._clock()
                item = review_item(message, intent, now)
                await transaction.add_review_item(replace(item, received_at=min(missed.at, now)))

        await self._store.write(unit)


def _noted(account: Account, missed: Missed, change: ConsentChange) -> Outcome:
    """What was learned, as its webhook would have ended."""
    reason, scope = f"{change.opt_out_type.lower()}_{change.change}", next(iter(change.scopes), None)
    answer = Answer(200, (), b"")
    return Outcome(
        What.RECORDED,
        reason,
        answer,
        account.sid,
        scope,
        is_proved=True,
        message=missed.message,
        enforced=change.enforced,
    )


def _reading(message: InboundMessage, account: Account, state: AccountState) -> Reading:
    told = believed(message, account.policy, state.pools, state.services)
    return read_body(told, account.policy, state.pools, state.services)


async def _all(works: Iterable[object]) -> list[str]:
    """What all come to; where one fails the others are ended first, and its error is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
