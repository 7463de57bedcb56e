"""``/api/v1/capture``: the traffic of this process as it happens, as a capture; for who may see everything."""

import time
from typing import Final

from aiohttp import web
from pydantic import Field

from gateway.admin.api.tokens import demand_all_accounts
from gateway.admin.route import About, AnyRoute, Call, Route
from gateway.admin.shapes import Body, Query
from gateway.capture.recorder import Capture, Listener
from gateway.capture.records import encode
from gateway.operations.tokens import Role
from gateway.store import StoreError

NDJSON: Final = "application/x-ndjson"
MOST_SECONDS: Final = 86_400
PAUSE_SECONDS: Final = 1.0


class CaptureQuery(Query):
    """How long to capture."""

    seconds: int = Field(default=60, ge=1, le=MOST_SECONDS, description="How long to capture.")


class CaptureApi:
    """The handler."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", "/api/v1/capture", "The list, then the traffic as it happens, as JSON lines", Role.ADMIN,
                self._stream, NDJSON, query=CaptureQuery, about=About.NONE,
            ),
        ]  # fmt: skip

    async def _stream(self, call: Call[CaptureQuery, Body]) -> web.StreamResponse:
        demand_all_accounts(call)
        response = web.StreamResponse(headers={"Content-Type": NDJSON})
        with self._capture.listening() as listener:  # before the list is read, so that nothing falls in between
            await response.prepare(call.request)
            try:
                await self._tell(response, listener, call.query.seconds)
                await response.write_eof()
            except ConnectionError:
                pass  # whoever listened has gone
            except StoreError:
                if call.request.transport is not None:  # too late for a problem: the answer ends before its end
                    call.request.transport.abort()
        return response

    async def _tell(self, response: web.StreamResponse, listener: Listener, seconds: int) -> None:
        await response.write(encode(self._capture.head()))
        async for line in self._capture.state():
            await response.write(line)
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0:
            heard = await listener.heard(min(left, PAUSE_SECONDS))
            if heard is None:
                return
            if heard:
                await response.write(heard)
