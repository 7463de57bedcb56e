"""Asking an app: one request, one bounded answer."""

from dataclasses import dataclass
from typing import Final, Self

import aiohttp
from yarl import URL

CONNECT_SECONDS: Final = 3.0
MOST_ANSWER_BYTES: Final = 256 * 1024
MOST_CONNECTIONS: Final = 100


class AppUnreachable(Exception):
    """An app gave no whole answer in time; the text says why, without the URL's query or credentials."""


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

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @classmethod
    def open(cls) -> Self:
        """Make a client; call `close` in the end."""
        return cls(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=15),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
                trust_env=False,
            )
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def post(self, url: str, headers: dict[str, str], body: bytes, within_seconds: float) -> AppAnswer:
        """Post to an app, to the URL exactly as it is written. Raises `AppUnreachable`."""
        timeout = aiohttp.ClientTimeout(total=within_seconds, sock_connect=min(CONNECT_SECONDS, within_seconds))
        try:
            async with self._session.post(
                URL(url, encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return AppAnswer(
                    response.status,
                    response.headers.get("Content-Type", ""),
                    await _bounded(response),
                    tuple(response.headers.getall("Set-Cookie", ())),
                )
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise AppUnreachable(f"{type(error).__name__} after at most {within_seconds:.1f} s") from error


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_ANSWER_BYTES:
            response.close()
            raise AppUnreachable(f"its answer is larger than {MOST_ANSWER_BYTES} bytes")
    return bytes(body)
