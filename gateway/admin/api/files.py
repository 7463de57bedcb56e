"""``/api/v1/services/import`` and ``…/export``: all settings of an account's services as one document."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.answers import answer
from gateway.admin.api.actor import BY
from gateway.admin.api.reading import JSON, Call, Calls, object_in, read_body, read_query
from gateway.admin.api.services import SERVICES
from gateway.admin.problems import MALFORMED, Problem
from gateway.operations.json_forms import planned_as_json
from gateway.operations.service_files import parse_file, read_documents, write_file
from gateway.operations.services import ServiceOperations

TOML: Final = "application/toml"


class FilesApi:
    """The handlers."""

    def __init__(self, calls: Calls, services: ServiceOperations) -> None:
        self._calls = calls
        self._services = services

    def routes(self) -> list[web.RouteDef]:
        """The table of this resource."""
        return [
            web.post(f"{SERVICES}/import", self._import),
            web.get(f"{SERVICES}/export", self._export),
        ]

    async def _import(self, request: web.Request) -> web.Response:
        query = read_query(request, ("account_sid", "dry_run"))
        given = await _document(request)
        named = given.get("account")
        account = self._calls.account(request, query.get("account_sid"), named if isinstance(named, str) else None)
        documents, dry_run = read_documents(given, account.sid), Call(account, query, {}).dry_run
        plans = await self._services.import_all(account.sid, documents, BY, None, dry_run=dry_run)
        services = [planned_as_json(planned, dry_run=dry_run) for planned in plans]
        return answer({"account_sid": account.sid, "dry_run": dry_run, "services": services})

    async def _export(self, request: web.Request) -> web.Response:
        call = self._calls.by_query(request)
        known = await self._services.known(call.account.sid)
        text = write_file(call.account.sid, [service.service for service in known if service.service is not None])
        return web.Response(body=text.encode(), headers={"Content-Type": TOML})


async def _document(request: web.Request) -> dict[str, Any]:
    """The values of a TOML or a JSON document."""
    body = await read_body(request, TOML, JSON)
    if request.content_type == JSON:
        return object_in(body)
    try:
        return parse_file(body.decode())
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "the body is not UTF-8") from None
