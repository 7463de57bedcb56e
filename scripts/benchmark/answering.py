"""An upstream in Python: answers each POST with one created message, at once or later, over TLS or plain."""

import argparse
import asyncio
import ssl
from typing import cast

import httptools
import uvloop

from scripts.benchmark.upstream import ANSWER, ANSWER_HEAD

ANSWERED = ANSWER_HEAD.encode() + ANSWER.encode()


class Server(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Answer."""
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(ANSWERED)


async def serve(port: int, tls: ssl.SSLContext | None, delay: float = 0.0) -> None:
    """Listen until cancelled; ``delay`` is in seconds."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(delay), "127.0.0.1", port, ssl=tls)
    await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("--certificate")
    options.add_argument("--key")
    options.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = options.parse_args()
    context = None
    if given.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(given.certificate, given.key)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(given.port, context, given.delay))
