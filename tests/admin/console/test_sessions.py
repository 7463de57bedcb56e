"""Signing in and out: who gets in, for how long, from where forms are taken, and what the cookies are."""

import asyncio

import aiohttp
import pytest

from tests.admin.conftest import ADMIN_TOKEN, Admin
from tests.admin.console.conftest import FROM_HERE, NewVisitor, Visitor
from tests.staging import ACCOUNT, IN_POOL, OTHER_ACCOUNT, PHONE, Clock, run_on

PLAIN = "gateway-session"
MINUTE = 60.0


async def token_of(desk: Admin, role: str = "read", name: str = "support") -> str:
    return str((await desk.post("/api/v1/tokens", {"name": name, "role": role})).json["token"])


async def test_who_is_not_signed_in_sees_the_sign_in_page_alone(visitor: Visitor) -> None:
    for path in ("/", "/opt-outs", "/services", "/try", "/deliveries", "/review", "/activity"):
        assert (200, "/sign-in") == ((seen := await visitor.get(path)).status, seen.path)
    live = await visitor.get("/overview/live")
    assert (401, "/overview/live") == (live.status, live.path)


async def test_a_token_signs_in_and_the_session_is_another_than_before(visitor: Visitor, desk: Admin) -> None:
    await visitor.get("/sign-in")
    before = visitor.cookies[PLAIN]
    seen = await visitor.post("/sign-in", token=ADMIN_TOKEN)
    assert (200, "/") == (seen.status, seen.path)
    secret = visitor.cookies[PLAIN]
    assert secret != before
    kept = desk.rows("SELECT * FROM admin_sessions")
    assert 1 == len(kept)
    assert not any(kept_in in str(kept) for kept_in in (secret, ADMIN_TOKEN))  # hashes alone
    await visitor.sign_in()
    assert [visitor.cookies[PLAIN] != secret, 1] == [True, len(desk.rows("SELECT * FROM admin_sessions"))]


