"""Opt-outs as files: importing a list, first without effect, and exporting all that stand."""

from typing import Any, Final

from aiohttp import web

from gateway.admin.console.faults import WHOLE, faults_at, same, typed
from gateway.admin.console.opt_outs import EXPORT, IMPORT, SERVICES, services_by_sid
from gateway.admin.console.page import Page, Visit
from gateway.admin.problems import Problem
from gateway.admin.route import Inside

# The media type of a file by how its name ends: browsers tell many for CSV.
TYPES: Final = {"csv": "text/csv", "txt": "text/csv", "jsonl": "application/jsonl", "ndjson": "application/jsonl"}
FORMATS: Final = ("csv", "jsonl", "consents")
FLAGS: Final = ("hold", "in_full", "all_or_nothing", "again")
FIELDS: Final = same("service_sid", "map", *FLAGS, account_wide="covers")


class ListPages:
    """The handlers. ``most_bytes`` is the largest file that is taken."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    def pages(self) -> list[Page]:
        """The table of these."""
        needs = (IMPORT, SERVICES)
        return [
            Page("GET", "/opt-outs/import", "opt-outs", self._form, needs),
            Page("POST", "/opt-outs/import", "opt-outs", self._import, needs, most_file_bytes=self._most_bytes),
            Page("POST", "/opt-outs/export", "opt-outs", self._export, (EXPORT,)),
        ]

    async def _form(self, visit: Visit) -> web.Response:
        return await self._shown(visit, None, {})

    async def _shown(self, visit: Visit, told: Any, errors: dict[str, str]) -> web.Response:
        return visit.show(
            "import.html",
            422 if errors else 200,
            told=told,
            errors=errors,
            typed=typed(visit.form),
            services=await services_by_sid(visit),
            most_bytes=self._most_bytes,
        )

    async def _import(self, visit: Visit) -> web.Response:
        form, file = visit.form, visit.file
        if file is None or not file.name:
            return await self._shown(visit, None, {"file": "choose a file"})
        media_type = TYPES.get(file.name.rpartition(".")[2].lower())
        if media_type is None:
            return await self._shown(visit, None, {"file": f"its name has to end in {', '.join(TYPES)}"})
        covers = form.get("covers", "said")
        query = {
            "service_sid": form.get("service_sid") if covers == "service" else None,
            "account_wide": "true" if covers == "account" else None,
            "map": form.get("map"),
            "dry_run": "false" if form.get("step") == "import" else "true",
            **{name: "true" for name in FLAGS if name in form},
        }
        try:
            told = await visit.ask(IMPORT, query=query, inside=Inside(file=file.content, document_type=media_type))
        except Problem as problem:
            faults = faults_at(problem, FIELDS)
            if problem.errors and WHOLE in faults:
                faults[WHOLE] = f"{problem.detail}; {faults[WHOLE]}"
            return await self._shown(visit, None, faults)
        return await self._shown(visit, told, {})

    async def _export(self, visit: Visit) -> web.StreamResponse:
        wanted = visit.form.get("format", "")
        response = await visit.ask(EXPORT, query={"format": wanted if wanted in FORMATS else FORMATS[0]})
        if not isinstance(response, web.StreamResponse):
            raise TypeError("an export is a response of its own")
        return response
