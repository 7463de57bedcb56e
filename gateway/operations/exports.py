"""The standing opt-outs of an account as a file: CSV, JSON lines, or items of Twilio's Consents API.

What is exported can be imported again and then covers the same people, with the same dates and holds. Erased persons
are left out: nobody can read whose opt-outs they are. The list is read page by page, oldest first, so that any number
of lines fits into the same memory.
"""

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

import orjson

from gateway.messaging.addresses import Channel
from gateway.messaging.instants import iso
from gateway.messaging.optouts import ScopeKind
from gateway.messaging.senders import is_messaging_service
from gateway.operations.imports.files import guarded
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter
from gateway.store.persons import is_erased
from gateway.store.records import ListedOptOut

PAGE: Final = 2_000
COLUMNS: Final = (
    "number", "scope_kind", "scope_id", "status", "date", "hold", "source", "actor", "received_at", "account_sid",
)  # fmt: skip
OPT_OUT: Final = "opt-out"
# Twilio, Consent Management API: how a consent was given.
SOURCES: Final[Mapping[str, str]] = {"keyword": "opt-out-message", "twilio": "opt-out-message"}
OTHER_SOURCE: Final = "others"


def as_fields(opt_out: ListedOptOut) -> dict[str, object]:
    """An opt-out by the names of `COLUMNS`."""
    return {
        "number": opt_out.recipient or opt_out.key.recipient_key,
        "scope_kind": str(opt_out.scope.kind),
        "scope_id": opt_out.scope.id,
        "status": OPT_OUT,
        "date": iso(opt_out.effective_at),
        "hold": opt_out.hold,
        "source": opt_out.source,
        "actor": opt_out.actor,
        "received_at": iso(opt_out.received_at),
        "account_sid": opt_out.key.account_sid,
    }


def as_consent(opt_out: ListedOptOut) -> dict[str, object] | None:
    """An opt-out as an item of Twilio's Consents API; None where that cannot say it: it knows phones alone, not
    WhatsApp, and services and numbers alone, neither sender IDs nor a whole account.
    """
    scope = opt_out.scope
    is_said = scope.kind is not ScopeKind.ACCOUNT and (is_messaging_service(scope.id) or scope.id.lstrip("+").isdigit())
    contact = opt_out.recipient.removeprefix("rcs:") or opt_out.key.recipient_key
    if opt_out.key.channel != Channel.PHONE or not is_said or not contact.startswith("+"):
        return None
    return {
        "contact_id": contact,
        "correlation_id": opt_out.opt_out_id.replace("-", ""),
        "sender_id": scope.id,
        "status": OPT_OUT,
        "source": SOURCES.get(opt_out.source, OTHER_SOURCE),
        "date_of_consent": iso(opt_out.effective_at),
    }


def _csv(cells: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(cells)
    return written.getvalue().encode()


def _csv_page(page: Sequence[ListedOptOut], guard: Callable[[str], str]) -> bytes:
    rows = (as_fields(opt_out) for opt_out in page)
    return _csv([[guard(_cell(row[name])) for name in COLUMNS] for row in rows])


def _cell(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _json_lines(items: Sequence[Mapping[str, object]]) -> bytes:
    return b"".join(orjson.dumps(item) + b"\n" for item in items)


def _plain(text: str) -> str:
    return text


class Export:
    """One export: ``form`` is ``csv``, ``jsonl`` or ``consents``; ``raw`` leaves cells of CSV as they are, for
    programs, where otherwise no spreadsheet takes them for formulas. Once read, ``left_out`` tells how many opt-outs
    the form cannot say, and ``count`` how many it holds.
    """

    FORMS: Final = ("csv", "jsonl", "consents")

    def __init__(self, store: Store, wanted: OptOutFilter, form: str, *, raw: bool = False) -> None:
        self._store = store
        self._wanted = wanted
        self._form = form
        self._guard = _plain if raw else guarded
        self.count = self.left_out = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file, piece by piece. Raises `StoreUnavailable`."""
        if self._form == "csv":
            yield _csv([COLUMNS])
        after = ""
        while page := await self._store.list_opt_outs(self._wanted, after, PAGE):
            yield self._written(page)
            after = page[-1].opt_out_id

    def _written(self, page: Sequence[ListedOptOut]) -> bytes:
        read, page = page, [opt_out for opt_out in page if not is_erased(opt_out.key)]
        self.left_out += len(read) - len(page)
        self.count += len(page)
        if self._form == "csv":
            return _csv_page(page, self._guard)
        if self._form == "jsonl":
            return _json_lines([as_fields(opt_out) for opt_out in page])
        items = [item for opt_out in page if (item := as_consent(opt_out)) is not None]
        self.count -= len(page) - len(items)
        self.left_out += len(page) - len(items)
        return _json_lines(items)
