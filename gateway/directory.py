"""Who is who: accounts from the settings, which Messaging Service holds which sender, and what is set for each.

An account's state is kept in memory together with the settings version it was read at. Each look-up brings the newest
version; whoever decides asks for a state that is at least as new (`Directory.state`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import structlog

from gateway.messaging.deactivation import Deactivated
from gateway.messaging.handling import KeywordPolicy, is_send_enforced
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_settings import BlockedMode, stated_senders
from gateway.messaging.pools import Pools
from gateway.messaging.services import AccountState
from gateway.messaging.targets import AppUrls, ServiceUrls
from gateway.store import Store, StoreError
from gateway.store.records import TwilioService
from gateway.store.transaction import Transaction
from gateway.twilio.services import ReadService, read_services
from gateway.twilio.upstream import Upstream, UpstreamError
from gateway.twilio.upstreams import Origins

log: Final = structlog.get_logger()

PLACE_WITHIN_SECONDS: Final = 5.0
LATELY_MICROSECONDS: Final = 10_000_000
FROM_TWILIO: Final = "twilio"


@dataclass(frozen=True, slots=True)
class Account:
    """One Twilio account: how its keywords are handled and where its inbound messages go.

    ``auth_tokens`` are all that are valid; the first signs what is relayed. ``senders_urls`` are, by their keys, the
    senders with an app of their own; ``stated`` the Messaging Services that the settings state, each with the keys of
    its senders. ``origins`` is where Twilio is for it, None where it is for all. ``subaccounts``: its sub-accounts may
    send by these settings. ``blocked`` is how a blocked send fails;
    ``lead_status_callbacks``: those of its sends come through the gateway. ``parent_sid`` is that of a sub-account's
    parent. ``deactivated`` says what becomes of opt-outs of a number that was taken away from its owner.
    ``mirror``: Twilio is told of each change of the list.
    """

    sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    policy: KeywordPolicy
    default_region: str | None = None
    app_urls: AppUrls = field(default=AppUrls(), repr=False)
    senders_urls: Mapping[str, AppUrls] = field(default_factory=dict, repr=False)
    stated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    origins: Origins | None = None
    subaccounts: bool = False
    blocked: BlockedMode = BlockedMode.AUTO
    lead_status_callbacks: bool = False
    parent_sid: str | None = None
    deactivated: Deactivated = Deactivated.KEEP
    mirror: bool = False

    def subaccount(self, account_sid: str) -> "Account":
        """A sub-account by these settings: with no token, which is its own, and with pools of its own."""
        return replace(
            self, sid=account_sid, auth_tokens=(), stated={}, subaccounts=False, parent_sid=self.sid, mirror=False
        )


class Directory:
    """The accounts and their pools."""

    def __init__(
        self,
        accounts: Iterable[Account],
        store: Store,
        messaging: Callable[[Account], Upstream],
        clock: Callable[[], int],
    ) -> None:
        self._accounts = {account.sid: account for account in accounts}
        self._subaccounts: dict[str, Account] = {}
        self._store = store
        self._messaging = messaging
        self._clock = clock
        self._states: dict[str, AccountState] = {}
        self._loading: dict[str, asyncio.Lock] = {sid: asyncio.Lock() for sid in self._accounts}
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._read_at: dict[str, int] = {}
        self._failed_at: dict[str, int] = {}

    def account(self, account_sid: str) -> Account | None:
        """The account of this SID, if it is one of ours."""
        return self._accounts.get(account_sid)

    def demand(self, account_sid: str) -> Account:
        """The account of this SID, known to be one of ours."""
        return self._accounts[account_sid]

    def subaccount(self, account_sid: str) -> Account | None:
        """The sub-account of this SID, if it was adopted."""
        return self._subaccounts.get(account_sid)

    def adopt(self, subaccount: Account) -> None:
        """Know a sub-account that Twilio proved to be one of an account's. Its pools cannot be read, as Twilio's
        messaging API wants the sub-account's own token; so its senders are covered by all opt-outs of the recipient
        in it, until a webhook or the settings place them.
        """
        self._subaccounts[subaccount.sid] = subaccount
        self._loading.setdefault(subaccount.sid, asyncio.Lock())

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts."""
        return tuple(self._accounts.values())

    async def state(self, account_sid: str, at_least: int) -> AccountState:
        """What is known of the account, not older than settings version ``at_least``. Raises `StoreUnavailable`."""
        state = self._states.get(account_sid)
        if state is not None and state.version >= at_least:
            return state
        async with self._loading[account_sid]:
            state = self._states.get(account_sid)
            if state is None or state.version < at_least:
                stored = await self._store.account_state(account_sid)
                state = self._states[account_sid] = _with_stated(stored, self._stated(account_sid))
        return state

    async def service_urls(self, account_sid: str, service_sid: str) -> ServiceUrls | None:
        """What a Messaging Service says about its messages' way; None when nothing is set for it."""
        state = await self.state(account_sid, 0)
        service, adopted = state.services.get(service_sid), state.adopted_services.get(service_sid)
        if service is None:
            return None if adopted is None else ServiceUrls(adopted)
        if service.urls.urls.app is not None or service.urls.use_inbound_webhook_on_number:
            return service.urls
        if adopted is not None:
            return ServiceUrls(adopted)
        # One whose own webhook was not led here defers to its senders, where theirs were.
        return replace(service.urls, use_inbound_webhook_on_number=bool(state.adopted_senders))

    async def sender_urls(self, account: Account, sender_key: str) -> AppUrls | None:
        """What a sender says: by the settings, else by its webhook at Twilio before that was led to the gateway."""
        own = account.senders_urls.get(sender_key)
        if own is not None and own.app is not None:
            return own
        if self.account(account.sid) is None:
            return None
        return (await self.state(account.sid, 0)).adopted_senders.get(sender_key)

    def is_enforced_by(self, state: AccountState, message: OutboundMessage) -> bool:
        """Whether what is decided on a send is carried out, by what is known of its account; else it is shadow mode."""
        account = self.account(message.account_sid) or self.subaccount(message.account_sid)
        return account is None or is_send_enforced(message, account.policy, state.pools, state.enforcements)

    async def is_enforced(self, message: OutboundMessage) -> bool:
        """The same, by what the store knows now. Raises `StoreUnavailable`."""
        return self.is_enforced_by(await self.newest(message.account_sid), message)

    async def current(self, account_sid: str) -> AccountState:
        """What the store knows of the account now, read only where it is news. Raises `StoreUnavailable`."""
        if account_sid not in self._loading:  # a sub-account that nobody has proved yet
            return await self.newest(account_sid)
        return await self.state(account_sid, await self._store.settings_version(account_sid))

    async def newest(self, account_sid: str) -> AccountState:
        """What the store knows of the account now. Raises `StoreUnavailable`."""
        return _with_stated(await self._store.account_state(account_sid), self._stated(account_sid))

    async def pools(self, account_sid: str, at_least: int) -> Pools:
        """The account's pools, not older than settings version ``at_least``. Raises `StoreUnavailable`."""
        return (await self.state(account_sid, at_least)).pools

    async def state_in(self, transaction: Transaction, account_sid: str) -> AccountState:
        """What is known of the account as this transaction sees it, what it wrote itself and its group included."""
        cached = self._states.get(account_sid)
        if cached is not None and cached.version == await transaction.settings_version(account_sid):
            return cached
        return _with_stated(await transaction.account_state(account_sid), self._stated(account_sid))

    async def place(self, account_sid: str, names: tuple[str, ...]) -> bool:
        """Find out where senders or services stand that nobody knows of yet; false when it cannot be told now.

        Twilio has no call that tells a sender's service, so all pools of the account are read. Whoever asks meanwhile
        waits for the same reading, and for ten seconds after one no other is begun.
        """
        if account_sid not in self._accounts or not await self._is_read_lately(account_sid):
            return False
        now = self._clock()

        async def mark(transaction: Transaction) -> None:
            if await transaction.mark_placed(account_sid, names, now):
                await transaction.raise_settings_version(account_sid)

        await self._store.write(mark)
        return True

    async def pools_will_change(self) -> None:
        """Know the pools before an app takes something out of them: only who was seen in a service is remembered to
        have left it. Where they cannot be read the change goes on, by what was known last.
        """
        for account in self.accounts:
            await self._is_read_lately(account.sid)

    async def pools_changed(self) -> None:
        """Read the pools anew because an app changed them just now. Where that fails no sender has a place any more:
        better covered by every opt-out than by one too few.
        """
        for account in self.accounts:
            try:
                if not await self._is_read_anew(account.sid):
                    await self._store.write(partial(_unplace_all, account_sid=account.sid))
            except StoreError as error:
                log.warning("pools_not_read", account=account.sid, why=str(error))

    def _stated(self, account_sid: str) -> Mapping[str, frozenset[str]]:
        """What the settings file states; nothing of an account that has left it, whose opt-outs go on."""
        account = self._accounts.get(account_sid)
        return account.stated if account is not None else {}

    async def close(self) -> None:
        """Break off what is being read."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def _is_read_anew(self, account_sid: str) -> bool:
        """Whether a reading that begins after this call succeeds; one under way may have missed what changed."""
        under_way = self._reading.get(account_sid)
        if under_way is not None:
            await asyncio.wait({under_way}, timeout=PLACE_WITHIN_SECONDS)
            if not under_way.done():
                return False
        self._read_at.pop(account_sid, None)
        self._failed_at.pop(account_sid, None)
        return await self._is_read_lately(account_sid)

    async def _is_read_lately(self, account_sid: str) -> bool:
        """Whether the account's pools were read from Twilio within the last seconds, by now at the latest."""
        if self._is_lately(self._read_at.get(account_sid)):
            return True
        if self._is_lately(self._failed_at.get(account_sid)):
            return False
        task = self._reading.get(account_sid)
        if task is None or task.done():
            task = self._reading[account_sid] = asyncio.create_task(self._sync_or_say(self._accounts[account_sid]))
        await asyncio.wait({task}, timeout=PLACE_WITHIN_SECONDS)
        return self._is_lately(self._read_at.get(account_sid))

    def _is_lately(self, at: int | None) -> bool:
        return at is not None and 0 <= self._clock() - at < LATELY_MICROSECONDS

    async def sync(self, account: Account) -> None:
        """Read the account's services and their pools from Twilio and keep them, beside what the settings say. What
        webhooks said before counts no longer. Raises `UpstreamError`, `StoreUnavailable`.
        """
        began = self._clock()
        services = await read_services(self._messaging(account), account.sid, account.auth_tokens[0])
        placed = {*(service.sid for service in services), *(key for service in services for key in service.senders)}

        async def keep(transaction: Transaction) -> None:
            before = await transaction.pools(account.sid)
            await transaction.forget_pools(account.sid, before=began)
            for service in services:
                senders = tuple(sorted(service.senders))
                await transaction.place(account.sid, service.sid, senders, FROM_TWILIO, began)
            await transaction.mark_placed(account.sid, tuple(sorted(placed)), began)
            await transaction.put_twilio_services(account.sid, map(_told, services), began)
            after = await transaction.pools(account.sid)
            await note_who_left(transaction, account.sid, before, after, self._clock())
            if before.senders_of != after.senders_of or not placed <= before.placed:
                await transaction.raise_settings_version(account.sid)

        await self._store.write(keep)
        self._read_at[account.sid] = began

    async def sync_all(self) -> None:
        """Sync every account, and log what fails; a timer calls this now and then."""
        for account in self.accounts:
            await self._sync_or_say(account)

    async def _sync_or_say(self, account: Account) -> None:
        try:
            await self.sync(account)
        except Exception as error:
            self._failed_at[account.sid] = self._clock()
            log.warning("pools_not_read", account=account.sid, why=_why(error))


