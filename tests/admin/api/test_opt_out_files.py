from typing import Any

import pytest

from gateway.admin.api.opt_out_files import OptOutFilesApi
from tests.admin.conftest import ADMIN_TOKEN, Admin, AdminOfGateway
from tests.staging import ACCOUNT, SERVICE, Answered, StartGateway

IMPORT = "/api/v1/opt-outs/import"
LIST = "number,service,date,hold\n" + "".join(
    f"+1415555{number:04},{SERVICE},2025-07-01T12:00:00Z,{'yes' if number == 7 else ''}\n" for number in range(600)
)


async def import_file(admin: Admin, text: str, query: str = "", media_type: str = "text/csv") -> Answered:
    return await admin.post(IMPORT + query, text.encode(), Content_Type=media_type)


async def test_a_list_is_imported_streamed_out_and_imported_again_to_the_same(admin: AdminOfGateway) -> None:
    tried = (await import_file(admin, LIST + "nobody,,,\n", "?dry_run=true")).json
    assert ({"read": 601, "added": 600, "refused": 1}, True) == (tried["counts"], tried["dry_run"])
    assert [(602, "refused")] == [(line["line"], line["outcome"]) for line in tried["lines"]]
    refused = await import_file(admin, LIST + "nobody,,,\n", "?all_or_nothing=true")
    assert (422, ["line 602"]) == (refused.status, [error["place"] for error in refused.json["errors"]])
    assert [] == admin.rows("SELECT * FROM opt_outs")

    assert {"read": 600, "added": 600} == (await import_file(admin, LIST)).json["counts"]
    twice = await import_file(admin, LIST)
    assert (409, "urn:optout-gateway:imported-already") == (twice.status, twice.json["type"])
    assert {"read": 600, "stays": 600} == (await import_file(admin, LIST, "?again=true")).json["counts"]
    [(actor, source, reason)] = admin.rows(
        "SELECT actor, source, reason FROM consent_events WHERE recipient_key = '+14155550000'"
    )
    assert ("admin-token", "import", "admin API, line 2") == (actor, source, reason)

    for form, media_type in (("csv", "text/csv"), ("jsonl", "application/jsonl"), ("consents", "application/jsonl")):
        exported = await admin.get(f"/api/v1/opt-outs/export?format={form}")
        assert (200, media_type) == (exported.status, exported.headers["content-type"])
        again = await import_file(admin, exported.text, "", media_type)
        assert {"read": 600, "stays": 600} == again.json["counts"]
    mapped = LIST.replace("number", "Who").replace("service,", "Where,", 1)
    unnamed = await import_file(admin, mapped, f"?service_sid={SERVICE}&map=number=Who")
    assert {"read": 600, "stays": 600} == unnamed.json["counts"]


REFUSED: list[Any] = [
    pytest.param("", "text/csv", "", 422, "unusable-file", id="an empty file"),
    pytest.param("number\n", "text/csv", "", 422, "unusable-file", id="nothing says what is covered"),
    pytest.param("number\n", "application/json", "", 415, "wrong-type", id="another type"),
    pytest.param("number\n", "text/csv", "?map=x", 422, "unusable-file", id="no mapping"),
    pytest.param(
        LIST, "text/csv", f"?account_wide=true&service_sid={SERVICE}", 400, "invalid-request", id="two scopes"
    ),
]


@pytest.mark.parametrize(("text", "media_type", "query", "status", "kind"), REFUSED)
async def test_what_cannot_be_imported_is_refused(
    desk: Admin, text: str, media_type: str, query: str, status: int, kind: str
) -> None:
    answered = await import_file(desk, text, query, media_type)
    assert (status, f"urn:optout-gateway:{kind}") == (answered.status, answered.json["type"])


async def test_a_file_that_is_too_large_is_refused_whatever_its_header_says(
    desk: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    took = OptOutFilesApi._take

    async def take(self: OptOutFilesApi, *given: Any) -> None:
        self._most_bytes = 1_000
        await took(self, *given)

    monkeypatch.setattr(OptOutFilesApi, "_take", take)
    answered = await import_file(desk, LIST)
    assert (413, True) == (answered.status, "imports.most_body_bytes" in answered.json["detail"])
    assert ACCOUNT not in answered.text


async def test_sinks_that_leave_no_room_end_an_import_that_goes_on_untold(
    start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.operations.imports.room.LOOK_AGAIN_SECONDS", 0.001)
    monkeypatch.setattr("gateway.operations.imports.room.PATIENCE", 3)
    gateway = await start_gateway(admin_token=ADMIN_TOKEN, events={"most_owed": 4})
    admin = AdminOfGateway(gateway.admin_url, gateway.database_url, gateway.http, gateway)
    hook = {"name": "crm", "kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook"}}
    assert 200 == (await admin.post("/api/v1/sinks", hook)).status
    assert 200 == (await admin.put("/api/v1/sinks/crm/subscriptions/optout-gateway.consent.changed", {})).status
    few = "".join(LIST.splitlines(keepends=True)[:10])
    ended = await import_file(admin, few)
    assert (409, "urn:optout-gateway:sinks-full") == (ended.status, ended.json["type"])
    assert "untold=true tells sinks nothing" in ended.json["detail"]
    assert [(2,)] == admin.rows("SELECT count(*) FROM opt_outs"), "what was imported stays"
    assert {"read": 9, "added": 9} == (await import_file(admin, few, "?untold=true")).json["counts"]
    assert [(2,)] == admin.rows("SELECT count(*) FROM deliveries WHERE kind = 'event'")
