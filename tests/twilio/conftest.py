"""A server on a raw socket that misbehaves as a test tells it to, and counts what reaches it."""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import uvloop

LoopFactories = dict[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> LoopFactories:
    """The hop to Twilio is tested on both event loops: they differ in when a transport tells what happened."""
    loops: LoopFactories = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return (
        loops
        if item.path.name in {"test_upstream.py", "test_upstream_bytes.py"}
        else {"asyncio": asyncio.new_event_loop}
    )


@dataclass(slots=True)
class Peer:
    """The server's side of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def drip(self, data: bytes) -> None:
        """Send each byte as a segment of its own."""
        for position in range(len(data)):
            await self.send(data[position : position + 1])
            await asyncio.sleep(0)

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Break the connection with a RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def request(self) -> bytes | None:
        """The next request, whole; None when the client has closed."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
            return head + await self.reader.readexactly(int(length[1]) if length else 0)
        except (asyncio.IncompleteReadError, OSError):
            return None


Answer = Callable[[Peer, bytes], Awaitable[None]]
Greet = Callable[[Peer], Awaitable[None]]


@dataclass(slots=True)
class MisbehavingUpstream:
    """Answers each request as ``answer`` does; ``greet`` comes before the first of a connection."""

    answer: Answer
    greet: Greet | None = None
    tls: ssl.SSLContext | None = None
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https://localhost' if self.tls else 'http://127.0.0.1'}:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._converse(Peer(reader, writer)))
        self._tasks.add(task)

    async def _converse(self, peer: Peer) -> None:
        with contextlib.suppress(OSError):
            try:
                if self.greet is not None:
                    await self.greet(peer)
                while not peer.writer.is_closing() and (request := await peer.request()) is not None:
                    self.requests.append(request)
                    await self.answer(peer, request)
            finally:
                peer.writer.transport.abort()


StartUpstream = Callable[..., Awaitable[MisbehavingUpstream]]


@pytest.fixture
async def misbehave() -> AsyncIterator[StartUpstream]:
    """Starts misbehaving servers; they end with the test."""
    started: list[MisbehavingUpstream] = []

    async def start(
        answer: Answer, *, greet: Greet | None = None, tls: ssl.SSLContext | None = None
    ) -> MisbehavingUpstream:
        server = MisbehavingUpstream(answer, greet, tls)
        await server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        await server.stop()
