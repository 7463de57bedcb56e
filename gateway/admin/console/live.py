"""Pages that keep themselves current: parts are made anew every few seconds while somebody is signed in."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from typing import Final

from aiohttp import web

from gateway.admin.console.page import Visit
from gateway.admin.problems import Problem
from gateway.operations.sessions import SessionOperations
from gateway.pages import serve_parts
from gateway.pages.live import Parts
from gateway.store import StoreError

EVERY_SECONDS: Final = 3.0
MOST_ONLOOKERS: Final = 20  # in one process: each costs some look-ups every few seconds
LATER_SECONDS: Final = "30"


class Onlookers:
    """Serves live parts to some at a time. Nobody is kept in by looking: the half hour of a session runs on."""

    def __init__(self, sessions: SessionOperations) -> None:
        self._sessions = sessions
        self._count = 0
        self._is_over = asyncio.Event()

    async def end(self, _: object) -> None:
        """Let all go, as the gateway ends (an application's ``on_shutdown``)."""
        self._is_over.set()

    async def serve(self, visit: Visit, parts: Parts) -> web.StreamResponse:
        """Answer an EventSource; 503 to those that are too many, whose page then is as current as their last reload."""
        if visit.request.method != "GET":  # aiohttp takes HEAD along; it would be told nothing, for ever
            return web.Response(status=405, headers={"Allow": "GET"})
        if self._count >= MOST_ONLOOKERS:
            return web.Response(status=503, headers={"Retry-After": LATER_SECONDS}, text="Too many are looking.\n")
        with self._counted():
            return await serve_parts(visit.request, self._beats(visit), _keeping(parts))

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1

    async def _beats(self, visit: Visit) -> AsyncGenerator[None]:
        while not self._is_over.is_set() and await self._is_signed_in(visit):
            yield
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), EVERY_SECONDS)

    async def _is_signed_in(self, visit: Visit) -> bool:
        try:
            signed_in = await self._sessions.signed_in(visit.secret, is_used=False)
        except StoreError:
            return True  # a store that is away signs nobody out; what is shown stays as it was
        return signed_in is not None and signed_in.caller == visit.caller


def _keeping(parts: Parts) -> Parts:
    """The same parts, which stay as they were while they cannot be made."""
    last: dict[str, str] = {}

    async def made() -> dict[str, str]:
        with contextlib.suppress(Problem):
            last.update(await parts())
        return last

    return made
