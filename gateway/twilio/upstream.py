"""The hop to Twilio: reserve a connection first, check then, write at once.

    UpstreamError
    ├── NotSent          nothing of the request left; the same request may be sent again
    └── OutcomeUnknown   it may have been taken; never sent again by us

Only connecting is ever retried. A connection is used again only when its last answer was complete, nothing came
after it, and the whole request had been written.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.twilio.connection import Connection, Unanswered
from gateway.twilio.contact import FIRST_TROUBLED, Contact, PoolState, Trouble

CONNECT_SECONDS: Final = 5.0
WAIT_FOR_PLACE_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 15.0  # shorter than any front end of Twilio's keeps an idle connection
MOST_CONNECTIONS: Final = 256
CONNECT_TRIES: Final = 2
BREAKS_THE_HEAD: Final = re.compile(r"[\r\n\0]")  # a lone CR is a line break to some servers (RFC 9112, section 2.2)


class UpstreamError(Exception):
    """Base of what the hop to Twilio raises; ``str()`` names no number and no body."""

    retryable = False


class NotSent(UpstreamError):
    """Nothing of the request left this machine; it may be sent again."""

    retryable = True


class NoPlace(NotSent):
    """Too many requests are under way to this upstream."""


class OutcomeUnknown(UpstreamError):
    """The request, or part of it, left, and no whole answer came: Twilio may have taken it or not."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """One request: method, target (path and query), headers without Host and lengths, and the body."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """One answer: status, headers in their order, and the body's bytes as they came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name, in whatever case."""
        return next((value for header, value in self.headers if header.lower() == name.lower()), None)


class Upstream:
    """A pool of connections to one origin, such as ``https://api.twilio.com``."""

    def __init__(
        self,
        url: str,
        *,
        most_connections: int = MOST_CONNECTIONS,
        answer_seconds: float = ANSWER_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._prefix = parts.hostname or "", parts.path.rstrip("/")
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._authority = parts.netloc.rpartition("@")[2]
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._answer_seconds = answer_seconds
        self._places = _Places(most_connections)
        self._idle: deque[Connection] = deque()
        self._is_closed = False
        self._now: Callable[[], float] = asyncio.get_running_loop().time
        self.contact = Contact()

    @property
    def pool(self) -> PoolState:
        """How its connections are used now."""
        return PoolState(self._places.taken, len(self._idle), self._places.most)

    async def reserve(self) -> "Reservation":
        """Take a place and an open connection. Raises `NotSent` when none can be had within the time limits."""
        if self._places.locked():
            await self._wait_for_place()
        else:
            await self._places.acquire()  # at once
        try:
            return Reservation(self, self._idle_connection() or await self._connected())
        except BaseException:
            self._places.release()
            raise

    async def _wait_for_place(self) -> None:
        try:
            async with asyncio.timeout(WAIT_FOR_PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            self.contact.note(Trouble.NO_PLACE, self._now())
            raise NoPlace("all connections to Twilio are in use") from error

    async def fetch(self, request: UpstreamRequest) -> UpstreamResponse:
        """Reserve and send in one step, for requests that need no check in between."""
        async with await self.reserve() as reservation:
            return await reservation.send(request)

    def close(self) -> None:
        """Close idle connections; those in use are closed when they are given back."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()

    async def exchange(self, connection: Connection, request: UpstreamRequest) -> UpstreamResponse:
        """Write the request and read the answer; for `Reservation`."""
        try:
            answer = await connection.exchange(self._head(request) + request.body, self._answer_seconds)
        except Unanswered as error:
            self.contact.note(Trouble.TIME_OUT if error.late else Trouble.BROKEN, self._now())
            raise (OutcomeUnknown if error.written else NotSent)(str(error)) from error
        contact, now = self.contact, self._now()
        connection.idle_since = now
        if answer.status < FIRST_TROUBLED:
            contact.answered += 1
            contact.answered_at = now
        else:
            contact.note_status(answer.status, now)
        return UpstreamResponse(answer.status, tuple(answer.headers), bytes(answer.body))

    def give_back(self, connection: Connection) -> None:
        """Take a connection back, to be used again if it is clean; for `Reservation`."""
        self._places.release()
        if connection.is_clean and not self._is_closed:
            self._idle.append(connection)
        else:
            connection.close()

    def _idle_connection(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_clean and self._now() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    async def _connected(self) -> Connection:
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                return await self._connect()
            except (OSError, TimeoutError) as error:
                if attempt == CONNECT_TRIES:
                    self.contact.note(_trouble_of(error), self._now())
                    raise NotSent(f"no connection to Twilio ({type(error).__name__})") from error
        raise AssertionError("unreachable")

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await loop.create_connection(
                Connection,
                self._host,
                self._port,
                ssl=self._tls,
                server_hostname=self._host if self._tls else None,
            )
        connection.idle_since = self._now()
        return connection

    def _head(self, request: UpstreamRequest) -> bytes:
        lines = [f"{request.method} {self._prefix}{request.target} HTTP/1.1", f"Host: {self._authority}"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(request.body)}")
        if BREAKS_THE_HEAD.search("".join(lines)) or lines[0].count(" ") != 2:
            raise ValueError("the request line or a header holds a line break, NUL or a space too many")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Reservation:
    """A place and an open connection, to be used for one request and given back on leaving the ``async with``."""

    def __init__(self, upstream: Upstream, connection: Connection) -> None:
        self._upstream = upstream
        self._connection = connection

    async def __aenter__(self) -> "Reservation":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._upstream.give_back(self._connection)

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """Write the request at once and read the answer. Raises `NotSent` or `OutcomeUnknown`."""
        return await self._upstream.exchange(self._connection, request)


class _Places(asyncio.Semaphore):
    """The places of a pool, which tell how many are taken."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    @property
    def taken(self) -> int:
        """How many requests have one."""
        return self.most - self._value


def _trouble_of(error: Exception) -> Trouble:
    """Why there is no connection; a certificate that is refused comes as an `ssl.SSLError` as well."""
    return Trouble.TLS if isinstance(error, ssl.SSLError) else Trouble.CONNECT
