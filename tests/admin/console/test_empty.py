"""The console where there is nothing yet, or nothing that a token may see."""

import pytest

from tests.admin.conftest import Admin
from tests.admin.console.conftest import NewVisitor, Visitor
from tests.staging import ACCOUNT

PATHS = (
    "/", "/?span=month", "/services", "/opt-outs", "/opt-outs/new", "/opt-outs/import", "/activity", "/review",
    "/deliveries", "/try",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_of_an_empty_account_says_so(operator: Visitor, path: str) -> None:
    page = await operator.get(path)
    assert (200, True) == (page.status, "<h1" in page.text)


async def test_a_token_whose_account_left_the_settings_is_told_so_and_can_sign_out(
    new_visitor: NewVisitor, desk: Admin
) -> None:
    gone = ACCOUNT[:-1] + "9"
    made = await desk.post("/api/v1/tokens", {"name": "left", "role": "admin", "accounts": [gone]})
    visitor = await new_visitor()
    page = await visitor.sign_in(made.json["token"])
    assert (404, True) == (page.status, "The settings do not have this account" in page.words)
    assert "/sign-in" == (await visitor.post("/sign-out")).path
