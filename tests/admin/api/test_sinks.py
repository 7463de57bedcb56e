"""`/api/v1/sinks`."""

import pytest

from tests.staging import ACCOUNT

CONSENT = "optout-gateway.consent.changed"
HOOK = {"name": "crm", "kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook?key=canary"}}


async def test_a_sink_from_beginning_to_end(admin):
    added = await admin.post("/api/v1/sinks", HOOK | {"secret": "canary-secret"})
    assert (200, "crm", ACCOUNT) == (added.status, added.json["name"], added.json["account_sid"])
    subscribed = await admin.put(f"/api/v1/sinks/crm/subscriptions/{CONSENT}", {})
    assert (200, 1) == (subscribed.status, subscribed.json["schema_version"])
    listed = await admin.get("/api/v1/sinks")
    [sink] = listed.json["sinks"]
    assert [CONSENT] == [each["type"] for each in sink["subscriptions"]]
    assert "canary" not in added.text + listed.text
    tested = await admin.post("/api/v1/sinks/crm/test", {})
    assert 200 == tested.status
    assert [(tested.json["delivery_id"],)] == admin.rows("SELECT delivery_id FROM deliveries WHERE sink = 'crm'")
    gone = await admin.call("DELETE", f"/api/v1/sinks/crm/subscriptions/{CONSENT}", None)
    assert (200, True) == (gone.status, gone.json["removed"])
    removed = await admin.call("DELETE", "/api/v1/sinks/crm", None)
    assert {"removed": "crm", "dropped_events": 1} == removed.json


@pytest.mark.parametrize(
    ("document", "status", "told"),
    [
        (HOOK | {"colour": "red"}, 400, "colour"),
        (HOOK | {"configuration": "x"}, 400, "configuration"),
        (HOOK | {"configuration": {"destination": "x"}}, 400, "destination"),
        (HOOK | {"name": 7}, 400, "name"),
        (HOOK | {"kind": "carrier pigeon"}, 400, "kind"),
        (HOOK | {"kind": "segment", "configuration": {}}, 400, "secret"),
    ],
    ids=["unknown key", "no object", "no address", "no text", "unknown kind", "no write key"],
)
async def test_what_is_wrong_is_named(admin, document, status, told):
    answered = await admin.post("/api/v1/sinks", document)
    assert status == answered.status
    assert told in answered.text
    assert [] == admin.rows("SELECT 1 FROM sinks")


async def test_what_is_not_there_and_what_is_there_already(admin):
    for method, path in (
        ("DELETE", "/api/v1/sinks/crm"),
        ("POST", "/api/v1/sinks/crm/test"),
        ("PUT", f"/api/v1/sinks/crm/subscriptions/{CONSENT}"),
        ("DELETE", f"/api/v1/sinks/crm/subscriptions/{CONSENT}"),
    ):
        assert 404 == (await admin.call(method, path, None if method == "DELETE" else {})).status, path
    assert 200 == (await admin.post("/api/v1/sinks", HOOK)).status
    assert 409 == (await admin.post("/api/v1/sinks", HOOK)).status
    for bad in ({"schema_version": "9"}, {"schema_version": "x"}):
        assert 400 == (await admin.put(f"/api/v1/sinks/crm/subscriptions/{CONSENT}", bad)).status
