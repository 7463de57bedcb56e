"""Which lifts Twilio may be told of: an opt-in that is told out of its time could undo a STOP that only Twilio knows.

So nothing is told that is in doubt. A lift may be told where the gateway itself would send now, by the enforced list
and by the one of shadow mode, and where Twilio's list of messages, read from the lift on, holds nothing against it:

- a send that Twilio refused with 21610 since then;
- a message of the recipient since then that the gateway has not seen, be it a keyword that only Twilio knows. An opt-in
  or a request for help is none.

What is held against it counts for what an opt-out of the lifted scope would have held back. Twilio keeps messages for
400 days (Twilio, Message resource): of an older lift nothing can be told.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Final

from gateway.directory import Account, Directory
from gateway.flows.gaps import OVERLAP, is_before, missed_in
from gateway.flows.missed import LearnedFrom
from gateway.flows.second_sources import SecondSources
from gateway.messaging.addresses import Address
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import ONE_SECOND, OptOut, RecipientKey, ScopeKind, Source
from gateway.messaging.policy import Suppress, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender
from gateway.operations.drift import answer_to
from gateway.store import Store
from gateway.store.records import ListedOptOut
from gateway.twilio.errors import OPTED_OUT
from gateway.twilio.listed_sends import sends_in
from gateway.twilio.lists import ListPage
from gateway.twilio.message_list import pages_of_messages
from gateway.twilio.products import API
from gateway.twilio.upstreams import Upstreams

KEPT: Final = 400 * 24 * 60 * 60 * 1_000_000  # microseconds that Twilio keeps messages
READ_AGAIN: Final = 60 * 1_000_000  # microseconds after which the list is read on
PAGE_SECONDS: Final = 0.2
HARMLESS: Final = frozenset({OptOutType.START, OptOutType.HELP})


class Lifts:
    """The lifts of one account. ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self,
        account: Account,
        directory: Directory,
        store: Store,
        sources: SecondSources,
        upstreams: Upstreams,
        clock: Callable[[], int],
    ) -> None:
        self._account = account
        self._directory = directory
        self._store = store
        self._sources = sources
        self._api = upstreams.to(API, account.origins)
        self._clock = clock
        self._since = self._until = 0
        # By recipient and by which sends it is about, the last one of each.
        self._against: defaultdict[RecipientKey, dict[OutboundMessage, int]] = defaultdict(dict)

    async def read(self, since: int) -> AsyncIterator[int]:
        """Read Twilio's list from an instant on (microseconds since 1970, UTC), the newest first, and give how many
        messages stood on each page. Raises `UpstreamError`, `StoreError`.
        """
        self._since = max(since, self._clock() - KEPT)
        async for count in self._read(self._since):
            yield count

    async def read_on(self) -> None:
        """Read what came since, where that is a minute or more ago. Raises `UpstreamError`, `StoreError`."""
        if self._clock() - self._until >= READ_AGAIN:
            async for _ in self._read(self._until - OVERLAP):
                pass

    async def may_be_told(self, line: ListedOptOut) -> bool:
        """Whether nothing speaks against the lift of an opt-out. Raises `StoreError`."""
        if line.effective_at < self._since:
            return False
        found = await self._store.find_opt_outs(line.key)
        pools = (await self._directory.state(self._account.sid, found.settings_version)).pools
        send = _send_by(line)
        decisions = [decide(send, pools, found.opt_outs, enforced=enforced) for enforced in (True, False)]
        return not any(isinstance(each, Suppress) for each in decisions) and not self._is_in_doubt(line, pools)

    def _is_in_doubt(self, line: ListedOptOut, pools: Pools) -> bool:
        scope, lifted_at = line.scope, line.effective_at
        as_it_was = [OptOut(scope, standing=True, effective_at=lifted_at, source=Source(line.source))]
        since = [message for message, at in self._against[line.key].items() if at > lifted_at - ONE_SECOND]
        return any(isinstance(decide(message, pools, as_it_was), Suppress) for message in since)

    async def _read(self, since: int) -> AsyncIterator[int]:
        began, account = self._clock(), self._account
        async for page in pages_of_messages(self._api, account.sid, account.auth_tokens[0], since):
            await self._take(page, since)
            yield len(page)
            if is_before(page, since):
                break
            await asyncio.sleep(PAGE_SECONDS)
        self._until = began

    async def _take(self, page: ListPage, since: int) -> None:
        for sent in sends_in(page, self._account.sid, since):
            if sent.code == OPTED_OUT.code:
                self._note(sent.message, sent.at)
        missed, _ = missed_in(page, since, self._account.sid, LearnedFrom.BACKFILL, "")
        kinds = await self._sources.types_of(self._account, missed)
        for one, kind in zip(missed, kinds, strict=True):
            if kind not in HARMLESS and not await self._sources.is_known(self._account, one):
                self._note(answer_to(one), one.at)

    def _note(self, message: OutboundMessage, at: int) -> None:
        recipient = message.recipient
        against = self._against[RecipientKey(message.account_sid, recipient.channel, recipient.key)]
        against[message] = max(at, against.get(message, at))


def _send_by(line: ListedOptOut) -> OutboundMessage:
    """A send that the opt-out of a line would hold back by itself: by its service, or by its sender."""
    key, scope = line.key, line.scope
    recipient = Address(key.channel, line.recipient, key.recipient_key)
    if scope.kind is ScopeKind.SERVICE:
        return OutboundMessage(key.account_sid, recipient, scope.id, None)
    return OutboundMessage(key.account_sid, recipient, None, read_sender(scope.id, None))
