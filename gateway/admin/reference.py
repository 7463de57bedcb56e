"""The description of the admin API for people: the same document as for programs, in an order to read it in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEEP: Final = 3  # how far the inside of an object is told where its user is

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one key of a body or an answer: ``name`` with where it is inside (``scope.kind``)."""

    name: str
    kind: str
    is_required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: what it takes and answers. ``problems`` are statuses with what they mean."""

    anchor: str
    method: str
    path: str
    summary: str
    access: str
    parameters: tuple[Field, ...]
    body_types: tuple[str, ...]
    body: tuple[Field, ...]
    answer_types: tuple[str, ...]
    answer: tuple[Field, ...]
    problems: tuple[tuple[str, str], ...]


def sections_of(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The calls of an OpenAPI document by the resource that they belong to, in the order of their paths."""
    sections: dict[str, list[Operation]] = {}
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            sections.setdefault(described["tags"][0], []).append(_operation(path, method, described, schemas))
    return dict(sorted(sections.items()))


def _operation(path: str, method: str, described: Schema, schemas: Schema) -> Operation:
    content = described.get("requestBody", {}).get("content", {})
    answered = next(iter(described["responses"].values()))["content"]
    return Operation(
        described["operationId"],
        method.upper(),
        path,
        described["summary"],
        described.get("description", "Takes no token."),
        tuple(
            Field(each["name"], _kind(each["schema"]), each["required"], each.get("description", ""))
            for each in described["parameters"]
        ),
        tuple(content),
        tuple(_fields(next(iter(content.values()))["schema"], schemas)) if content else (),
        tuple(answered),
        tuple(_fields(next(iter(answered.values()))["schema"], schemas)),
        tuple((status, told["description"]) for status, told in described["responses"].items() if status >= "400"),
    )


def _fields(schema: Schema, schemas: Schema, before: str = "", deep: int = DEEP) -> Iterator[Field]:
    """The keys of an object, those of objects inside it after their own."""
    found = _resolved(schema, schemas)
    for name, inner in found.get("properties", {}).items():
        told, is_required = _resolved(inner, schemas), name in found.get("required", ())
        yield Field(before + name, _kind(inner), is_required, inner.get("description", told.get("description", "")))
        items = _resolved(_without_null(told).get("items", {}), schemas)
        object_inside = items if items.get("properties") else _resolved(_without_null(told), schemas)
        if deep > 1 and object_inside.get("properties"):
            mark = "[]." if items.get("properties") else "."
            yield from _fields(object_inside, schemas, before + name + mark, deep - 1)


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    reference = schema.get("$ref")
    return schemas[reference.rpartition("/")[2]] if reference is not None else schema


def _without_null(schema: Schema) -> Schema:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    return kinds[0] if len(kinds) == 1 else schema


def _kind(schema: Schema) -> str:
    """What a value is, in a few words: ``text``, ``one of a, b``, ``list of objects``, with ``or null``."""
    if "anyOf" in schema:
        return " or ".join(_kind(kind) for kind in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "object"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return {"string": str(schema.get("format", "text")), "integer": "number"}.get(kind, kind)
