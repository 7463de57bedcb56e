"""Who may call the admin listener, and the line and the count that tell of each call."""

import hmac
import re
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway import metrics
from gateway.admin.problems import UNAUTHORIZED, Handler, Problem
from gateway.admin.route import ACCOUNT, CALLER, RECHECK, Recheck
from gateway.operations.tokens import ADMIN, Caller, Role, TokenOperations, hash_of

log: Final = structlog.get_logger()

MONITORING: Final = frozenset({"/livez", "/readyz", "/metrics"})  # asked every few seconds: not worth a line each
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
SID: Final = re.compile(r"MG[0-9a-f]{32}", re.ASCII)

Roles = Mapping[tuple[str, str], Role | None]
"""The least role of each route, by method and template; None: anybody may call."""


def guarded(admin_hash: str, tokens: TokenOperations, roles: Roles) -> Middleware:
    """A middleware that lets nobody in without a token, save to routes that are described as open; what does not exist
    needs none.

    ``admin_hash`` is the SHA-256 of the settings' token, in hexadecimal.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        method = "GET" if request.method == "HEAD" else request.method
        is_open = roles.get((method, template_of(request)), Role.ADMIN) is None
        if request.match_info.http_exception is None and not is_open:
            request[RECHECK] = Recheck(partial(_caller_of, request, admin_hash, tokens))
            request[CALLER] = await request[RECHECK].ask()
        return await handler(request)

    return guard


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count a call and log one line for it: its route, never its path, query or body, which may hold anything."""
    began = time.monotonic()
    response = await handler(request)
    route = template_of(request)
    metrics.ADMIN.labels(route, str(response.status)).inc()
    if route not in MONITORING or response.status != 200:
        service, caller = request.match_info.get("MG", ""), request.get(CALLER)
        log.info(
            "admin",
            method=request.method if request.method in METHODS else "other",
            route=route,
            status=response.status,
            token=caller.name if caller is not None else None,
            role=str(caller.role) if caller is not None else None,
            account=request.get(ACCOUNT),
            service=service if SID.fullmatch(service) else None,
            seconds=round(time.monotonic() - began, 6),
        )
    return response


def template_of(request: web.Request) -> str:
    """The route as it is documented; ``unknown`` where there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


async def _caller_of(request: web.Request, admin_hash: str, tokens: TokenOperations) -> Caller:
    """Who shows a token. The settings' one needs no store, so that metrics can be read without it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip()
    if scheme.lower() == "bearer" and given:
        if hmac.compare_digest(hash_of(given), admin_hash):
            return ADMIN
        caller = await tokens.holder_of(given)
        if caller is not None:
            return caller
    raise Problem(
        UNAUTHORIZED, "send a good token as 'Authorization: Bearer …'", headers={"WWW-Authenticate": "Bearer"}
    )
