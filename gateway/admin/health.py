"""``/livez``, ``/readyz`` and ``/metrics``: for monitoring and load balancers."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from gateway import metrics
from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import Body, Query, Time, Told
from gateway.directory import Directory
from gateway.flows.gaps import GapClosing
from gateway.messaging.instants import maybe_iso
from gateway.messaging.shadow import places_of
from gateway.operations.tokens import Role
from gateway.store import Store, StoreError

DROPPING_SECONDS: Final = 1.0  # whoever asks whether the gateway is ready does not wait for long


class LiveTold(Told):
    """Whether the process answers."""

    live: bool


class StoreTold(Told):
    """How the store is."""

    writable: bool


class GapTold(Told):
    """How far Twilio's list of an account's inbound messages was read, and why it could not be lately."""

    closed_until: Time | None
    error: str | None


class GapsTold(Told):
    """Whether Twilio's list was read since the start, and how it is with each account."""

    closed_since_start: bool
    accounts: dict[str, GapTold]


class ReadyShadowTold(Told):
    """What of an account is in shadow mode: all of it, Messaging Services, and how many senders."""

    account: bool
    services: list[str]
    senders: int


class ReadyTold(Told):
    """Whether sends can be decided and keywords be kept."""

    ready: bool
    store: StoreTold
    services_dropping_incoming: dict[str, list[str]] | None = Field(
        description="By account, the services that drop incoming messages at Twilio: no STOP to their senders is seen."
    )
    shadow: dict[str, ReadyShadowTold] | None = Field(
        description="By account, where shadow mode is on and nothing is enforced; null where the store cannot tell."
    )
    gaps: GapsTold | None = Field(description="How far Twilio's list is read; null where it is not read.")


class Health:
    """The handlers. ``exposition`` gives all metrics, of all workers where there are several. ``gaps`` are None where
    Twilio's list is not read; the gateway is not ready before it was, if it ``waits_for`` it.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        exposition: Callable[[], bytes],
        gaps: GapClosing | None,
        waits_for: GapClosing | None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._exposition = exposition
        self._gaps = gaps
        self._waits_for = waits_for

    def routes(self) -> list[AnyRoute]:
        """The table of these."""
        return [
            Route(
                "GET", "/livez", "Whether the process answers", None, self._livez, LiveTold, about=About.NONE
            ),
            Route(
                "GET", "/readyz", "Whether sends can be decided and keywords be kept", None, self._readyz, ReadyTold,
                about=About.NONE, other_statuses={503: "The store cannot be written"},
            ),
            Route(
                "GET", "/metrics", "What is counted, in Prometheus's text format", Role.READ, self._metrics,
                "text/plain", about=About.NONE,
            ),
        ]  # fmt: skip

    async def _livez(self, _: Call[Query, Body]) -> Answer:
        return Answer({"live": True})

    async def _readyz(self, _: Call[Query, Body]) -> Answer:
        """Services that drop incoming messages at Twilio are named beside it, null where the store cannot tell."""
        dropping = await self._dropping() if self._store.is_writable else None
        shadow = await self._shadow() if self._store.is_writable else None
        is_writable = self._store.is_writable  # from here on nothing is waited for: the parts of the answer agree
        is_ready = is_writable and (self._waits_for is None or self._waits_for.is_first_done)
        health = {
            "ready": is_ready,
            "store": {"writable": is_writable},
            "services_dropping_incoming": dropping if is_writable else None,
            "shadow": shadow if is_writable else None,
            "gaps": None if self._gaps is None else _told(self._gaps),
        }
        return Answer(health, status=200 if is_ready else 503)

    async def _dropping(self) -> dict[str, list[str]] | None:
        """By account, the SIDs of the services that drop incoming messages at Twilio."""
        dropping = {}
        try:
            async with asyncio.timeout(DROPPING_SECONDS):
                for account in self._directory.accounts:
                    services = await self._store.twilio_services(account.sid)
                    dropping[account.sid] = sorted(service.sid for service in services if service.drops_incoming)
        except (StoreError, TimeoutError):
            return None
        return {account_sid: sids for account_sid, sids in dropping.items() if sids}

    async def _shadow(self) -> dict[str, dict[str, object]] | None:
        """By account, what is in shadow mode."""
        told: dict[str, dict[str, object]] = {}
        try:
            async with asyncio.timeout(DROPPING_SECONDS):
                for account in self._directory.accounts:
                    places = places_of(account.policy, (await self._directory.current(account.sid)).services)
                    own = {"account": places.account, "services": list(places.services)}
                    told |= {account.sid: {**own, "senders": len(places.senders)}} if places else {}
        except (StoreError, TimeoutError):
            return None
        return told

    async def _metrics(self, _: Call[Query, Body]) -> web.Response:
        metrics.STORE_WRITABLE.set(self._store.is_writable)
        return web.Response(body=self._exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _told(gaps: GapClosing) -> dict[str, object]:
    accounts = {
        sid: {"closed_until": maybe_iso(status.closed_until), "error": status.error}
        for sid, status in gaps.status().items()
    }
    return {"closed_since_start": gaps.is_first_done, "accounts": accounts}
