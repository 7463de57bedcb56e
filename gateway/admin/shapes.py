"""Shapes that the admin API's requests and answers are described with (pydantic), and what masks an answer.

A `Query` or `Body` refuses what it does not know. A `Told` says exactly what an answer holds; a field of the type
`Recipient` or `FreeText` is shown masked to who may not see numbers (`gateway.operations.tokens.Caller`), wherever it
stands. Instants are microseconds since 1970, UTC, inside, and ISO 8601 outside.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema

from gateway.messaging.instants import instant_of
from gateway.messaging.masking import masked, masked_text

Masking = Callable[[str], str]

ACCOUNT_SID: Final = r"^AC[0-9a-f]{32}$"
SERVICE_SID: Final = r"^MG[0-9a-f]{32}$"
UUID: Final = r"^[0-9a-f-]{36}$"
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
MOST_ON_A_PAGE: Final = 500
PAGE: Final = 100


class Shape(BaseModel):
    """What a request or an answer holds; nothing else is in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Query(Shape):
    """The parameters of a query, each at most once. This one has none."""


class AccountQuery(Query):
    """A query that names an account, where the caller may see more than one."""

    account_sid: "AccountSid | None" = Field(default=None, description="The account; needed where there are several.")


class Body(Shape):
    """A body of JSON. This one is empty, and may be left out."""


class AccountBody(Body):
    """A body that names an account, where the caller may see more than one."""

    account_sid: "AccountSid | None" = Field(default=None, description="The account; needed where there are several.")


class Told(Shape):
    """What is answered."""


class PlainObject(RootModel[dict[str, Any]]):
    """An object whose inside is described elsewhere."""


def _instant(value: object) -> int:
    """A time in ISO 8601 with its offset (RFC 3339), in microseconds since 1970, UTC."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise ValueError("it must be a time as 2026-01-31T12:00:00Z")
    try:
        return instant_of(datetime.fromisoformat(value.upper()))
    except ValueError:
        raise ValueError("there is no such time") from None


def _flag(value: object) -> bool:
    if value not in {"true", "false"}:
        raise ValueError("it must be true or false")
    return value == "true"


def _count(value: object) -> int:
    """A plain number: what else Python takes for one (1_0, +1, full-width digits) is none here."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise ValueError("it must be a number")
    return int(value)


AccountSid = Annotated[str, Field(pattern=ACCOUNT_SID)]
ServiceSid = Annotated[str, Field(pattern=SERVICE_SID)]
Identifier = Annotated[str, Field(pattern=UUID)]
Instant = Annotated[int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""A parameter of a query that is ``true`` or ``false``."""
Count = Annotated[int, BeforeValidator(_count), Field(ge=0)]
"""A parameter of a query that is a plain number."""
Limit = Annotated[int, BeforeValidator(_count), Field(ge=1, le=MOST_ON_A_PAGE)]
"""A parameter of a query: how many lines a page has at most."""
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant in an answer."""


class _Masked:
    """Marks a field as one that is masked, and how."""

    def __init__(self, by: Masking) -> None:
        self.by = by


class _Withheld(_Masked):
    """Marks a field that is answered as null to who may not see numbers."""

    def __init__(self) -> None:
        super().__init__(lambda _: "")


Recipient = Annotated[str, _Masked(masked)]
"""A recipient's address in an answer."""
FreeText = Annotated[str, _Masked(masked_text)]
"""A text in an answer that people wrote, so that a number may stand in it."""
MessageText = Annotated[str, _Withheld()]
"""A message's body in an answer, nullable: it may hold anything, and is told only to who may see numbers."""


Mask = Callable[[Any], Any]


@lru_cache(maxsize=256)
def mask_of(model: type[BaseModel]) -> Mask:
    """What masks an answer of this shape, given as plain values."""
    return _of_model(model)


def _of_model(model: type[BaseModel]) -> Mask:
    masks: dict[str, Mask] = {}
    for name, field in model.model_fields.items():
        mask = _of(field.annotation, field.metadata)
        if mask is not None:
            masks[name] = mask
    if issubclass(model, RootModel):
        return masks.get("root", _unchanged)

    def of_object(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: masks[name](inner) if name in masks else inner for name, inner in value.items()}

    return of_object if masks else _unchanged


def _unchanged(value: Any) -> Any:
    return value


def _of(annotation: Any, metadata: Iterable[Any] = ()) -> Mask | None:
    """What masks a value of a type; None where nothing in it is masked."""
    for mark in metadata:
        if isinstance(mark, _Withheld):
            return lambda _: None
        if isinstance(mark, _Masked):
            by = mark.by
            return lambda value: by(value) if isinstance(value, str) else value
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = _of_model(annotation)
        return None if found is _unchanged else found
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], arguments[1:])
    if origin in {Union, UnionType}:
        return _of_union(arguments)
    if origin in {list, tuple}:
        return _of_list(_of(arguments[0]))
    if origin is dict:
        return _of_values(_of(arguments[1]))
    return None


def _of_union(arguments: tuple[Any, ...]) -> Mask | None:
    masks = [mask for argument in arguments if (mask := _of(argument)) is not None]
    if not masks:
        return None

    def of_any(value: Any) -> Any:
        for mask in masks:
            value = mask(value)
        return value

    return of_any


def _of_list(mask: Mask | None) -> Mask | None:
    if mask is None:
        return None
    return lambda values: [mask(value) for value in values] if isinstance(values, list | tuple) else values


def _of_values(mask: Mask | None) -> Mask | None:
    if mask is None:
        return None
    return lambda values: {key: mask(v) for key, v in values.items()} if isinstance(values, dict) else values


AccountQuery.model_rebuild()
AccountBody.model_rebuild()
