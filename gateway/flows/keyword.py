"""The transaction of a keyword: seen before? the change it brings, history, what is owed; all or nothing.

A keyword is learned from its webhook or, when that does not come, from a second source (`Missed`): the same steps, by
Twilio's time, and without a phone that waits for an answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.deliveries import GIVE_UP_AFTER, SECOND
from gateway.directory import Account, Directory
from gateway.flows.confirming import CONFIRM, CONFIRM_WITHIN, WEBHOOK_MAY_COME_FOR, Confirmation
from gateway.flows.lifting import LIFT, Lift
from gateway.flows.missed import LearnedFrom, Missed, key_of, opt_ins_after
from gateway.flows.relay import KIND, Relay
from gateway.flows.repetition import EMPTY, NOBODY_WAITS, WAITS_FOR_KEYWORD, KeptAnswer
from gateway.flows.shadow import WOULD_CONFIRM
from gateway.messaging.consent import ConsentChange, change_for, effective_at, opt_outs_after
from gateway.messaging.events import Event, inbound_event
from gateway.messaging.handling import Handling, believed, read_body
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import KeywordMatch
from gateway.messaging.late import settled
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import OptOut
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import StoredMessage
from gateway.store.transaction import Transaction
from gateway.twilio.twiml import confirmation, write_answer

FROM_WEBHOOK: Final = "webhook"
BY_RECIPIENT: Final = "recipient"
WAITS_FOR_LIFT: Final = 4 * SECOND  # Twilio's three seconds, and some to write down what it said
HELD_FOR_APP: Final = 30 * SECOND  # how long a relay that is tried at once is nobody else's


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a keyword's transaction left: the change, the webhook as its app gets it, and what is owed.

    ``delivery_id`` is the relay's (None without an app, or where the service relays nothing), ``lift_id`` that of the
    lift at Twilio; ``lease`` keeps both for the caller.
    """

    change: ConsentChange
    relay: Relay
    delivery_id: str | None = None
    lift_id: str | None = None
    lease: str | None = None


@dataclass(frozen=True, slots=True)
class _Applied:
    """A keyword that took effect: how it was handled, what it changed, its line of history."""

    handling: Handling
    change: ConsentChange
    event_id: str


class NotAKeyword(Exception):
    """Settings changed just now: by the newest the message is no keyword."""


class EnforcementChanged(Exception):
    """Settings changed just now: by the newest shadow mode is on, or off, for the message."""


