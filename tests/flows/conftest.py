"""An app of several pages, each of which answers what a test put there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from tests.staging import TOKEN


@dataclass(frozen=True)
class Asked:
    """One request as a page saw it."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    is_signed: bool


class Pages:
    """The app. A page that was not put answers 404; ``asked`` are all requests, oldest first."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.is_over = asyncio.Event()
        self._pages: dict[str, web.Response] = {}
        self._hanging: set[str] = set()

    def hang(self, path: str) -> str:
        """Let a page never answer until the test is over; gives its URL."""
        self._hanging.add(path)
        return f"{self.url}{path}"

    def put(self, path: str, twiml: str, content_type: str = "text/xml", status: int = 200) -> str:
        """Let a page answer with verbs, or with anything of another type; gives its URL."""
        body = f"<Response>{twiml}</Response>" if content_type == "text/xml" else twiml
        self._pages[path] = web.Response(status=status, text=body, content_type=content_type)
        return f"{self.url}{path}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form: MultiDict[str] = MultiDict((name, str(value)) for name, value in (await request.post()).items())
        signature = request.headers.get("X-Twilio-Signature", "")
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query if request.method == "GET" else form),
                dict(request.headers),
                bool(RequestValidator(TOKEN).validate(f"{self.url}{request.raw_path}", form, signature)),
            )
        )
        if request.path in self._hanging:
            await self.is_over.wait()
        page = self._pages.get(request.path)
        if page is None:
            return web.Response(status=404)
        return web.Response(status=page.status, text=page.text, content_type=page.content_type)


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    pages = Pages()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", pages.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pages.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield pages
    pages.is_over.set()
    await runner.cleanup()
