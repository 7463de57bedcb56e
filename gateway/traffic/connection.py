"""One connection of a client: HTTP/1.1 on asyncio's transports and httptools' parser, one request after another.

A request is read whole before anybody looks at it, within bounds of size and time. What could be read in more than one
way ends the connection: nothing after it can be told apart from it (RFC 9112, sections 2.2, 6.3 and 11.2). Requests
that were sent without waiting are answered in their order; while one is under way no more is read than was on its way.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final, cast

import httptools
import structlog

from gateway.flows.outcome import Answer, error_answer
from gateway.flows.request import Head, Request
from gateway.twilio.errors import BAD_HTTP, TOO_LARGE, TOO_SLOW, ErrorKind, TrafficError
from gateway.twilio.paths import Format

log: Final = structlog.get_logger()

KEEPALIVE_SECONDS: Final = 75.0
HEAD_SECONDS: Final = 10.0  # for a head to come whole once it has begun
BODY_SECONDS: Final = 10.0
LINGER_SECONDS: Final = 1.0  # for the rest of what was refused, so that the answer is not lost with it
MOST_HEAD_BYTES: Final = 32 * 1024
MOST_FIELD_BYTES: Final = 16 * 1024  # a header, or the target
MOST_BODY_BYTES: Final = 1024 * 1024
MOST_RECEIVED_BYTES: Final = 2 * MOST_BODY_BYTES  # a body with all that frames it
MOST_AHEAD: Final = 16  # requests that came before the answer to the first
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
SERVER: Final = "Server: optout-gateway\r\n"
VERSIONS: Final = frozenset({"1.0", "1.1"})
WITHOUT_BODY: Final = frozenset({204, 304})
FRAMING: Final = frozenset({"content-length", "transfer-encoding", "expect"})
# What is another in each request, or secret and so not kept beyond its request.
OWN: Final = FRAMING | {
    "authorization",
    "cookie",
    "i-twilio-idempotency-token",
    "proxy-authorization",
    "traceparent",
    "tracestate",
    "x-amzn-trace-id",
    "x-request-id",
    "x-twilio-signature",
}
MOST_HEADS: Final = 512  # that are remembered; each at most of this many bytes
MOST_REMEMBERED_BYTES: Final = 4 * 1024
MOST_DIGITS: Final = len(str(MOST_BODY_BYTES))
LARGER: Final = f"the body is larger than {MOST_BODY_BYTES} bytes"

NO_HEAD: Final = Head()

_Arrived = tuple[Request, TrafficError | None, bool]
"""A request, why it is refused as it stands if it is, and whether another may follow it."""

_Layout = tuple[tuple[int, ...], tuple[tuple[int, str, str], ...]]
"""In which places of a head the steady headers stand; and where its own, by what name as written and in lower case."""

Handler = Callable[[Request, TrafficError | None], Awaitable[Answer]]
"""Answers a request; with an error where the request, though well framed, is refused as it stands."""


class ClientConnection(asyncio.Protocol):
    """The protocol of one connection, and the callbacks of its parser.

    ``open_connections`` is the set that it belongs to while it is open; whoever owns it calls `look_at_clock` now and
    then. ``scheme`` is that of its listener.
    """

    def __init__(self, handler: Handler, scheme: str, open_connections: "set[ClientConnection]") -> None:
        self._handler = handler
        self._scheme = scheme
        self._all = open_connections
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._remote, self._port = "", 0
        self._give_up_at = self._loop.time() + KEEPALIVE_SECONDS
        self._waiting: deque[_Arrived] = deque()
        self._task: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._received = 0  # bytes of the request that is being read
        self._last_read = self._most_received = 0  # the same, counting all of the read that it began in
        self._is_deaf = False  # nothing more is read
        self._is_ending = False  # after the answer under way
        self._is_over = False  # the last answer is written
        self.on_message_begin()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._all.add(self)
        peer, bound = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._remote = peer[0] if isinstance(peer, tuple) else ""
        self._port = bound[1] if isinstance(bound, tuple) else 0

    def connection_lost(self, exc: Exception | None) -> None:
        """What is under way goes on, as it may have left already; its answer has nobody to go to."""
        self._transport = None
        self._waiting.clear()
        self._all.discard(self)
        self.resume_writing()

    def eof_received(self) -> bool:
        """The client sends no more; what it sent whole is answered, where the transport can be half open."""
        self._is_ending = True
        return self._task is not None and self._scheme == "http"

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within bounds."""
        if self._is_deaf:
            return
        if not self._received and self._task is None:
            self._give_up_at = self._loop.time() + HEAD_SECONDS
        self._last_read = len(data)
        self._received += self._last_read
        self._most_received += self._last_read
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_deaf = True  # nobody here speaks anything else; what comes after the request is not ours
        except httptools.HttpParserError as error:
            inner = error.__context__
            self._refuse(inner if isinstance(inner, TrafficError) else TrafficError(BAD_HTTP), type(error).__name__)
        else:
            if self._received > (MOST_RECEIVED_BYTES if self._is_head_whole else MOST_HEAD_BYTES):
                self._refuse(TrafficError(TOO_LARGE))

    def pause_writing(self) -> None:
        """The client does not read its answers: no more are made for it."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It reads again, or is gone."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # httptools callbacks

    def on_message_begin(self) -> None:
        """A request begins."""
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._own: list[tuple[str, str]] = []
        self._own_by_name: dict[str, str] = {}
        self._head = NO_HEAD
        self._body: list[bytes] = []
        self._body_bytes = self._lengths = 0
        self._is_head_whole = self._has_body = self._owes_continue = False

    def on_url(self, url: bytes) -> None:
        """The target, in pieces."""
        self._target += url
        if len(self._target) > MOST_FIELD_BYTES:
            raise TrafficError(TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; what comes after the body is a trailer, which nobody asked for."""
        if not self._is_head_whole:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_head_whole = True
        self._demand_bounds()
        self._read_head()
        if self._parser.get_http_version() not in VERSIONS or self._lengths > 1:
            raise TrafficError(BAD_HTTP)
        if not self._has_body:
            self._owes_continue = False
        elif self._task is None:
            self._give_up_at = self._loop.time() + BODY_SECONDS
            self._go_on()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > MOST_BODY_BYTES:
            self._take_refused(TOO_LARGE, LARGER)

    def on_message_complete(self) -> None:
        """The request is whole: answer it when those before it are answered."""
        self._received, self._most_received = 0, self._last_read
        if not self._is_deaf:
            self._take(None, keeps=self._parser.should_keep_alive() and not self._parser.should_upgrade())

    # Reading

    def _demand_bounds(self) -> None:
        """Refuse a head that is too large, or a header of it; whatever arrived in small reads is neither."""
        if self._most_received <= MOST_FIELD_BYTES:
            return
        values = [len(value) for _, value in self._fields]
        if sum(values) + sum([len(name) for name, _ in self._fields]) > MOST_HEAD_BYTES:
            raise TrafficError(TOO_LARGE)
        if max(values, default=0) > MOST_FIELD_BYTES:
            raise TrafficError(TOO_LARGE)

    def _read_head(self) -> None:
        fields = self._fields
        is_kept = self._most_received <= MOST_REMEMBERED_BYTES or _size(fields) <= MOST_REMEMBERED_BYTES
        steady, own = (_known_layout if is_kept else _layout)(tuple([name for name, _ in fields]))
        self._head = (_known_head if is_kept else _head)(tuple([fields[place] for place in steady]))
        for place, known, low in own:
            text = _text(fields[place][1])
            self._own.append((known, text))
            self._own_by_name[low] = text
            if low in FRAMING:
                self._read_framing(low, text)

    def _read_framing(self, low: str, value: str) -> None:
        """What a header says of the body; the parser has seen to it that a length is digits."""
        if low == "content-length":
            self._lengths += 1
            self._has_body = value != "0"
            if len(value) > MOST_DIGITS or int(value) > MOST_BODY_BYTES:
                self._take_refused(TOO_LARGE, LARGER)
        elif low == "transfer-encoding":
            self._lengths += 1
            self._has_body = True
            if value.lower() != "chunked" or self._parser.get_http_version() != "1.1":
                raise TrafficError(BAD_HTTP)
        elif low == "expect":
            self._owes_continue = value.lower() == "100-continue"

    def _go_on(self) -> None:
        """Ask for the body where the client waits for that."""
        if self._owes_continue and self._transport is not None and not self._is_deaf:
            self._owes_continue = False
            self._transport.write(CONTINUE)

    def _take_refused(self, kind: ErrorKind, detail: str = "") -> None:
        """Answer at once, and read no more of it."""
        if not self._is_deaf:
            self._take(TrafficError(kind, detail), keeps=False)

    def _take(self, trouble: TrafficError | None, *, keeps: bool) -> None:
        """Queue the request that was read, and answer it if none is under way."""
        path, _, query = self._target.decode("latin-1").partition("?")
        request = Request(
            self._parser.get_method().decode("latin-1"),
            path,
            query,
            self._head,
            tuple(self._own),
            self._body[0] if len(self._body) == 1 else b"".join(self._body),
            self._remote,
            self._scheme,
            self._port,
            self._own_by_name,
        )
        self._waiting.append((request, trouble, keeps))
        self._is_deaf |= not keeps
        if self._task is None:
            self._task = self._loop.create_task(self._answer())
        elif len(self._waiting) >= MOST_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    # Answering

    async def _answer(self) -> None:
        """Answer what waits, in order."""
        try:
            while self._waiting and self._transport is not None:
                request, trouble, keeps = self._waiting.popleft()
                answer = await self._handler(request, trouble)
                self._write(answer, request.method, keeps=keeps and not self._is_ending)
                if self._drained is not None:
                    await self._drained
        except Exception as error:  # of writing: a handler answers its own faults
            _tell(error)
            self.close()
        finally:
            self._task = None
            self._after_answers()

    def _write(self, answer: Answer, method: str, *, keeps: bool) -> None:
        if self._transport is None:
            return
        self._transport.write(written(answer, method, keeps=keeps))
        if not keeps:
            self._waiting.clear()
            self._end()

    def _after_answers(self) -> None:
        if self._transport is None or self._is_deaf:
            return
        if self._is_ending:
            self.close()
            return
        self._transport.resume_reading()
        self._give_up_at = self._loop.time() + (BODY_SECONDS if self._received else KEEPALIVE_SECONDS)
        if self._is_head_whole:
            self._go_on()

    def _refuse(self, error: TrafficError, why: str = "") -> None:
        """Answer what is not HTTP as it should be, after all that came before it; nothing of it is told."""
        log.info("http_refused", status=error.kind.status, error=why or type(error).__name__)
        self._is_deaf = True
        answer = error_answer(error, Format.JSON)
        if self._task is None:
            self._write(answer, "", keeps=False)
        else:
            self._task.add_done_callback(lambda _: None if self._is_over else self._write(answer, "", keeps=False))

    # Ending

    def _end(self) -> None:
        """Close; where the client may still be sending, let it, or it would lose the answer (RFC 9112, section 9.6)."""
        self._is_deaf = self._is_over = True
        if self._transport is None:
            return
        if self._received == 0:
            self._transport.close()
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._give_up_at = self._loop.time() + LINGER_SECONDS

    def look_at_clock(self, now: float) -> None:
        """Give up what takes too long; ``now`` is the loop's time. A request under way has its own limits."""
        if self._task is not None or now < self._give_up_at:
            return
        if self._is_head_whole and self._received and not self._is_deaf:
            self._take_refused(TOO_SLOW)
        else:  # idle, or not even a head, or a refused client that goes on sending
            self.close()

    def finish(self) -> None:
        """Take no more requests: close when what is under way is answered, at once when nothing is."""
        self._is_ending = True
        if self._task is None:
            self.close()

    def close(self) -> None:
        """Close; harmless when closed."""
        if self._transport is not None:
            self._transport.close()

    @property
    def under_way(self) -> "asyncio.Task[None] | None":
        """What answers at the moment."""
        return self._task


