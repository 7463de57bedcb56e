"""``/api/v1/openapi.json`` and ``/api/v1/docs``: the description of the admin API, for programs and for people."""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.openapi import document_of
from gateway.admin.reference import sections_of
from gateway.admin.route import About, AnyRoute, Call, Route
from gateway.admin.shapes import Body, PlainObject, Query
from gateway.pages import Pages

OPENAPI: Final = "/api/v1/openapi.json"
REFERENCE: Final = "/api/v1/docs"


class Description:
    """Describes routes, and itself. It tells nothing that the documentation does not, so anybody may read it.

    The document is made when somebody first asks: it takes longer than all the rest of a start.
    """

    def __init__(self, described: Sequence[AnyRoute]) -> None:
        self._described = described
        self._making = asyncio.Lock()
        self._document: dict[str, Any] | None = None

    def routes(self) -> list[AnyRoute]:
        """The table of these."""
        return [
            Route(
                "GET", OPENAPI, "This description, for programs", None, self._openapi, PlainObject, about=About.NONE
            ),
            Route("GET", REFERENCE, "This description, for people", None, self._page, "text/html", about=About.NONE),
        ]  # fmt: skip

    async def _openapi(self, _: Call[Query, Body]) -> web.Response:
        return answer(await self._made())

    async def _page(self, _: Call[Query, Body]) -> web.Response:
        document = await self._made()
        return _pages().answer("api.html", document=document, sections=sections_of(document), openapi=OPENAPI)

    async def _made(self) -> dict[str, Any]:
        async with self._making:
            if self._document is None:  # in a thread, as nobody's message may wait for it
                self._document = await asyncio.to_thread(document_of, [*self._described, *self.routes()])
        return self._document


@cache
def _pages() -> Pages:
    return Pages("gateway.admin")  # the console serves the files that all pages share
