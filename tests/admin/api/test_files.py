import tomllib
from typing import Any

import pytest

from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, SERVICE, Answered

OTHER = "MG" + "b2" * 16
IMPORT = "/api/v1/services/import"
TOML = {"Content_Type": "application/toml"}

FILE = f"""
account = "{ACCOUNT}"

[services.{SERVICE}]
enabled = true
name = "Bookings"

[services.{SERVICE}.countries.MX.es.opt_out]
keywords = ["BAJA"]
reply = "Ya no recibirá mensajes. ALTA para volver."

[services.{OTHER}]
name = "Reminders"
"""


async def import_file(admin: Admin, text: str, query: str = "") -> Answered:
    return await admin.post(IMPORT + query, text.encode(), **TOML)


async def test_a_file_is_imported_exported_and_imported_again_to_the_same(admin: AdminOfGateway) -> None:
    tried = (await import_file(admin, FILE, "?dry_run=true")).json
    assert [True, True] == [service["changes"] for service in tried["services"]]
    assert [] == admin.rows("SELECT * FROM service_versions")

    imported = (await import_file(admin, FILE)).json
    assert [(SERVICE, 1, True), (OTHER, 1, False)] == [
        (service["service_sid"], service["version"], service["enabled"]) for service in imported["services"]
    ]
    exported = await admin.get("/api/v1/services/export")
    assert "application/toml" == exported.headers["content-type"]
    given = tomllib.loads(exported.text)
    assert ["BAJA"] == given["services"][SERVICE]["countries"]["MX"]["es"]["opt_out"]["keywords"]

    for again in (await import_file(admin, exported.text), await admin.post(IMPORT, given)):
        assert [False, False] == [service["changes"] for service in again.json["services"]]
    assert exported.text == (await admin.get("/api/v1/services/export")).text


async def test_one_fault_keeps_the_whole_file_from_being_saved(admin: AdminOfGateway) -> None:
    faulty = FILE + f"matching = 'fuzzy'\n[services.{OTHER}.languages.xx.help]\nreply = 'x'\n"
    answer = await import_file(admin, faulty)
    assert 422 == answer.status
    assert [f"services.{OTHER}.matching"] == [error["place"] for error in answer.json["errors"]]
    assert [] == admin.rows("SELECT * FROM service_versions")


NOT_A_FILE: list[Any] = [
    pytest.param(b"services = [", "application/toml", 422, "invalid-settings", id="not TOML"),
    pytest.param(b"\xff", "application/toml", 400, "malformed", id="not UTF-8"),
    pytest.param(b"{", "application/json", 400, "malformed", id="not JSON"),
    pytest.param(b"[]", "application/json", 400, "malformed", id="no object"),
    pytest.param(b"a = 1", "text/plain", 415, "wrong-type", id="another type"),
    pytest.param(b"service = 1", "application/toml", 422, "invalid-settings", id="an unknown key"),
    pytest.param(
        b'account = "AC00000000000000000000000000000000"', "application/toml", 404, "unknown-account",
        id="another account",
    ),
    pytest.param(b'{"account": 7, "services": {}}', "application/json", 422, "invalid-settings", id="no account"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "content_type", "status", "kind"), NOT_A_FILE)
async def test_what_is_no_file_of_services_is_refused(
    desk: Admin, body: bytes, content_type: str, status: int, kind: str
) -> None:
    answer = await desk.post(IMPORT, body, Content_Type=content_type)
    assert (status, f"urn:optout-gateway:{kind}") == (answer.status, answer.json["type"])


async def test_a_file_names_its_account_where_there_are_two(desk_of_two: Admin) -> None:
    assert ACCOUNT == (await import_file(desk_of_two, FILE)).json["account_sid"]
    unnamed = FILE.replace(f'account = "{ACCOUNT}"', "")
    assert 400 == (await import_file(desk_of_two, unnamed)).status
    assert 200 == (await import_file(desk_of_two, unnamed, f"?account_sid={ACCOUNT}")).status
