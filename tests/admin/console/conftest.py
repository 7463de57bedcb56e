"""Somebody at a browser without scripts: cookies, links, and forms with all their hidden fields."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from yarl import URL

from tests.admin.conftest import ADMIN_TOKEN, Admin
from tests.staging import SERVICE

CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
RECIPIENT = "+14155550100"


@dataclass(frozen=True)
class Seen:
    status: int
    path: str
    headers: dict[str, str]
    text: str

    @property
    def words(self) -> str:
        """What a reader sees of it."""
        without_tags = re.sub(r"<[^>]+>", " ", self.text)
        return re.sub(r"\s+", " ", html.unescape(without_tags))


class Visitor:
    """A browser; it follows redirects, and sends with each form the token of the page that it saw last."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> Seen:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, **form: str) -> Seen:
        return await self._ask("POST", path, form | {"csrf": self.csrf}, FROM_HERE)

    async def send(self, path: str, form: aiohttp.FormData) -> Seen:
        """Send a form that brings a file."""
        return await self._ask("POST", path, form, FROM_HERE)

    async def post_as(self, path: str, headers: dict[str, str], csrf: str | None = None) -> Seen:
        """Send a form with other headers, or another token, than a browser's."""
        return await self._ask("POST", path, {"csrf": self.csrf if csrf is None else csrf}, headers)

    async def sign_in(self, token: str = ADMIN_TOKEN) -> Seen:
        await self.get("/sign-in")
        return await self.post("/sign-in", token=token)

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}

    def show(self, name: str, value: str) -> None:
        """Put a cookie where the browser keeps its own."""
        self.http.cookie_jar.update_cookies({name: value}, response_url=URL(self.url))

    async def _ask(
        self, method: str, path: str, form: dict[str, str] | aiohttp.FormData | None, headers: dict[str, str]
    ) -> Seen:
        async with self.http.request(method, self.url + path, data=form, headers=headers) as answer:
            text = await answer.text()
            self.csrf = found[1] if (found := CSRF.search(text)) else self.csrf
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Seen(answer.status, answer.url.path, names, text)


NewVisitor = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def new_visitor(desk: Admin) -> AsyncIterator[NewVisitor]:
    """Gives browsers at the console of the admin listener alone."""
    opened: list[aiohttp.ClientSession] = []

    async def new() -> Visitor:
        http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # unsafe: cookies of an IP address
        opened.append(http)
        return Visitor(desk.url, http)

    yield new
    for http in opened:
        await http.close()


@pytest.fixture
async def visitor(new_visitor: NewVisitor) -> Visitor:
    """Somebody who is not signed in."""
    return await new_visitor()


@pytest.fixture
async def operator(visitor: Visitor) -> Visitor:
    """Somebody who is signed in with the token of the settings."""
    assert 200 == (await visitor.sign_in()).status
    return visitor


@pytest.fixture
async def opt_out_id(desk: Admin) -> str:
    """A recipient's opt-out of the service."""
    added = await desk.post("/api/v1/opt-outs", {"recipient": RECIPIENT, "service_sid": SERVICE, "reason": "by letter"})
    return str(added.json["opt_out_id"])
