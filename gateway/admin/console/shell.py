"""The console as a whole: its pages as aiohttp serves them, behind session, form token and roles; errors as pages."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from gateway.admin.console.asking import Api
from gateway.admin.console.cookies import Cookies
from gateway.admin.console.page import HEADERS, Page, Visit, csrf_field
from gateway.admin.console.reading import demand_ours, read_form
from gateway.admin.console.words import FILTERS
from gateway.admin.problems import FORBIDDEN, Problem, problem_of
from gateway.admin.route import ACCOUNT, CALLER, Inside
from gateway.operations.sessions import SessionOperations, SignedIn
from gateway.operations.tokens import Caller, Role
from gateway.pages import Pages
from gateway.store import StoreError

SHADOW: Final = "GET /api/v1/shadow"
SIGN_IN: Final = "/sign-in"
NOBODY: Final = Caller("", Role.READ, frozenset())
# The navigation: section, its title, its first page.
SECTIONS: Final = (
    ("overview", "Overview", "/"),
    ("services", "Messaging Services", "/services"),
    ("opt-outs", "Opt-outs", "/opt-outs"),
    ("activity", "Activity", "/activity"),
    ("review", "Review list", "/review"),
    ("deliveries", "Deliveries", "/deliveries"),
    ("try", "Try it", "/try"),
)


class Console:
    """Serves pages; a page that needs a route of the admin API that is not there is left out."""

    def __init__(self, api: Api, sessions: SessionOperations) -> None:
        self.cookies = Cookies()
        self.pages = Pages("gateway.admin.console", filters=FILTERS)
        self._api = api
        self._sessions = sessions
        self._sections: tuple[tuple[str, str, str], ...] = ()

    def served(self, pages: Sequence[Page]) -> list[web.RouteDef]:
        """The pages, and the files that they are made with."""
        there = [page for page in pages if all(map(self._api.has, page.needs))]
        known = {page.section for page in there}
        self._sections = tuple(section for section in SECTIONS if section[0] in known)
        return [*map(self._served, there), *self.pages.assets.routes()]

    def _served(self, page: Page) -> web.RouteDef:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answered(page, request)
            except Exception as error:
                return self._refused(problem_of(error), page.section, request)

        return web.route(page.method, page.path, serve)

    async def _answered(self, page: Page, request: web.Request) -> web.StreamResponse:
        secret = self.cookies.secret(request)
        # a stream of live parts is nothing that somebody does, so it does not keep a session going
        is_used = not page.path.endswith("/live")
        signed_in = await self._sessions.signed_in(secret, is_used=is_used) if secret is not None else None
        if signed_in is None and not page.is_open:
            return self._to_sign_in(page, request) if is_used else web.Response(status=401, text="Sign in.\n")
        visit = self._visit(page, request, secret or self.cookies.stranger(), signed_in)
        if signed_in is not None:
            request[CALLER] = signed_in.caller
        for name in page.needs:
            if not visit.may(name):
                raise Problem(FORBIDDEN, "it takes another role than that of the token you are signed in with")
        visit.shadow = await self._shadow(visit) if signed_in is not None and page.needs else None
        if page.method == "POST":
            visit.form, visit.file = await read_form(request, page.most_file_bytes)
        with contextlib.closing(visit.file.content) if visit.file is not None else contextlib.nullcontext():
            if page.method == "POST":
                demand_ours(request, visit.form.get("csrf"), self.cookies.csrf_of(visit.secret))
            return await page.handler(visit)

    def _to_sign_in(self, page: Page, request: web.Request) -> web.Response:
        """Lead to the sign-in page, and from there to the page that was asked for; what a form brought is not kept."""
        response = web.Response(status=303, headers={"Location": SIGN_IN} | HEADERS)
        is_secure = self.cookies.is_secure(request)
        if page.method == "GET":
            self.cookies.want(response, request.raw_path, is_secure=is_secure)
        if self.cookies.secret(request) is not None:
            said = "sign-in-first" if page.method == "GET" else "session-ended"
            self.cookies.say(response, said, is_secure=is_secure)
        return response

    async def lost(self, problem: Problem, request: web.Request) -> web.Response:
        """A page for who asked for one that is not there, with the navigation where they are signed in."""
        secret = self.cookies.secret(request)
        with contextlib.suppress(StoreError):  # then it is shown without
            signed_in = await self._sessions.signed_in(secret, is_used=False) if secret is not None else None
            if signed_in is not None:
                request[CALLER] = signed_in.caller
        return self._refused(problem, "", request)

    async def _shadow(self, visit: Visit) -> Any:
        """Where shadow mode is on, which every page says; None where it is not."""
        if visit.account_sid is None or not (self._api.has(SHADOW) and self._api.may(visit.caller, SHADOW)):
            return None
        told = await self._api.ask(visit.request, visit.caller, SHADOW, Inside(), {}, {}, visit.account_sid)
        return told if told["is_on"] else None

    def _visit(self, page: Page, request: web.Request, secret: str, signed_in: SignedIn | None) -> Visit:
        caller = signed_in.caller if signed_in is not None else NOBODY
        accounts = self._api.accounts_of(caller) if signed_in is not None else []
        chosen = signed_in.account_sid if signed_in is not None else None
        account_sid = chosen if chosen in accounts else next(iter(accounts), None)
        if account_sid is not None:
            request[ACCOUNT] = account_sid
        return Visit(
            request, page, caller, secret, account_sid, accounts, self._api, self.pages, self.cookies, self._sections
        )

    def _refused(self, problem: Problem, section: str, request: web.Request) -> web.Response:
        """A page that says what went wrong, with nothing of what was sent."""
        caller = request.get(CALLER)
        secret = self.cookies.secret(request) or ""
        response = self.pages.answer(
            "problem.html",
            problem.kind.status,
            shadow=None,
            problem=problem,
            said=None,
            csrf=csrf_field(self.cookies.csrf_of(secret)),
            caller=caller,
            account_sid=None,
            accounts=[],
            section=section,
            sections=self._sections if caller is not None else (),
        )
        response.headers.update(HEADERS | dict(problem.headers))
        return response
