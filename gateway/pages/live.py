"""Parts of a page that change while somebody looks: sent anew by server-sent events, as HTML, whenever they differ.

`live.js` puts each part in the place of the one with the same id. A connection that breaks is opened again by the
browser and begins with all parts, so nothing has to be remembered for anybody.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Final

from aiohttp import ClientConnectionResetError, web

FOLDED_SECONDS: Final = 0.05
"""Changes that follow each other more quickly are shown together."""

BEAT_SECONDS: Final = 15.0
"""So often at least something is sent, so that a connection that has ended is noticed."""

Parts = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives the HTML of each part by its id, as it is now."""

_HEADERS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}


class Changes:
    """Tells all who look that something is different."""

    def __init__(self) -> None:
        self._onlookers: set[asyncio.Event] = set()

    def tell(self) -> None:
        """Have everybody look again."""
        for onlooker in self._onlookers:
            onlooker.set()

    async def beats(self) -> AsyncGenerator[None]:
        """When to look: at once, after each change, and every 15 seconds; no change goes unseen in between."""
        changed = asyncio.Event()
        self._onlookers.add(changed)
        try:
            while True:
                changed.clear()
                yield
                await _within(changed, BEAT_SECONDS)
                await asyncio.sleep(FOLDED_SECONDS)
        finally:
            self._onlookers.discard(changed)


async def _within(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return


async def serve_parts(request: web.Request, beats: AsyncGenerator[None], parts: Parts) -> web.StreamResponse:
    """Answer an EventSource for as long as it listens: at each beat the parts that are not as they were sent last."""
    stream = web.StreamResponse(headers=_HEADERS)
    with contextlib.suppress(ClientConnectionResetError):  # nobody listens any more
        async with contextlib.aclosing(beats):
            await _send_parts(stream, request, beats, parts)
    return stream


async def _send_parts(
    stream: web.StreamResponse, request: web.Request, beats: AsyncGenerator[None], parts: Parts
) -> None:
    sent: dict[str, str] = {}
    await stream.prepare(request)
    async for _ in beats:
        current = await parts()
        news = {name: text for name, text in current.items() if sent.get(name) != text}
        await stream.write(b"".join(map(_event, news.values())) or b": still here\n\n")
        sent |= news


def _event(part: str) -> bytes:
    # only these three end a line there; a text may well hold others that Python knows
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", part))
    return f"event: part\n{lines}\n".encode()
