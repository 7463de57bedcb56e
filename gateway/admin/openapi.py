"""The OpenAPI 3.1 document of the admin listener, made from its routes (`gateway.admin.route`).

A shape that is a query becomes parameters, every other one a component. Each route tells the problems that its calls
may end in, by status.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway import __version__
from gateway.admin.problems import CONTENT_TYPE, Kind
from gateway.admin.reading import JSON
from gateway.admin.route import AnyRoute
from gateway.admin.shapes import Told

REF: Final = "#/components/schemas/{model}"
MODE: Final[JsonSchemaMode] = "validation"
TOKEN: Final = "token"  # noqa: S105 - the name of the security scheme
ABOUT: Final = (
    "The API of the opt-out gateway for operators' programs. Numbers and message texts go into bodies, never into a "
    "path or query, which proxies log. Errors are problem details (RFC 9457)."
)

# What a parameter of a path is; every name that stands in a path has its line.
PATH_PARAMETERS: Final = {
    "MG": "A Messaging Service's SID.",
    "n": "A version of a service's settings.",
    "a": "The version that is compared.",
    "b": "The version that it is compared with.",
    "sid": "A message's SID.",
    "id": "An identifier, as a list tells it.",
    "name": "A token's name.",
    "sink": "A sink's name.",
    "type": "A type of events.",
}


class ProblemError(Told):
    """One place that is wrong."""

    place: str
    detail: str


class ProblemDetails(BaseModel):
    """Why a call was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | None = None


def document_of(routes: Iterable[AnyRoute]) -> dict[str, Any]:
    """The document, as plain values."""
    told = list(routes)
    _, defined = models_json_schema([(shape, MODE) for shape in _shapes(told)], ref_template=REF)
    schemas: dict[str, Any] = defined.get("$defs", {})
    queries = {route.query.__name__ for route in told}
    paths: dict[str, dict[str, Any]] = {}
    for route in told:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Opt-out gateway", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{TOKEN: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}},
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
        },
    }


def _shapes(routes: Iterable[AnyRoute]) -> list[type[BaseModel]]:
    shapes: list[type[BaseModel]] = [ProblemDetails]
    for route in routes:
        shapes += [route.query, *route.documents.values()]
        shapes += [] if isinstance(route.tells, str) else [route.tells]
        shapes += [route.body] if route.body.model_fields else []
    return list(dict.fromkeys(shapes))


def _operation(route: AnyRoute, schemas: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [tag_of(route)],
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_header_parameters(route)],
        "responses": _responses(route),
    }
    if route.role is None:
        described["security"] = []
    else:
        described["description"] = f"Takes a token of the role {route.role} or above."
    if route.takes_body:
        described["requestBody"] = {"required": route.needs_body, "content": _content(route)}
    return described


def operation_id(route: AnyRoute) -> str:
    """A name for a route that is an identifier in most languages: ``get_services_MG_versions``."""
    parts = [part.strip("{}").replace("-", "_").replace(".", "_") for part in route.template.split("/")]
    return "_".join([route.method.lower(), *(part for part in parts if part not in {"", "api", "v1"})])


def tag_of(route: AnyRoute) -> str:
    """The resource that a route belongs to."""
    parts = [part for part in route.template.split("/") if part]
    return parts[2] if parts[:2] == ["api", "v1"] else "health"


def _content(route: AnyRoute) -> dict[str, Any]:
    if route.documents:
        return {media_type: {"schema": _ref(shape)} for media_type, shape in route.documents.items()}
    return {JSON: {"schema": _ref(route.body)}}


def _path_parameters(route: AnyRoute) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name],
            "schema": {"type": "string", "pattern": f"^{pattern}$"},
        }
        for name, pattern in route.parameters.items()
    ]


def _query_parameters(route: AnyRoute, schemas: Mapping[str, Any]) -> list[dict[str, Any]]:
    shape = schemas[route.query.__name__]
    parameters = []
    for name, schema in shape.get("properties", {}).items():
        inner = _without_null(schema)
        description = inner.pop("description", "")
        required = name in shape.get("required", ())
        parameters.append(
            {"name": name, "in": "query", "required": required, "description": description, "schema": inner}
        )
    return parameters


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which cannot be null: one that is not there is left out."""
    plain = {name: value for name, value in schema.items() if name != "title"}
    kinds = [kind for kind in plain.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        plain |= kinds[0]
    elif kinds:
        plain["anyOf"] = kinds
    if plain.get("default", "") is None:
        del plain["default"]
    return plain


def _header_parameters(route: AnyRoute) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.takes.items()
    ]


def _responses(route: AnyRoute) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.summary, "content": _answer_content(route)}
    if route.gives:
        good["headers"] = {
            name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in route.gives.items()
        }
    responses = {str(route.status): good}
    for status, meaning in route.other_statuses.items():
        responses[str(status)] = good | {"description": meaning}
    by_status: dict[int, list[Kind]] = {}
    for kind in route.all_problems:
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        told = "; ".join(f"{kind.name}: {kind.title}" for kind in kinds)
        responses[str(status)] = {"description": told, "content": {CONTENT_TYPE: {"schema": _ref(ProblemDetails)}}}
    return responses


def _answer_content(route: AnyRoute) -> dict[str, Any]:
    if isinstance(route.tells, str):
        return {route.tells: {"schema": {"type": "string"}}}
    texts = {media_type: {"schema": {"type": "string"}} for media_type in route.also_tells}
    return {JSON: {"schema": _ref(route.tells)}} | texts


def _ref(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=shape.__name__)}
