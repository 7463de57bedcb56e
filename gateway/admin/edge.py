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
from gateway.flows.gaps import GapClosing
from gateway.operations.json_forms import iso
from gateway.store import Store, StoreError

DROPPING_SECONDS: Final = 1.0  # whoever asks whether the gateway is ready does not wait for long
MOST_BODY_BYTES: Final = 1024 * 1024
HEADERS: Final = {"Server": "optout-gateway", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class AdminEdge:
    """Answers operators and their monitoring. ``token_hash`` is the SHA-256 of the admin token, in hexadecimal;
    ``clock`` gives microseconds since 1970, UTC.

    ``exposition`` gives all metrics, of all workers where there are several. ``gaps`` are None where Twilio's list is
    not read for missed keywords; with ``ready_after_gaps`` the gateway is not ready before it was.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        token_hash: str,
        clock: Callable[[], int],
        exposition: Callable[[], bytes] = metrics.exposition,
        gaps: GapClosing | None = None,
        *,
        ready_after_gaps: bool = False,
    ) -> None:
        self._store = store
        self._directory = directory
        self._token_hash = token_hash
        self._clock = clock
        self._exposition = exposition
        self._gaps = gaps
        self._waits_for = gaps if ready_after_gaps else None

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
        named beside it, null where the store cannot tell: no STOP to their senders is ever seen. So are the gaps: until
        when Twilio's list of inbound messages was read, and why it could not be lately.
        """
        is_writable = self._store.is_writable
        is_ready = is_writable and (self._waits_for is None or self._waits_for.is_first_done)
        dropping = await self._dropping() if is_writable else None
        health = {
            "ready": is_ready,
            "store": {"writable": is_writable},
            "services_dropping_incoming": dropping,
            "gaps": None if self._gaps is None else _told(self._gaps),
        }
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


def _told(gaps: GapClosing) -> dict[str, object]:
    status = gaps.status().items()
    accounts = {sid: {**each, "closed_until": _iso_or_none(each["closed_until"])} for sid, each in status}
    return {"closed_since_start": gaps.is_first_done, "accounts": accounts}


def _iso_or_none(at: object) -> str | None:
    return iso(at) if isinstance(at, int) else None


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer has: it is not kept on the way, and names no versions of ours."""
    response.headers.update(HEADERS)
