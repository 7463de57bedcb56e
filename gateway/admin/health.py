"""``/livez``, ``/readyz`` and ``/metrics``: for monitoring and load balancers."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from gateway import metrics
from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import Body, Query, Told
from gateway.directory import Directory
from gateway.operations.tokens import Role
from gateway.store import Store, StoreError

DROPPING_SECONDS: Final = 1.0  # whoever asks whether the gateway is ready does not wait for long


class LiveTold(Told):
    """Whether the process answers."""

    live: bool


class StoreTold(Told):
    """How the store is."""

    writable: bool


class ReadyTold(Told):
    """Whether sends can be decided and keywords be kept."""

    ready: bool
    store: StoreTold
    services_dropping_incoming: dict[str, list[str]] | None = Field(
        description="By account, the services that drop incoming messages at Twilio: no STOP to their senders is seen."
    )


class Health:
    """The handlers. ``exposition`` gives all metrics, of all workers where there are several."""

    def __init__(self, store: Store, directory: Directory, exposition: Callable[[], bytes]) -> None:
        self._store = store
        self._directory = directory
        self._exposition = exposition

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
        is_ready = self._store.is_writable
        dropping = await self._dropping() if is_ready else None
        health = {"ready": is_ready, "store": {"writable": is_ready}, "services_dropping_incoming": dropping}
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

    async def _metrics(self, _: Call[Query, Body]) -> web.Response:
        metrics.STORE_WRITABLE.set(self._store.is_writable)
        return web.Response(body=self._exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})
