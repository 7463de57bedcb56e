"""What a call brings, read once into the shapes that its route describes. What cannot be read is a `Problem`.

Nothing is passed over: an unknown key, a key twice or an unknown parameter could change what a call does. No problem
repeats a value.
"""

import asyncio
import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.admin.problems import INVALID_REQUEST, MALFORMED, TIMED_OUT, WRONG_TYPE, Problem
from gateway.messaging.opt_out_rules import Fault

JSON: Final = "application/json"
BODY_SECONDS: Final = 10.0

# What is said of a value that its shape does not take, by pydantic's name of the error; {…} are members of its context.
DETAILS: Final = {
    "missing": "it is missing",
    "string_type": "it must be a text",
    "int_type": "it must be a whole number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
    "literal_error": "it must be {expected}",
    "enum": "it must be {expected}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
    "string_too_short": "it must have at least {min_length} characters",
    "string_too_long": "it must have at most {max_length} characters",
    "string_pattern_mismatch": "it must be of the form {pattern}",
    "too_short": "it must have at least {min_length} items",
    "too_long": "it must have at most {max_length} items",
}

M = TypeVar("M", bound=BaseModel)


def invalid(place: str, detail: str) -> Problem:
    """The problem that one value of a request cannot be used."""
    return Problem(INVALID_REQUEST, "mend the places below", [Fault(place, detail)])


def read_query(request: web.Request, shape: type[M]) -> M:
    """The parameters of the query, each once."""
    given = request.query
    twice = [Fault(name, "it stands twice") for name in set(given) if len(given.getall(name)) > 1]
    return query_in(given, shape, twice)


def query_in(given: Mapping[str, str], shape: type[M], faults: Iterable[Fault] = ()) -> M:
    """The parameters of a query that are given each by its name; ``faults`` were found in it before."""
    faults = [*_unknown(given, shape.model_fields), *faults]
    if faults:
        raise Problem(INVALID_REQUEST, "mend the query", sorted(faults, key=str))
    try:
        return shape.model_validate(dict(given))
    except ValidationError as error:
        raise Problem(INVALID_REQUEST, "mend the query", _faults(error, shape)) from None


async def read_fields(request: web.Request, shape: type[M]) -> M:
    """The body's fields, strictly of their types. No body has no fields."""
    return fields_in(await read_body(request, JSON) if request.can_read_body else b"{}", shape)


def fields_in(body: bytes, shape: type[M]) -> M:
    """The fields of a body of JSON, strictly of their types."""
    given = object_in(body)
    faults = [*_unknown(given, shape.model_fields)]
    try:
        read = shape.model_validate_json(body, strict=True)
    except ValidationError as error:
        faults += _faults(error, shape)
        raise Problem(INVALID_REQUEST, "mend the places below", faults) from None
    return read


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


def _faults(error: ValidationError, shape: type[BaseModel]) -> Iterable[Fault]:
    """Each place that is wrong, in words of ours: pydantic's may repeat a value. Unknown names on top are left out."""
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"])
        if found["type"] != "extra_forbidden":
            yield Fault(place, _detail(found))
        elif len(found["loc"]) > 1:
            yield Fault(place, "it is not known")


def _detail(found: ErrorDetails) -> str:
    context = found.get("ctx", {})
    if found["input"] is None:  # null is as if it were not there
        return DETAILS["missing"]
    if found["type"] == "value_error":  # of a check of our own, whose texts repeat nothing
        return str(context["error"])
    if found["type"] in DETAILS:
        return DETAILS[found["type"]].format(**context)
    return "it cannot be used"


def _unknown(given: Iterable[str], known: Iterable[str]) -> Iterable[Fault]:
    """A fault for each name that is not known, with the nearest that is."""
    names = tuple(known)
    for name in dict.fromkeys(given):
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            yield Fault(name, f"it is not known{f'; did you mean {near[0]}?' if near else ''}")
