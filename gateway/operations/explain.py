"""Why: what a body would do, and whether a send would go. Nothing is changed and nobody is asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.directory import Account, Directory
from gateway.messaging.addresses import Address, Channel
from gateway.messaging.consent import ConsentChange, change_for
from gateway.messaging.coverage import CARRIER_REGIONS
from gateway.messaging.folding import fold, fold_loosely
from gateway.messaging.handling import (
    MANAGED_KINDS,
    Handling,
    KeywordPolicy,
    Reading,
    UnmanagedSenders,
    country_of,
    is_default_word,
    read_body,
)
from gateway.messaging.history import ConsentEvent
from gateway.messaging.keywords import KeywordMatch, Matching, OptOutType, match_keyword
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import OptOut, RecipientKey
from gateway.messaging.policy import Decision, Suppress, decide, unplaced
from gateway.messaging.pools import Pools
from gateway.messaging.segments import Segments, segments_of
from gateway.messaging.senders import Sender, SenderKind, read_sender
from gateway.messaging.services import AccountState
from gateway.store import Store

NOBODY: Final = Address("phone", "", "")  # whose number is not known: of no country, not opted out
NO_MESSAGE: Final = "SM" + "0" * 32
KIND_ON: Final[dict[str, SenderKind]] = {Channel.PHONE: SenderKind.LONG_CODE, Channel.WHATSAPP: SenderKind.WHATSAPP}
# Why a set was the one to match: how its name begins, and what that says of the order in which sets are looked through.
WHY: Final = (
    ("countries.", "sets of the recipient's country are looked through first"),
    ("languages.", "no set of the recipient's country has the word; sets of languages count in every country"),
    ("standard.", "no set of the recipient's country or of a language has the word; the standard sets come last"),
    ("default.", "no settings of a Messaging Service are in force here; Twilio's default keywords count"),
    ("twilio.", "Twilio itself said so"),
    ("intent.", "it is no keyword, but plainly asks to stop, which the service takes as an opt-out"),
)
KINDS_FIRST: Final = (SenderKind.LONG_CODE, SenderKind.SHORT_CODE, SenderKind.TOLL_FREE)
IN_WORDS: Final = {
    SenderKind.LONG_CODE: "a long code",
    SenderKind.TOLL_FREE: "a toll-free number",
    SenderKind.SHORT_CODE: "a short code",
    SenderKind.ALPHANUMERIC: "a sender ID",
    SenderKind.WHATSAPP: "a WhatsApp sender",
    SenderKind.RCS: "an RCS sender",
    SenderKind.OTHER: "a sender of another channel",
}


@dataclass(frozen=True, slots=True)
class BodyExplained:
    """What a body means and would do: how it is read (``reading``), by the sets of which country, and the change
    (None where it is no keyword) with its reply's segments. ``remarks`` say what is not to be seen from these.
    """

    folded: str
    loosely_folded: str | None
    country: str | None
    sender: Sender
    reading: Reading
    change: ConsentChange | None
    segments: Segments | None
    remarks: tuple[str, ...]

    @property
    def why(self) -> str | None:
        """Why the set that matched was the one; None where the body is no keyword."""
        name = self.reading.match.set_name if self.reading.match is not None else ""
        return next((why for beginning, why in WHY if name.startswith(beginning)), None)


@dataclass(frozen=True, slots=True)
class SendExplained:
    """Whether a send would go, by which of the account's settings versions, and for one that would not, the event
    that opted its recipient out. ``unplaced`` names what has no place yet.
    """

    decision: Decision
    settings_version: int
    event: ConsentEvent | None
    unplaced: tuple[str, ...]


def explain_default(body: str) -> BodyExplained:
    """What a body means by the default keyword sets, sent to a long code by somebody who is not opted out."""
    to = Sender("", "", SenderKind.LONG_CODE)
    message = InboundMessage("", NO_MESSAGE, NOBODY, to, None, body)
    reading = read_body(message, KeywordPolicy(TwilioHandling.OFF), Pools(), {})
    change = None if reading.match is None else change_for(message, reading.match, reading.handling, Pools(), (), 0)
    return _explained(message, reading, change)


class Explain:
    """Explains; ``clock`` gives microseconds since 1970, UTC. Each call raises `StoreUnavailable`."""

    def __init__(self, store: Store, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def body(
        self,
        account: Account,
        body: str,
        *,
        recipient: Address | None = None,
        service_sid: str | None = None,
        sender: Sender | None = None,
    ) -> BodyExplained:
        """What a body would do that ``recipient`` sends to ``sender``, a number of ``service_sid`` where one is named.

        Without a sender one of the service's pool is taken, without a recipient somebody of no country who is not
        opted out.
        """
        state = await self._directory.newest(account.sid)
        to = sender or _sender_of(service_sid, recipient.channel if recipient else None, state)
        whom = recipient or replace(NOBODY, channel=to.channel)
        message = InboundMessage(account.sid, NO_MESSAGE, whom, to, service_sid, body)
        reading = read_body(message, account.policy, state.pools, state.services)
        change = None
        if reading.match is not None:
            opt_outs = await self._opt_outs(account.sid, recipient)
            now = self._clock()
            change = change_for(message, reading.match, reading.handling, state.pools, opt_outs, now)
        told = _explained(message, reading, change)
        return replace(told, remarks=(*_remarks_on_placeholders(message), *told.remarks))

    async def send(self, message: OutboundMessage) -> SendExplained:
        """Whether a send would go."""
        recipient = message.recipient
        key = RecipientKey(message.account_sid, recipient.channel, recipient.key)
        state = await self._directory.newest(message.account_sid)
        opt_outs = await self._opt_outs(message.account_sid, recipient)
        enforced = self._directory.is_enforced_by(state, message)
        decision = decide(message, state.pools, opt_outs, enforced=enforced)
        event = await self._event(key, decision) if isinstance(decision, Suppress) else None
        return SendExplained(decision, state.version, event, unplaced(message, state.pools))

    async def _opt_outs(self, account_sid: str, recipient: Address | None) -> tuple[OptOut, ...]:
        if recipient is None:
            return ()
        return (await self._store.find_opt_outs(RecipientKey(account_sid, recipient.channel, recipient.key))).opt_outs

    async def _event(self, key: RecipientKey, decision: Suppress) -> ConsentEvent | None:
        """The event that brought an opt-out about: the last one that added its scope and counts there."""
        scope = decision.opt_out.scope
        counting = [each for each in await self._store.history_of(key) if each.enforced or not decision.enforced]
        added = [event for event in counting if scope in event.scopes and event.event_type == OptOutType.STOP]
        return added[-1] if added else None


def _sender_of(service_sid: str | None, channel: str | None, state: AccountState) -> Sender:
    """A sender of the service's pool to which somebody on this channel (None: on any) can write, the plainest kind
    first; where none is known, an unnamed one.
    """
    pool = [read_sender(key, None) for key in sorted(state.pools.senders_of.get(service_sid or "", ()))]
    pool = [s for s in pool if channel in {None, s.channel} and s.kind is not SenderKind.ALPHANUMERIC]
    for kind in KINDS_FIRST:
        for sender in pool:
            if sender.kind is kind:
                return sender
    return pool[0] if pool else Sender("", "", KIND_ON.get(channel or "phone", SenderKind.OTHER))


def _explained(message: InboundMessage, reading: Reading, change: ConsentChange | None) -> BodyExplained:
    if change is not None and not message.sender.key:
        change = replace(change, add=tuple(scope for scope in change.add if scope.id))
    reply = change.confirmation if change is not None else None
    return BodyExplained(
        folded=fold(message.body),
        loosely_folded=fold_loosely(message.body) if reading.handling.matching is Matching.NORMALIZED else None,
        country=country_of(message),
        sender=message.sender,
        reading=reading,
        change=change,
        segments=segments_of(reply) if reply else None,
        remarks=tuple(_remarks(message, reading, change)),
    )


def _remarks_on_placeholders(message: InboundMessage) -> list[str]:
    told = []
    if not message.sender.wire:
        kind = IN_WORDS[message.sender.kind]
        told.append(f"no sender was named and no fitting one is known: explained as for {kind}")
    if message.sender.kind is SenderKind.ALPHANUMERIC:
        told.append("no phone can write to a sender ID")
    if not message.recipient.wire:
        told.append("no recipient was named: explained for somebody of no country who is not opted out")
    return told


def _remarks(message: InboundMessage, reading: Reading, change: ConsentChange | None) -> Iterator[str]:
    handling, kind = reading.handling, message.sender.kind
    if reading.match is not None:
        yield from _remarks_on_keyword(message, reading.match, handling)
    elif reading.intent is not None:
        yield f"it asks to stop ({', '.join(reading.intent.words)}): it is put on the review list"
    elif match_keyword(message.body, handling.keyword_sets, handling.matching) and _is_ignored(kind, handling):
        yield f"unmanaged_senders is ignore: without Advanced Opt-Out {IN_WORDS[kind]} takes no keywords"
    if not handling.enforced:
        yield "shadow mode: it is recorded in the shadow list, nothing is answered, the app gets it like any message"
    if change is not None and change.lift_at_twilio:
        yield "Twilio does not know this word: its own block is lifted through its Consents API first"
    if not handling.relays:
        yield "relay is drop: the app is not told"


def _remarks_on_keyword(message: InboundMessage, match: KeywordMatch, handling: Handling) -> Iterator[str]:
    kind = message.sender.kind
    if handling.service is not None and not handling.is_advanced:
        yield "Advanced Opt-Out is not enabled for the service: its own sets are a draft, the default ones count"
    if kind is SenderKind.TOLL_FREE and (country_of(message) or "US") in CARRIER_REGIONS:
        yield (
            "toll-free: the carrier itself answers STOP, START and UNSTOP; STOP gets no reply of ours, and no word but"
            " START and UNSTOP opts in again"
        )
    if kind not in MANAGED_KINDS and not handling.is_advanced:
        yield f"{IN_WORDS[kind]} without Advanced Opt-Out: the keyword takes effect without a reply"
    if handling.policy.twilio_handling is TwilioHandling.AOO:
        yield "twilio_handling is aoo: Twilio itself answers"
    elif handling.policy.twilio_handling is TwilioHandling.DEFAULT and kind in MANAGED_KINDS and is_default_word(match):
        yield "twilio_handling is default: Twilio itself answers this word"


def _is_ignored(kind: SenderKind, handling: Handling) -> bool:
    ignores = handling.policy.unmanaged_senders is UnmanagedSenders.IGNORE
    return ignores and kind not in MANAGED_KINDS and not handling.is_advanced
