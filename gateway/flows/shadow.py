"""Shadow mode: what enforcing would have done is counted, and it is said loudly where nothing is enforced."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from gateway import metrics
from gateway.directory import Directory
from gateway.messaging.blocked import service_of_send
from gateway.messaging.consent import ConsentChange
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.shadow import places_of
from gateway.store import Store, StoreError

log: Final = structlog.get_logger()

WOULD_SUPPRESS: Final = "would_suppress"
WOULD_HOLD_BACK: Final = "would_hold_back"
WOULD_CONFIRM: Final = "would_confirm"

SAY_AGAIN_EVERY_SECONDS: Final = 3_600.0


class ShadowCounting:
    """Counts what would have been done, for `gateway shadow report`. A store that is away is logged, and costs a count:
    no send waits or fails for it.
    """

    def __init__(self, directory: Directory, store: Store, clock: Callable[[], int]) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    async def is_on(self, message: OutboundMessage) -> bool:
        """Whether a send would leave whatever is decided on it. Raises `StoreUnavailable`."""
        state = await self._directory.state(message.account_sid, 0)
        return not self._directory.is_enforced_by(state, message)

    async def count(self, message: OutboundMessage, what: str) -> None:
        """Count one send or reply that would have been held back."""
        metrics.SHADOW.labels(what).inc()
        account_sid = message.account_sid
        try:
            pools = await self._directory.pools(account_sid, 0)
            service_sid, now = service_of_send(message, pools), self._clock()
            await self._store.write(lambda unit: unit.count_shadow(account_sid, service_sid, what, now))
        except StoreError as error:
            log.warning("shadow_not_counted", account=account_sid, why=str(error))


def tell_would_confirm(change: ConsentChange) -> None:
    """Count, for `/metrics`, a keyword that would have been confirmed."""
    if change.would_confirm:
        metrics.SHADOW.labels(WOULD_CONFIRM).inc()


class ShadowBanner:
    """Says in the log, at the start and each hour, where nothing is enforced."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def run(self) -> None:
        """Say it again and again, until cancelled."""
        while True:
            await self.say()
            await asyncio.sleep(SAY_AGAIN_EVERY_SECONDS)

    async def say(self) -> None:
        """One line for each account of which something is in shadow mode; senders are told by their number of them."""
        for account in self._directory.accounts:
            try:
                state = await self._directory.current(account.sid)
            except StoreError as error:
                log.warning("shadow_not_known", account=account.sid, why=str(error))
                continue
            places = places_of(account.policy, state.services)
            if places:
                log.warning(
                    "shadow_mode",
                    why="NOTHING IS ENFORCED HERE: sends to opted-out recipients leave, keywords are not answered",
                    account=account.sid,
                    whole_account=places.account,
                    services=list(places.services),
                    senders=len(places.senders),
                )
