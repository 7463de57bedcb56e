"""Opt-outs in an operator's hands: list, check, add, remove.

An operator sees the list and then acts, so what is done here comes after whatever the list says: it is dated now, or,
where a clock ran ahead, with the last change of the scope. Every addition and removal leaves one line of history,
also when it changes nothing. A hold is lifted only by who says so.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.messaging.addresses import NUMBERED_PREFIXES, Address, calling_region_of, read_recipient, split_prefix
from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import ONE_SECOND, OptOut, RecipientKey, Scope, ScopeKind, adopted
from gateway.messaging.policy import Decision, decide, kept_at_former_senders
from gateway.messaging.pools import Pools
from gateway.messaging.senders import Sender
from gateway.operations.actors import Actor
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.list_reads import OptOutFilter
from gateway.store.records import ListedOptOut
from gateway.store.transaction import Transaction

PAGE: Final = 500

EnforcedOf = Callable[[OutboundMessage], Awaitable[bool]]
"""Whether what is decided on a send is carried out (`gateway.directory.Directory.is_enforced`)."""

PoolsOf = Callable[[str, int], Awaitable[Pools]]
"""The pools of an account, not older than a settings version (`gateway.directory.Directory.pools`)."""


@dataclass(frozen=True, slots=True)
class Whom:
    """One recipient of one account."""

    account_sid: str
    recipient: Address

    @property
    def key(self) -> RecipientKey:
        """The key of the recipient's opt-outs."""
        return RecipientKey(self.account_sid, self.recipient.channel, self.recipient.key)


