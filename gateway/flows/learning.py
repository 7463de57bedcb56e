"""Learning from Twilio's own 21610: whom it will not send to is opted out, whether or not a keyword was seen.

21610 does not always mean that somebody sent STOP (Twilio, Compliance Toolkit), so the source is ``twilio``. It counts
from the creation of the send that it answers; a later opt-in lifts it. While Twilio's block is still to be lifted after
an opt-in, its 21610 tells nothing new.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import orjson
import structlog

from gateway.directory import Directory
from gateway.flows.lifting import BY_TWILIO, LIFT, Lift
from gateway.flows.missed import opt_ins_after
from gateway.flows.outcome import Answer
from gateway.messaging.consent import Change
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import OptOutType
from gateway.messaging.late import let_in_again
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Source, as_counted, wins
from gateway.messaging.pools import Pools
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction
from gateway.twilio.errors import OPTED_OUT

log: Final = structlog.get_logger()

REFUSED: Final = 400
CODE_IN_XML: Final = f"<Code>{OPTED_OUT.code}</Code>".encode()


def says_opted_out(answer: Answer) -> bool:
    """Whether an answer to a send is Twilio's 21610, in JSON or XML."""
    if answer.status != REFUSED:
        return False
    if CODE_IN_XML in answer.body:
        return True
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(told, dict) and told.get("code") == OPTED_OUT.code


@dataclass(frozen=True, slots=True)
class Learned:
    """What a 21610 tells: of which send, and when that was created (microseconds since 1970, UTC)."""

    message: OutboundMessage
    created_at: int

    @property
    def scope(self) -> Scope:
        """The service named in the send, else its ``From`` alone."""
        if self.message.service_sid is not None:
            return Scope(ScopeKind.SERVICE, self.message.service_sid)
        return Scope(ScopeKind.SENDER, self.message.senders[0].key)


class Learning:
    """Puts on the list whom Twilio will not send to."""

    def __init__(self, directory: Directory, store: Store, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    async def learn(self, learned: Learned) -> None:
        """Keep what a 21610 tells. A store that is away is logged: Twilio has told the app, and will tell it again."""

        async def unit(transaction: Transaction) -> None:
            await self._keep(transaction, learned)

        try:
            await self._store.write(unit)
        except StoreError as error:
            log.warning("not_learned", account=learned.message.account_sid, why=str(error))

    async def _keep(self, transaction: Transaction, learned: Learned) -> None:
        message, scope, at = learned.message, learned.scope, learned.created_at
        key = RecipientKey(message.account_sid, message.recipient.channel, message.recipient.key)
        state = await self._directory.state_in(transaction, message.account_sid)
        enforced = self._directory.is_enforced_by(state, message)
        opt_outs = as_counted(await transaction.opt_outs_of(key), enforced=enforced)
        last = next((opt_out for opt_out in opt_outs if opt_out.scope == scope), None)
        if last is not None and last.standing and at <= last.effective_at:
            return  # known already
        owed = await transaction.owed(message.account_sid, LIFT)
        if any(Lift.of(payload).key(message.account_sid) == key for payload in owed):
            return
        change, after = await self._change(transaction, learned, last, state.pools, enforced=enforced)
        now = self._clock()
        event = ConsentEvent(
            event_id=new_id(now),
            key=key,
            recipient=message.recipient.wire,
            event_type=OptOutType.STOP,
            change=change,
            scopes=(scope,) if change is Change.ADDED else (),
            source=Source.TWILIO,
            actor=BY_TWILIO,
            role=BY_TWILIO,
            settings_version=state.version,
            effective_at=at,
            received_at=now,
            sender=message.sender.wire if message.sender is not None else None,
            service_sid=message.service_sid,
            reason=f"Twilio answered {OPTED_OUT.code} to a send",
            enforced=enforced,
        )
        await transaction.record(event, () if after is None else (after,))

    async def _change(
        self, transaction: Transaction, learned: Learned, last: OptOut | None, pools: Pools, *, enforced: bool
    ) -> tuple[Change, OptOut | None]:
        """What a 21610 brings, and the opt-out after it. One that stands already, be it by a keyword, which is the
        better evidence, is only dated anew: an opt-in from before the send, learned of late, does not lift it.
        """
        at = learned.created_at
        if last is not None and last.standing:
            return Change.STAYS, replace(last, effective_at=at)
        if not wins(True, at, last):
            return Change.OUTDATED, None
        message = learned.message
        later = await opt_ins_after(transaction, message.account_sid, message.recipient, at, enforced=enforced)
        added = OptOut(learned.scope, standing=True, effective_at=at, source=Source.TWILIO)
        [after] = let_in_again((added,), later, pools)
        return (Change.ADDED, after) if after.standing else (Change.OUTDATED, after)
