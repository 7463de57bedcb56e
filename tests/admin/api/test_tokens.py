"""`/api/v1/tokens`: made once, shown once, revoked at once."""

import pytest

from tests.staging import ACCOUNT

TOKENS = "/api/v1/tokens"


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_is_shown_once_used_and_revoked(desk):
    made = await desk.post(TOKENS, {"name": "ann", "role": "operate"})
    assert (201, "ann", "operate", "admin-token") == (
        made.status, made.json["name"], made.json["role"], made.json["created_by"],
    )  # fmt: skip
    secret = made.json["token"]
    assert 200 == (await desk.get("/api/v1/opt-outs", **bearing(secret))).status
    listed = await desk.get(TOKENS)
    assert secret not in listed.text
    [token] = listed.json["tokens"]
    assert token["last_used_at"] is not None
    kept = desk.rows("SELECT * FROM admin_tokens")
    assert secret not in str(kept)
    assert 200 == (await desk.call("DELETE", f"{TOKENS}/ann", None)).status
    assert 401 == (await desk.get("/api/v1/opt-outs", **bearing(secret))).status
    assert 404 == (await desk.call("DELETE", f"{TOKENS}/ann", None)).status
    taken = await desk.post(TOKENS, {"name": "ann", "role": "read"})
    assert (409, "urn:optout-gateway:taken-name") == (taken.status, taken.json["type"])


async def test_a_token_ends_when_its_time_is_over(desk, clock):
    secret = (await desk.post(TOKENS, {"name": "ann", "role": "read", "expires_in_seconds": 60})).json["token"]
    assert 200 == (await desk.get("/api/v1/opt-outs", **bearing(secret))).status
    clock.advance(61)
    assert 401 == (await desk.get("/api/v1/opt-outs", **bearing(secret))).status


async def test_who_sees_some_accounts_makes_no_tokens(desk):
    secret = (await desk.post(TOKENS, {"name": "ann", "role": "admin", "accounts": [ACCOUNT]})).json["token"]
    for answered in (
        await desk.post(TOKENS, {"name": "bob", "role": "admin"}, **bearing(secret)),
        await desk.get(TOKENS, **bearing(secret)),
        await desk.call("DELETE", f"{TOKENS}/ann", None, **bearing(secret)),
    ):
        assert 403 == answered.status


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"role": "read"}, "name"),
        ({"name": "a b", "role": "read"}, "name"),
        ({"name": "admin-token", "role": "read"}, "name"),
        ({"name": "ann", "role": "king"}, "role"),
        ({"name": "ann", "role": "read", "accounts": ["AC1"]}, "accounts"),
        ({"name": "ann", "role": "read", "expires_in_seconds": 0}, "expires_in_seconds"),
    ],
    ids=["no name", "a space", "the settings' own", "no role", "no account", "no time"],
)
async def test_what_is_wrong_is_named(desk, document, place):
    answered = await desk.post(TOKENS, document)
    assert 400 == answered.status
    assert any(error["place"].startswith(place) for error in answered.json["errors"])
