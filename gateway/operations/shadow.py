"""Shadow mode in an operator's hands: where it is on, what enforcing would have done, the list that it keeps.

That list is adopted into the enforced one or dropped, some lines a transaction: a run that was broken off goes on where
it was, as what is done is in the list no more. Each recipient gets a line of history with who did it and why.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from gateway.directory import Account, Directory
from gateway.messaging.consent import Change
from gateway.messaging.history import SHADOW, ConsentEvent
from gateway.messaging.instants import day_of
from gateway.messaging.keywords import OptOutType
from gateway.messaging.optouts import ScopeKind, adopted
from gateway.messaging.pools import Pools
from gateway.messaging.shadow import ShadowPlaces, places_of
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.shadow_lines import ShadowCount, ShadowLine
from gateway.store.transaction import Transaction

AT_A_TIME: Final = 200  # lines a transaction
FIRST_DAY: Final = "0000-01-01"
READ: Final = "lines"
ADDED: Final = str(Change.ADDED)
LIFTED: Final = str(Change.LIFTED)
UNCHANGED: Final = "unchanged"
DROPPED: Final = "dropped"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to do with which lines: those of one service and of its senders, None for all; ``dry_run`` changes none."""

    is_adopted: bool
    service_sid: str | None = None
    dry_run: bool = False


class ShadowOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def places(self, account: Account) -> ShadowPlaces:
        """Where of an account shadow mode is on."""
        return places_of(account.policy, (await self._directory.current(account.sid)).services)

    async def report(
        self,
        account_sid: str,
        since: int | None = None,
        until: int | None = None,
        *,
        after: ShadowCount | None = None,
        limit: int | None = None,
    ) -> list[ShadowCount]:
        """What enforcing would have done, by day and service, on the days from one instant to another; see
        `Store.shadow_counts`.
        """
        first, last = FIRST_DAY if since is None else day_of(since), day_of(self._clock() if until is None else until)
        return await self._store.shadow_counts(account_sid, first, last, after, limit)

    async def settle(self, account: Account, wanted: Wanted, by: Actor, reason: str) -> AsyncIterator[Counter[str]]:
        """Adopt the shadow list, or drop it; gives what was done so far after each transaction: how many lines were
        read, and what became of them (`ADDED`, `LIFTED`, `UNCHANGED`, `DROPPED`).
        """
        pools = (await self._directory.newest(account.sid)).pools
        done: Counter[str] = Counter()
        after = ""
        while True:
            from_here = after

            async def unit(transaction: Transaction, after: str = from_here) -> tuple[str, Counter[str]]:
                lines = await transaction.shadow_lines(account.sid, after, AT_A_TIME)
                those = [line for line in lines if _is_of(line, wanted.service_sid, pools)]
                counted = await self._settled(transaction, those, wanted, by, reason)
                return (lines[-1].opt_out_id if lines else ""), counted

            after, counted = await self._store.write(unit)
            done = done + counted
            yield done
            if not after:
                return

    async def _settled(
        self, transaction: Transaction, lines: Iterable[ShadowLine], wanted: Wanted, by: Actor, reason: str
    ) -> Counter[str]:
        counted: Counter[str] = Counter()
        for together in _of_one_event(lines):
            counted[READ] += len(together)
            settle = self._adopted if wanted.is_adopted else self._dropped
            event, changes = await settle(transaction, together, by, reason)
            counted.update(changes)
            if wanted.dry_run:
                continue
            if event is not None:
                after = tuple(adopted(line.opt_out) for line in together) if wanted.is_adopted else ()
                await transaction.record(event, after)
            for line in together:
                await transaction.clear_shadow(line)
        return counted

    async def _adopted(
        self, transaction: Transaction, lines: list[ShadowLine], by: Actor, reason: str
    ) -> tuple[ConsentEvent | None, Counter[str]]:
        """The line of history of lines that one event of shadow mode left; None where the list stays as it is."""
        pairs = [(line.opt_out, adopted(line.opt_out)) for line in lines]
        changed = [new for old, new in pairs if old.standing != new.standing]
        shadows = [line.opt_out.shadow for line in lines if line.opt_out.shadow is not None]
        is_stop = any(shadow.standing for shadow in shadows)
        change = (Change.ADDED if is_stop else Change.LIFTED) if changed else Change.STAYS
        counted = Counter({str(change): len(changed)} if changed else {})
        counted[UNCHANGED] += len(lines) - len(changed)
        if not changed and all(new.effective_at == old.effective_at for old, new in pairs):
            return None, counted
        event = await self._event(transaction, lines[0], by, reason)
        return ConsentEvent(
            **event,  # type: ignore[arg-type]
            event_type=OptOutType.STOP if is_stop else OptOutType.START,
            change=change,
            scopes=tuple(opt_out.scope for opt_out in changed),
            source=shadows[0].source,
            effective_at=max(new.effective_at for _, new in pairs),
        ), counted

    async def _dropped(
        self, transaction: Transaction, lines: list[ShadowLine], by: Actor, reason: str
    ) -> tuple[ConsentEvent | None, Counter[str]]:
        event = await self._event(transaction, lines[0], by, reason)
        return ConsentEvent(
            **event,  # type: ignore[arg-type]
            event_type=SHADOW,
            change=DROPPED,
            scopes=tuple(line.opt_out.scope for line in lines),
            source=by.source,
            effective_at=self._clock(),
            enforced=False,
        ), Counter({DROPPED: len(lines)})

    async def _event(self, transaction: Transaction, line: ShadowLine, by: Actor, reason: str) -> dict[str, object]:
        now = self._clock()
        return {
            "event_id": new_id(now),
            "key": line.key,
            "recipient": line.recipient,
            "actor": by.name,
            "role": by.role,
            "settings_version": await transaction.settings_version(line.key.account_sid),
            "received_at": now,
            "reason": f"{reason} (learned in shadow mode by event {line.shadow_event_id})",
        }


def _is_of(line: ShadowLine, service_sid: str | None, pools: Pools) -> bool:
    """Whether a line is of a service or of a sender of its pool."""
    scope = line.opt_out.scope
    if service_sid is None or (scope.kind is ScopeKind.SERVICE and scope.id == service_sid):
        return True
    return scope.kind is ScopeKind.SENDER and scope.id in pools.senders_of.get(service_sid, frozenset())


def _of_one_event(lines: Iterable[ShadowLine]) -> Iterator[list[ShadowLine]]:
    """The lines that one event of shadow mode left, together."""

    def event(line: ShadowLine) -> tuple[str, str]:
        return line.shadow_event_id, line.key.recipient_key

    for _, together in groupby(sorted(lines, key=event), key=event):
        yield list(together)