def written(answer: Answer, method: str, *, keeps: bool) -> bytes:
    """An answer as it goes on the wire. Raises `ValueError` where a header would break its line."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    if lines.count("\n") != len(answer.headers) or lines.count("\r") != len(answer.headers) or "\0" in lines:
        raise ValueError("a header of the answer would break its line")
    has_body = answer.status not in WITHOUT_BODY
    length = f"Content-Length: {len(answer.body)}\r\n" if has_body else ""
    end = "\r\n" if keeps else "Connection: close\r\n\r\n"
    head = f"{_status_line(answer.status)}{SERVER}{_date(int(time.time()))}{lines}{length}{end}".encode("latin-1")
    return head + answer.body if has_body and method != "HEAD" else head


def _text(value: bytes) -> str:
    # The parser leaves white space at the end of a value, which is none of it (RFC 9110, section 5.5).
    return value.decode("latin-1").strip(" \t")


def _size(fields: list[tuple[bytes, bytes]]) -> int:
    return sum([len(name) + len(value) for name, value in fields])


def _layout(names: tuple[bytes, ...]) -> _Layout:
    named = [(place, *_name(name)) for place, name in enumerate(names)]
    steady = tuple([place for place, _, low in named if low not in OWN])
    return steady, tuple([each for each in named if each[2] in OWN])


_known_layout: Final = lru_cache(maxsize=MOST_HEADS)(_layout)


def _head(fields: tuple[tuple[bytes, bytes], ...]) -> Head:
    return Head(tuple([(_name(name)[0], _text(value)) for name, value in fields]))


_known_head: Final = lru_cache(maxsize=MOST_HEADS)(_head)


@lru_cache(maxsize=512)
def _name(name: bytes) -> tuple[str, str]:
    """A header's name as it was written, and in lower case."""
    text = name.decode("latin-1")
    return text, text.lower()


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:  # Twilio may invent one
        reason = ""
    return f"HTTP/1.1 {status} {reason}\r\n"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"


def _tell(error: Exception) -> None:
    log.error("failed", error=type(error).__name__, where=where(error))


def where(error: BaseException | None) -> str:
    """The innermost place of ours that an error came from, without its text, which may hold a number."""
    place, traceback = "", error.__traceback__ if error is not None else None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "gateway" in code.co_filename:
            place = f"{code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
