"""What is done with one batch of an import: each line judged by what is known, and all of it written at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from gateway.directory import Account, Directory
from gateway.flows.missed import opt_in_of
from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.imports import ImportedConsent, Judge, Judged
from gateway.messaging.keywords import OptOutType
from gateway.messaging.optouts import RecipientKey, Source
from gateway.operations.actors import Actor
from gateway.operations.imports.batches import Reported
from gateway.operations.imports.by_recipient import Consents
from gateway.operations.imports.errors import UnderWay
from gateway.store.bulk_lines import ImportState, OptOutsByKey
from gateway.store.change_lines import ManyChanges, Recorded
from gateway.store.identifiers import new_ids
from gateway.store.learned_lines import StoredOptIn
from gateway.store.transaction import Transaction

# Looked up once: each line asks for them, and an enumeration is slow to find its members (Python 3.11).
STOP: Final = OptOutType.STOP
START: Final = OptOutType.START
IMPORT: Final = Source.IMPORT
BY_RECIPIENT: Final = "recipient"  # the role of a keyword that somebody sent, whoever tells of it
NOT_TAKEN: Final[Mapping[Change, str]] = {
    Change.OUTDATED: "something later is known of the recipient",
    Change.HELD: "the opt-out is on hold",
}
WRITTEN_AT_A_TIME: Final = 4_000  # lines: one statement a table
JUDGED_AT_A_TIME: Final = 100

Write = Callable[[ManyChanges], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with one batch: a unit of work that may be run again, and so changes nothing but the transaction."""

    directory: Directory
    account: Account
    before: ImportState
    after: ImportState
    consents: Consents
    by: Actor
    has_opt_ins: bool
    clock: Callable[[], int]
    is_told: bool

    async def judged(self, transaction: Transaction) -> tuple[dict[str, int], list[Reported]]:
        """What the batch would do: how many lines end how, and which take no effect."""
        return await self._each(transaction, _nothing)

    async def done(self, transaction: Transaction) -> tuple[dict[str, int], list[Reported]]:
        """Do it, and keep how far the import has come. Raises `UnderWay`."""
        stored = await transaction.import_state(self.account.sid, self.before.digest)
        if stored is None or (stored.position, stored.started_at) != (self.before.position, self.before.started_at):
            raise UnderWay("somebody else goes on with the same import at this moment")

        async def write(changes: ManyChanges) -> None:
            await transaction.record_all(changes, is_told=self.is_told)

        counts, told = await self._each(transaction, write)
        await transaction.put_import_state(replace(self.after, counts=counts))
        return counts, told

    async def _each(self, transaction: Transaction, write: Write) -> tuple[dict[str, int], list[Reported]]:
        """Judge all, some at a time; while some are judged, those before are written."""
        state = await self.directory.state_in(transaction, self.account.sid)
        judge = Judge(self.before.started_at, state.pools, self.has_opt_ins)
        known = await _Known.of(transaction, self.account.sid, self.consents)
        counts, told = Counter(self.after.counts), []
        now = self.clock() - len(self.consents)  # each line an instant of its own, so that they stay in order
        ids = new_ids(now, len(self.consents))
        writing: asyncio.Future[None] = asyncio.ensure_future(asyncio.sleep(0))
        try:
            for first in range(0, len(self.consents), WRITTEN_AT_A_TIME):
                changes: list[Recorded] = []
                for number in range(first, min(first + WRITTEN_AT_A_TIME, len(self.consents))):
                    if number % JUDGED_AT_A_TIME == 0:
                        await asyncio.sleep(0)  # so that what is written goes on
                    line, consent = self.consents[number]
                    judged = known.judged(judge, consent)
                    counts[judged.change] += 1
                    if judged.is_told:
                        event = self._event(consent, judged, line, now + number, ids[number], state.version)
                        changes.append((event, judged.after))
                    elif judged.change in NOT_TAKEN:
                        told.append(Reported(line, str(judged.change), NOT_TAKEN[judged.change]))
                ready = ManyChanges.of(changes)
                await writing
                writing = asyncio.ensure_future(write(ready))
            await writing
        finally:
            await asyncio.gather(writing, return_exceptions=True)  # nothing of it goes on after the transaction
        return {str(name): count for name, count in counts.items()}, told

    def _event(
        self, consent: ImportedConsent, judged: Judged, line: int, now: int, event_id: str, version: int
    ) -> ConsentEvent:
        said, after = consent.evidence, judged.after
        where = f"{self.after.name}, line {line}"
        if len(after) == 1:  # as nearly always
            effective_at, hold = after[0].effective_at, after[0].hold
        else:
            at = min(self.before.started_at, self.before.started_at if consent.at is None else consent.at)
            effective_at = max([opt_out.effective_at for opt_out in after], default=at)
            hold = any(opt_out.hold for opt_out in after)
        return ConsentEvent(
            event_id=event_id,
            key=RecipientKey(self.account.sid, consent.recipient.channel, consent.recipient.key),
            recipient=consent.recipient.wire,
            event_type=STOP if consent.is_stop else START,
            change=judged.change,
            scopes=judged.scopes,
            source=IMPORT,
            actor=self.by.name,
            role=self.by.role if said is None or said.keyword is None else BY_RECIPIENT,
            settings_version=version,
            effective_at=effective_at,
            received_at=now,
            sender=said.sender if said is not None else None,
            service_sid=said.service_sid if said is not None else None,
            keyword=said.keyword if said is not None else None,
            message_sid=said.message_sid if said is not None else None,
            reason=f"{where}: {consent.reason}" if consent.reason else where,
            hold=hold,
        )


class _Known:
    """What is known of a batch's recipients, the lines of the batch before this one included."""

    def __init__(self, account_sid: str) -> None:
        self._account_sid = account_sid
        self._opt_outs: dict[str, OptOutsByKey] = {}
        self._opt_ins: dict[str, dict[str, list[StoredOptIn]]] = {}

    @classmethod
    async def of(
        cls, transaction: Transaction, account_sid: str, consents: Sequence[tuple[int, ImportedConsent]]
    ) -> Self:
        known = cls(account_sid)
        keys: dict[str, set[str]] = {}
        for _, consent in consents:
            keys.setdefault(consent.recipient.channel, set()).add(consent.recipient.key)
        for channel, wanted in keys.items():
            known._opt_outs[channel] = await transaction.opt_outs_of_all(account_sid, channel, wanted)
            known._opt_ins[channel] = await transaction.opt_ins_of_all(account_sid, channel, wanted)
        return known

    def judged(self, judge: Judge, consent: ImportedConsent) -> Judged:
        """What a line does, and know it from now on."""
        recipient = consent.recipient
        last = self._opt_outs[recipient.channel].setdefault(recipient.key, {})
        stored = self._opt_ins[recipient.channel].get(recipient.key, ())
        opt_ins = [opt_in_of(self._account_sid, recipient, said) for said in stored] if stored else ()
        judged = judge.judge(consent, last, opt_ins)
        for opt_out in judged.after:
            last[opt_out.scope] = opt_out
        said = consent.evidence
        if judged.is_told and not consent.is_stop and said is not None and said.sender is not None:
            opt_in = StoredOptIn(said.sender, said.service_sid, said.keyword or "", consent.at or 0)
            self._opt_ins[recipient.channel].setdefault(recipient.key, []).append(opt_in)
        return judged


async def _nothing(_: ManyChanges) -> None:
    """Write nothing."""
