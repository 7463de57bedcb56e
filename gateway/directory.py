"""Who is who: accounts from the settings, and which Messaging Service holds which sender.

Pools are kept in memory together with the settings version they were read at. Each look-up brings the newest version;
whoever decides asks for pools that are at least as new (`Directory.pools`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from gateway.messaging.consent import KeywordPolicy
from gateway.messaging.pools import Pools
from gateway.store import Store, StoreError
from gateway.store.transaction import Transaction
from gateway.twilio.rest import read_pools
from gateway.twilio.upstream import Upstream, UpstreamError

log: Final = structlog.get_logger()

PLACE_WITHIN_SECONDS: Final = 5.0
ASK_AGAIN_AFTER_MICROSECONDS: Final = 10_000_000
FROM_TWILIO: Final = "twilio"


@dataclass(frozen=True, slots=True)
class Account:
    """One Twilio account: how its keywords are handled and where its inbound messages go.

    ``auth_tokens`` are all that are valid; the first signs what is relayed. ``stated`` are the Messaging Services
    that the settings state, each with the keys of its senders.
    """

    sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    policy: KeywordPolicy
    default_region: str | None = None
    app_url: str | None = None
    app_fallback_url: str | None = None
    stated: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Directory:
    """The accounts and their pools."""

    def __init__(
        self, accounts: Iterable[Account], store: Store, messaging: Upstream, clock: Callable[[], int]
    ) -> None:
        self._accounts = {account.sid: account for account in accounts}
        self._store = store
        self._messaging = messaging
        self._clock = clock
        self._pools: dict[str, Pools] = {}
        self._loading: dict[str, asyncio.Lock] = {sid: asyncio.Lock() for sid in self._accounts}
        self._asked_at: dict[str, int] = {}

    def account(self, account_sid: str) -> Account | None:
        """The account of this SID, if it is one of ours."""
        return self._accounts.get(account_sid)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts."""
        return tuple(self._accounts.values())

    async def pools(self, account_sid: str, at_least: int) -> Pools:
        """The account's pools, not older than settings version ``at_least``. Raises `StoreUnavailable`."""
        pools = self._pools.get(account_sid)
        if pools is not None and pools.version >= at_least:
            return pools
        async with self._loading[account_sid]:
            pools = self._pools.get(account_sid)
            if pools is None or pools.version < at_least:
                stored = await self._store.pools(account_sid)
                pools = self._pools[account_sid] = _with_stated(stored, self._accounts[account_sid].stated)
        return pools

    async def place(self, account_sid: str, names: tuple[str, ...]) -> bool:
        """Ask Twilio where senders or services stand that nobody knows of yet; false when it cannot be told now.

        Twilio has no call that tells a sender's service, so all pools of the account are read; at most once in ten
        seconds.
        """
        if self._clock() - self._asked_at.get(account_sid, 0) < ASK_AGAIN_AFTER_MICROSECONDS:
            return False
        try:
            async with asyncio.timeout(PLACE_WITHIN_SECONDS):
                await self.sync(self._accounts[account_sid], names)
        except (TimeoutError, UpstreamError) as error:
            log.warning("pools_not_read", account=account_sid, why=str(error) or "too slow")
            return False
        return True

    async def sync(self, account: Account, asked_for: tuple[str, ...] = ()) -> None:
        """Read the account's services and their pools from Twilio and keep them, beside what other sources say.

        Senders in no pool that were ``asked_for`` have their place then, too. Raises `UpstreamError`,
        `StoreUnavailable`.
        """
        self._asked_at[account.sid] = self._clock()
        pools = await read_pools(self._messaging, account.sid, account.auth_tokens[0])
        placed = {*asked_for, *pools, *(key for senders in pools.values() for key in senders)}
        now = self._clock()

        async def keep(transaction: Transaction) -> None:
            before = await self._store.pools(account.sid)
            await transaction.forget_pools(account.sid, FROM_TWILIO)
            for service_sid, senders in pools.items():
                await transaction.place(account.sid, service_sid, tuple(sorted(senders)), FROM_TWILIO, now)
            await transaction.mark_placed(account.sid, tuple(sorted(placed)), now)
            if _differ(before, pools, placed):
                await transaction.raise_settings_version(account.sid)

        await self._store.write(keep)

    async def keep_synced(self, every_seconds: float) -> None:
        """Sync every account now and then until cancelled; the service owns the task that runs this."""
        while True:
            for account in self.accounts:
                await self._sync_or_say(account)
            await asyncio.sleep(every_seconds)

    async def _sync_or_say(self, account: Account) -> None:
        try:
            await self.sync(account)
        except Exception as error:
            # Pools that are older than they could be cover more, never less: traffic goes on without.
            log.warning("pools_not_read", account=account.sid, why=_why(error))


def _why(error: Exception) -> str:
    """The text of an error of ours; of any other its name alone, as its text may hold a number."""
    return str(error) if isinstance(error, UpstreamError | StoreError) else type(error).__name__


def _with_stated(pools: Pools, stated: Mapping[str, frozenset[str]]) -> Pools:
    for service_sid, senders in stated.items():
        pools = replace(pools, placed=pools.placed | {service_sid})
        for sender_key in senders:
            pools = pools.including(service_sid, sender_key)
    return pools


def _differ(before: Pools, pools: Mapping[str, frozenset[str]], placed: set[str]) -> bool:
    """Whether what Twilio says now may change a decision: a pool that is not as it was, a place that is new."""
    same_pools = all(before.senders_of.get(sid, frozenset()) == senders for sid, senders in pools.items())
    return not (same_pools and placed <= before.placed and set(before.senders_of) <= set(pools))
