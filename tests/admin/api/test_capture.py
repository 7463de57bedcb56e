"""`/api/v1/capture`: the list, then the end, for who may see all of it."""

import json

import pytest

from tests.admin.conftest import Admin

CAPTURE = "/api/v1/capture?seconds=1"
TOKENS = "/api/v1/tokens"


async def test_it_begins_with_its_head_and_what_is_known(desk: Admin) -> None:
    added = {"recipient": "+14155550100", "sender": "+12025550101"}
    assert 200 == (await desk.post("/api/v1/opt-outs", added)).status
    answered = await desk.get(CAPTURE)
    assert (200, "application/x-ndjson") == (answered.status, answered.headers["content-type"])
    lines = [json.loads(line) for line in answered.body.splitlines()]
    assert ["head", "account", "placed", "opt_out"] == [line["record"] for line in lines]
    assert lines[-1]["recipient"].startswith("+1415")
    assert "5550100" not in answered.text


@pytest.mark.parametrize(
    "held", [{"role": "operate"}, {"role": "admin", "accounts": ["AC" + "a1" * 16]}], ids=["operate", "some accounts"]
)
async def test_who_may_not_see_everything_hears_nothing(desk: Admin, held: dict[str, object]) -> None:
    token = (await desk.post(TOKENS, {"name": "ann"} | held)).json["token"]
    answered = await desk.get(CAPTURE, Authorization=f"Bearer {token}")
    assert 403 == answered.status


@pytest.mark.parametrize("seconds", ["0", "x", "86401"])
async def test_how_long_is_bounded(desk: Admin, seconds: str) -> None:
    answered = await desk.get(f"/api/v1/capture?seconds={seconds}")
    assert (400, True) == (answered.status, "seconds" in answered.text)
