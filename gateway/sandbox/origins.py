"""A browser may steer the sandbox only from the sandbox's own page; Twilio's API asks for credentials anyway.

Where a page says `no-referrer`, browsers send `Origin: null` with its forms (Fetch, "append a request Origin header"):
then `Sec-Fetch-Site`, which no page can set, tells whether the form was ours.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_TO_ALL = ("/sandbox/", "/phones")
"""Paths that change something without asking for credentials."""


@web.middleware
async def refuse_foreign_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes that another site's page asks for: nothing here needs a password."""
    origin = request.headers.get("Origin")
    is_guarded = request.method not in _READING and request.path.startswith(_OPEN_TO_ALL)
    is_own = origin in (None, f"{request.scheme}://{request.host}") or (
        origin == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin"
    )
    if is_guarded and not is_own:
        return web.Response(status=403, text="This request came from another site.\n")
    return await handler(request)
