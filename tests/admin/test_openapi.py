"""The description of the admin API: valid, whole, and as the routes are."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.admin.conftest import Admin


async def test_it_is_valid_and_open_to_anybody(desk: Admin) -> None:
    answered = await desk.get("/api/v1/openapi.json", Authorization="")
    assert 200 == answered.status
    document = answered.json
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


async def test_every_call_tells_its_role_its_answer_and_its_problems(desk: Admin) -> None:
    document = (await desk.get("/api/v1/openapi.json")).json
    operations = [
        (path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()
    ]
    assert {"/api/v1/opt-outs", "/api/v1/tokens", "/api/v1/sinks", "/readyz"} <= set(document["paths"])
    for path, method, each in operations:
        assert each["summary"], (path, method)
        assert any(status.startswith("2") for status in each["responses"]), (path, method)
        if path.startswith("/api/v1/") and path not in {"/api/v1/openapi.json", "/api/v1/docs"}:
            assert {"401", "403", "503"} <= set(each["responses"]), (path, method)
