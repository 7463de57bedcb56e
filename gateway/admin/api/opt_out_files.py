"""``/api/v1/opt-outs/import`` and ``…/export``: lists of opt-outs as files, taken and given piece by piece."""

import asyncio
import tempfile
from typing import BinaryIO, Final, Literal

from aiohttp import web
from pydantic import Field, RootModel

from gateway.admin.api.shapes import DryRun
from gateway.admin.problems import (
    IMPORT_UNDER_WAY,
    IMPORTED_ALREADY,
    SINKS_FULL,
    TIMED_OUT,
    TOO_LARGE,
    UNUSABLE_FILE,
    WRONG_TYPE,
    Problem,
)
from gateway.admin.reading import invalid
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountQuery, Body, Flag, FreeText, Instant, ServiceSid, Time, Told
from gateway.messaging.opt_out_rules import Fault
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.exports import Export
from gateway.operations.imports.batches import REFUSED, Reported
from gateway.operations.imports.columns import read_mapping
from gateway.operations.imports.lists import Reading
from gateway.operations.imports.running import ImportOperations, Wanted
from gateway.operations.json_forms import import_as_json
from gateway.operations.tokens import Role
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter

CSV: Final = "text/csv"
JSON_LINES: Final = "application/jsonl"
FORMS: Final = {CSV: "csv", JSON_LINES: "jsonl"}
MOST_IMPORT_BYTES: Final = 64 * 1024 * 1024
MOST_TOLD: Final = 100
PIECE: Final = 64 * 1024  # bytes
PIECE_SECONDS: Final = 10.0
BODY_SECONDS: Final = 600.0
BATCH: Final = 250  # lines: what else this process does waits for one batch at most
NAME: Final = "admin API"


class ImportQuery(DryRun):
    """How to import."""

    service_sid: ServiceSid | None = Field(default=None, description="What lines cover that do not say it themselves.")
    account_wide: Flag = Field(default=False, description="Such lines cover all senders of the account.")
    map: str | None = Field(
        default=None, max_length=2_000, description="Which column is which, as number=Phone,date=When."
    )
    hold: Flag = Field(default=False, description="Not to be lifted by the recipient's own opt-in.")
    in_full: Flag = Field(default=False, description="Digits alone are numbers in full that have lost their plus.")
    all_or_nothing: Flag = Field(default=False, description="Import nothing if one line cannot be read.")
    again: Flag = Field(default=False, description="Also what was imported before.")
    untold: Flag = Field(default=False, description="Tell sinks nothing of it.")


class ExportQuery(AccountQuery):
    """What to export, and how."""

    format: Literal["csv", "jsonl", "consents"] = Field(default="csv", description="consents: for Twilio's API.")
    channel: str | None = Field(default=None, pattern="^[a-z]{1,16}$", description="As phone, whatsapp, messenger.")
    since: Instant | None = Field(default=None, description="In force from this time or later.")
    raw: Flag = Field(default=False, description="CSV whose cells are not guarded against spreadsheets.")


class OptOutsCsv(RootModel[str]):
    """CSV in UTF-8 whose first line names the columns."""


class OptOutsJsonLines(RootModel[str]):
    """One JSON object a line, in UTF-8."""


class LineTold(Told):
    """A line that took no effect."""

    line: int
    outcome: str
    reason: FreeText


class OptOutsImportedTold(Told):
    """What an import did; ``counts`` tell how many lines ended how."""

    account_sid: str
    name: str
    dry_run: bool
    counts: dict[str, int]
    started_at: Time
    ended_at: Time | None
    lines: list[LineTold] = Field(description=f"The first {MOST_TOLD} lines that took no effect.")


