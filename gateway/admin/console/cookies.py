"""The cookies of the console, and the token that goes into its forms.

The session's cookie is ``__Host-…`` and `Secure` wherever the browser speaks TLS, else it has a plain name: a browser
on the same machine may ask by HTTP. All are `HttpOnly` and `SameSite=Strict`. Before somebody is signed in the cookie
holds a random value that proves nothing; signing in puts another one in its place.
"""

import hashlib
import hmac
import re
import secrets
from typing import Final

from aiohttp import web

PLAIN: Final = "gateway-session"
SECURE: Final = "__Host-gateway-session"
SAID: Final = "gateway-said"
SAID_SECONDS: Final = 60
WANTED: Final = "gateway-wanted"
WANTED_SECONDS: Final = 600
PAGE_OF_OURS: Final = re.compile(r"/(?:[A-Za-z0-9][\w./-]*)?(?:\?[\w=&%.:-]*)?", re.ASCII)  # and of no other host
MOST_OF_A_PATH: Final = 300
MOST_CHARACTERS: Final = 128


class Cookies:
    """Reads and sets them."""

    def is_secure(self, request: web.Request) -> bool:
        """Whether the browser speaks TLS: with us, or with a proxy, which its Origin then tells (it sends one with each
        form, and nobody else can choose it).
        """
        return request.secure or request.headers.get("Origin", "").startswith("https://")

    def secret(self, request: web.Request) -> str | None:
        """What the session's cookie holds. A plain one counts only where TLS does not end here, as anybody on the way
        could have set it.
        """
        found = request.cookies.get(SECURE) or (None if request.secure else request.cookies.get(PLAIN))
        return found if found and len(found) <= MOST_CHARACTERS else None

    def stranger(self) -> str:
        """A value for somebody who is not signed in."""
        return secrets.token_urlsafe(32)

    def keep(self, response: web.StreamResponse, secret: str, *, is_secure: bool) -> None:
        """Have the browser keep a secret until it is closed."""
        name, other = (SECURE, PLAIN) if is_secure else (PLAIN, SECURE)
        response.set_cookie(name, secret, path="/", httponly=True, secure=is_secure, samesite="Strict")
        response.del_cookie(other, path="/", secure=not is_secure, httponly=True, samesite="Strict")

    def forget(self, response: web.StreamResponse) -> None:
        """Have the browser keep none."""
        response.del_cookie(PLAIN, path="/", httponly=True, samesite="Strict")
        response.del_cookie(SECURE, path="/", secure=True, httponly=True, samesite="Strict")

    def csrf_of(self, secret: str) -> str:
        """The token of forms: it tells nothing of the secret, and only who has that can make it."""
        return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()

    def said(self, request: web.Request) -> str | None:
        """The name of what is to be said once."""
        return request.cookies.get(SAID)

    def say(self, response: web.StreamResponse, name: str, *, is_secure: bool) -> None:
        """Have something said on the next page."""
        response.set_cookie(
            SAID, name, path="/", max_age=SAID_SECONDS, httponly=True, secure=is_secure, samesite="Strict"
        )

    def unsay(self, response: web.StreamResponse) -> None:
        """It was said."""
        response.del_cookie(SAID, path="/", httponly=True, samesite="Strict")

    def want(self, response: web.StreamResponse, path: str, *, is_secure: bool) -> None:
        """Have the browser remember which page it was after, while somebody signs in."""
        if len(path) <= MOST_OF_A_PATH and PAGE_OF_OURS.fullmatch(path):
            response.set_cookie(
                WANTED, path, path="/", max_age=WANTED_SECONDS, httponly=True, secure=is_secure, samesite="Strict"
            )

    def wanted(self, request: web.Request) -> str:
        """The page that the browser was after; the first one where it was after none of ours."""
        path = request.cookies.get(WANTED, "")
        return path if len(path) <= MOST_OF_A_PATH and PAGE_OF_OURS.fullmatch(path) else "/"

    def unwant(self, response: web.StreamResponse) -> None:
        """It is there."""
        response.del_cookie(WANTED, path="/", httponly=True, samesite="Strict")
