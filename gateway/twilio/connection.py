"""One HTTP/1.1 connection to Twilio, on asyncio's transports and httptools' parser; one request at a time."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, cast

import httptools

MOST_HEAD_BYTES: Final = 64 * 1024
MOST_BODY_BYTES: Final = 16 * 1024 * 1024
MOST_RECEIVED_BYTES: Final = 2 * MOST_BODY_BYTES
FINAL: Final = 200  # RFC 9110, section 15.2: answers below are interim
SWITCHING_PROTOCOLS: Final = 101


class Unanswered(Exception):
    """No whole answer came; ``written`` tells whether any byte of the request may have left, ``late`` whether it was
    waited for until the time limit.
    """

    def __init__(self, why: str, *, written: bool, late: bool = False) -> None:
        super().__init__(why)
        self.written = written
        self.late = late


@dataclass(slots=True)
class Answer:
    """An answer as it comes in."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    head_bytes: int = 0


class Connection(asyncio.Protocol):
    """The protocol of one connection, and the callbacks of its parser."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._waiting: asyncio.Future[Answer] | None = None
        self._is_dirty = False
        self._received = 0
        self.idle_since = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether another request may be sent: open, nothing under way, nothing left over on either side."""
        return self._is_open() and not self._is_dirty and self._waiting is None

    async def exchange(self, request: bytes, within_seconds: float) -> Answer:
        """Write a request and wait for the whole answer. Raises `Unanswered`, also when it takes too long.

        A caller that stops waiting leaves the connection unfit for another request.
        """
        transport = self._transport
        if transport is None or not self.is_clean:
            raise Unanswered("the connection was closed before anything was sent", written=False)
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        self._received = 0
        self._is_dirty = True  # until the answer is whole
        transport.write(request)
        limit = loop.call_later(within_seconds, self._fail_late, within_seconds)
        try:
            answer = await self._waiting
        finally:
            limit.cancel()
            self._waiting = None
        self._is_dirty |= transport.get_write_buffer_size() > 0
        return answer

    def close(self) -> None:
        """Close the connection; harmless on one that is closed."""
        self._is_dirty = True
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes nobody asked for make the connection unfit."""
        if self._waiting is None or self._waiting.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"Twilio's answer is not HTTP ({type(error).__name__})")
        self._demand_bounds(len(data))

    def eof_received(self) -> None:
        """The other side sends no more; the connection is closed."""

    def connection_lost(self, exc: Exception | None) -> None:
        """What was under way has no answer."""
        self._transport = None
        self._fail(f"the connection broke ({type(exc).__name__ if exc else 'closed'})")

    # httptools callbacks

    def on_message_begin(self) -> None:
        """A second answer to one request is one too many."""
        if self._waiting is None or self._waiting.done():
            self.close()
        self._answer = Answer()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; what comes after the body is a trailer, which nobody asked for."""
        if self._answer.status:
            return
        # The parser leaves white space at the end of a value, which is none of it (RFC 9110, section 5.5).
        self._answer.headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Take the status; an upgrade was never asked for."""
        self._answer.status = self._parser.get_status_code()
        if self._answer.status == SWITCHING_PROTOCOLS:
            self._fail("Twilio's answer is an upgrade")

    def on_body(self, body: bytes) -> None:
        """Collect a piece of the body."""
        self._answer.body += body
        if len(self._answer.body) > MOST_BODY_BYTES:
            self._fail("Twilio's answer is too large")

    def on_message_complete(self) -> None:
        """The answer is whole, unless it was an interim one (1xx).

        An answer without a length never gets here: its end cannot be told from a broken connection.
        """
        answer = self._answer
        if answer.status < FINAL:
            return
        if self._waiting is not None and not self._waiting.done():
            self._is_dirty = not self._parser.should_keep_alive()
            self._waiting.set_result(answer)

    # Inside

    def _demand_bounds(self, count: int) -> None:
        """Fail an answer whose head is too large, or all that came with it: framing, trailers, interim answers."""
        self._received += count
        if not self._answer.status:  # all of it was head; the piece that ends a head is bounded by what one read takes
            self._answer.head_bytes += count
        if self._answer.head_bytes > MOST_HEAD_BYTES or self._received > MOST_RECEIVED_BYTES:
            self._fail("Twilio's answer is too large")

    def _is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _fail_late(self, seconds: float) -> None:
        self._fail(f"no answer within {seconds:g} s", late=True)

    def _fail(self, why: str, *, late: bool = False) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Unanswered(why, written=True, late=late))
