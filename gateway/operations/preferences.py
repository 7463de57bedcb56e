"""A recipient's preferences: links to the page, and what is done there: leaving a Messaging Service, coming back.

Who holds a link is the recipient, to whom alone it was sent; the link is the evidence. Leaving counts as STOP to the
service does, coming back as START does to its senders: it lifts nothing that is on hold and no toll-free number's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.deliveries import GIVE_UP_AFTER
from gateway.directory import Account, Directory
from gateway.flows.keyword import BY_RECIPIENT
from gateway.flows.lifting import LIFT, Lift
from gateway.flows.tokens import LinkTokens
from gateway.messaging.addresses import Address, Channel
from gateway.messaging.coverage import scopes_let_in
from gateway.messaging.optouts import Scope, ScopeKind, Source
from gateway.messaging.preferences import Preference, may_twilio_block, preference_of
from gateway.operations.actors import Actor
from gateway.operations.optouts import Changed, OptOutOperations, Whom
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import PreferenceLink
from gateway.store.transaction import Transaction

PREFERENCES_PATH: Final = "/preferences/"
DAY: Final = 24 * 60 * 60 * 1_000_000  # microseconds
RECIPIENT: Final = Actor(BY_RECIPIENT, BY_RECIPIENT, Source.PAGE)


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that was made: the URL to send to the recipient, and until when it is good (microseconds, UTC)."""

    url: str
    link_id: str
    expires_at: int


class PreferenceLinks:
    """Makes links and opens them; ``public_url`` is the webhook listener's. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, clock: Callable[[], int], public_url: str, days: int) -> None:
        self._store = store
        self._clock = clock
        self._public_url = public_url
        self._days = days

    async def make(self, whom: Whom, service_sid: str, by: Actor, days: int | None = None) -> MadeLink:
        """Make a link for one recipient and one service, good for so many days, else as the settings say."""
        now = self._clock()
        expires_at = now + (days or self._days) * DAY
        link = PreferenceLink(new_id(now), whom.key, whom.recipient.wire, service_sid, by.name, now, expires_at)

        async def unit(transaction: Transaction) -> None:
            await transaction.add_link(link)

        await self._store.write(unit)
        token = LinkTokens(self._store.root_key).made(link.link_id)
        return MadeLink(f"{self._public_url}{PREFERENCES_PATH}{token}", link.link_id, expires_at)

    async def open(self, token: str) -> PreferenceLink | None:
        """The link of a token; None when it is none of ours, is good no more, or its recipient was erased."""
        link_id = LinkTokens(self._store.root_key).read(token)
        link = None if link_id is None else await self._store.preference_link(link_id)
        return link if link is not None and self._clock() < link.expires_at else None


class PreferenceOperations:
    """What is done on the page. Each raises `StoreUnavailable`."""

    def __init__(self, store: Store, directory: Directory, clock: Callable[[], int]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._opt_outs = OptOutOperations(store, directory.pools, clock)

    async def told(self, link: PreferenceLink) -> Preference:
        """How it stands for the recipient of a link."""
        account_sid = link.key.account_sid
        found = await self._store.find_opt_outs(link.key)
        state = await self._directory.newest(account_sid)
        account = self._account(account_sid)
        service = state.services.get(link.service_sid)
        blocks = account is not None and may_twilio_block(account.policy, service, link.service_sid, state.pools)
        return preference_of(
            account_sid, _recipient(link), link.service_sid, state.pools, found.opt_outs, may_twilio_block=blocks
        )

    async def leave(self, link: PreferenceLink) -> Changed:
        """Opt the recipient out of the service."""
        scope = Scope(ScopeKind.SERVICE, link.service_sid)
        return await self._opt_outs.add(_whom(link), scope, RECIPIENT, _evidence(link))

    async def come_back(self, link: PreferenceLink) -> Changed:
        """Lift what an opt-in lifts, and have Twilio lift its own block where it may keep one."""
        account_sid = link.key.account_sid
        whom = _whom(link)

        async def unit(transaction: Transaction) -> Changed:
            state = await self._directory.state_in(transaction, account_sid)
            scopes = frozenset(scopes_let_in(whom.recipient, {link.service_sid}, state.pools))
            changed = await self._opt_outs.lift_in(
                transaction, whom, scopes, RECIPIENT, _evidence(link), service_sid=link.service_sid
            )
            account = self._directory.account(account_sid)
            service = state.services.get(link.service_sid)
            if (
                account is not None
                and link.key.channel == Channel.PHONE
                and changed.scopes
                and may_twilio_block(account.policy, service, link.service_sid, state.pools)
            ):
                await self._owe_lift(transaction, link)
            return changed

        return await self._store.write(unit)

    async def _owe_lift(self, transaction: Transaction, link: PreferenceLink) -> None:
        now = self._clock()
        lift = Lift(link.recipient.removeprefix("rcs:"), (link.service_sid,), now)
        times = {"now": now, "due_at": now, "give_up_at": now + GIVE_UP_AFTER}
        await transaction.owe(link.key.account_sid, LIFT, lift.stored(), **times, lease=None)

    def _account(self, account_sid: str) -> Account | None:
        return self._directory.account(account_sid) or self._directory.subaccount(account_sid)


def _recipient(link: PreferenceLink) -> Address:
    return Address(link.key.channel, link.recipient, link.key.recipient_key)


def _whom(link: PreferenceLink) -> Whom:
    return Whom(link.key.account_sid, _recipient(link))


def _evidence(link: PreferenceLink) -> str:
    return f"page of preferences, by link {link.link_id} that {link.actor} made"
