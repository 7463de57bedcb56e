"""What a call brings, read once: its query, its body, its account. What cannot be read is a `Problem`.

Nothing is passed over: an unknown key, a key twice or an unknown parameter could change what a call does.
"""

import asyncio
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.admin.access import ACCOUNT
from gateway.admin.problems import INVALID_REQUEST, MALFORMED, TIMED_OUT, UNKNOWN_ACCOUNT, WRONG_TYPE, Problem
from gateway.directory import Account, Directory
from gateway.messaging.errors import Malformed
from gateway.messaging.opt_out_rules import Fault
from gateway.operations.actors import read_reason

JSON: Final = "application/json"
BODY_SECONDS: Final = 10.0
FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the account it is about, the parameters of its query, and the fields of its body."""

    account: Account
    query: Mapping[str, str]
    fields: Mapping[str, str]

    @property
    def dry_run(self) -> bool:
        """Whether only to say what would change."""
        given = self.query.get("dry_run", "false")
        if given not in FLAGS:
            raise invalid("dry_run", "it must be true or false")
        return FLAGS[given]

    @property
    def reason(self) -> str | None:
        """Why, for the history."""
        try:
            return read_reason(self.fields.get("reason"))
        except Malformed as error:
            raise invalid("reason", str(error)) from None


class Calls:
    """Reads calls, for the accounts of a directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def by_query(self, request: web.Request, *known: str) -> Call:
        """A call whose body, if any, is a document of its own: ``known`` are its parameters beside ``account_sid``."""
        query = read_query(request, ("account_sid", *known))
        return Call(self.account(request, query.get("account_sid")), query, {})

    async def by_body(
        self, request: web.Request, *known: str, query: Iterable[str] = (), required: Iterable[str] = ()
    ) -> Call:
        """A call whose body is an object of texts: ``known`` are its fields beside ``account_sid``; no body is none."""
        parameters = read_query(request, ("account_sid", *query))
        fields = await read_fields(request, ("account_sid", *known), required)
        account = self.account(request, parameters.get("account_sid"), fields.get("account_sid"))
        return Call(account, parameters, fields)

    def account(self, request: web.Request, *named: str | None) -> Account:
        """The account that is named in one place or several, else the only one of the settings."""
        sids = {sid for sid in named if sid is not None}
        if len(sids) > 1:
            raise invalid("account_sid", "the query and the body name two accounts; name one")
        found = [account for account in self._directory.accounts if not sids or account.sid in sids]
        if not found and sids:
            raise Problem(UNKNOWN_ACCOUNT, "add it under [[accounts]] of the settings, or name another")
        if len(found) != 1:
            raise invalid("account_sid", f"the settings have {len(found)} accounts; say which")
        request[ACCOUNT] = found[0].sid
        return found[0]


def invalid(place: str, detail: str) -> Problem:
    """The problem that one value of a request cannot be used."""
    return Problem(INVALID_REQUEST, "mend the places below", [Fault(place, detail)])


def read_query(request: web.Request, known: Iterable[str]) -> dict[str, str]:
    """The parameters of the query, each once."""
    faults = [*_unknown(request.query, known)]
    faults += [Fault(name, "it stands twice") for name in set(request.query) if len(request.query.getall(name)) > 1]
    if faults:
        raise Problem(INVALID_REQUEST, "mend the query", sorted(faults, key=str))
    return dict(request.query)


async def read_fields(request: web.Request, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, str]:
    """The body's fields, all of them texts; one that is null is as if it were not there. No body has no fields."""
    given = await read_object(request) if request.can_read_body else {}
    faults = [*_unknown(given, known)]
    faults += [Fault(name, "it must be a text") for name, value in given.items() if not isinstance(value, str | None)]
    fields = {name: value for name, value in given.items() if value is not None}
    faults += [Fault(name, "it is missing") for name in required if name not in fields]
    if faults:
        raise Problem(INVALID_REQUEST, "mend the places below", faults)
    return fields


async def read_object(request: web.Request) -> dict[str, Any]:
    """A body that is one JSON object, with each key once."""
    return object_in(await read_body(request, JSON))


def object_in(body: bytes) -> dict[str, Any]:
    """The one JSON object that a body is."""
    try:
        orjson.loads(body)  # knows what Unicode and JSON are to the letter, and how deep is too deep
        given = json.loads(body, object_pairs_hook=_each_once)  # knows what stands twice
    except orjson.JSONDecodeError:
        raise Problem(MALFORMED, "the body is not JSON in UTF-8") from None
    except (_Twice, RecursionError) as error:
        raise Problem(MALFORMED, str(error) if isinstance(error, _Twice) else "it is nested too deep") from None
    if not isinstance(given, dict):
        raise Problem(MALFORMED, "the body must be a JSON object")
    return given


async def read_body(request: web.Request, *types: str) -> bytes:
    """The bytes of a body of one of these types, at most 1 MiB, within ten seconds."""
    charset = (request.charset or "utf-8").lower()
    if request.content_type not in types or charset != "utf-8" or "Content-Encoding" in request.headers:
        raise Problem(WRONG_TYPE, f"send {' or '.join(types)} in UTF-8, without a content encoding")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Problem(TIMED_OUT, "send it faster, or again") from None


class _Twice(ValueError):
    """A key stands twice in an object, so that it could be read in two ways."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a key stands twice in one object")
    return found


def _unknown(given: Iterable[str], known: Iterable[str]) -> Iterable[Fault]:
    """A fault for each name that is not known, with the nearest that is."""
    names = tuple(known)
    for name in dict.fromkeys(given):
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            yield Fault(name, f"it is not known{f'; did you mean {near[0]}?' if near else ''}")
