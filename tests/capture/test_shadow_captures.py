"""A capture of a gateway in shadow mode tells what was decided, not only what was done; so do a replay of it, and
settings that are tried on it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.capture.records import Account, Line, OptOut, Traffic
from gateway.messaging.opt_out_settings import Enforcement
from gateway.sandbox import Sandbox
from tests.capture.conftest import ADMIN_TOKEN, Capture, Replayed, Wait
from tests.staging import ALONE, IN_POOL, PHONE, SERVICE, Gateway, StartGateway, later, say

OTHER, THIRD = "+14155550101", "+14155550102"
SHADOW = {"enforcement": "shadow"}
ENABLED = f"[services.{SERVICE}]\nenabled = false\n"


@pytest.fixture
async def captures(capture: Capture, sandbox: Sandbox) -> list[Path]:
    """One who said STOP in shadow mode before it was captured, one who says it then and comes back, one who stays."""

    async def happens(gateway: Gateway) -> int:
        await say(sandbox, "STOP", phone=OTHER)
        for phone in (PHONE, OTHER, THIRD):
            assert 201 == (await gateway.send(To=phone, From=IN_POOL, Body="x")).status
        later(gateway, sandbox)
        await say(sandbox, "START", phone=OTHER)
        assert 201 == (await gateway.send(To=OTHER, MessagingServiceSid=SERVICE, Body="x")).status
        return 6

    return await capture(happens, account=SHADOW)


async def test_what_was_decided_and_not_done_is_written_down(
    captures: list[Path], captured: Callable[[], list[Line]]
) -> None:
    lines = captured()
    [account] = [line for line in lines if isinstance(line, Account)]
    kept = [line for line in lines if isinstance(line, OptOut)]
    assert (Enforcement.SHADOW, [True, True]) == (account.enforcement, [line.shadow for line in kept])
    traffic = sorted((line for line in lines if isinstance(line, Traffic)), key=lambda line: line.at)
    assert [
        ("forwarded", "would_suppress"), ("forwarded", "would_suppress"), ("forwarded", None), ("forwarded", None),
    ] == [(line.outcome, line.decided) for line in traffic if line.record == "send"]  # fmt: skip
    assert ["stop_added", "start_lifted"] == [line.decided for line in traffic if line.record == "inbound"]
    assert {False} == {line.enforced for line in traffic}


@pytest.mark.parametrize("enforcement", ["on", "shadow"])
async def test_it_is_decided_alike_whether_or_not_the_target_enforces(
    captures: list[Path], start_gateway: StartGateway, tmp_path: Path, replayed: Replayed, enforcement: str
) -> None:
    target = await start_gateway(
        database_url=f"sqlite:///{tmp_path}/now.db", admin_token=ADMIN_TOKEN, account={"enforcement": enforcement}
    )
    status, report = await replayed(*captures, "--to", target.url, "--max", "--admin", target.admin_url)
    assert (0, [], 6) == (status, report["differences"], report["compared"])
    assert {"on": 4, "shadow": 0}[enforcement] == report["not_done"]


async def test_enforcing_what_was_captured_in_shadow_mode_shows_what_it_would_hold_back(
    captures: list[Path], tmp_path: Path, replayed: Replayed
) -> None:
    settings = tmp_path / "services.toml"
    settings.write_text(ENABLED, "utf-8")
    status, report = await replayed(*captures, "--settings", settings)
    assert (0, {}, 0) == (status, report["summary"], report["not_reproduced"])
    settings.write_text(ENABLED + 'enforcement = "on"\n', "utf-8")
    status, report = await replayed(*captures, "--settings", settings)
    assert (1, 0) == (status, report["not_reproduced"])
    assert {"keywords count that shadow mode let pass": 2, "sends are blocked that were not": 2} == report["summary"]
    assert ("send", "suppressed, not enforced", "suppressed") in {
        (each["record"], each["then"], each["now"]) for each in report["differences"]
    }


async def test_shadow_mode_that_is_tried_on_what_was_enforced_shows_what_would_go(
    start_gateway: StartGateway,
    sandbox: Sandbox,
    tmp_path: Path,
    captured: Callable[[], list[Line]],
    eventually: Wait,
    replayed: Replayed,
) -> None:
    (tmp_path / "capture").mkdir()
    gateway = await start_gateway(capture={"file": str(tmp_path / "capture" / "traffic.jsonl")})
    await gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")
    await say(sandbox, "STOP", to=IN_POOL)
    await say(sandbox, "STOP", to=ALONE)
    for sender in (IN_POOL, ALONE):
        assert 400 == (await gateway.send(To=PHONE, From=sender, Body="x")).status
    await eventually(lambda: 5 == sum(isinstance(line, Traffic) for line in captured()))
    await gateway.service.stop()
    settings = tmp_path / "services.toml"
    settings.write_text(ENABLED + 'enforcement = "shadow"\n', "utf-8")
    status, report = await replayed(*(tmp_path / "capture").glob("*"), "--settings", settings)
    assert 1 == status
    assert {"keywords change only the shadow list": 1, "sends go that were blocked": 1} == report["summary"]
