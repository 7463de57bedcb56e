"""Where the gateway's list and Twilio's disagree, as far as Twilio's list of messages tells, which is all that can be
read of what Twilio blocks: its 21610s, the keywords that came in, and what went out.

- ``twilio_blocks``: Twilio refused a send with 21610 that the gateway would forward now.
- ``stop_not_known``: a STOP stands in Twilio's list of messages, and the gateway would send to who said it.
- ``start_not_known``: a START stands in Twilio's list of messages that would let its sender in again, and the gateway
  does not send to who said it.
- ``twilio_sends``: a message went out to somebody who is on the gateway's list since before: it went round the gateway,
  and Twilio does not block it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.directory import Account, Directory
from gateway.flows.gaps import is_before, missed_in
from gateway.flows.learning import Learned, Learning
from gateway.flows.missed import LearnedFrom, Missed
from gateway.flows.second_sources import SecondSources
from gateway.messaging.coverage import scopes_of_start
from gateway.messaging.folding import fold
from gateway.messaging.instants import iso
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import RecipientKey, wins
from gateway.messaging.policy import Decision, Reason, Suppress, decide
from gateway.store import Store
from gateway.twilio.errors import OPTED_OUT
from gateway.twilio.listed_sends import ListedSend, sends_in
from gateway.twilio.lists import ListPage
from gateway.twilio.message_list import pages_of_messages
from gateway.twilio.products import API
from gateway.twilio.upstreams import Upstreams

TWILIO_BLOCKS: Final = "twilio_blocks"
STOP_NOT_KNOWN: Final = "stop_not_known"
START_NOT_KNOWN: Final = "start_not_known"
TWILIO_SENDS: Final = "twilio_sends"
KEYWORDS: Final[Mapping[str | None, str]] = {OptOutType.STOP: STOP_NOT_KNOWN, OptOutType.START: START_NOT_KNOWN}
WENT_OUT: Final = frozenset({"sent", "delivered", "read"})
UNDER_WAY: Final = 5 * 60 * 1_000_000  # microseconds; what was sent before a STOP arrives after it, as its confirmation
PAGE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Drift:
    """One disagreement, by the message that shows it, which was sent ``at`` (microseconds since 1970, UTC). ``fixed``:
    the gateway has taken it over.
    """

    kind: str
    recipient: str
    by: str
    message_sid: str
    at: int
    fixed: bool = False


class DriftOperations:
    """Comparisons. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self,
        directory: Directory,
        store: Store,
        sources: SecondSources,
        upstreams: Upstreams,
        clock: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._store = store
        self._sources = sources
        self._upstreams = upstreams
        self._learning = Learning(directory, store, clock)

    async def look(self, account: Account, since: int, *, fix: bool = False) -> AsyncIterator[list[Drift]]:
        """Compare, page by page of Twilio's list from the newest on; ``fix`` takes over what Twilio blocks, and the
        keywords that are not known. Raises `UpstreamError`, `StoreError`.
        """
        await self._directory.sync(account)
        api = self._upstreams.to(API, account.origins)
        async for page in pages_of_messages(api, account.sid, account.auth_tokens[0], since):
            outbound = [await self._outbound(each, fix=fix) for each in sends_in(page, account.sid, since)]
            inbound = await self._inbound(account, page, since, fix=fix)
            yield [drift for drift in (*outbound, *inbound) if drift is not None]
            if is_before(page, since):
                return
            await asyncio.sleep(PAGE_SECONDS)

    async def _outbound(self, sent: ListedSend, *, fix: bool) -> Drift | None:
        if sent.code == OPTED_OUT.code:
            if await self._blocks(sent.message, sent.at):
                return None
            if fix:
                await self._learning.learn(Learned(sent.message, sent.at))
            return _drift(sent, TWILIO_BLOCKS, fixed=fix and await self._blocks(sent.message, sent.at))
        if sent.status not in WENT_OUT:
            return None
        decision = await self._decided(sent.message)
        if not isinstance(decision, Suppress) or decision.reason is Reason.SENDER_NOT_PLACED:
            return None
        if not decision.enforced:  # in shadow mode it is meant to leave
            return None
        return _drift(sent, TWILIO_SENDS) if sent.at > decision.opt_out.effective_at + UNDER_WAY else None

    async def _inbound(self, account: Account, page: ListPage, since: int, *, fix: bool) -> list[Drift]:
        reason = "taken over from Twilio's list of messages by a comparison"
        missed, _ = missed_in(page, since, account.sid, LearnedFrom.BACKFILL, reason)
        kinds = await self._sources.types_of(account, missed)
        unknown = [
            (name, one)
            for one, kind in zip(missed, kinds, strict=True)
            if (name := KEYWORDS.get(kind)) is not None and await self._is_unknown(name, one)
        ]
        if fix and unknown:
            await self._sources.take(account, [one for _, one in unknown])
        return [await self._keyword_drift(name, one, fix=fix) for name, one in unknown]

    async def _keyword_drift(self, kind: str, missed: Missed, *, fix: bool) -> Drift:
        message = missed.message
        fixed = fix and not await self._is_unknown(kind, missed)
        by = message.service_sid or message.sender.wire
        return Drift(kind, message.recipient.wire, by, message.message_sid, missed.at, fixed)

    async def _is_unknown(self, kind: str, missed: Missed) -> bool:
        """Whether a keyword is not in force, and would be if it had been learned."""
        if kind == STOP_NOT_KNOWN:
            return not await self._blocks(answer_to(missed), missed.at)
        decision = await self._decided(answer_to(missed))
        if not isinstance(decision, Suppress) or decision.reason is Reason.SENDER_NOT_PLACED or decision.opt_out.hold:
            return False
        pools = await self._directory.pools(missed.message.account_sid, 0)
        reached = scopes_of_start(missed.message, fold(missed.message.body), pools)
        return decision.opt_out.scope in reached and wins(False, missed.at, decision.opt_out)

    async def _blocks(self, message: OutboundMessage, at: int) -> bool:
        """Whether the gateway blocks a send, or the recipient has opted in since."""
        decision = await self._decided(message)
        if isinstance(decision, Suppress):
            return decision.reason is not Reason.SENDER_NOT_PLACED
        recipient = message.recipient
        history = await self._store.history_of(RecipientKey(message.account_sid, recipient.channel, recipient.key))
        counting = (event for event in history if event.enforced or not decision.enforced)
        return any(event.event_type == OptOutType.START and event.effective_at > at for event in counting)

    async def _decided(self, message: OutboundMessage) -> Decision:
        recipient = message.recipient
        key = RecipientKey(message.account_sid, recipient.channel, recipient.key)
        found = await self._store.find_opt_outs(key)
        state = await self._directory.state(message.account_sid, found.settings_version)
        enforced = self._directory.is_enforced_by(state, message)
        return decide(message, state.pools, found.opt_outs, enforced=enforced)


def drift_as_json(drift: Drift) -> dict[str, Any]:
    """A disagreement."""
    return {
        "kind": drift.kind,
        "recipient": drift.recipient,
        "by": drift.by,
        "message_sid": drift.message_sid,
        "at": iso(drift.at),
        "fixed": drift.fixed,
    }


def answer_to(missed: Missed) -> OutboundMessage:
    """A send to who sent a message, from where it was sent to."""
    message = missed.message
    return OutboundMessage(message.account_sid, message.recipient, message.service_sid, message.sender)


def _drift(sent: ListedSend, kind: str, *, fixed: bool = False) -> Drift:
    sender = sent.message.sender
    by = sent.message.service_sid or (sender.wire if sender is not None else "")
    return Drift(kind, sent.message.recipient.wire, by, sent.sid, sent.at, fixed)
