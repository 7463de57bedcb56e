"""The description of the admin API for people says what that for programs does."""

import pytest

from gateway.admin.reference import sections_of

PAGE = "/api/v1/docs"


async def test_the_page_tells_every_call_and_needs_no_token(desk):
    page = await desk.get(PAGE, Authorization="")
    document = (await desk.get("/api/v1/openapi.json")).json
    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    assert "default-src 'none'" in page.headers["content-security-policy"]
    calls = [
        (method.upper(), path.replace("&", "&amp;"))
        for path, methods in document["paths"].items()
        for method in methods
    ]
    assert [] == [call for call in calls if "<code>{} {}</code>".format(*call) not in page.text]
    assert "invalid-request" in page.text
    style = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert 200 == (await desk.get(style)).status


def told(properties, required=(), **schemas):
    answer = {"content": {"application/json": {"schema": {"properties": properties, "required": required}}}}
    call = {"tags": ["x"], "operationId": "get_x", "summary": "X", "parameters": [], "responses": {"200": answer}}
    [operation] = sections_of({"paths": {"/x": {"get": call}}, "components": {"schemas": schemas}})["x"]
    return [(field.name, field.kind, field.is_required) for field in operation.answer]


SCOPE = {"properties": {"kind": {"enum": ["service", "sender"]}, "id": {"type": "string"}}, "required": ["kind"]}


@pytest.mark.parametrize(
    ("properties", "fields"),
    [
        pytest.param({"a": {"type": "string"}}, [("a", "text", False)], id="a text"),
        pytest.param({"a": {"type": "integer"}}, [("a", "number", False)], id="a number"),
        pytest.param(
            {"a": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}},
            [("a", "date-time or null", False)],
            id="a time or none",
        ),
        pytest.param({"a": {"const": "x"}}, [("a", "x", False)], id="one value"),
        pytest.param(
            {"a": {"$ref": "#/components/schemas/Scope"}},
            [("a", "object", False), ("a.kind", "one of service, sender", True), ("a.id", "text", False)],
            id="an object inside",
        ),
        pytest.param(
            {"a": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}}},
            [("a", "list of object", False), ("a[].kind", "one of service, sender", True), ("a[].id", "text", False)],
            id="a list of objects",
        ),
        pytest.param(
            {"a": {"anyOf": [{"$ref": "#/components/schemas/Scope"}, {"type": "null"}]}},
            [("a", "object or null", False), ("a.kind", "one of service, sender", True), ("a.id", "text", False)],
            id="an object or none",
        ),
    ],
)  # fmt: skip
def test_fields_are_told_with_what_is_inside_them(properties, fields):
    assert fields == told(properties, Scope=SCOPE)


def test_what_holds_itself_comes_to_an_end():
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    assert [("next", "object", False), ("next.next", "object", False), ("next.next.next", "object", False)] == told(
        node["properties"], Node=node
    )