@dataclass(frozen=True, slots=True)
class Changed:
    """What an operation did: ``scopes`` were added or lifted, ``held`` were asked for but are on hold, and
    ``standing`` are the recipient's opt-outs after it.
    """

    change: Change
    event_id: str
    scopes: tuple[Scope, ...]
    held: tuple[Scope, ...]
    standing: tuple[OptOut, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A recipient's standing opt-outs, and the decision on the send that was asked about, if one was."""

    standing: tuple[OptOut, ...]
    decision: Decision | None


def read_whom(account_sid: str, text: str, default_region: str | None, sender: Sender | None = None) -> Whom:
    """Read a recipient in any spelling; a national number is read as in a send from ``sender``, else in
    ``default_region`` (ISO 3166). Raises `UnreadableAddress`.
    """
    region = default_region
    if sender is not None and sender.key.startswith("+"):
        region = calling_region_of(sender.key) or default_region
    return Whom(account_sid, read_recipient(text, region))


def channel_of(sender: Sender) -> str:
    """The channel that a sender speaks on; its recipients have to be on the same."""
    prefix, _ = split_prefix(sender.wire)
    return NUMBERED_PREFIXES.get(prefix, prefix)


class OptOutOperations:
    """The operations. ``clock`` gives microseconds since 1970, UTC. Each raises `StoreUnavailable`."""

    def __init__(
        self, store: Store, pools: PoolsOf, clock: Callable[[], int], enforced: EnforcedOf | None = None
    ) -> None:
        self._store = store
        self._pools = pools
        self._clock = clock
        self._enforced = enforced

    async def listed(self, wanted: OptOutFilter, limit: int | None = None) -> AsyncIterator[ListedOptOut]:
        """Standing opt-outs, oldest first, at most ``limit``; read page by page, so that any number of them fits."""
        after, left = "", limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = await self._store.list_opt_outs(wanted, after, size)
            for opt_out in page:
                yield opt_out
            if len(page) < size:
                return
            after, left = page[-1].opt_out_id, None if left is None else left - size

    async def check(self, whom: Whom, service_sid: str | None = None, sender: Sender | None = None) -> Told:
        """What stands for a recipient and, with a service or a sender, whether a send would go; nobody is asked."""
        found = await self._store.find_opt_outs(whom.key)
        if service_sid is None and sender is None:
            return Told(found.standing, None)
        pools = await self._pools(whom.account_sid, found.settings_version)
        message = OutboundMessage(whom.account_sid, whom.recipient, service_sid, sender)
        enforced = self._enforced is None or await self._enforced(message)
        return Told(found.standing, decide(message, pools, found.opt_outs, enforced=enforced))

    async def add(
        self, whom: Whom, scope: Scope, by: Actor, reason: str | None = None, *, hold: bool = False
    ) -> Changed:
        """Opt a recipient out of a scope; where that stands already it stays, but ``hold`` marks it all the same."""

        async def unit(transaction: Transaction) -> Changed:
            before = await transaction.opt_outs_of(whom.key)
            last = next((opt_out for opt_out in before if opt_out.scope == scope), None)
            at = self._now_or_after([last] if last is not None else [])
            kept = await self._kept(transaction, whom, scope, before)
            if last is not None and last.standing and (last.hold or not hold):
                renewed = [replace(last, effective_at=at), *kept]
                return await self._keep(transaction, whom, by, OptOutType.STOP, Change.STAYS, reason, before, renewed)
            after = [OptOut(scope, standing=True, effective_at=at, source=by.source, hold=hold), *kept]
            return await self._keep(transaction, whom, by, OptOutType.STOP, Change.ADDED, reason, before, after)

        return await self._store.write(unit)

    async def remove(
        self, whom: Whom, scope: Scope | None, by: Actor, reason: str, *, even_held: bool = False
    ) -> Changed:
        """Lift a recipient's opt-out of a scope, or with None all that stand in the account on that channel.

        Those on hold (legal, complaint) stay unless ``even_held``.
        """

        async def unit(transaction: Transaction) -> Changed:
            scopes = None if scope is None else frozenset({scope})
            return await self.lift_in(transaction, whom, scopes, by, reason, even_held=even_held)

        return await self._store.write(unit)

    async def lift_in(
        self,
        transaction: Transaction,
        whom: Whom,
        scopes: frozenset[Scope] | None,
        by: Actor,
        reason: str,
        *,
        even_held: bool = False,
        service_sid: str | None = None,
    ) -> Changed:
        """The same, of several scopes, as part of a transaction; ``service_sid`` is named in the history."""
        before = await transaction.opt_outs_of(whom.key)
        standing = [opt_out for opt_out in before if opt_out.standing or adopted(opt_out).standing]
        wanted = [opt_out for opt_out in standing if scopes is None or opt_out.scope in scopes]
        held = [opt_out for opt_out in wanted if opt_out.hold and not even_held]
        lift = [opt_out for opt_out in wanted if opt_out not in held]
        at = self._now_or_after(lift)
        after = [OptOut(opt_out.scope, standing=False, effective_at=at, source=by.source) for opt_out in lift]
        change = Change.LIFTED if lift else Change.HELD if held else Change.NOTHING
        changed = await self._keep(transaction, whom, by, OptOutType.START, change, reason, before, after, service_sid)
        return replace(changed, held=tuple(opt_out.scope for opt_out in held))

    @staticmethod
    async def _kept(transaction: Transaction, whom: Whom, scope: Scope, before: Sequence[OptOut]) -> tuple[OptOut, ...]:
        """What a service's opt-out that is dated anew goes on doing at senders that left the service."""
        if scope.kind is not ScopeKind.SERVICE:
            return ()
        pools = await transaction.pools(whom.account_sid)
        return kept_at_former_senders(scope.id, pools, {opt_out.scope: opt_out for opt_out in before})

    async def _keep(
        self,
        transaction: Transaction,
        whom: Whom,
        by: Actor,
        event_type: OptOutType,
        change: Change,
        reason: str | None,
        before: Sequence[OptOut],
        after: Sequence[OptOut] = (),
        service_sid: str | None = None,
    ) -> Changed:
        """Write the line of history and the opt-outs ``after`` it; tell what was done."""
        now = self._clock()
        touched = {opt_out.scope for opt_out in after}
        event = ConsentEvent(
            event_id=new_id(now),
            key=whom.key,
            recipient=whom.recipient.wire,
            event_type=event_type,
            change=change,
            scopes=() if change is Change.STAYS else tuple(opt_out.scope for opt_out in after),
            source=by.source,
            actor=by.name,
            role=by.role,
            settings_version=await transaction.settings_version(whom.account_sid),
            effective_at=max([now, *(opt_out.effective_at for opt_out in after)]),
            received_at=now,
            service_sid=service_sid,
            reason=reason,
            hold=any(opt_out.hold for opt_out in (*before, *after) if opt_out.scope in touched),
        )
        await transaction.record(event, tuple(after))
        all_after = {opt_out.scope: opt_out for opt_out in (*before, *after)}.values()
        return Changed(change, event.event_id, event.scopes, (), tuple(o for o in all_after if o.standing))

    def _now_or_after(self, before: Sequence[OptOut]) -> int:
        """Now, or when the scopes last changed; a second after what was said in shadow mode, or a STOP would win."""
        shadows = (opt_out.shadow.effective_at + ONE_SECOND for opt_out in before if opt_out.shadow is not None)
        return max([self._clock(), *(opt_out.effective_at for opt_out in before), *shadows])
