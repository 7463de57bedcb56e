"""The consent history in an operator's hands: read page by page, one recipient's in full, and what stood when."""

from dataclasses import dataclass

from gateway.messaging.addresses import Channel
from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey
from gateway.messaging.past import KeptLine, PastOptOut, standing_at
from gateway.operations.optouts import Whom
from gateway.store import Store
from gateway.store.list_reads import EventFilter, OptOutLine


@dataclass(frozen=True, slots=True)
class Past:
    """What stood for a recipient on one channel at an instant, and the events up to then."""

    key: RecipientKey
    standing: tuple[PastOptOut, ...]
    events: tuple[ConsentEvent, ...]


class HistoryOperations:
    """The operations. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def events(self, wanted: EventFilter, after: str, limit: int) -> list[ConsentEvent]:
        """Up to ``limit`` events, oldest first, from the one after ``after`` on."""
        return await self._store.list_events(wanted, after, limit)

    async def lines(self, whom: Whom) -> list[OptOutLine]:
        """All lines of the blocklist, standing and lifted, on every channel of the recipient's number."""
        return [line for key in keys_of(whom) for line in await self._store.opt_out_lines_of(key)]

    async def events_of(self, whom: Whom, after: str, limit: int) -> list[ConsentEvent]:
        """Up to ``limit`` events of a recipient, on every channel of their number, from the one after ``after`` on,
        oldest first.
        """
        found = [event for key in keys_of(whom) for event in await self._store.history_page(key, after, limit)]
        return sorted(found, key=lambda event: event.event_id)[:limit]

    async def all_events(self, whom: Whom) -> list[ConsentEvent]:
        """Everything that ever happened, on every channel of the recipient's number, oldest first."""
        found = [event for key in keys_of(whom) for event in await self._store.history_of(key)]
        return sorted(found, key=lambda event: event.event_id)

    async def at(self, key: RecipientKey, at: int) -> Past:
        """What stood at an instant (microseconds since 1970, UTC), as the gateway knew it then."""
        events = await self._store.history_of(key)
        lines = [_kept(line) for line in await self._store.opt_out_lines_of(key)]
        until = tuple(event for event in events if event.received_at <= at)
        return Past(key, standing_at(events, lines, at), until)


def keys_of(whom: Whom) -> list[RecipientKey]:
    """The keys of a recipient's opt-outs: a number has one for texts and one for WhatsApp."""
    channels = [whom.recipient.channel]
    if whom.recipient.channel in set(Channel):
        channels = [str(channel) for channel in Channel]
    return [RecipientKey(whom.account_sid, channel, whom.recipient.key) for channel in channels]


def _kept(line: OptOutLine) -> KeptLine:
    listed = line.listed
    opt_out = PastOptOut(listed.scope, listed.effective_at, listed.source, listed.hold, line.event_id)
    return KeptLine(opt_out, line.standing, listed.received_at)
