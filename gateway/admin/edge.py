"""``/livez``, ``/readyz`` and ``/metrics``; errors as RFC 9457 problem details."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import metrics
from gateway.store import Store

log: Final = structlog.get_logger()

PROBLEM_TYPE: Final = "application/problem+json"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AdminEdge:
    """Answers operators and their monitoring. ``token_hash`` is the SHA-256 of the admin token, in hexadecimal.

    ``exposition`` gives all metrics, of all workers where there are several.
    """

    def __init__(self, store: Store, token_hash: str, exposition: Callable[[], bytes] = metrics.exposition) -> None:
        self._store = store
        self._token_hash = token_hash
        self._exposition = exposition

    def application(self) -> web.Application:
        """The admin listener's routes."""
        application = web.Application(middlewares=[_problems])
        application.router.add_get("/livez", self._livez)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._metrics)
        return application

    async def _livez(self, _: web.Request) -> web.Response:
        return _json({"live": True})

    async def _readyz(self, _: web.Request) -> web.Response:
        """Ready means: sends can be decided and keywords be kept."""
        is_ready = self._store.is_writable
        return _json({"ready": is_ready, "store": {"writable": is_ready}}, status=200 if is_ready else 503)

    async def _metrics(self, request: web.Request) -> web.Response:
        self._demand_token(request)
        metrics.STORE_WRITABLE.set(self._store.is_writable)
        return web.Response(body=self._exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _demand_token(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = hashlib.sha256(token.strip().encode()).hexdigest()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._token_hash):
            raise web.HTTPUnauthorized(
                text="send the admin token as 'Authorization: Bearer …'", headers={"WWW-Authenticate": "Bearer"}
            )


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as problem details, without a trace of what went wrong inside."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {name: value for name, value in error.headers.items() if name in {"WWW-Authenticate", "Allow"}}
        return _problem(error.status, error.reason, error.text or "", headers)
    except Exception as error:
        log.error("admin_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback may hold a number
        return _problem(500, "Internal Server Error", "the gateway failed; its log has the error's name", {})


def _problem(status: int, title: str, detail: str, headers: dict[str, str]) -> web.Response:
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return web.Response(status=status, body=body, headers=headers | {"Content-Type": PROBLEM_TYPE})


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
