"""Asking an app: one request, one bounded answer, and no address that the guard refuses.

All URLs that come from outside go through here: of apps, their fallbacks, callbacks and sinks.
"""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
import structlog
from aiohttp.connector import AddrInfoType
from yarl import URL

from gateway.web.guard import OUTSIDE, Guard

log: Final = structlog.get_logger()

CONNECT_SECONDS: Final = 3.0
MOST_ANSWER_BYTES: Final = 256 * 1024
MOST_CONNECTIONS_TO_ONE: Final = 100  # to one host and port; an app that hangs takes none from the others
KEEP_SECONDS: Final = 4.0  # shorter than apps keep an idle connection, so that few are found closed when used
MOST_REMEMBERED: Final = 1_000
MOST_HOPS: Final = 4
MOST_LINE_BYTES: Final = 1_000


class AppUnreachable(Exception):
    """An app gave no whole answer in time; the text says why, without the URL's query or credentials.

    ``is_connection`` tells that no connection came about, so that nothing was asked.
    """

    def __init__(self, why: str, *, is_connection: bool = False) -> None:
        super().__init__(why)
        self.is_connection = is_connection


class AddressRefused(OSError):
    """The guard does not let the gateway dial this."""


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """What an app answered; ``cookies`` are the values of its Set-Cookie headers."""

    status: int
    content_type: str
    body: bytes
    cookies: tuple[str, ...]

    @property
    def is_success(self) -> bool:
        """Whether the app took it (2xx)."""
        return 200 <= self.status < 300


class AppClient:
    """A pool of connections to apps."""

    def __init__(self, session: aiohttp.ClientSession, guard: Guard) -> None:
        self._session = session
        self._guard = guard
        self._told: set[tuple[str, str]] = set()

    @classmethod
    def open(cls, guard: Guard | None = None) -> Self:
        """Make a client; call `close` in the end. Without a guard of the settings none but public addresses and the
        usual ports are dialled.
        """
        guard = guard or Guard()
        connector = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=MOST_CONNECTIONS_TO_ONE,
            keepalive_timeout=KEEP_SECONDS,
            # Called with the very address that is dialled next, whatever a name led to before.
            socket_factory=lambda dialled: _guarded_socket(guard, dialled),
        )
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True, trust_env=False
        )
        return cls(session, guard)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def look_at(self, url: str) -> None:
        """Log it if a URL can be told to be refused before its name is looked up, as those of the settings at start."""
        if refusal := self._guard.refusal_of_url(url):
            self._refused(url, refusal)

    async def post(self, url: str, headers: dict[str, str], body: bytes, within_seconds: float) -> AppAnswer:
        """Post to an app, to the URL exactly as it is written. Raises `AppUnreachable`."""
        return await self._asked("POST", url, headers, body, within_seconds)

    async def get(self, url: str, headers: dict[str, str], within_seconds: float) -> AppAnswer:
        """Ask an app by GET, at the URL exactly as it is written. Raises `AppUnreachable`."""
        return await self._asked("GET", url, headers, None, within_seconds)

    async def lines(self, url: str, within_seconds: float, most_bytes: int) -> AsyncIterator[str]:
        """The lines of a file, as they come; where its URL leads on, that is followed, each URL by the same rules.
        Raises `AppUnreachable`, also for one that breaks off or is larger.
        """
        timeout = aiohttp.ClientTimeout(total=within_seconds, sock_connect=CONNECT_SECONDS)
        try:
            for _ in range(MOST_HOPS):
                if refusal := self._guard.refusal_of_url(url):
                    raise self._refused(url, refusal)
                async with self._session.get(
                    URL(url, encoded=True), timeout=timeout, allow_redirects=False
                ) as response:
                    location = response.headers.get("Location")
                    if location is not None and 300 <= response.status < 400:
                        url = str(URL(url, encoded=True).join(URL(location, encoded=True)))
                        continue
                    if response.status != 200:
                        raise AppUnreachable(f"it answered {response.status}")
                    async for line in _lines(response, most_bytes):
                        yield line
                    return
            raise AppUnreachable(f"it leads on more than {MOST_HOPS} times")
        except aiohttp.ClientConnectorError as error:
            if refusal := _refusal_in(error.os_error):
                raise self._refused(url, refusal) from error
            raise _unreachable(error, within_seconds) from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(error, within_seconds) from error

    async def _asked(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, within_seconds: float
    ) -> AppAnswer:
        if refusal := self._guard.refusal_of_url(url):
            raise self._refused(url, refusal)
        timeout = aiohttp.ClientTimeout(total=within_seconds, sock_connect=min(CONNECT_SECONDS, within_seconds))
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return AppAnswer(
                    response.status,
                    response.headers.get("Content-Type", ""),
                    await _bounded(response),
                    tuple(response.headers.getall("Set-Cookie", ())),
                )
        except aiohttp.ClientConnectorError as error:
            if refusal := _refusal_in(error.os_error):
                raise self._refused(url, refusal) from error
            raise _unreachable(error, within_seconds) from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(error, within_seconds) from error

    def _refused(self, url: str, why: str) -> AppUnreachable:
        """The refusal, logged when it is the first for this host and reason."""
        host = host_of(url)
        if (host, why) not in self._told and len(self._told) < MOST_REMEMBERED:
            self._told.add((host, why))
            log.warning("address_refused", host=host, why=why)
        return AppUnreachable(f"refused: {why}", is_connection=True)


def host_of(url: str) -> str:
    """Host and port of a URL, for a log; nothing else of it is fit for one."""
    try:
        read = URL(url, encoded=True)
        return f"{read.host or ''}:{read.port or ''}"
    except ValueError:
        return ""


def _guarded_socket(guard: Guard, dialled: AddrInfoType) -> socket.socket:
    family, kind, protocol, _, place = dialled
    why = guard.refusal_of_address(str(place[0])) or guard.refusal_of_port(int(place[1]))
    if why is not None:
        raise AddressRefused(why)
    return socket.socket(family, kind, protocol)


def _refusal_in(error: OSError) -> str | None:
    """What the guard said, also where a name led to several addresses, refused for different reasons."""
    if isinstance(error, AddressRefused):
        return str(error)
    return f"none of its addresses may be dialled, {OUTSIDE}" if OUTSIDE in str(error) else None


def _unreachable(error: Exception, within_seconds: float) -> AppUnreachable:
    is_connection = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return AppUnreachable(f"{type(error).__name__} after at most {within_seconds:.1f} s", is_connection=is_connection)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            response.close()
            raise AppUnreachable(f"its answer is larger than {MOST_ANSWER_BYTES} bytes")
    return bytes(body)


async def _lines(response: aiohttp.ClientResponse, most_bytes: int) -> AsyncIterator[str]:
    size, rest = 0, b""
    async for chunk in response.content.iter_any():
        size += len(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        if size > most_bytes or len(rest) > MOST_LINE_BYTES:
            response.close()
            raise AppUnreachable(f"it is larger than {most_bytes} bytes, or one of its lines is too long")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
