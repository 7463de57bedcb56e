"""Confirming a keyword whose webhook never came, by a message of its own (``confirm_late``).

It goes out as an answer to the webhook would: from the sender that got the keyword, in spite of the block that it
confirms, and nothing else does. Webhook and message exclude each other: whoever comes first in the store is the one,
and the other says nothing. It is never sent twice: what Twilio may have taken is not tried again. Five minutes after
the keyword it is too late (47 CFR 64.1200(a)(12)).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

import orjson
import structlog

from gateway.deliveries import SECOND, NotDelivered
from gateway.directory import Account, Directory
from gateway.flows.check import Check
from gateway.messaging.addresses import read_recipient
from gateway.messaging.consent import ConsentChange
from gateway.messaging.handling import handling_of
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.policy import Forward
from gateway.messaging.senders import read_sender
from gateway.store import Store, StoreError
from gateway.store.records import StoredDelivery
from gateway.store.transaction import Transaction
from gateway.twilio.forms import MEDIA_TYPE
from gateway.twilio.products import API
from gateway.twilio.rest import USER_AGENT, basic
from gateway.twilio.upstream import NotSent, OutcomeUnknown, UpstreamRequest, UpstreamResponse
from gateway.twilio.upstreams import Upstreams

log: Final = structlog.get_logger()

CONFIRM: Final = "confirm"
CONFIRM_WITHIN: Final = 5 * 60 * SECOND
WEBHOOK_MAY_COME_FOR: Final = 35 * SECOND  # Twilio gives the URL 15 s and the fallback URL 15 s more, and some
CREATED: Final = 201
TOO_MANY: Final = 429  # Twilio did not take it (Twilio, error 20429)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One confirmation that is owed: of which message, to whom and from where, the text, and when the keyword was
    (microseconds since 1970, UTC).
    """

    account_sid: str
    message_sid: str
    recipient: str
    sender: str
    service_sid: str | None
    opt_out_type: OptOutType
    text: str
    at: int

    @classmethod
    def of_keyword(cls, message: InboundMessage, change: ConsentChange, at: int) -> Self | None:
        """What a keyword's change asks to be said; None for nothing."""
        if change.confirmation is None:
            return None
        return cls(
            message.account_sid,
            message.message_sid,
            message.recipient.wire,
            message.sender.wire,
            message.service_sid,
            change.opt_out_type,
            change.confirmation,
            at,
        )

    def is_too_late(self, now: int) -> bool:
        """Whether the keyword is too old to be confirmed."""
        return now - self.at >= CONFIRM_WITHIN

    @property
    def message(self) -> OutboundMessage:
        """The confirmation as the send that it is."""
        sender = read_sender(self.sender, None)
        return OutboundMessage(self.account_sid, read_recipient(self.recipient, None), self.service_sid, sender)

    @property
    def inbound(self) -> InboundMessage:
        """The keyword's message, as far as the settings that count for it hang on it."""
        message = self.message
        sender = read_sender(self.sender, None)
        return InboundMessage(self.account_sid, self.message_sid, message.recipient, sender, self.service_sid, "")

    def stored(self) -> str:
        """The text form of a delivery."""
        return orjson.dumps([getattr(self, name) for name in Confirmation.__slots__]).decode()

    @classmethod
    def of(cls, payload: str) -> Self:
        """Read the text form."""
        account_sid, message_sid, recipient, sender, service_sid, opt_out_type, text, at = orjson.loads(payload)
        return cls(account_sid, message_sid, recipient, sender, service_sid, OptOutType(opt_out_type), text, at)


class Confirming:
    """Sends confirmations that nobody came to fetch."""

    def __init__(
        self, directory: Directory, store: Store, check: Check, upstreams: Upstreams, clock: Callable[[], int]
    ) -> None:
        self._directory = directory
        self._store = store
        self._check = check
        self._upstreams = upstreams
        self._clock = clock

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try. Raises `NotDelivered` where nothing was sent and it may be tried again."""
        late = Confirmation.of(delivery.payload)
        account = self._directory.account(late.account_sid)
        if account is None or not account.auth_tokens:
            return self._say("dropped", late, "its account is not in the settings")
        try:
            if late.is_too_late(self._clock()):
                return self._say("dropped", late, "the keyword is five minutes old")
            if not await self._may_leave(account, late):
                return self._say("dropped", late, "the recipient's consent is another one by now")
            if await self._store.write(lambda transaction: self._claimed(transaction, late)):
                await self._send(account, late)
        except StoreError as error:
            raise NotDelivered(str(error)) from error
        return None

    async def _may_leave(self, account: Account, late: Confirmation) -> bool:
        """A STOP is confirmed while it is in force; an opt-in, and HELP, where a send would go. HELP also where the
        settings answer it to everybody; in shadow mode nothing is.
        """
        decision = (await self._check(late.message)).decision
        if not decision.enforced:
            return False
        is_free = isinstance(decision, Forward)
        if late.opt_out_type is OptOutType.STOP:
            return not is_free
        if is_free or late.opt_out_type is OptOutType.START:
            return is_free
        state = await self._directory.state(account.sid, 0)
        return handling_of(late.inbound, account.policy, state.pools, state.services).policy.help_when_opted_out

    async def _claimed(self, transaction: Transaction, late: Confirmation) -> bool:
        return await transaction.claim_confirmation(late.account_sid, late.message_sid, self._clock())

    async def _send(self, account: Account, late: Confirmation) -> None:
        """Send it; once only. What was surely not taken is given back, to be tried again. Raises `NotDelivered`."""
        try:
            answer = await self._upstreams.to(API, account.origins).fetch(_request(account, late))
        except OutcomeUnknown as error:
            return self._say("outcome_unknown", late, str(error))
        except NotSent as error:
            await self._give_back(late)
            raise NotDelivered(str(error)) from error
        if answer.status == TOO_MANY:
            await self._give_back(late)
            raise NotDelivered("Twilio answered 429")
        if answer.status != CREATED:
            return self._say("refused", late, f"Twilio answered {answer.status}, code {_code(answer)}")
        return self._say("sent", late, None)

    async def _give_back(self, late: Confirmation) -> None:
        async def give_back(transaction: Transaction) -> None:
            await transaction.return_confirmation(late.account_sid, late.message_sid)

        await self._store.write(give_back)

    @staticmethod
    def _say(outcome: str, late: Confirmation, why: str | None) -> None:
        log.info("confirmed_late", outcome=outcome, account=late.account_sid, message=late.message_sid, why=why)


def _request(account: Account, late: Confirmation) -> UpstreamRequest:
    """The create: from the sender itself, without a status callback, of which no app would know the SID."""
    form = urlencode({"To": late.recipient, "From": late.sender, "Body": late.text}).encode()
    headers = (
        ("Authorization", basic(account.sid, account.auth_tokens[0])),
        ("Content-Type", MEDIA_TYPE),
        ("Accept", "application/json"),
        USER_AGENT,
    )
    return UpstreamRequest("POST", f"/2010-04-01/Accounts/{account.sid}/Messages.json", headers, form)


def _code(answer: UpstreamResponse) -> int | None:
    try:
        code = orjson.loads(answer.body).get("code")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return code if isinstance(code, int) else None
