"""``/api/v1/openapi.json``: the description of the admin API, for programs."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.openapi import document_of
from gateway.admin.route import About, AnyRoute, Call, Route
from gateway.admin.shapes import Body, PlainObject, Query

OPENAPI: Final = "/api/v1/openapi.json"


class Description:
    """Describes routes, and itself. It tells nothing that the documentation does not, so anybody may read it."""

    def __init__(self, described: Sequence[AnyRoute]) -> None:
        self._document = document_of([*described, *self.routes()])

    def routes(self) -> list[AnyRoute]:
        """The table of these."""
        return [
            Route(
                "GET", OPENAPI, "This description, for programs", None, self._openapi, PlainObject, about=About.NONE
            ),
        ]  # fmt: skip

    async def _openapi(self, _: Call[Query, Body]) -> web.Response:
        return answer(self._document)
