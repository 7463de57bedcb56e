"""HTTP/1.1 by hand: requests as no client would write them, and their answers read strictly."""

import asyncio
import base64
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.staging import Answered

FORM = ("Content-Type", "application/x-www-form-urlencoded")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
CODE = re.compile(rb'"code":\s*(\d+)|<Code>(\d+)</Code>')


@dataclass(frozen=True)
class Raw:
    """One request, written as it is told."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    host: str | None = "gateway.example.com"
    has_length: bool = True

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"Host: {self.host}"] if self.host is not None else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}"] if self.has_length else []
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def basic(user: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def code_of(answered: Answered) -> int | None:
    """The number in ``code``, in JSON or XML."""
    found = CODE.search(answered.body)
    return int(found[1] or found[2]) if found else None


class Line:
    """A kept connection to a server, opened again when the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = parts.hostname or "", parts.port or 80
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._open is not None:
            self._open[1].transport.abort()
            self._open = None

    async def exchange(self, request: bytes) -> Answered:
        """Write a request and read its answer. Raises OSError, asyncio.IncompleteReadError, TimeoutError."""
        try:
            async with asyncio.timeout(20):
                if self._open is None:
                    self._open = await asyncio.open_connection(*self._place)
                reader, writer = self._open
                writer.write(request)
                answered, is_kept = await _read(reader, is_head=request.startswith(b"HEAD "))
        except BaseException:
            self.close()
            raise
        if not is_kept:
            self.close()
        return answered


async def _read(reader: asyncio.StreamReader, *, is_head: bool) -> tuple[Answered, bool]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = dict(line.partition(": ")[::2] for line in lines[1:])
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length and not is_head else b""
    is_kept = headers.get("Connection", "").lower() != "close" and not is_head
    return Answered(int(lines[0].split(" ")[1]), headers, body), is_kept