class KeywordRecorder:
    """Records keywords."""

    def __init__(self, directory: Directory, store: Store, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    async def record(
        self, account: Account, message: InboundMessage, relay: Relay, fingerprint: str, *, is_held: bool
    ) -> Recorded | StoredMessage:
        """Record a keyword; when it returns, all of it is committed. Gives back what was stored if the message was
        seen before, and then changes nothing. ``is_held`` keeps the delivery for the caller for 30 s.

        Raises `StoreUnavailable`; then nothing may be answered. Raises `NotAKeyword` and `EnforcementChanged`; then
        nothing is recorded.
        """
        await self.learn_place(message)

        async def unit(transaction: Transaction) -> Recorded | StoredMessage:
            await transaction.read_ahead(key_of(message), message.message_sid)
            seen = await transaction.seen(account.sid, message.message_sid)
            if seen is not None:
                return seen
            applied = await self._applied(transaction, account, message, relay.form)
            change = applied.change
            if not change.enforced:
                raise EnforcementChanged
            await self._remember(transaction, message, change, fingerprint, applied.event_id, is_held=is_held)
            return await self._owe(transaction, account, message, applied.handling, change, relay, is_held=is_held)

        return await self._store.write(unit)

    async def record_in_shadow(
        self, transaction: Transaction, account: Account, message: InboundMessage, fields: Iterable[tuple[str, str]]
    ) -> ConsentChange:
        """Record a keyword in shadow mode, within the transaction that remembers its message as an ordinary one.

        Raises `NotAKeyword` and `EnforcementChanged`; then the transaction is undone.
        """
        applied = await self._applied(transaction, account, message, fields)
        if applied.change.enforced:
            raise EnforcementChanged
        return applied.change

    async def learn(self, account: Account, missed: Missed, fingerprint: str) -> ConsentChange | None:
        """Record a keyword that was learned without its webhook; when it returns, all of it is committed. None when the
        message, or the event that told of it, was seen before.

        Raises `StoreUnavailable`, and `NotAKeyword`; then nothing is recorded.
        """
        message = missed.message

        async def unit(transaction: Transaction) -> ConsentChange | None:
            now = self._clock()
            if missed.event_id is not None and not await transaction.take_event(account.sid, missed.event_id, now):
                return None
            await transaction.read_ahead(key_of(message), message.message_sid)
            if await transaction.seen(account.sid, message.message_sid) is not None:
                return None
            applied = await self._applied(transaction, account, message, (), missed)
            if not applied.change.enforced:  # its webhook, if it still comes, goes to its app like any other
                stored = StoredMessage(fingerprint, None, None, NOBODY_WAITS.stored())
                await transaction.remember(account.sid, message.message_sid, stored, applied.event_id, now)
                return applied.change
            await self._remember(transaction, message, applied.change, fingerprint, applied.event_id, is_held=False)
            await transaction.remember_learned(account.sid, message.message_sid, missed.learned_from, now)
            if missed.learned_from is not LearnedFrom.BACKFILL:
                await self._owe_late(transaction, account, missed, applied)
            return applied.change

        return await self._store.write(unit)

    async def webhook_came(
        self, account: Account, message: InboundMessage, seen: StoredMessage, handling: Handling, relay: Relay
    ) -> StoredMessage:
        """The webhook of a keyword that is recorded. If that was learned without it, the app is owed the webhook from
        now on, and the answer is left to say nothing where the confirmation went out as a message. Raises
        `StoreUnavailable`.
        """
        relayed = relay.having_type(seen.opt_out_type or "") if handling.is_advanced else relay

        async def unit(transaction: Transaction) -> bool:
            is_first = await transaction.webhook_came(account.sid, message.message_sid, self._clock())
            if is_first and relay.targets and handling.relays:
                await self._owed(transaction, account, KIND, relayed.stored(), None)
            return await transaction.is_confirmed_late(account.sid, message.message_sid)

        is_confirmed = await self._store.write(unit) or message.opt_out_type is not None
        kept = KeptAnswer.of(seen.answer)
        if not is_confirmed or not kept.is_confirmed:
            return seen
        return replace(seen, answer=KeptAnswer(EMPTY).stored())

    async def learn_place(self, message: InboundMessage) -> None:
        """Keep which service the webhook says holds the sender, if that is news; where it says nothing and nobody
        knows, ask Twilio once.
        """
        service_sid = message.service_sid
        pools = await self._directory.pools(message.account_sid, 0)
        if service_sid is None:
            if not pools.knows(message.sender.key):
                await self._directory.place(message.account_sid, (message.sender.key,))
            return
        if message.sender.key in pools.senders_of.get(service_sid, ()) and pools.knows(message.sender.key):
            return
        now = self._clock()

        async def learn(transaction: Transaction) -> None:
            account_sid, senders = message.account_sid, (message.sender.key,)
            await transaction.place(account_sid, service_sid, senders, FROM_WEBHOOK, now)
            await transaction.mark_placed(account_sid, senders, now)
            await transaction.raise_settings_version(account_sid)

        await self._store.write(learn)

    async def _applied(
        self,
        transaction: Transaction,
        account: Account,
        message: InboundMessage,
        fields: Iterable[tuple[str, str]],
        missed: Missed | None = None,
    ) -> _Applied:
        """Read the message by the settings in force and let it take effect; sinks are owed it before the change that it
        brings. ``fields`` are the webhook's parameters, as far as there are any. Raises `NotAKeyword`.
        """
        state = await self._directory.state_in(transaction, account.sid)
        pools = state.pools
        if missed is not None:
            message = believed(message, account.policy, pools, state.services)
        if missed is not None and missed.learned_from is LearnedFrom.BACKFILL and message.service_sid is not None:
            pools = pools.with_sender_only_in(message.service_sid, message.sender.key)
        reading = read_body(message, account.policy, pools, state.services)
        if reading.match is None:
            raise NotAKeyword
        opt_outs = await transaction.opt_outs_of(key_of(message))
        at = self._effective_at(reading.match, opt_outs, missed)
        change = change_for(message, reading.match, reading.handling, pools, opt_outs, at)
        after = opt_outs_after(change, at)
        if missed is not None and change.add:
            later = await opt_ins_after(transaction, account.sid, message.recipient, at, enforced=change.enforced)
            change, after = settled(change, at, later, state.pools)
        if missed is None or missed.learned_from is not LearnedFrom.BACKFILL:
            await self._tell(transaction, message, dict(fields), change, at)
        else:  # it is old, and no news
            change = replace(change, would_confirm=False)
        reason = missed.reason if missed is not None else None
        event_id = await self._write(transaction, message, change, after, state.version, at, reason)
        if change.would_confirm:
            service_sid = message.service_sid or (reading.handling.service.sid if reading.handling.service else None)
            await transaction.count_shadow(account.sid, service_sid, WOULD_CONFIRM, self._clock())
        return _Applied(reading.handling, change, event_id)

    def _effective_at(self, match: KeywordMatch, opt_outs: Sequence[OptOut], missed: Missed | None) -> int:
        """When a keyword counts from: Twilio's time where there is one, though nothing counts from later than now."""
        now = self._clock()
        return effective_at(match.opt_out_type, opt_outs, now) if missed is None else min(missed.at, now)

    async def _tell(
        self,
        transaction: Transaction,
        message: InboundMessage,
        fields: Mapping[str, str],
        change: ConsentChange,
        at: int,
    ) -> None:
        """Owe the keyword to the sinks that want it: dated as it counts, and owed from now on."""

        def made() -> Event:
            event = inbound_event(message, fields, change.opt_out_type, change.keyword_set, at)
            return event if change.enforced else event | {"enforced": False}

        await transaction.tell_inbound(key_of(message), made, self._clock())

    async def _write(
        self,
        transaction: Transaction,
        message: InboundMessage,
        change: ConsentChange,
        after: tuple[OptOut, ...],
        version: int,
        effective_at: int,
        reason: str | None,
    ) -> str:
        now = self._clock()
        event = ConsentEvent(
            event_id=new_id(now),
            key=key_of(message),
            recipient=message.recipient.wire,
            event_type=change.opt_out_type,
            change=change.change,
            scopes=change.scopes,
            source=change.source,
            actor=BY_RECIPIENT,
            role=BY_RECIPIENT,
            settings_version=version,
            effective_at=effective_at,
            received_at=now,
            sender=message.sender.wire,
            service_sid=message.service_sid or change.service_sid,
            keyword=change.keyword,
            keyword_set=change.keyword_set,
            message_sid=message.message_sid,
            reason=reason,
            service_version=change.version,
            enforced=change.enforced,
        )
        await transaction.record(event, after)
        return event.event_id

    async def _remember(
        self,
        transaction: Transaction,
        message: InboundMessage,
        change: ConsentChange,
        fingerprint: str,
        event_id: str,
        *,
        is_held: bool,
    ) -> None:
        waits = WAITS_FOR_KEYWORD if is_held else 0
        text = change.confirmation
        if change.lift_at_twilio:  # an opt-in that Twilio does not know of yet is confirmed when its block is lifted
            text, waits = None, waits + WAITS_FOR_LIFT
        waits_until = self._clock() + waits if waits else None
        kept = KeptAnswer(write_answer(confirmation(text)), waits_until, is_confirmed=text is not None)
        stored = StoredMessage(fingerprint, change.opt_out_type, change.change, kept.stored())
        await transaction.remember(message.account_sid, message.message_sid, stored, event_id, self._clock())

    async def _owe(
        self,
        transaction: Transaction,
        account: Account,
        message: InboundMessage,
        handling: Handling,
        change: ConsentChange,
        relay: Relay,
        *,
        is_held: bool,
    ) -> Recorded:
        """What follows from the keyword: the webhook to the app, and the lift of Twilio's own block."""
        lease = new_id(self._clock())
        relayed = relay.having_type(change.opt_out_type) if handling.is_advanced else relay
        delivery_id = lift_id = None
        if relay.targets and handling.relays:
            delivery_id = await self._owed(transaction, account, KIND, relayed.stored(), lease if is_held else None)
        if change.lift_at_twilio:
            lift = Lift.of_keyword(message, change.lift_at_twilio, self._clock())
            lift_id = await self._owed(transaction, account, LIFT, lift.stored(), lease)
        return Recorded(change, relayed, delivery_id, lift_id, lease)

    async def _owe_late(self, transaction: Transaction, account: Account, missed: Missed, applied: _Applied) -> None:
        """What follows from a keyword that was learned without its webhook: the lift of Twilio's own block, and the
        confirmation as a message where the settings say so, unless the webhook still comes.
        """
        change, now = applied.change, self._clock()
        if change.lift_at_twilio:
            lift = Lift.of_keyword(missed.message, change.lift_at_twilio, min(missed.at, now))
            await self._owed(transaction, account, LIFT, lift.stored(), None)
            return
        late = Confirmation.of_keyword(missed.message, change, missed.at)
        if late is None or not applied.handling.policy.confirm_late or late.is_too_late(now):
            return
        due_at = max(now, missed.at + WEBHOOK_MAY_COME_FOR)
        payload, give_up_at = late.stored(), missed.at + CONFIRM_WITHIN
        await transaction.owe(account.sid, CONFIRM, payload, now=now, due_at=due_at, give_up_at=give_up_at, lease=None)

    async def _owed(
        self, transaction: Transaction, account: Account, kind: str, payload: str, lease: str | None
    ) -> str:
        """Write down a delivery; with a lease it is the caller's for 30 s."""
        now = self._clock()
        due_at = now if lease is None else now + HELD_FOR_APP
        return await transaction.owe(
            account.sid, kind, payload, now=now, due_at=due_at, give_up_at=now + GIVE_UP_AFTER, lease=lease
        )
