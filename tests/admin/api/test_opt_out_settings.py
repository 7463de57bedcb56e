from typing import Any

import pytest

from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, IN_POOL, PHONE, SERVICE, inbound

ONE = f"/api/v1/services/{SERVICE}"
SETTINGS = f"{ONE}/opt-out-settings"
MEXICAN = "+525555550101"
SPANISH: dict[str, Any] = {
    "opt_out": {"keywords": ["BAJA"], "reply": "Ya no recibirá mensajes. ALTA para volver."},
    "opt_in": {"keywords": ["ALTA"], "reply": "Bienvenido de nuevo. Envíe BAJA para salir."},
    "help": {"keywords": ["AYUDA"], "reply": "Envíe BAJA para dejar de recibir mensajes."},
}
DOCUMENT: dict[str, Any] = {"name": "Bookings", "senders": [IN_POOL], "countries": {"MX": {"es": SPANISH}}}


async def test_a_draft_has_no_effect_until_it_is_enabled_and_then_at_once(admin: AdminOfGateway) -> None:
    gateway = admin.gateway
    saved = await admin.put(SETTINGS, DOCUMENT)
    assert (200, 1, False) == (saved.status, saved.json["version"], saved.json["enabled"])
    await gateway.webhook(inbound("Baja", "01", from_=MEXICAN, To=IN_POOL, MessagingServiceSid=SERVICE))
    assert [] == gateway.rows("SELECT * FROM opt_outs")
    assert 201 == (await gateway.send(To=MEXICAN, MessagingServiceSid=SERVICE, Body="x")).status

    enabled = await admin.post(f"{ONE}/enable", {"reason": "approved"})
    assert (200, 2, True) == (enabled.status, enabled.json["version"], enabled.json["enabled"])
    assert [{"place": "enabled", "before": "false", "after": "true"}] == enabled.json["differences"]
    stopped = await gateway.webhook(
        inbound("Baja", "02", from_=MEXICAN, To=IN_POOL, MessagingServiceSid=SERVICE)
    )  # fmt: skip
    assert SPANISH["opt_out"]["reply"] in stopped.text
    assert 400 == (await gateway.send(To=MEXICAN, MessagingServiceSid=SERVICE, Body="x")).status
    (event,) = gateway.rows("SELECT keyword_set, service_version FROM consent_events")
    assert ("countries.MX.es.opt_out", 2) == event

    await admin.post(f"{ONE}/disable", {"reason": "complaint"})
    ignored = await gateway.webhook(inbound("Baja", "03", from_=PHONE, To=IN_POOL, MessagingServiceSid=SERVICE))
    assert "Ya no" not in ignored.text
    assert 400 == (await gateway.send(To=MEXICAN, MessagingServiceSid=SERVICE, Body="x")).status, "stays opted out"


