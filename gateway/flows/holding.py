"""A send that is held back and told as accepted: a message of the gateway's own, which fails a moment later.

It has a SID of Twilio's form, is kept, and is told to the send's ``StatusCallback`` by a delivery that is written in
the same transaction. Nothing changes its status: it has failed once ``failed_at`` is over.
"""

import secrets
from collections.abc import Callable
from typing import Final

import orjson

from gateway.deliveries import GIVE_UP_AFTER, NotDelivered
from gateway.directory import Account, Directory
from gateway.flows.outcome import Answer, Outcome, What
from gateway.messaging.blocked import BLOCKED_HEADER, fails_later, service_of_send
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_settings import BlockedMode
from gateway.messaging.policy import Suppress
from gateway.messaging.segments import segments_of
from gateway.store import Store
from gateway.store.records import HeldMessage, StoredDelivery
from gateway.store.transaction import Transaction
from gateway.twilio.errors import INVALID_PARAMETER, OPTED_OUT, TrafficError
from gateway.twilio.forms import MEDIA_TYPE, Form
from gateway.twilio.messages import ToldMessage, failure_callback, written
from gateway.twilio.paths import Call
from gateway.twilio.signature import sign, signed_form_of
from gateway.web.client import AppClient, AppUnreachable

CALLBACK: Final = "callback"
CALLBACK_SECONDS: Final = 15.0  # what Twilio gives an app
FAILS_AFTER: Final = 500_000  # microseconds from accepted to failed
CREATED: Final = 201


class Holding:
    """Holds sends back and keeps them."""

    def __init__(self, directory: Directory, store: Store, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    async def mode(self, account: Account, message: OutboundMessage, wanted: BlockedMode | None) -> BlockedMode:
        """How this send fails if it is blocked: as its request says, else its service, else its account."""
        if wanted is not None:
            return wanted
        state = await self._directory.state(account.sid, 0)
        service = state.services.get(service_of_send(message, state.pools) or "")
        return (service.settings.blocked if service is not None else None) or account.blocked

    async def fails_later(
        self, account: Account, form: Form, message: OutboundMessage, wanted: BlockedMode | None
    ) -> bool:
        """Whether the blocked send is accepted first. One with a callback that could not be signed is not, as the app
        would never be told: of a sub-account the gateway knows no Auth Token.
        """
        if form.get("StatusCallback") and not account.auth_tokens:
            return False
        mode = await self.mode(account, message, wanted)
        return fails_later(message, mode, is_scheduled=is_scheduled(form))

    async def hold(self, call: Call, form: Form, message: OutboundMessage, decision: Suppress) -> Outcome:
        """Keep a send that is held back, with what its app is owed, and answer it as accepted. Raises
        `StoreUnavailable`; then nothing is kept.
        """
        held = held_message(form, message, self._clock())
        callback = form.get("StatusCallback")

        async def unit(transaction: Transaction) -> None:
            await transaction.hold(held)
            if callback:
                await self._owe(transaction, held, callback)

        await self._store.write(unit)
        content_type, body = written(told(held, held.created_at), call.format)
        answer = Answer(CREATED, (("Content-Type", content_type),), body)
        return Outcome(What.SUPPRESSED, decision.reason, answer, call.account_sid, decision.opt_out.scope)

    @staticmethod
    async def _owe(transaction: Transaction, held: HeldMessage, url: str) -> None:
        fields = failure_callback(told(held, held.failed_at))
        payload = orjson.dumps((held.account_sid, url, fields)).decode()
        await transaction.owe(
            held.account_sid,
            CALLBACK,
            payload,
            now=held.created_at,
            due_at=held.failed_at,
            give_up_at=held.created_at + GIVE_UP_AFTER,
            lease=None,
        )


class Callbacks:
    """Tells apps that a message of the gateway's own failed."""

    def __init__(self, directory: Directory, client: AppClient) -> None:
        self._directory = directory
        self._client = client

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try: a POST signed as Twilio signs it. Raises `NotDelivered`."""
        account_sid, url, fields = orjson.loads(delivery.payload)
        account = self._directory.account(account_sid)
        if account is None:
            raise NotDelivered("the settings name its account no more")
        form = Form(tuple((name, value) for name, value in fields))
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Content-Type": f"{MEDIA_TYPE}; charset=UTF-8",
            "I-Twilio-Idempotency-Token": delivery.delivery_id,
            "X-Twilio-Signature": sign(account.auth_tokens[0], signed_form_of(url), form),
        }
        try:
            answer = await self._client.post(url, headers, form.encoded(), CALLBACK_SECONDS)
        except AppUnreachable as error:
            raise NotDelivered(str(error)) from error
        if not answer.is_success:
            raise NotDelivered(f"it answered {answer.status}")


def held_message(form: Form, message: OutboundMessage, now: int) -> HeldMessage:
    """What is kept of a send that is held back at an instant."""
    num_media = sum(bool(value) for name, value in form if name == "MediaUrl")
    return HeldMessage(
        account_sid=message.account_sid,
        message_sid=f"{'MM' if num_media else 'SM'}{secrets.token_hex(16)}",
        recipient=message.recipient.wire,
        recipient_key=f"{message.recipient.channel}:{message.recipient.key}",
        sender=message.sender.wire if message.sender is not None else None,
        service_sid=message.service_sid,
        body=form.get("Body") or "",
        num_media=num_media,
        error_code=OPTED_OUT.code,
        created_at=now,
        failed_at=now + FAILS_AFTER,
        updated_at=now,
    )


def told(held: HeldMessage, now: int) -> ToldMessage:
    """The message as it is told at an instant; what is forgotten of it is empty."""
    has_failed = now >= held.failed_at
    body = held.body or ""
    return ToldMessage(
        account_sid=held.account_sid,
        sid=held.message_sid,
        to=held.recipient or "",
        sender=held.sender,
        service_sid=held.service_sid,
        body=body,
        num_media=held.num_media,
        num_segments=0 if held.sender is None else segments_of(body).count,
        created_at=held.created_at,
        updated_at=max(held.updated_at, held.failed_at) if has_failed else held.updated_at,
        has_failed=has_failed,
    )


def is_scheduled(form: Form) -> bool:
    """Whether a send is for later (Twilio, Message Scheduling)."""
    return bool(form.get("ScheduleType") or form.get("SendAt"))


def read_mode(text: str | None) -> BlockedMode | None:
    """What the request says of how it fails if it is blocked; None where it says nothing. Raises `TrafficError`."""
    if text is None:
        return None
    try:
        return BlockedMode(text)
    except ValueError:
        raise TrafficError(INVALID_PARAMETER, f"the header {BLOCKED_HEADER} is sync, async or auto") from None
