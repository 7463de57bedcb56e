"""Addresses at which there is no page: what a browser is shown, and what a program is told."""

import pytest

from tests.admin.console.conftest import Visitor

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NAUGHTY = "/<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing/here", 404), ("/opt-outs/x", 404), (NAUGHTY, 404), ("/opt-outs/search", 405), ("/sign-out", 405)],
)
async def test_a_browser_is_shown_a_page_as_safe_as_all_others(operator: Visitor, path: str, status: int) -> None:
    page, other = await operator.get(path, Accept=HTML), await operator.get("/opt-outs")
    assert (status, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    for header in ("content-security-policy", "x-frame-options", "cache-control", "referrer-policy"):
        assert other.headers[header] == page.headers[header]
    assert all(link in page.text for link in ('href="/"', 'href="/opt-outs"', "Sign out</button>"))
    assert "alert(1)" not in page.text


async def test_the_form_of_such_a_page_signs_out(operator: Visitor) -> None:
    await operator.get("/nothing/here", Accept=HTML)
    assert "/sign-in" == (await operator.post("/sign-out")).path


async def test_who_is_not_signed_in_is_led_home_and_sees_no_navigation(visitor: Visitor) -> None:
    page = await visitor.get("/nothing/here", Accept=HTML)
    assert (404, True, False) == (page.status, 'href="/"' in page.text, "/opt-outs" in page.text)


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/nothing/here", "*/*"), ("/nothing/here", "application/json"), ("/api/v1/nothing", HTML), ("/livezz", HTML)],
)
async def test_programs_and_paths_of_programs_get_the_problem_as_ever(
    operator: Visitor, path: str, accept: str
) -> None:
    told = await operator.get(path, Accept=accept)
    assert (404, "application/problem+json") == (told.status, told.headers["content-type"])


async def test_what_a_path_takes_is_told_all_the_same(operator: Visitor) -> None:
    assert "POST" == (await operator.get("/sign-out", Accept=HTML)).headers["allow"]
