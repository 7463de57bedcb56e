"""How calls are read, whatever they are about."""

import pytest
from structlog.testing import capture_logs

from tests.admin.conftest import Admin
from tests.staging import ACCOUNT, PHONE, SERVICE

EXPLAIN = "/api/v1/explain"
SETTINGS = f"/api/v1/services/{SERVICE}/opt-out-settings"
CANARY = "+14155550199"

BODIES = [
    pytest.param(b"{", "application/json", "malformed", 400, id="broken JSON"),
    pytest.param(b'"stop"', "application/json", "malformed", 400, id="JSON that is no object"),
    pytest.param(b'{"body": "\xff"}', "application/json", "malformed", 400, id="not UTF-8"),
    pytest.param(b'{"body": "\\ud800"}', "application/json", "malformed", 400, id="half a surrogate pair"),
    pytest.param(b'{"body": NaN}', "application/json", "malformed", 400, id="a number that JSON has not"),
    pytest.param(b'{"body": "a", "body": "b"}', "application/json", "malformed", 400, id="a key twice"),
    pytest.param(b'{"body":' + b"[" * 5_000, "application/json", "malformed", 400, id="nested too deep"),
    pytest.param(b'{"bodey": "a"}', "application/json", "invalid-request", 400, id="an unknown key"),
    pytest.param(b'{"body": ["a"]}', "application/json", "invalid-request", 400, id="a value of another type"),
    pytest.param(b"body=a", "application/x-www-form-urlencoded", "wrong-type", 415, id="a form"),
    pytest.param(b'{"body": "a"}', "application/json; charset=latin1", "wrong-type", 415, id="another charset"),
    pytest.param(b'{"body": "' + b"a" * 1_048_576 + b'"}', "application/json", "too-large", 413, id="over 1 MiB"),
]


@pytest.mark.parametrize(("body", "content_type", "kind", "status"), BODIES)
async def test_a_body_that_can_be_read_in_two_ways_or_none_is_refused(
    desk: Admin, body: bytes, content_type: str, kind: str, status: int
) -> None:
    answer = await desk.post(EXPLAIN, body, Content_Type=content_type)
    assert (status, f"urn:optout-gateway:{kind}") == (answer.status, answer.json["type"])
    assert "application/problem+json" == answer.headers["content-type"]


async def test_a_compressed_body_is_refused(desk: Admin) -> None:
    answer = await desk.post(EXPLAIN, b"\x1f\x8b", Content_Encoding="gzip")
    assert (415, "urn:optout-gateway:wrong-type") == (answer.status, answer.json["type"])


async def test_an_unknown_key_is_told_with_the_nearest_known_one(desk: Admin) -> None:
    answer = await desk.post(EXPLAIN, {"recipent": PHONE})
    assert {"place": "recipent", "detail": "it is not known; did you mean recipient?"} == answer.json["errors"][0]


PLACES = [
    pytest.param("GET", "/api/v1/nothing", 404, "no-such-path", None, id="an unknown path"),
    pytest.param("GET", f"/api/v1/services/{SERVICE.upper()}", 404, "no-such-path", None, id="a SID in capitals"),
    pytest.param("GET", f"{SETTINGS}/", 404, "no-such-path", None, id="a slash too many"),
    pytest.param("GET", EXPLAIN, 405, "no-such-method", "POST", id="a method it does not take"),
    pytest.param("DELETE", SETTINGS, 405, "no-such-method", "GET,HEAD,PUT", id="another one"),
    pytest.param("GET", "/api/v1/services/import", 405, "no-such-method", "POST", id="import is no service"),
]


@pytest.mark.parametrize(("method", "path", "status", "kind", "allowed"), PLACES)
async def test_what_there_is_not_is_told_so(
    desk: Admin, method: str, path: str, status: int, kind: str, allowed: str | None
) -> None:
    answer = await desk.call(method, path, None)
    assert (status, f"urn:optout-gateway:{kind}") == (answer.status, answer.json["type"])
    assert allowed == answer.headers.get("allow")


async def test_every_call_is_logged_by_its_route_with_no_value_but_sids(desk: Admin) -> None:
    with capture_logs() as lines:
        await desk.put(f"{SETTINGS}?dry_run=true&recipient=%2B14155550199", {"name": CANARY})
        await desk.put(SETTINGS, {"name": CANARY, "senders": [CANARY, "+1"]})
        await desk.post(EXPLAIN, {"body": CANARY, "recipient": CANARY, "sender": CANARY})
        await desk.get(f"/api/v1/{CANARY}")
        await desk.call("PROPFIND", SETTINGS, None)
        await desk.get("/livez")
    calls = [line for line in lines if line["event"] == "admin"]
    route = "/api/v1/services/{MG}/opt-out-settings"
    expected = [
        ("PUT", route, 400, SERVICE, None),
        ("PUT", route, 422, SERVICE, ACCOUNT),
        ("POST", EXPLAIN, 200, None, ACCOUNT),
        ("GET", "unknown", 404, None, None),
        ("other", "unknown", 405, None, None),
    ]
    assert expected == [(c["method"], c["route"], c["status"], c["service"], c["account"]) for c in calls]
    assert CANARY.removeprefix("+") not in str(lines)
