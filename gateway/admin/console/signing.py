"""Signing in with a token of the admin listener, out again, and which account is looked at."""

from aiohttp import web

from gateway.admin.console.page import Page, Visit
from gateway.admin.console.shell import SIGN_IN
from gateway.admin.console.throttle import Throttle
from gateway.operations.sessions import SessionOperations

MOST_TOKEN = 512  # characters


class Signing:
    """The handlers. ``throttle`` says how often somebody may try."""

    def __init__(self, sessions: SessionOperations, throttle: Throttle) -> None:
        self._sessions = sessions
        self._throttle = throttle

    def pages(self) -> list[Page]:
        """The table of these."""
        return [
            Page("GET", SIGN_IN, "sign-in", self._form, is_open=True),
            Page("POST", SIGN_IN, "sign-in", self._sign_in, is_open=True),
            Page("POST", "/sign-out", "sign-in", self._sign_out),
            Page("POST", "/account", "sign-in", self._choose),
        ]

    async def _form(self, visit: Visit) -> web.Response:
        if visit.caller.name:
            return visit.go("/")
        response = visit.show("sign_in.html", error=None)
        if visit.cookies.secret(visit.request) is None:
            visit.cookies.keep(response, visit.secret, is_secure=visit.request.secure)
        return response

    async def _sign_in(self, visit: Visit) -> web.Response:
        wait = self._throttle.begin(visit.request.remote)
        if wait:
            response = visit.show("sign_in.html", 429, error=f"Too many tries. Wait {wait} seconds, then try again.")
            response.headers["Retry-After"] = str(wait)
            return response
        token = visit.form.get("token", "").strip()
        try:
            begun = await self._sessions.begin(token, visit.secret) if 0 < len(token) <= MOST_TOKEN else None
        except Exception:
            self._throttle.take_back(visit.request.remote)  # it was not found out whether it is wrong
            raise
        if begun is None:
            return visit.show("sign_in.html", 403, error="This token is wrong, expired or revoked.")
        self._throttle.take_back(visit.request.remote)
        response = visit.go(visit.cookies.wanted(visit.request))
        visit.cookies.unwant(response)
        visit.cookies.keep(response, begun[0], is_secure=visit.cookies.is_secure(visit.request))
        return response

    async def _sign_out(self, visit: Visit) -> web.Response:
        await self._sessions.end(visit.secret)
        response = visit.go(SIGN_IN, "signed-out")
        visit.cookies.forget(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    async def _choose(self, visit: Visit) -> web.Response:
        wanted = visit.form.get("account_sid", "")
        if wanted in visit.accounts:
            await self._sessions.choose(visit.secret, wanted)
        return visit.go("/")
