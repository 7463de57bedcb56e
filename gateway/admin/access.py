"""Who may call the admin listener, and the line that tells of each call."""

import hashlib
import hmac
import re
import time
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway.admin.problems import UNAUTHORIZED, Handler, Problem

log: Final = structlog.get_logger()

OPEN: Final = frozenset({"/livez", "/readyz"})  # monitoring and load balancers have no token
MONITORING: Final = OPEN | {"/metrics"}  # asked every few seconds: not worth a line each
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
SID: Final = re.compile(r"MG[0-9a-f]{32}", re.ASCII)

ACCOUNT: Final = web.RequestKey("account", str)
"""The SID of the account that a call was found to be about."""


def guarded(token_hash: str) -> Middleware:
    """A middleware that lets nobody in without the admin token, save to `OPEN`; what does not exist needs none.

    ``token_hash`` is the token's SHA-256, in hexadecimal.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.http_exception is None and template_of(request) not in OPEN:
            _demand_token(request, token_hash)
        return await handler(request)

    return guard


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log one line for a call: its route, never its path, query or body, which may hold anything."""
    began = time.monotonic()
    response = await handler(request)
    route = template_of(request)
    if route not in MONITORING or response.status != 200:
        service = request.match_info.get("MG", "")
        log.info(
            "admin",
            method=request.method if request.method in METHODS else "other",
            route=route,
            status=response.status,
            account=request.get(ACCOUNT),
            service=service if SID.fullmatch(service) else None,
            seconds=round(time.monotonic() - began, 6),
        )
    return response


def template_of(request: web.Request) -> str:
    """The route as it is documented; ``unknown`` where there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _demand_token(request: web.Request, token_hash: str) -> None:
    """Compare the hashes, in constant time."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given, token_hash):
        raise Problem(
            UNAUTHORIZED, "send the admin token as 'Authorization: Bearer …'", headers={"WWW-Authenticate": "Bearer"}
        )
