"""``/api/v1/services/import`` and ``…/export``: all settings of an account's services as one document."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.api.service_shapes import ImportedTold, ServicesFile, ServicesToml
from gateway.admin.api.services import SERVICES
from gateway.admin.api.shapes import DryRun
from gateway.admin.problems import INVALID_SETTINGS, MALFORMED, Problem
from gateway.admin.reading import JSON, object_in
from gateway.admin.route import About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body
from gateway.operations.json_forms import planned_as_json
from gateway.operations.service_files import parse_file, read_documents, write_file
from gateway.operations.services import ServiceOperations
from gateway.operations.tokens import Role

TOML: Final = "application/toml"


class FilesApi:
    """The handlers."""

    def __init__(self, services: ServiceOperations) -> None:
        self._services = services

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", f"{SERVICES}/import", "Save the settings of several services, all or nothing", Role.ADMIN,
                self._import, ImportedTold, query=DryRun, documents={JSON: ServicesFile, TOML: ServicesToml},
                about=About.NAMED_WITHIN, problems=(INVALID_SETTINGS,),
            ),
            Route(
                "GET", f"{SERVICES}/export", "The settings of all services as one document", Role.READ, self._export,
                TOML, query=AccountQuery,
            ),
        ]  # fmt: skip

    async def _import(self, call: Call[DryRun, Body]) -> Answer:
        given, dry_run = await _document(call), call.query.dry_run
        named = given.get("account")
        account = call.name_account(named if isinstance(named, str) else None)
        documents = read_documents(given, account.sid)
        plans = await self._services.import_all(account.sid, documents, call.caller.actor, None, dry_run=dry_run)
        services = [planned_as_json(planned, dry_run=dry_run) for planned in plans]
        return Answer({"account_sid": account.sid, "dry_run": dry_run, "services": services})

    async def _export(self, call: Call[AccountQuery, Body]) -> web.Response:
        known = await self._services.known(call.account.sid)
        text = write_file(call.account.sid, [service.service for service in known if service.service is not None])
        return web.Response(body=text.encode(), headers={"Content-Type": TOML})


async def _document(call: Call[DryRun, Body]) -> dict[str, Any]:
    """The values of a TOML or a JSON document."""
    body = await call.document(TOML, JSON)
    if call.document_type == JSON:
        return object_in(body)
    try:
        return parse_file(body.decode())
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "the body is not UTF-8") from None