class OptOutFilesApi:
    """The handlers. ``most_bytes`` is the largest file that is taken."""

    def __init__(self, store: Store, imports: ImportOperations, most_bytes: int) -> None:
        self._store = store
        self._imports = imports
        self._most_bytes = most_bytes

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "POST", "/api/v1/opt-outs/import", "Import a list of opt-outs, a message log, or consents",
                Role.OPERATE, self._import, OptOutsImportedTold, query=ImportQuery,
                documents={CSV: OptOutsCsv, JSON_LINES: OptOutsJsonLines},
                problems=(UNUSABLE_FILE, IMPORTED_ALREADY, IMPORT_UNDER_WAY, SINKS_FULL),
            ),
            Route(
                "GET", "/api/v1/opt-outs/export", "All standing opt-outs of an account as a file", Role.OPERATE,
                self._export, CSV, query=ExportQuery, also_tells=(JSON_LINES,),
            ),
        ]  # fmt: skip

    async def _import(self, call: Call[ImportQuery, Body]) -> Answer:
        query, account = call.query, call.account
        if query.service_sid is not None and query.account_wide:
            raise invalid("service_sid", "say what lines cover by one of service_sid and account_wide")
        scopes = [
            *([Scope(ScopeKind.SERVICE, query.service_sid)] if query.service_sid is not None else []),
            *([Scope(ScopeKind.ACCOUNT, account.sid)] if query.account_wide else []),
        ]
        reading = Reading(account.sid, account.default_region, tuple(scopes), query.hold, query.in_full)
        named = read_mapping(query.map.split(",") if query.map else ())
        form = FORMS.get(call.document_type)
        wanted = Wanted(
            reading, named, form, query.dry_run, query.all_or_nothing, query.again, query.untold, batch=BATCH
        )
        lines: list[Reported] = []

        def report(reported: Reported) -> None:
            if len(lines) < MOST_TOLD:
                lines.append(reported)

        with tempfile.TemporaryFile() as file:
            if call.inside is None:
                await self._take(call.request, file)
            state = await self._imports.to_end(
                account, (call.inside and call.inside.file) or file, NAME, wanted, call.caller.actor, report
            )
        if query.all_or_nothing and state.counts.get(REFUSED):
            faults = [Fault(f"line {each.line}", each.reason) for each in lines]
            raise Problem(UNUSABLE_FILE, f"nothing was imported: {state.counts[REFUSED]} lines cannot be read", faults)
        told = [{"line": each.line, "outcome": each.outcome, "reason": each.reason} for each in lines]
        return Answer({**import_as_json(state, dry_run=query.dry_run), "lines": told})

    async def _take(self, request: web.Request, file: BinaryIO) -> None:
        """Keep the body in a file, however large it may be. Raises `Problem`."""
        charset = (request.charset or "utf-8").lower()
        if request.content_type not in FORMS or charset != "utf-8" or "Content-Encoding" in request.headers:
            raise Problem(WRONG_TYPE, f"send {' or '.join(FORMS)} in UTF-8, without a content encoding")
        taken = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while piece := await asyncio.wait_for(request.content.read(PIECE), PIECE_SECONDS):
                    taken += len(piece)
                    if taken > self._most_bytes:
                        largest = f"a file has at most {self._most_bytes} bytes (imports.most_body_bytes)"
                        raise Problem(TOO_LARGE, f"{largest}; gateway optouts import takes any")
                    file.write(piece)
        except TimeoutError:
            raise Problem(TIMED_OUT, "send it faster, or again") from None

    async def _export(self, call: Call[ExportQuery, Body]) -> web.StreamResponse:
        query = call.query
        wanted = OptOutFilter(call.account.sid, query.channel, since=query.since)
        chunks = Export(self._store, wanted, query.format, raw=query.raw).chunks()
        first = await anext(chunks, b"")  # a store that is away is told as a problem still
        media_type, ending = (CSV, "csv") if query.format == "csv" else (JSON_LINES, "jsonl")
        disposition = f'attachment; filename="opt-outs.{ending}"'
        response = web.StreamResponse(headers={"Content-Type": media_type, "Content-Disposition": disposition})
        await response.prepare(call.request)
        await response.write(first) if first else None
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
        return response
