"""A listener for apps and Twilio: takes connections on its sockets, and ends them in good order.

Every error of it, the parser's own too, has Twilio's form (`gateway.traffic.connection`).
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from gateway.traffic.connection import ClientConnection, Handler

DRAIN_SECONDS: Final = 4.0  # for what is under way when the listener stops
BREAK_OFF_SECONDS: Final = 4.0  # for what was broken off then
CLOCK_SECONDS: Final = 0.25
BACKLOG: Final = 4_096


class Listener:
    """Answers with one handler what comes to its sockets."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._connections: set[ClientConnection] = set()
        self._clock: asyncio.Task[None] | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer on sockets that listen already; other processes may do so on the same ones."""
        loop, scheme = asyncio.get_running_loop(), "http" if self._tls is None else "https"

        def connection() -> ClientConnection:
            return ClientConnection(self._handler, scheme, self._connections)

        for given in sockets:
            self._servers.append(await loop.create_server(connection, sock=given, ssl=self._tls, backlog=BACKLOG))
        self._clock = asyncio.create_task(self._look_at_clock())

    async def stop(self) -> None:
        """Take no more requests and finish those under way, for about 4 seconds; then break them off."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for connection in tuple(self._connections):
            connection.finish()
        under_way = {task for connection in self._connections if (task := connection.under_way) is not None}
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=BREAK_OFF_SECONDS)
        for connection in tuple(self._connections):
            connection.close()
        clock, self._clock = self._clock, None
        if clock is not None:
            clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await clock

    async def _look_at_clock(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            now = loop.time()
            for connection in tuple(self._connections):
                connection.look_at_clock(now)
