"""One inbound message, from a phone to its app: verify, read, match, commit, answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from gateway.deliveries import NotDelivered, Outbox
from gateway.directory import Account, Directory
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.keyword import EnforcementChanged, KeywordRecorder, NotAKeyword, Recorded
from gateway.flows.lifting import Lift, Lifting
from gateway.flows.missed import key_of
from gateway.flows.outcome import Outcome, What, failure, twiml_answer
from gateway.flows.relay import IDEMPOTENCY_HEADER, Heard, NobodyAnswered, Relay, Relaying
from gateway.flows.repetition import EMPTY, NOBODY_WAITS, WAITS_FOR_KEYWORD, KeptAnswer, Once, StillWaiting
from gateway.flows.replies import Filtered, Parties, Replies
from gateway.flows.request import Request
from gateway.flows.reviewing import review_item
from gateway.flows.shadow import tell_would_confirm
from gateway.messaging.consent import ConsentChange
from gateway.messaging.handling import Reading, handling_of, read_body
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.store import Store, StoreError
from gateway.store.records import StoredMessage
from gateway.store.transaction import Transaction
from gateway.twilio.errors import AMBIGUOUS, STORE_AWAY, WRONG_SIGNATURE, TrafficError
from gateway.twilio.forms import Form, demand_form, read_form
from gateway.twilio.inbound import REQUIRED, account_of, demand_unsplit, read_inbound
from gateway.twilio.paths import Format
from gateway.twilio.signature import explain, is_signed, signed_form_of
from gateway.twilio.twiml import Verb, confirmation, read_written, write_answer

APP_SECONDS_FOR_KEYWORDS: Final = 3.0
LIFT_SECONDS: Final = 3.0  # Twilio's own limit for a call of its Consents API
APP_SECONDS: Final = 13.0  # Twilio waits 15 s in all


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
        fingerprints: Fingerprints,
        clock: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._store = store
        self._recorder = recorder
        self._relaying = relaying
        self._replies = replies
        self._lifting = lifting
        self._outbox = outbox
        self._once = Once(store, clock)
        self._public_url = public_url
        self._fingerprints = fingerprints
        self._clock = clock

    async def receive(self, request: Request) -> Outcome:
        """Carry one inbound message through; every way it can end is an outcome."""
        account_sid = None
        try:
            account, relay = self.verified(request)
            account_sid = account.sid
            message = read_inbound(relay.form)
            reading = await self._read(account, message)
            if reading.handling.relays:
                asked = await self._relaying.targets(account, message.service_sid, message.sender)
                relay = replace(relay, targets=asked)
            if reading.match is not None:
                try:
                    return await self._keyword(account, message, reading, relay)
                except NotAKeyword:
                    reading = replace(reading, match=None)
                except EnforcementChanged:
                    return await self.receive(request)
            return await self._ordinary(account, message, reading, relay)
        except TrafficError as error:
            reason = "wrong_signature" if error.kind is WRONG_SIGNATURE else f"code_{error.kind.code}"
            return failure(What.REFUSED, reason, error, Format.JSON, account_sid=account_sid)
        except StillWaiting:
            answer = twiml_answer(EMPTY, status=502)
            return Outcome(What.FAILED, "still_waiting", answer, account_sid)
        except StoreError as error:
            told = TrafficError(STORE_AWAY, str(error))
            return failure(What.FAILED, "store_away", told, Format.JSON, account_sid=account_sid)

    def verified(self, request: Request) -> tuple[Account, Relay]:
        """The account a webhook comes from, and what is to be relayed. Raises `TrafficError` (403) unless one of
        the account's keys signed exactly this, over the URL that the settings say Twilio sees.
        """
        form, signed = _form_of(request)
        account = self._directory.account(account_of(form))
        if account is None:
            raise TrafficError(WRONG_SIGNATURE, "the gateway has no such account in its settings")
        url = self._public_url + request.target
        signature = request.header("X-Twilio-Signature") or ""
        if not is_signed(signature, account.auth_tokens, url, signed):
            raise TrafficError(WRONG_SIGNATURE, self._why_not_signed(request, account, url, signed))
        token, cookie = request.header(IDEMPOTENCY_HEADER), request.header("Cookie")
        return account, Relay(account.sid, form, token, cookie)

    def _why_not_signed(self, request: Request, account: Account, url: str, signed: Form) -> str:
        """The URL that was tried, without what follows /redirect/ or /status/, which names an app's URL, and without a
        password; and the likely cause.
        """
        tried = f"{signed_form_of(self._public_url)}/{request.path.split('/')[1]}"
        others = [key for other in self._directory.accounts if other is not account for key in other.auth_tokens]
        cause = explain(
            request.header("X-Twilio-Signature") or "",
            account.auth_tokens,
            url,
            signed,
            hosts=[request.header("Host") or ""],
            other_keys=others,
        )
        return f"X-Twilio-Signature does not fit {tried} and the parameters; {cause.text}"

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
        if not reading.handling.enforced:
            return await self._in_shadow(account, message, reading, relay)
        is_stop = reading.match is not None and reading.match.opt_out_type is OptOutType.STOP
        waits_for_app = not is_stop and bool(relay.targets)
        recorded = await self._recorder.record(
            account, message, relay, self._fingerprints.of(message), is_held=waits_for_app
        )
        if isinstance(recorded, StoredMessage):
            return await self._repeated(account, message, recorded, reading, relay)
        waits_for_app = waits_for_app and recorded.delivery_id is not None
        verbs = confirmed = await self._confirmed(account, message, recorded, waits_for_app=waits_for_app)
        cookies: tuple[str, ...] = ()
        if waits_for_app:
            said, cookies = await self._asked(account, message, recorded, confirmed)
            verbs += said
        else:
            self._outbox.wake()
        opt_out_type = recorded.change.opt_out_type
        filtered = await self._allowed(account, message, opt_out_type, verbs, is_confirmed=bool(confirmed))
        outcome = self._recorded(message, recorded, cookies, filtered)
        return replace(outcome, confirmation=recorded.change.confirmation) if confirmed else outcome

    async def _in_shadow(self, account: Account, message: InboundMessage, reading: Reading, relay: Relay) -> Outcome:
        """A keyword in shadow mode: recorded, and handed on like any other message; the app's answer is the answer."""
        await self._recorder.learn_place(message)
        changes: dict[str, ConsentChange] = {}

        async def recorded(transaction: Transaction) -> None:
            change = await self._recorder.record_in_shadow(transaction, account, message, relay.form)
            changes[message.message_sid] = change

        outcome = await self._carried_through(account, message, reading, relay, recorded)
        for change in changes.values():
            tell_would_confirm(change)
            decided = f"{change.opt_out_type.lower()}_{change.change}"
            detail = f"{decided} {outcome.detail}".rstrip()
            outcome = replace(outcome, detail=detail, is_proved=True, message=message, decided=decided)
        return replace(outcome, enforced=False)

    async def _confirmed(
        self, account: Account, message: InboundMessage, recorded: Recorded, *, waits_for_app: bool
    ) -> tuple[Verb, ...]:
        """The confirmation; of an opt-in that Twilio does not know of, only if Twilio lifts its block now."""
        verbs = confirmation(recorded.change.confirmation)
        if recorded.lift_id is None:
            return verbs
        waits_until = self._clock() + WAITS_FOR_KEYWORD if waits_for_app else None
        try:
            async with asyncio.timeout(LIFT_SECONDS):
                lift = Lift.of_keyword(message, recorded.change.lift_at_twilio, self._clock())
                await self._lifting.lift(account, lift)
        except (NotDelivered, TimeoutError) as error:
            kept = KeptAnswer(EMPTY, waits_until)
            await self._put_off(message, recorded, recorded.lift_id, str(error) or "Twilio took too long", kept)
            return ()
        kept = KeptAnswer(write_answer(verbs), waits_until, is_confirmed=bool(verbs))
        await self._settle(message, recorded, recorded.lift_id, kept)
        return verbs

    async def _asked(
        self, account: Account, message: InboundMessage, recorded: Recorded, confirmed: tuple[Verb, ...]
    ) -> tuple[tuple[Verb, ...], tuple[str, ...]]:
        """START and HELP: the app has three seconds to say something after the confirmation. What it says is kept as
        it is; it is checked whenever it is given.
        """
        try:
            heard = await self._relaying.hear(account, recorded.relay, APP_SECONDS_FOR_KEYWORDS)
        except NobodyAnswered as error:
            if not error.was_told:
                await self._put_off(message, recorded, recorded.delivery_id, str(error), _kept(confirmed))
                return (), ()
            heard = Heard()
        await self._settle(message, recorded, recorded.delivery_id, _kept(confirmed, heard.verbs))
        return heard.verbs, heard.cookies

    async def _allowed(
        self,
        account: Account,
        message: InboundMessage,
        opt_out_type: str | None,
        verbs: tuple[Verb, ...],
        *,
        is_confirmed: bool,
    ) -> Filtered:
        """What of an answer may leave now, asked last of all: a STOP may have come while the app was waited for.

        Only the confirmation of a STOP goes out in spite of the block and, where the settings say so, that of a HELP;
        ``is_confirmed`` says whether the first verb is one.
        """
        is_help = opt_out_type == OptOutType.HELP and await self._answers_help(account, message)
        exempt = verbs[:1] if is_confirmed and (opt_out_type == OptOutType.STOP or is_help) else ()
        filtered = await self._replies.filtered(verbs[len(exempt) :], message)
        return Filtered(exempt + filtered.verbs, filtered.held_back)

    async def _answers_help(self, account: Account, message: InboundMessage) -> bool:
        """Whether the settings have HELP answered when the recipient is opted out."""
        state = await self._directory.state(account.sid, 0)
        return handling_of(message, account.policy, state.pools, state.services).policy.help_when_opted_out

    async def _put_off(
        self, message: InboundMessage, recorded: Recorded, delivery_id: str | None, why: str, kept: KeptAnswer
    ) -> None:
        """Who is owed something was not told in time: it becomes a delivery that is due."""
        now = self._clock()

        async def put_off(transaction: Transaction) -> None:
            await transaction.put_off_delivery(delivery_id or "", recorded.lease or "", why, now)
            await transaction.keep_answer(message.account_sid, message.message_sid, kept.stored())

        await self._unless_store_away(put_off)
        self._outbox.wake()

    async def _settle(
        self, message: InboundMessage, recorded: Recorded, delivery_id: str | None, kept: KeptAnswer
    ) -> None:
        """Who is owed something was told: nothing is owed, and repetitions get the answer."""
        now = self._clock()

        async def settle(transaction: Transaction) -> None:
            await transaction.end_delivery(
                delivery_id or "", recorded.lease or "", "done", None, now, message.message_sid
            )
            await transaction.keep_answer(message.account_sid, message.message_sid, kept.stored())

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

        async def review(transaction: Transaction) -> None:
            if reading.intent is not None and not await transaction.is_on_review(account.sid, message.message_sid):
                await transaction.add_review_item(review_item(message, reading.intent, self._clock()))

        return await self._carried_through(account, message, reading, relay, review)

    async def _carried_through(
        self,
        account: Account,
        message: InboundMessage,
        reading: Reading,
        relay: Relay,
        also: Callable[[Transaction], Awaitable[None]],
    ) -> Outcome:
        """Remember a message, with what is done beside that the first time, and answer what the app says."""
        give_up_at = asyncio.get_running_loop().time() + APP_SECONDS
        fingerprint, waits = self._fingerprints.of(message), bool(relay.targets)
        seen = await self._once.take(message, fingerprint, APP_SECONDS, waits=waits, also=also)
        if seen is not None:
            return await self._repeated(account, message, seen, reading, relay)
        if not relay.targets:
            reason = "no_app" if reading.handling.relays else "not_relayed"
            return Outcome(What.RECORDED, reason, twiml_answer(EMPTY), account.sid)
        async with self._once.waiting(message):
            heard, why = await self._heard(account, relay, give_up_at)
        return await self._relayed(message, heard, why)

    async def _heard(self, account: Account, relay: Relay, give_up_at: float) -> tuple[Heard | None, str]:
        """What the app says, nothing where it took the message and answered nonsense; None where it did not take it;
        and why.
        """
        try:
            left = give_up_at - asyncio.get_running_loop().time()
            return await self._relaying.hear(account, relay, left), ""
        except NobodyAnswered as error:
            return (Heard() if error.was_told else None), str(error)

    async def _relayed(self, message: InboundMessage, heard: Heard | None, why: str) -> Outcome:
        """The end of an ordinary message. What no app took is left for Twilio to repeat."""
        kept = NOBODY_WAITS if heard is None else KeptAnswer(write_answer(heard.verbs))
        await self._unless_store_away(partial(self._once.keep_in, message=message, kept=kept))
        if heard is None:
            answer = twiml_answer(EMPTY, status=502)
            return Outcome(What.FAILED, "app_failed", answer, message.account_sid, detail=why)
        if why:
            return Outcome(What.RELAYED, "answer_not_understood", twiml_answer(EMPTY), message.account_sid, detail=why)
        return await self.answered(message, heard)

    async def answered(
        self, message: InboundMessage, heard: Heard, *, depth: int = 0, parties: Parties = ()
    ) -> Outcome:
        """The app's own answer, filtered; see `Replies.filtered`."""
        filtered = await self._replies.filtered(heard.verbs, message, depth=depth, parties=parties)
        answer = twiml_answer(write_answer(filtered.verbs), heard.cookies)
        reason = "replies_held_back" if filtered.held_back else "app_answered"
        return Outcome(What.RELAYED, reason, answer, message.account_sid, detail=_told(filtered))

    # Both

    async def _repeated(
        self, account: Account, message: InboundMessage, seen: StoredMessage, reading: Reading, relay: Relay
    ) -> Outcome:
        """A message that was seen before: no effect, and what may leave now of its answer if it is the same; where the
        first is still waiting for the app, that is waited for. One that was learned without its webhook is relayed now.
        """
        if seen.fingerprint != self._fingerprints.of(message):
            told = TrafficError(WRONG_SIGNATURE, "this MessageSid came before with another sender, recipient or body")
            return failure(What.REFUSED, "replayed", told, Format.JSON, account_sid=message.account_sid)
        if seen.opt_out_type is not None:
            seen = await self._recorder.webhook_came(account, message, seen, reading.handling, relay)
            self._outbox.wake()
        kept = KeptAnswer.of((await self._once.settled(message, seen, APP_SECONDS)).answer)
        verbs = read_written(kept.twiml)
        filtered = await self._allowed(account, message, seen.opt_out_type, verbs, is_confirmed=kept.is_confirmed)
        answer = twiml_answer(write_answer(filtered.verbs))
        return Outcome(
            What.REPEATED,
            seen.change or "answered",
            answer,
            message.account_sid,
            detail=_told(filtered),
            is_proved=seen.opt_out_type is not None,
            message=message,
        )

    @staticmethod
    def _recorded(message: InboundMessage, recorded: Recorded, cookies: tuple[str, ...], filtered: Filtered) -> Outcome:
        change = recorded.change
        scope = next(iter(change.scopes), None)
        reason = f"{change.opt_out_type.lower()}_{change.change}"
        answer = twiml_answer(write_answer(filtered.verbs), cookies)
        return Outcome(
            What.RECORDED,
            reason,
            answer,
            message.account_sid,
            scope,
            detail=_told(filtered),
            is_proved=True,
            message=message,
        )


def _form_of(request: Request) -> tuple[Form, Form]:
    """The parameters of a webhook, and those of them that are signed beside its URL: with POST all, with GET none, as
    they stand in the URL itself (Twilio, webhooks security). Raises `TrafficError`.
    """
    if request.method == "GET":
        if request.body:
            raise TrafficError(AMBIGUOUS, "a webhook by GET has a body")
        return read_form(request.query.encode("utf-8", "surrogateescape")), Form(())
    demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
    if any(name in REQUIRED for name, _ in parse_qsl(request.query, keep_blank_values=True)):
        raise TrafficError(AMBIGUOUS, "parameters of the message stand in the URL of a POST")
    form = read_form(request.body)
    return form, form


def _kept(confirmed: tuple[Verb, ...], said: tuple[Verb, ...] = ()) -> KeptAnswer:
    """What is kept of a keyword's answer: the confirmation, if there is one, and behind it what the app said."""
    return KeptAnswer(write_answer(confirmed + said), is_confirmed=bool(confirmed))


def _told(filtered: Filtered) -> str:
    return f"{filtered.held_back} replies held back" if filtered.held_back else ""
