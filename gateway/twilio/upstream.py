"""The hop to Twilio: reserve a connection first, check then, write at once.

    UpstreamError
    ├── NotSent          nothing of the request left; the same request may be sent again
    └── OutcomeUnknown   it may have been taken; never sent again by us

Only connecting is ever retried. A connection is used again only when its last answer was complete, nothing came
after it, and the whole request had been written.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from gateway.messaging.values import value
from gateway.twilio.connection import Connection, Unanswered
from gateway.twilio.contact import FIRST_TROUBLED, Contact, PoolState, Trouble

CONNECT_SECONDS: Final = 5.0
WAIT_FOR_PLACE_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 15.0  # shorter than any front end of Twilio's keeps an idle connection
MOST_CONNECTIONS: Final = 256
CONNECT_TRIES: Final = 2
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


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


@value
class UpstreamRequest:
    """One request: method, target (path and query), headers without Host and lengths, and the body.

    ``steady`` are headers beside these that many requests have in common, and no secrets: written once for all of them.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    steady: tuple[tuple[str, str], ...] = ()


@value
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
        line = f"{request.method} {self._prefix}{request.target} HTTP/1.1"
        own = "".join([f"\n{name}: {value}" for name, value in request.headers])
        length = f"\nContent-Length: {len(request.body)}" if request.body or request.method in WITH_BODY else ""
        head = f"{line}\nHost: {self._authority}{own}{_steady(request.steady)}{length}\n\n"
        lines = 4 + len(request.headers) + len(request.steady) - (not length)
        # A lone CR is a line break to some servers (RFC 9112, section 2.2).
        if line.count(" ") != 2 or head.count("\n") != lines or "\r" in head or "\0" in head:
            raise ValueError("the request line or a header holds a line break, NUL or a space too many")
        return head.replace("\n", "\r\n").encode("latin-1")


@lru_cache(maxsize=512)
def _steady(headers: tuple[tuple[str, str], ...]) -> str:
    return "".join([f"\n{name}: {value}" for name, value in headers])


class Reservation:
    """A place and an open connection, to be used for one request and given back on leaving the ``async with``."""

    def __init__(self, upstream: Upstream, connection: Connection) -> None:
        self._upstream = upstream
        self._connection = connection

    async def __aenter__(self) -> "Reservation":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._upstream.give_back(self._connection)

    def send(self, request: UpstreamRequest) -> Awaitable[UpstreamResponse]:
        """Write the request at once and read the answer. Raises `NotSent` or `OutcomeUnknown`."""
        return self._upstream.exchange(self._connection, request)


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