async def test_what_is_saved_comes_back_and_saved_again_changes_nothing(desk: Admin) -> None:
    await desk.put(SETTINGS, DOCUMENT)
    got = await desk.get(SETTINGS)
    assert (200, '"1"') == (got.status, got.headers["etag"])
    assert DOCUMENT["countries"] == got.json["countries"]
    again = (await desk.put(SETTINGS, got.json)).json
    assert (1, False, []) == (again["version"], again["changes"], again["differences"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_nothing_was_saved_for_shows_the_presets_as_version_0(admin: AdminOfGateway) -> None:
    await admin.post("/api/v1/services/sync")
    got = await admin.get(SETTINGS)
    assert (200, '"0"') == (got.status, got.headers["etag"])
    assert "unsubscribe" in got.json["standard"]["opt_out"]["keywords"]
    assert 200 == (await admin.put(SETTINGS, got.json, If_Match='"0"')).status


async def test_a_dry_run_says_what_would_change_and_saves_nothing(desk: Admin) -> None:
    tried = (await desk.put(f"{SETTINGS}?dry_run=true", DOCUMENT | {"matching": "normalized"})).json
    assert (True, True, 1) == (tried["dry_run"], tried["changes"], tried["version"])
    assert {"place": "matching", "before": None, "after": '"normalized"'} in tried["differences"]
    assert [] == desk.rows("SELECT * FROM service_versions")
    assert 400 == (await desk.put(f"{SETTINGS}?dry_run=yes", DOCUMENT)).status
    misspelt = await desk.put(f"{SETTINGS}?dry-run=true", DOCUMENT)
    expected = [{"place": "dry-run", "detail": "it is not known; did you mean dry_run?"}]
    assert (400, expected) == (misspelt.status, misspelt.json["errors"])
    assert [] == desk.rows("SELECT * FROM service_versions")


async def test_warnings_come_with_their_places(desk: Admin) -> None:
    short = {"opt_out": {"reply": "Bye."}}
    warnings = (await desk.put(SETTINGS, {"languages": {"de": short}})).json["warnings"]
    assert ["languages.de.opt_out.reply"] == [warning["place"] for warning in warnings]


CONDITIONS = [
    pytest.param({"If_Match": '"1"'}, 200, id="the newest version"),
    pytest.param({"If_Match": '"7", "1"'}, 200, id="the newest among others"),
    pytest.param({"If_Match": "*"}, 200, id="any that was saved"),
    pytest.param({"If_Match": '"0"'}, 412, id="an older version"),
    pytest.param({"If_Match": 'W/"1"'}, 412, id="a weak one, which never matches"),
    pytest.param({"If_Match": "1"}, 412, id="not quoted, so no ETag"),
    pytest.param({"If_None_Match": "*"}, 412, id="only if nothing was saved"),
    pytest.param({"If_None_Match": '"2"'}, 200, id="only if version 2 is not the newest"),
]


@pytest.mark.parametrize(("condition", "status"), CONDITIONS)
async def test_a_condition_keeps_from_overwriting_what_was_not_seen(
    desk: Admin, condition: dict[str, str], status: int
) -> None:
    await desk.put(SETTINGS, DOCUMENT)
    answer = await desk.put(SETTINGS, DOCUMENT | {"name": "Other"}, **condition)
    assert status == answer.status
    expected = "Other" if status == 200 else "Bookings"
    assert expected == (await desk.get(SETTINGS)).json["name"]
    if status == 412:
        assert "urn:optout-gateway:another-version" == answer.json["type"]
        assert '"1"' in answer.json["detail"]


FAULTS = [
    pytest.param(
        {"countries": {"MX": {"es": {
            "opt_out": {"keywords": ["baja", "no", "fin", "Alto"], "reply": "Adiós, ya no recibirá mensajes."},
            "help": {"keywords": ["alto", "HELP ME"], "reply": ""},
        }}}},
        {
            "countries.MX.es.help.reply": "it must have 1 to 320 characters; it has 0",
            "countries.MX.es.help.keywords[0]": '"alto" is already in countries.MX.es.opt_out',
            "countries.MX.es.help.keywords[1]": '"HELP ME" holds white space; a keyword is one word',
        },
        id="each fault of a country's sets",
    ),
    pytest.param(
        {"langauges": {}, "relay": "none"},
        {
            "langauges": "'langauges' is not a setting; did you mean languages?",
            "relay": "it should be 'all' or 'drop'",
        },
        id="an unknown key and a wrong value",
    ),
    pytest.param({"senders": ["+1"]}, {"senders[0]": None}, id="a sender that is none"),
    pytest.param(
        {"standard": {"opt_in": {"keywords": ["cancel"], "reply": "Welcome back to our messages."}}},
        {"standard.opt_in.keywords[0]": '"cancel" always means STOP and can mean nothing else'},
        id="a stop word by law",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), FAULTS)
async def test_settings_that_cannot_be_used_are_refused_with_every_place(
    desk: Admin, document: dict[str, Any], expected: dict[str, str | None]
) -> None:
    answer = await desk.put(SETTINGS, document)
    assert (422, "application/problem+json") == (answer.status, answer.headers["content-type"])
    found = [(error["place"], error["detail"]) for error in answer.json["errors"]]
    assert set(expected) == {place for place, _ in found}
    assert {(place, text) for place, text in expected.items() if text} <= set(found)
    assert [] == desk.rows("SELECT * FROM service_versions")


async def test_the_two_axes_hold_the_same_sets_and_leave_the_rest_alone(desk: Admin) -> None:
    await desk.put(SETTINGS, DOCUMENT)
    got = await desk.get(f"{SETTINGS}/two-axes")
    assert '"1"' == got.headers["etag"]
    rows = got.json
    assert {"keyword_type": "STOP.SPANISH", "message_type": "MX", "keywords": ["BAJA"]} in rows["keywords"]
    for row in rows["keywords"]:
        if row["keyword_type"] == "STOP.SPANISH":
            row["keywords"].append("ALTO")
    saved = (await desk.put(f"{SETTINGS}/two-axes", rows, If_Match='"1"')).json
    added = {"place": 'countries.MX.es.opt_out.keywords "ALTO"', "before": None, "after": "listed"}
    assert (2, [added]) == (saved["version"], saved["differences"])
    assert "Bookings" == (await desk.get(SETTINGS)).json["name"]
    assert 412 == (await desk.put(f"{SETTINGS}/two-axes", rows, If_Match='"1"')).status
    rows["messages"][0]["keyword_type"] = "STOP.KLINGON"
    faulty = await desk.put(f"{SETTINGS}/two-axes", rows)
    assert (422, "messages[0].keyword_type") == (faulty.status, faulty.json["errors"][0]["place"])


async def test_every_version_says_who_made_it(desk: Admin) -> None:
    await desk.put(SETTINGS, DOCUMENT)
    made = desk.rows("SELECT account_sid, service_sid, version, actor, role FROM service_versions")
    assert [(ACCOUNT, SERVICE, 1, "admin-token", "admin")] == made
