"""One inbound message, from a phone to its app: verify, read, match, commit, answer."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from gateway.deliveries import NotDelivered, Outbox
from gateway.directory import Account, Directory
from gateway.flows.keyword import KeywordRecorder, NotAKeyword, Recorded, key_of
from gateway.flows.lifting import Lift, Lifting
from gateway.flows.outcome import Outcome, What, failure, twiml_answer
from gateway.flows.relay import IDEMPOTENCY_HEADER, Relay, Relaying
from gateway.flows.replies import Filtered, Replies
from gateway.flows.request import Request
from gateway.messaging.handling import Reading, handling_of, read_body
from gateway.messaging.intent import Intent
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem, StoredMessage
from gateway.store.transaction import Transaction
from gateway.twilio.errors import STORE_AWAY, WRONG_SIGNATURE, TrafficError
from gateway.twilio.forms import demand_form, read_form
from gateway.twilio.inbound import account_of, demand_unsplit, read_inbound
from gateway.twilio.paths import Format
from gateway.twilio.signature import is_signed, signed_form_of
from gateway.twilio.twiml import CONTENT_TYPE, NotTwiML, Verb, confirmation, read_answer, write_answer
from gateway.web.client import AppAnswer, AppUnreachable

log: Final = structlog.get_logger()

APP_SECONDS_FOR_KEYWORDS: Final = 3.0
LIFT_SECONDS: Final = 3.0  # Twilio's own limit for a call of its Consents API
APP_SECONDS: Final = 13.0  # Twilio waits 15 s in all
EMPTY: Final = write_answer(())


class InboundFlow:
    """The journey of an inbound message."""

    def __init__(
        self,
        directory: Directory,
        store: Store,
        recorder: KeywordRecorder,
        relaying: Relaying,
        replies: Replies,
        lifting: Lifting,
        outbox: Outbox,
        *,
        public_url: str,
        secret: bytes,
        clock: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._store = store
        self._recorder = recorder
        self._relaying = relaying
        self._replies = replies
        self._lifting = lifting
        self._outbox = outbox
        self._public_url = public_url
        self._key = hmac.new(secret, b"fingerprint", hashlib.sha256).digest()
        self._clock = clock

    async def receive(self, request: Request) -> Outcome:
        """Carry one inbound message through; every way it can end is an outcome."""
        account_sid = None
        try:
            account, relay = self.verified(request)
            account_sid = account.sid
            message = read_inbound(relay.form)
            reading = await self._read(account, message)
            if reading.match is not None:
                try:
                    return await self._keyword(account, message, reading, relay)
                except NotAKeyword:
                    reading = replace(reading, match=None)
            return await self._ordinary(account, message, reading, relay)
        except TrafficError as error:
            reason = "wrong_signature" if error.kind is WRONG_SIGNATURE else f"code_{error.kind.code}"
            return failure(What.REFUSED, reason, error, Format.JSON, account_sid=account_sid)
        except StoreError as error:
            told = TrafficError(STORE_AWAY, str(error))
            return failure(What.FAILED, "store_away", told, Format.JSON, account_sid=account_sid)

    def verified(self, request: Request) -> tuple[Account, Relay]:
        """The account a webhook comes from, and what is to be relayed. Raises `TrafficError` (403) unless one of
        the account's keys signed exactly this, over the URL that the settings say Twilio sees.
        """
        demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        form = read_form(request.body)
        account = self._directory.account(account_of(form))
        if account is None:
            raise TrafficError(WRONG_SIGNATURE, "the gateway has no such account in its settings")
        url = self._public_url + request.target
        if not is_signed(request.header("X-Twilio-Signature") or "", account.auth_tokens, url, form):
            # Without what follows /redirect/, which names an app's URL, and without a password.
            tried = f"{signed_form_of(self._public_url)}/{request.path.split('/')[1]}"
            raise TrafficError(WRONG_SIGNATURE, f"X-Twilio-Signature does not fit {tried} and the parameters")
        token, cookie = request.header(IDEMPOTENCY_HEADER), request.header("Cookie")
        return account, Relay(account.sid, form, token, cookie)

    async def _read(self, account: Account, message: InboundMessage) -> Reading:
        """What the message is, by the newest settings that there are now. Where the webhook names no service and nobody
        knows where the sender stands, Twilio is asked first: a service may have keywords that nobody else has.
        """
        found = await self._store.find_opt_outs(key_of(message))
        state = await self._directory.state(account.sid, found.settings_version)
        sender_key = message.sender.key
        if message.service_sid is None and state.services and not state.pools.knows(sender_key):
            await self._directory.place(account.sid, (sender_key,))
            state = await self._directory.newest(account.sid)
        return read_body(message, account.policy, state.pools, state.services)

    # Keywords

    async def _keyword(self, account: Account, message: InboundMessage, reading: Reading, relay: Relay) -> Outcome:
        demand_unsplit(relay.form)
        is_stop = reading.match is not None and reading.match.opt_out_type is OptOutType.STOP
        recorded = await self._recorder.record(account, message, relay, self._fingerprint(message), is_held=not is_stop)
        if isinstance(recorded, StoredMessage):
            return await self._repeated(account, message, recorded)
        verbs: tuple[Verb, ...] = await self._confirmed(account, message, recorded)
        cookies: tuple[str, ...] = ()
        if recorded.delivery_id is not None and not is_stop:
            said, cookies = await self._asked(account, message, recorded, verbs)
            verbs += said
        else:
            self._outbox.wake()
        filtered = await self._allowed(account, message, recorded.change.opt_out_type, verbs)
        return self._recorded(message, recorded, cookies, filtered)

    async def _confirmed(self, account: Account, message: InboundMessage, recorded: Recorded) -> tuple[Verb, ...]:
        """The confirmation; of an opt-in that Twilio does not know of, only if Twilio lifts its block now."""
        verbs = confirmation(recorded.change.confirmation)
        if recorded.lift_id is None:
            return verbs
        try:
            async with asyncio.timeout(LIFT_SECONDS):
                await self._lifting.lift(
                    account, Lift.of_keyword(message, recorded.change.lift_at_twilio, self._clock())
                )
        except (NotDelivered, TimeoutError) as error:
            await self._put_off(recorded.lift_id, recorded, str(error) or "Twilio took too long")
            return ()
        await self._settle(message, recorded, recorded.lift_id, write_answer(verbs))
        return verbs

    async def _asked(
        self, account: Account, message: InboundMessage, recorded: Recorded, confirmed: tuple[Verb, ...]
    ) -> tuple[tuple[Verb, ...], tuple[str, ...]]:
        """START and HELP: the app has three seconds to say something after the confirmation. What it says is kept as
        it is; it is checked whenever it is given.
        """
        url, delivery_id = account.app_url or "", recorded.delivery_id or ""
        try:
            answer = await self._relaying.post(account, recorded.relay, url, APP_SECONDS_FOR_KEYWORDS)
            if not answer.is_success:
                raise AppUnreachable(f"it answered {answer.status}")
        except AppUnreachable as error:
            await self._put_off(delivery_id, recorded, str(error))
            return (), ()
        verbs = _verbs_of(answer, url)
        await self._settle(message, recorded, delivery_id, write_answer(confirmed + verbs))
        return verbs, answer.cookies

    async def _allowed(
        self, account: Account, message: InboundMessage, opt_out_type: str | None, verbs: tuple[Verb, ...]
    ) -> Filtered:
        """What of an answer may leave now, asked last of all: a STOP may have come while the app was waited for.

        Only the confirmation of a STOP goes out in spite of the block and, where the settings say so, that of a HELP.
        """
        is_help = opt_out_type == OptOutType.HELP and await self._answers_help(account, message)
        exempt = verbs[:1] if opt_out_type == OptOutType.STOP or is_help else ()
        filtered = await self._replies.filtered(verbs[len(exempt) :], message)
        return Filtered(exempt + filtered.verbs, filtered.held_back)

    async def _answers_help(self, account: Account, message: InboundMessage) -> bool:
        """Whether the settings have HELP answered when the recipient is opted out."""
        state = await self._directory.state(account.sid, 0)
        handling = handling_of(message, account.policy, state.pools, state.services)
        return handling.policy.help_when_opted_out

    async def _put_off(self, delivery_id: str, recorded: Recorded, why: str) -> None:
        """Who is owed something was not told in time: it becomes a delivery that is due."""
        now = self._clock()

        async def put_off(transaction: Transaction) -> None:
            await transaction.put_off_delivery(delivery_id, recorded.lease or "", why, now)

        await self._unless_store_away(put_off)
        self._outbox.wake()

    async def _settle(self, message: InboundMessage, recorded: Recorded, delivery_id: str, twiml: str) -> None:
        """Who is owed something was told: nothing is owed, and repetitions get the whole answer."""
        now = self._clock()

        async def settle(transaction: Transaction) -> None:
            await transaction.end_delivery(delivery_id, recorded.lease or "", "done", None, now)
            await transaction.keep_answer(message.account_sid, message.message_sid, twiml)

        await self._unless_store_away(settle)

    async def _unless_store_away(self, unit: Callable[[Transaction], object]) -> None:
        """Write what is not needed for the answer: the keyword itself is committed, the lease ends by itself."""
        try:
            await self._store.write(unit)  # type: ignore[arg-type]
        except StoreError:
            return

    # Other messages

    async def _ordinary(self, account: Account, message: InboundMessage, reading: Reading, relay: Relay) -> Outcome:
        """No keyword: remembered, so that it can never take effect as one, and the app's answer is the answer."""
        fingerprint = self._fingerprint(message)
        now = self._clock()

        async def remember(transaction: Transaction) -> StoredMessage | None:
            seen = await transaction.seen(account.sid, message.message_sid)
            if seen is None:
                stored = StoredMessage(fingerprint, None, None, None)
                await transaction.remember(account.sid, message.message_sid, stored, None, now)
                if reading.intent is not None:
                    await transaction.add_review_item(_review_item(message, reading.intent, now))
            return seen

        seen = await self._store.write(remember)
        if seen is not None and (seen.fingerprint != fingerprint or seen.opt_out_type is not None):
            return await self._repeated(account, message, seen)
        if not reading.handling.relays:
            return Outcome(What.RECORDED, "not_relayed", twiml_answer(EMPTY), account.sid)
        return await self._relayed(account, message, relay)

    async def _relayed(self, account: Account, message: InboundMessage, relay: Relay) -> Outcome:
        why = "no_app"
        give_up_at = self._clock() + int(APP_SECONDS * 1_000_000)
        for url in (account.app_url, account.app_fallback_url):
            left = (give_up_at - self._clock()) / 1_000_000
            if url is None or left <= 0:
                continue
            try:
                answer = await self._relaying.post(account, relay, url, left)
            except AppUnreachable as error:
                why = str(error)
                continue
            if not answer.is_success:
                why = f"the app answered {answer.status}"
                continue
            return await self.answered(message, answer, url)
        return self._unanswered(account, why)

    async def answered(self, message: InboundMessage, answer: AppAnswer, url: str) -> Outcome:
        """The app's own answer, filtered."""
        filtered = await self._replies.filtered(_verbs_of(answer, url), message)
        twiml = write_answer(filtered.verbs)
        reason = "replies_held_back" if filtered.held_back else "app_answered"
        return Outcome(What.RELAYED, reason, twiml_answer(twiml, answer.cookies), message.account_sid)

    @staticmethod
    def _unanswered(account: Account, why: str) -> Outcome:
        if account.app_url is None:
            return Outcome(What.RECORDED, "no_app", twiml_answer(EMPTY), account.sid)
        return Outcome(What.FAILED, "app_failed", twiml_answer(EMPTY, status=502), account.sid, detail=why)

    # Both

    async def _repeated(self, account: Account, message: InboundMessage, seen: StoredMessage) -> Outcome:
        """A message that was seen before: no effect, and what may leave now of its answer if it is the same."""
        if seen.fingerprint != self._fingerprint(message):
            told = TrafficError(WRONG_SIGNATURE, "this MessageSid came before with another sender, recipient or body")
            return failure(What.REFUSED, "replayed", told, Format.JSON, account_sid=message.account_sid)
        verbs = read_answer(CONTENT_TYPE, (seen.answer or EMPTY).encode(), "")
        filtered = await self._allowed(account, message, seen.opt_out_type, verbs)
        answer = twiml_answer(write_answer(filtered.verbs))
        return Outcome(What.REPEATED, seen.change or "", answer, message.account_sid)

    @staticmethod
    def _recorded(message: InboundMessage, recorded: Recorded, cookies: tuple[str, ...], filtered: Filtered) -> Outcome:
        change = recorded.change
        scope = next(iter(change.add + change.lift), None)
        reason = f"{change.opt_out_type.lower()}_{change.change}"
        detail = "replies held back" if filtered.held_back else ""
        answer = twiml_answer(write_answer(filtered.verbs), cookies)
        return Outcome(What.RECORDED, reason, answer, message.account_sid, scope, detail=detail)

    def _fingerprint(self, message: InboundMessage) -> str:
        """A keyed hash of what a message is: the same SID with another of these is not the same message."""
        parts = (message.recipient.wire, message.sender.wire, message.body)
        content = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()


def _review_item(message: InboundMessage, intent: Intent, now: int) -> ReviewItem:
    return ReviewItem(
        review_id=new_id(now),
        key=key_of(message),
        message_sid=message.message_sid,
        recipient=message.recipient.wire,
        sender=message.sender.wire,
        service_sid=message.service_sid,
        body=message.body,
        language=intent.language,
        rule=intent.rule,
        words=intent.words,
        state="open",
        received_at=now,
    )


def _verbs_of(answer: AppAnswer, url: str) -> tuple[Verb, ...]:
    """The verbs of an app's answer; none when it cannot be understood."""
    try:
        return read_answer(answer.content_type, answer.body, url)
    except NotTwiML as error:
        log.warning("answer_not_understood", why=str(error))
        return ()
