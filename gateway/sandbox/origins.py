"""A browser may steer the sandbox only from the sandbox's own page; Twilio's API asks for credentials anyway."""

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
    if is_guarded and origin not in (None, f"{request.scheme}://{request.host}"):
        return web.Response(status=403, text="This request came from another site.\n")
    return await handler(request)
