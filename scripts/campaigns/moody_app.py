"""An app that takes webhooks, or fails in one of several ways, as chance will have it; it keeps what it took."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from aiohttp import web

LONGEST_DELAY_SECONDS: Final = 0.4
HANGS_SECONDS: Final = 6.0

Mood = Callable[["MoodyApp", web.BaseRequest, str, str], Awaitable[web.StreamResponse]]


class MoodyApp:
    """``tokens``: for each MessageSid the idempotency tokens under which the app took it, as often as it did."""

    def __init__(self, chance: random.Random) -> None:
        self.url = ""
        self.behaves = False
        self.tokens: dict[str, Counter[str]] = defaultdict(Counter)
        self.moods: Counter[str] = Counter()
        self._chance = chance

    async def __aenter__(self) -> Self:
        server = web.Server(self._take, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/sms"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        form = await request.post()
        name = "takes" if self.behaves else self._chance.choices(list(MOODS), WEIGHTS)[0]
        self.moods[name] += 1
        sid, token = str(form["MessageSid"]), request.headers.get("I-Twilio-Idempotency-Token", "")
        return await MOODS[name](self, request, sid, token)

    async def takes(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Take it, and answer at once."""
        self.tokens[sid][token] += 1
        return web.Response(text=f"<Response><Message>{sid}</Message></Response>", content_type="text/xml")

    async def takes_later(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Take it after a while."""
        await asyncio.sleep(self._chance.uniform(0, LONGEST_DELAY_SECONDS))
        return await self.takes(request, sid, token)

    async def takes_and_says_nonsense(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Take it, and answer what is no TwiML."""
        await self.takes(request, sid, token)
        return web.json_response({"taken": True})

    async def takes_and_breaks_off(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Take it, and break the connection before the answer: nobody but the token can tell that it was taken."""
        await self.takes(request, sid, token)
        return await self.breaks_off(request, sid, token)

    async def breaks_off(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Break the connection."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def fails(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Answer 500."""
        return web.Response(status=500)

    async def hangs(self, request: web.BaseRequest, sid: str, token: str) -> web.StreamResponse:
        """Say nothing for long."""
        await asyncio.sleep(HANGS_SECONDS)
        return web.Response(status=500)


MOODS: Final[dict[str, Mood]] = {
    "takes": MoodyApp.takes,
    "takes later": MoodyApp.takes_later,
    "takes and says nonsense": MoodyApp.takes_and_says_nonsense,
    "takes and breaks off": MoodyApp.takes_and_breaks_off,
    "breaks off": MoodyApp.breaks_off,
    "fails": MoodyApp.fails,
    "hangs": MoodyApp.hangs,
}
WEIGHTS: Final = (50, 20, 5, 5, 5, 13, 2)
