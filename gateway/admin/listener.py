"""The admin listener on aiohttp's server, with the errors of its parser as problems, too.

aiohttp would answer a request that is not HTTP in plain text with the caller's bytes in it, and log a traceback.
"""

import socket
import ssl
from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from gateway.admin.problems import FAULT, NOT_HTTP, TOO_LARGE, Problem, problem_of

log: Final = structlog.get_logger()

KEEPALIVE_SECONDS: Final = 75.0
SHUTDOWN_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 1.0  # for the rest of a body that was refused
MOST_HEADERS_BYTES: Final = 16 * 1024
TOO_LARGE_STATUSES: Final = frozenset({413, 414, 431})


class ProblemShapedHandler(RequestHandler):
    """aiohttp's connection handler with errors as problems."""

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
            problem = Problem(TOO_LARGE if status in TOO_LARGE_STATUSES else NOT_HTTP)
        else:
            log.error("admin_failed", error=type(exc).__name__)
            problem = Problem(FAULT)
        response = problem.response()
        response.force_close()
        return response


class AdminListener:
    """Answers with an application what comes to its sockets."""

    def __init__(self, application: web.Application, *, tls: ssl.SSLContext | None = None) -> None:
        self._application = web.AppRunner(application)
        self._tls = tls
        self._runner: web.ServerRunner | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer on sockets that listen already; other processes may do so on the same ones."""
        await self._application.setup()
        made = self._application.server
        if made is None:
            raise RuntimeError("aiohttp made no server for the application")
        answered = made.request_handler

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            try:
                return await answered(request)
            except web.HTTPException as error:  # raised before any middleware: what the Expect header asks for
                return problem_of(error).response()

        server = _ProblemShapedServer(
            answer,
            request_factory=made.request_factory,
            access_log=None,
            auto_decompress=False,
            lingering_time=LINGER_SECONDS,
            keepalive_timeout=KEEPALIVE_SECONDS,
            max_line_size=MOST_HEADERS_BYTES,
            max_field_size=MOST_HEADERS_BYTES,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        for given in sockets:
            await web.SockSite(self._runner, given, ssl_context=self._tls).start()

    async def stop(self) -> None:
        """Take no more requests, and finish those under way for about a second; then break them off."""
        await self._application.shutdown()  # an answer that goes on for long is to end by itself
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self._application.cleanup()


class _ProblemShapedServer(web.Server):
    def __call__(self) -> RequestHandler:
        return ProblemShapedHandler(self, loop=self._loop, **self._kwargs)