async def test_cookies_and_pages_are_kept_from_scripts_frames_and_other_sites(visitor: Visitor) -> None:
    page = await visitor.get("/sign-in")
    cookie = page.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/"))
    policy = page.headers["content-security-policy"]
    assert all(part in policy for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"))
    assert ("DENY", "no-store", "nosniff") == (
        page.headers["x-frame-options"], page.headers["cache-control"], page.headers["x-content-type-options"],
    )  # fmt: skip
    assert not any(part in page.text for part in (" style=", " onclick=", "<style", "<script>"))


async def test_behind_a_proxy_that_speaks_tls_the_cookie_is_a_host_cookie(visitor: Visitor) -> None:
    await visitor.get("/sign-in")
    from_proxy = {"Sec-Fetch-Site": "same-origin", "Origin": "https://console.example"}
    async with visitor.http.post(  # a client by HTTP does not keep such a cookie, so it is read here
        f"{visitor.url}/sign-in", data={"csrf": visitor.csrf, "token": ADMIN_TOKEN}, headers=from_proxy,
        allow_redirects=False,
    ) as answer:  # fmt: skip
        cookies = answer.headers.getall("Set-Cookie")
    assert 303 == answer.status
    assert [True] == [
        all(part in each for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/")) and "Domain" not in each
        for each in cookies
        if each.startswith("__Host-gateway-session=") and "Max-Age=0" not in each
    ]


FORGED = {
    "from another site": ({"Sec-Fetch-Site": "cross-site"}, None),
    "from a neighbour": ({"Sec-Fetch-Site": "same-site"}, None),
    "of another origin": ({"Origin": "https://evil.example"}, None),
    "of an origin that hides": ({"Origin": "null"}, None),
    "that does not say from where": ({}, None),
    "without its token": (FROM_HERE, ""),
    "with another's token": (FROM_HERE, "0" * 64),
    "with a token that is none": (FROM_HERE, "é"),
}


async def test_only_forms_of_this_console_are_taken(operator: Visitor, desk: Admin) -> None:
    for name, (headers, csrf) in FORGED.items():
        seen = await operator.post_as("/sign-out", headers, csrf)
        assert (name, 403) == (name, seen.status)
    assert 1 == len(desk.rows("SELECT * FROM admin_sessions"))
    own = f"http://127.0.0.1:{desk.port}"
    assert "/sign-in" == (await operator.post_as("/sign-out", {"Origin": own})).path  # an old browser


async def test_who_signed_out_is_out_and_so_is_a_stolen_cookie(operator: Visitor) -> None:
    stolen = operator.cookies[PLAIN]
    seen = await operator.post("/sign-out")
    assert ("/sign-in", True) == (seen.path, "You are signed out" in seen.text)
    operator.show(PLAIN, stolen)
    assert "/sign-in" == (await operator.get("/opt-outs")).path


async def test_a_session_ends_with_its_token(new_visitor: NewVisitor, desk: Admin) -> None:
    token = await token_of(desk)
    visitor = await new_visitor()
    await visitor.sign_in(token)
    assert "/opt-outs" == (await visitor.get("/opt-outs")).path
    await desk.call("DELETE", "/api/v1/tokens/support", None)
    assert "/sign-in" == (await visitor.get("/opt-outs")).path
    assert 403 == (await visitor.sign_in(token)).status


async def test_a_session_ends_half_an_hour_after_its_last_use_and_after_twelve_hours(
    operator: Visitor, desk: Admin, clock: Clock
) -> None:
    clock.advance(29 * MINUTE)
    assert "/opt-outs" == (await operator.get("/opt-outs")).path
    clock.advance(29 * MINUTE)
    assert "/opt-outs" == (await operator.get("/opt-outs")).path
    clock.advance(31 * MINUTE)
    assert "/sign-in" == (await operator.get("/opt-outs")).path
    await operator.sign_in()
    assert 1 == len(desk.rows("SELECT * FROM admin_sessions"))  # what has ended is forgotten
    for _ in range(24):
        clock.advance(29 * MINUTE)
        assert "/opt-outs" == (await operator.get("/opt-outs")).path
    clock.advance(29 * MINUTE)
    assert "/sign-in" == (await operator.get("/opt-outs")).path


async def test_looking_at_live_parts_keeps_nobody_in(operator: Visitor, clock: Clock) -> None:
    clock.advance(29 * MINUTE)
    async with operator.http.get(f"{operator.url}/activity/live") as stream:
        assert (200, True) == (stream.status, bool(await stream.content.readany()))
    clock.advance(2 * MINUTE)
    assert "/sign-in" == (await operator.get("/opt-outs")).path


async def test_who_may_see_several_accounts_chooses_one(desk_of_two: Admin) -> None:
    await desk_of_two.post("/api/v1/opt-outs", {"recipient": PHONE, "sender": IN_POOL, "account_sid": OTHER_ACCOUNT})
    limited = {"name": "one", "role": "operate", "accounts": [ACCOUNT]}
    token = str((await desk_of_two.post("/api/v1/tokens", limited)).json["token"])
    for secret, sees in ((ADMIN_TOKEN, True), (token, False)):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            visitor = Visitor(desk_of_two.url, http)
            await visitor.sign_in(secret)
            assert "Nobody is opted out" in (await visitor.get("/opt-outs")).words
            await visitor.post("/account", account_sid=OTHER_ACCOUNT)
            assert sees == (PHONE in (await visitor.get("/opt-outs")).text)


async def test_wrong_tokens_are_counted_by_address(visitor: Visitor) -> None:
    await visitor.get("/sign-in")
    statuses = [(await visitor.post("/sign-in", token=f"wrong-{n}")).status for n in range(6)]
    assert [403] * 5 + [429] == statuses
    held = await visitor.post("/sign-in", token=ADMIN_TOKEN)
    assert (429, True) == (held.status, 0 < int(held.headers["retry-after"]) <= 61)


@pytest.mark.parametrize("token", ["", " ", "x" * 513, "gwt_\x00", "töken"], ids=["none", "blank", "long", "nul", "ü"])
async def test_what_is_no_token_signs_nobody_in(visitor: Visitor, token: str) -> None:
    assert 403 == (await visitor.sign_in(token)).status


async def test_who_signs_in_gets_to_the_page_they_were_after(visitor: Visitor) -> None:
    asked = await visitor.get("/opt-outs?source=api&since=2026-01-01")
    assert ("/sign-in", False) == (asked.path, "Sign in to go on" in asked.words)  # who was never here needs no telling
    signed_in = await visitor.post("/sign-in", token=ADMIN_TOKEN)
    assert (200, "/opt-outs") == (signed_in.status, signed_in.path)
    assert '<option value="api" selected>' in signed_in.text
    await visitor.post("/sign-out")
    assert "/" == (await visitor.sign_in()).path  # once alone


async def test_who_is_signed_out_meanwhile_is_told_and_what_they_sent_changes_nothing(
    operator: Visitor, desk: Admin
) -> None:
    await operator.get("/opt-outs/new")
    await asyncio.to_thread(run_on, desk.database_url, "DELETE FROM admin_sessions")
    late = await operator.post("/opt-outs/new", recipient=PHONE, covers="account")
    assert ("/sign-in", True) == (late.path, "nothing was changed" in late.words)
    assert [] == desk.rows("SELECT 1 FROM opt_outs")
    assert "Sign in to go on" in (await operator.get("/services")).words


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/@evil", "/.//evil.example", "/a\nb", "x"]
)
async def test_a_cookie_that_somebody_put_there_leads_nowhere_else(visitor: Visitor, path: str) -> None:
    await visitor.get("/sign-in")
    visitor.show("gateway-wanted", path)
    signed_in = await visitor.post("/sign-in", token=ADMIN_TOKEN)
    assert (200, "/") == (signed_in.status, signed_in.path)
