"""The admin listener's routes: health, metrics and the admin API; every error is a problem (RFC 9457)."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import metrics
from gateway.admin.access import guarded, told
from gateway.admin.answers import answer
from gateway.admin.api.routes import routes_of
from gateway.admin.problems import as_problems
from gateway.directory import Directory
from gateway.store import Store, StoreError

DROPPING_SECONDS: Final = 1.0  # whoever asks whether the gateway is ready does not wait for long
MOST_BODY_BYTES: Final = 1024 * 1024
HEADERS: Final = {"Server": "optout-gateway", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class AdminEdge:
    """Answers operators and their monitoring. ``token_hash`` is the SHA-256 of the admin token, in hexadecimal;
    ``clock`` gives microseconds since 1970, UTC.

    ``exposition`` gives all metrics, of all workers where there are several.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        token_hash: str,
        clock: Callable[[], int],
        exposition: Callable[[], bytes] = metrics.exposition,
    ) -> None:
        self._store = store
        self._directory = directory
        self._token_hash = token_hash
        self._clock = clock
        self._exposition = exposition

    def application(self) -> web.Application:
        """All that the admin listener answers."""
        application = web.Application(
            middlewares=[told, as_problems, guarded(self._token_hash)], client_max_size=MOST_BODY_BYTES
        )
        application.router.add_get("/livez", self._livez)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_routes(routes_of(self._store, self._directory, self._clock))
        application.on_response_prepare.append(_add_headers)
        return application

    async def _livez(self, _: web.Request) -> web.Response:
        return answer({"live": True})

    async def _readyz(self, _: web.Request) -> web.Response:
        """Ready means: sends can be decided and keywords be kept. Services that drop incoming messages at Twilio are
        named beside it, null where the store cannot tell: no STOP to their senders is ever seen.
        """
        is_ready = self._store.is_writable
        dropping = await self._dropping() if is_ready else None
        health = {"ready": is_ready, "store": {"writable": is_ready}, "services_dropping_incoming": dropping}
        return answer(health, status=200 if is_ready else 503)

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

    async def _metrics(self, _: web.Request) -> web.Response:
        metrics.STORE_WRITABLE.set(self._store.is_writable)
        return web.Response(body=self._exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer has: it is not kept on the way, and names no versions of ours."""
    response.headers.update(HEADERS)
