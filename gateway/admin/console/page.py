"""One page or action of the console, described once, and one visit of it.

A `Page` names the routes of the admin API that it ``needs``: who may not call each of them may not have the page. What
it ``uses`` beyond that it shows or offers only to who may call it (`Visit.may`). A visit can ask no other route.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from markupsafe import Markup

from gateway.admin.console.asking import Api
from gateway.admin.console.cookies import Cookies
from gateway.admin.console.flashes import FLASHES
from gateway.admin.console.reading import File
from gateway.admin.route import Inside
from gateway.admin.shapes import MOST_ON_A_PAGE
from gateway.operations.tokens import Caller
from gateway.pages import Pages


@dataclass(frozen=True, slots=True)
class Page:
    """A page (``GET``) or an action (``POST``). ``path`` is in aiohttp's form; ``section`` is the part of the
    navigation that it belongs to. An ``is_open`` one is there for who is not signed in, too. An action takes
    a file of at most ``most_file_bytes``, 0: none.
    """

    method: str
    path: str
    section: str
    handler: "Handler"
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    is_open: bool = False
    most_file_bytes: int = 0


@dataclass(slots=True)
class Visit:
    """One request for a page: who makes it, what their form brought, and what a page can do.

    ``form`` has each field once, ``file`` is the one that came with it. ``account_sid`` is the account that they look
    at.
    """

    request: web.Request
    page: Page
    caller: Caller
    secret: str
    account_sid: str | None
    accounts: list[str]
    api: Api
    pages: Pages
    cookies: Cookies
    sections: tuple[tuple[str, str, str], ...]
    shadow: Mapping[str, Any] | None = None  # where nothing is enforced, if there is such a place
    form: Mapping[str, str] = field(default_factory=dict)
    file: File | None = None

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters of the path."""
        return self.request.match_info

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query; of one that stands twice the first."""
        return self.request.query

    def may(self, name: str) -> bool:
        """Whether a route that the page declares is there and may be asked."""
        self._demand_declared(name)
        return self.api.has(name) and self.api.may(self.caller, name)

    async def ask(
        self,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | None] | None = None,
        body: Mapping[str, Any] | None = None,
        inside: Inside | None = None,
        account_sid: str | None = None,
    ) -> Any:
        """What a route of the admin API tells who visits, as they may see it. What is None or empty in the query is
        left out. Raises `Problem`.
        """
        whole = await self.ask_whole(name, path=path, query=query, body=body, inside=inside, account_sid=account_sid)
        return self.api.as_seen_by(self.caller, name, whole)

    async def ask_all(
        self,
        name: str,
        key: str,
        *,
        path: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        account_sid: str | None = None,
    ) -> list[Any]:
        """All lines of a list, over all its pages, each as large as may be. Raises `Problem`."""
        lines: list[Any] = []
        where: dict[str, Any] = {"limit": MOST_ON_A_PAGE}
        while True:
            in_query = {} if body is not None else {part: str(value) for part, value in where.items()}
            asked = None if body is None else {**body, **where}
            told = await self.ask(name, path=path, query=in_query, body=asked, account_sid=account_sid)
            lines += told[key]
            if told["next"] is None:
                return lines
            where["after"] = told["next"]

    async def ask_whole(
        self,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | None] | None = None,
        body: Mapping[str, Any] | None = None,
        inside: Inside | None = None,
        account_sid: str | None = None,
    ) -> Any:
        """The same unmasked: to ask on with, never to show."""
        self._demand_declared(name)
        return await self.api.ask(
            self.request,
            self.caller,
            name,
            inside or Inside(path=path or {}),
            {key: value for key, value in (query or {}).items() if value},
            {key: value for key, value in (body or {}).items() if value is not None},
            account_sid or self.account_sid,
        )

    def show(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page; what was said by the action before it is said once."""
        said = FLASHES.get(self.cookies.said(self.request) or "")
        response = self.pages.answer(template, status, **self._shared(), said=said, **values)
        response.headers.update(HEADERS)
        if self.cookies.said(self.request) is not None:
            self.cookies.unsay(response)
        return response

    def part(self, template: str, **values: Any) -> str:
        """A live part of a page."""
        return self.pages.text(template, **self._shared(), **values)

    def go(self, path: str, said: str | None = None) -> web.Response:
        """Have the browser ask for a page, which says what was done."""
        response = web.Response(status=303, headers={"Location": path})
        if said is not None:
            self.cookies.say(response, said, is_secure=self.cookies.is_secure(self.request))
        return response

    def _shared(self) -> dict[str, Any]:
        return {
            "csrf": csrf_field(self.cookies.csrf_of(self.secret)),
            "caller": self.caller,
            "account_sid": self.account_sid,
            "accounts": self.accounts,
            "section": self.page.section,
            "shadow": self.shadow,
            "sections": self.sections,
        }

    def _demand_declared(self, name: str) -> None:
        if name not in (*self.page.needs, *self.page.uses):
            raise LookupError(f"{self.page.method} {self.page.path} does not declare {name}")


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]

HEADERS = {
    # a form's Origin is null under no-referrer (Fetch, "append a request Origin header"); no path holds a number
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def csrf_field(token: str) -> Markup:
    """The field that each form has, so that nobody else can make one."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)
