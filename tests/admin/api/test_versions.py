import pytest

from tests.admin.conftest import Admin
from tests.staging import SERVICE

ONE = f"/api/v1/services/{SERVICE}"


@pytest.fixture
async def saved(desk: Admin) -> Admin:
    """Two versions, of which the second is enabled by a third."""
    await desk.put(f"{ONE}/opt-out-settings", {"name": "First"})
    await desk.put(f"{ONE}/opt-out-settings", {"name": "Second", "relay": "drop"})
    await desk.post(f"{ONE}/enable", {"reason": "approved"})
    return desk


async def test_versions_are_listed_newest_first_with_who_and_why(saved: Admin) -> None:
    versions = (await saved.get(f"{ONE}/versions")).json["versions"]
    expected = [(3, "enabled", True, "approved"), (2, "saved", False, None), (1, "saved", False, None)]
    assert expected == [(v["version"], v["change"], v["enabled"], v["reason"]) for v in versions]
    assert {("admin-token", "admin")} == {(v["actor"], v["role"]) for v in versions}
    assert versions[0]["saved_at"].endswith("Z")
    one = (await saved.get(f"{ONE}/versions/1")).json
    assert ("First", "all") == (one["settings"]["name"], one["settings"]["relay"])


async def test_two_versions_are_compared_in_either_order(saved: Admin) -> None:
    forth = (await saved.get(f"{ONE}/versions/1/diff/3")).json
    assert {"place": "relay", "before": '"all"', "after": '"drop"'} in forth["differences"]
    assert {"place": "enabled", "before": "false", "after": "true"} in forth["differences"]
    back = (await saved.get(f"{ONE}/versions/3/diff/1")).json
    assert {"place": "relay", "before": '"drop"', "after": '"all"'} in back["differences"]


async def test_an_old_version_is_restored_as_a_new_one_that_stays_enabled(saved: Admin) -> None:
    tried = (await saved.post(f"{ONE}/versions/1/restore?dry_run=true")).json
    assert (True, 4) == (tried["dry_run"], tried["version"])
    assert "Second" == (await saved.get(ONE)).json["name"]
    restored = (await saved.post(f"{ONE}/versions/1/restore", {"reason": "the drop was a mistake"})).json
    assert (4, True) == (restored["version"], restored["enabled"])
    newest = (await saved.get(f"{ONE}/versions")).json["versions"][0]
    assert ("restored", "the drop was a mistake") == (newest["change"], newest["reason"])
    assert "First" == (await saved.get(ONE)).json["name"]


@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", "/versions/9"), ("GET", "/versions/1/diff/9"), ("POST", "/versions/9/restore")],
)
async def test_a_version_that_there_is_not_is_not_found(saved: Admin, method: str, rest: str) -> None:
    answer = await saved.call(method, f"{ONE}{rest}", None)
    assert (404, "urn:optout-gateway:unknown-version") == (answer.status, answer.json["type"])


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        pytest.param({}, "it is missing", id="none"),
        pytest.param(None, "it is missing", id="no body"),
        pytest.param({"reason": None}, "it is missing", id="null"),
        pytest.param({"reason": 7}, "it must be a text", id="a number"),
        pytest.param({"reason": " "}, "it must be one line of 1 to 500 printable characters", id="blank"),
        pytest.param({"reason": "two\nlines"}, "it must be one line of 1 to 500 printable characters", id="two lines"),
    ],
)
async def test_disabling_wants_a_reason(saved: Admin, fields: dict[str, object] | None, detail: str) -> None:
    answer = await saved.post(f"{ONE}/disable", fields)
    assert (400, [{"place": "reason", "detail": detail}]) == (answer.status, answer.json["errors"][-1:])
    assert (await saved.get(ONE)).json["enabled"]
    assert 200 == (await saved.post(f"{ONE}/disable", {"reason": "complaint"})).status
    assert not (await saved.get(ONE)).json["enabled"]
