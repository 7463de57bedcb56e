"""A listener on aiohttp's low-level server, every error of which, the parser's own too, has Twilio's form.

aiohttp would answer a request that is not HTTP in plain text with the caller's bytes in it, and log a traceback.
"""

import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

from gateway.flows.outcome import Answer, error_answer
from gateway.twilio.errors import BAD_HTTP, INTERNAL, TOO_LARGE, TrafficError
from gateway.twilio.paths import Format

log: Final = structlog.get_logger()

SERVER: Final = ("Server", "optout-gateway")  # not aiohttp's, which names versions
KEEPALIVE_SECONDS: Final = 75.0
DRAIN_SECONDS: Final = 4.0  # aiohttp takes it twice at worst: to wait, and to wait for what it cancelled
LINGER_SECONDS: Final = 1.0  # for the rest of a body that was refused
MOST_HEADERS_BYTES: Final = 16 * 1024
TOO_LARGE_STATUSES: Final = frozenset({413, 414, 431})

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class TwilioShapedHandler(RequestHandler):
    """aiohttp's connection handler with errors in Twilio's form."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be parsed or made the gateway fail; nothing of the request is repeated or logged."""
        if status < 500:
            log.info("http_refused", status=status, error=type(exc).__name__)
            error = TrafficError(TOO_LARGE if status in TOO_LARGE_STATUSES else BAD_HTTP)
        else:
            log.error("failed", error=type(exc).__name__, where=where(exc))
            error = TrafficError(INTERNAL)
        response = as_response(error_answer(error, Format.JSON))
        response.force_close()
        return response


class Listener:
    """Answers with one handler what comes to its sockets."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._runner: web.ServerRunner | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer on sockets that listen already; other processes may do so on the same ones."""
        server = _TwilioShapedServer(
            self._handler,
            access_log=None,
            auto_decompress=False,
            lingering_time=LINGER_SECONDS,
            keepalive_timeout=KEEPALIVE_SECONDS,
            max_line_size=MOST_HEADERS_BYTES,
            max_field_size=MOST_HEADERS_BYTES,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=DRAIN_SECONDS)
        await self._runner.setup()
        for given in sockets:
            await web.SockSite(self._runner, given, ssl_context=self._tls).start()

    async def stop(self) -> None:
        """Take no more requests and finish those under way, for about 4 seconds; then break them off."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


class _TwilioShapedServer(web.Server):
    def __call__(self) -> RequestHandler:
        return TwilioShapedHandler(self, loop=self._loop, **self._kwargs)


def as_response(answer: Answer, *more: tuple[str, str]) -> web.Response:
    """An answer as aiohttp sends it, with the headers it lists and some more."""
    return web.Response(status=answer.status, body=answer.body, headers=CIMultiDict((SERVER, *answer.headers, *more)))


def where(error: BaseException | None) -> str:
    """The innermost place of ours that an error came from, without its text, which may hold a number."""
    place, traceback = "", error.__traceback__ if error is not None else None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "gateway" in code.co_filename:
            place = f"{code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
