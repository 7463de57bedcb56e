"""The transaction of a keyword: seen before? the change it brings, history, what is owed; all or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.deliveries import GIVE_UP_AFTER, SECOND
from gateway.directory import Account, Directory
from gateway.flows.lifting import LIFT, Lift
from gateway.flows.relay import KIND, Relay
from gateway.flows.repetition import WAITS_FOR_KEYWORD, KeptAnswer
from gateway.messaging.consent import ConsentChange, change_for
from gateway.messaging.events import Event, inbound_event
from gateway.messaging.handling import Handling, read_body
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import KeywordMatch, OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import OptOut, RecipientKey, Scope
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


class NotAKeyword(Exception):
    """Settings changed just now: by the newest the message is no keyword."""


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

        Raises `StoreUnavailable`; then nothing may be answered. Raises `NotAKeyword`; then nothing is recorded.
        """
        await self._learn_place(message)

        async def unit(transaction: Transaction) -> Recorded | StoredMessage:
            seen = await transaction.seen(account.sid, message.message_sid)
            if seen is not None:
                return seen
            state = await self._directory.state_in(transaction, account.sid)
            reading = read_body(message, account.policy, state.pools, state.services)
            if reading.match is None:
                raise NotAKeyword
            opt_outs = await transaction.opt_outs_of(key_of(message))
            at = self._effective_at(reading.match, opt_outs)
            change = change_for(message, reading.match, reading.handling, state.pools, opt_outs, at)
            await self._tell(transaction, message, change, relay)
            event_id = await self._write(transaction, message, change, state.version, at)
            await self._remember(transaction, message, change, fingerprint, event_id, is_held=is_held)
            return await self._owe(transaction, account, message, reading.handling, change, relay, is_held=is_held)

        return await self._store.write(unit)

    async def _learn_place(self, message: InboundMessage) -> None:
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

    def _effective_at(self, match: KeywordMatch, opt_outs: Sequence[OptOut]) -> int:
        """When a keyword of the webhook counts from: its receipt. A STOP that comes now comes after all that is known,
        even if the clock was ahead when that was written.
        """
        now = self._clock()
        if match.opt_out_type is not OptOutType.STOP:
            return now
        return max([now, *(opt_out.effective_at for opt_out in opt_outs)])

    async def _write(
        self,
        transaction: Transaction,
        message: InboundMessage,
        change: ConsentChange,
        version: int,
        effective_at: int,
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
            service_sid=message.service_sid,
            keyword=change.keyword,
            keyword_set=change.keyword_set,
            message_sid=message.message_sid,
            service_version=change.version,
        )
        await transaction.record(event, _opt_outs_after(change, effective_at))
        return event.event_id

    async def _tell(
        self, transaction: Transaction, message: InboundMessage, change: ConsentChange, relay: Relay
    ) -> None:
        """Owe the keyword to the sinks that want it, before the change that it brings."""
        now = self._clock()

        def made() -> Event:
            return inbound_event(message, dict(relay.form), change.opt_out_type, change.keyword_set, now)

        await transaction.tell_inbound(key_of(message), made, now)

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

    async def _owed(
        self, transaction: Transaction, account: Account, kind: str, payload: str, lease: str | None
    ) -> str:
        """Write down a delivery; with a lease it is the caller's for 30 s."""
        now = self._clock()
        due_at = now if lease is None else now + HELD_FOR_APP
        return await transaction.owe(
            account.sid, kind, payload, now=now, due_at=due_at, give_up_at=now + GIVE_UP_AFTER, lease=lease
        )


def key_of(message: InboundMessage) -> RecipientKey:
    """The key of the opt-outs of whoever sent a message."""
    return RecipientKey(message.account_sid, message.recipient.channel, message.recipient.key)


def _opt_outs_after(change: ConsentChange, effective_at: int) -> tuple[OptOut, ...]:
    def now_standing(scope: Scope) -> OptOut:
        return OptOut(scope, standing=True, effective_at=effective_at, source=change.source)

    added = tuple(now_standing(scope) for scope in change.add)
    lifted = tuple(replace(now_standing(scope), standing=False) for scope in change.lift)
    return added + change.renew + lifted