async def note_who_left(transaction: Transaction, account_sid: str, before: Pools, after: Pools, now: int) -> None:
    """Remember which senders are in a service no more: an opt-out of it goes on covering them."""
    for service_sid, senders in before.senders_of.items():
        left = senders - after.senders_of.get(service_sid, frozenset())
        await transaction.left(account_sid, service_sid, sorted(left), now)


def _told(service: ReadService) -> TwilioService:
    return TwilioService(
        service.sid, service.friendly_name, service.drops_incoming, service.use_inbound_webhook_on_number
    )


async def _unplace_all(transaction: Transaction, account_sid: str) -> None:
    await transaction.forget_placements(account_sid)
    await transaction.raise_settings_version(account_sid)


def _why(error: Exception) -> str:
    """The text of an error of ours; of any other its name alone, as its text may hold a number."""
    return str(error) if isinstance(error, UpstreamError | StoreError) else type(error).__name__


def _with_stated(state: AccountState, stated: Mapping[str, frozenset[str]]) -> AccountState:
    """The state with the pools that the settings file and the services' own settings state."""
    pools = state.pools
    in_services = {
        sid: senders for sid, service in state.services.items() if (senders := stated_senders(service.settings))
    }
    for given in (stated, in_services):
        for service_sid, senders in given.items():
            pools = replace(pools, placed=pools.placed | {service_sid})
            for sender_key in senders:
                pools = pools.including(service_sid, sender_key)
    return replace(state, pools=pools)
