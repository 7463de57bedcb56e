"""Status callbacks are played again: at the URLs that the target made for the messages that it sent."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.capture.callbacks import MOST_KEPT, Callbacks, Sent
from gateway.capture.records import Line, Traffic
from gateway.sandbox import SampleApp, Sandbox
from tests.capture.conftest import Replayed
from tests.staging import ACCOUNT, ALONE, PHONE, StartGateway

OTHER = "+14155550101"
LEADING = {"lead_status_callbacks": True}
Wait = Callable[[Callable[[], object]], Awaitable[None]]


def of_kind(kind: str, lines: list[Line]) -> list[Traffic]:
    return [line for line in lines if isinstance(line, Traffic) and line.record == kind]


@pytest.fixture(params=["clear"])
async def captures(
    request: pytest.FixtureRequest,
    start_gateway: StartGateway,
    sandbox: Sandbox,
    app: SampleApp,
    tmp_path: Path,
    captured: Callable[[], list[Line]],
    eventually: Wait,
) -> list[Path]:
    """A message that is delivered and one that Twilio does not deliver, as its recipient opted out there: of each the
    callbacks, and then a send to each of the two.
    """
    (tmp_path / "capture").mkdir()
    capture = {"file": str(tmp_path / "capture" / "traffic.jsonl"), "numbers": request.param}
    gateway = await start_gateway(account=LEADING, capture=capture)
    for phone in (PHONE, OTHER):
        assert 201 == (await gateway.send(To=phone, From=ALONE, Body="x", StatusCallback=app.status_url)).status
    await sandbox.settle()
    url = sandbox.messages[-1].status_callback or ""
    told = {"MessageSid": sandbox.messages[-1].sid, "AccountSid": ACCOUNT, "To": OTHER, "From": ALONE}
    failed = told | {"MessageStatus": "failed", "ErrorCode": "21610"}
    assert 204 == (await gateway.webhook(failed, path=url.removeprefix(gateway.url))).status
    for phone in (PHONE, OTHER):
        await gateway.send(To=phone, From=ALONE, Body="x")
    await eventually(lambda: len(of_kind("send", captured())) == 4 and len(of_kind("status", captured())) > 4)
    await gateway.service.stop()
    return sorted((tmp_path / "capture").glob("*"))


async def test_callbacks_are_played_for_the_messages_of_the_run_and_relayed_as_such(
    captures: list[Path],
    start_gateway: StartGateway,
    sandbox: Sandbox,
    app: SampleApp,
    tmp_path: Path,
    captured: Callable[[], list[Line]],
    replayed: Replayed,
) -> None:
    count = len(of_kind("status", captured()))
    assert {line.message_sid for line in of_kind("send", captured())} >= {line.sid for line in sandbox.messages}
    before = {message.sid for message in sandbox.messages}
    target = await start_gateway(database_url=f"sqlite:///{tmp_path}/now.db", account=LEADING)
    app.statuses.clear()
    where = ("--to", target.url, "--max", "--callbacks", app.status_url, "--resume", tmp_path / "state")
    status, report = await replayed(*captures, *where, "--limit", "2")
    assert (0, False, {"send": {"played": 2, "compared": 2}}) == (status, report["complete"], report["kinds"])
    status, report = await replayed(*captures, *where)
    assert (0, [], {}) == (status, report["differences"], report["left_out"])
    assert {"played": count, "compared": count} == report["kinds"]["status"]
    now = {message.sid for message in sandbox.messages} - before
    assert 3 == len(now), "the fourth was held back: its recipient had opted out at Twilio"
    assert now >= {told.params["MessageSid"] for told in app.statuses} != set()
    assert {True} == {told.valid for told in app.statuses}
    assert "21610" in {told.params.get("ErrorCode") for told in app.statuses}


@pytest.mark.parametrize("captures", ["clear", "pseudonyms"], indirect=True)
async def test_without_an_app_for_them_what_callbacks_tell_counts_all_the_same(
    captures: list[Path], start_gateway: StartGateway, tmp_path: Path, replayed: Replayed
) -> None:
    target = await start_gateway(database_url=f"sqlite:///{tmp_path}/now.db", account=LEADING)
    status, report = await replayed(*captures, "--to", target.url, "--max")
    assert (0, [], {}, {}) == (status, report["differences"], report["errors"], report["left_out"])
    assert report["kinds"]["status"]["compared"] == report["kinds"]["status"]["played"]


async def test_a_target_that_does_not_lead_callbacks_gets_none_and_that_is_told(
    captures: list[Path], start_gateway: StartGateway, tmp_path: Path, replayed: Replayed
) -> None:
    target = await start_gateway(database_url=f"sqlite:///{tmp_path}/now.db")
    status, report = await replayed(*captures, "--to", target.url, "--max")
    assert {("send", "suppressed", "forwarded")} == {
        (each["record"], each["then"], each["now"]) for each in report["differences"]
    }
    assert (1, ["left out"]) == (status, list(report["kinds"]["status"]))
    [why] = report["left_out"]
    assert "whose callbacks the target does not lead" in why


async def test_a_gateway_tells_nobody_but_a_replay_where_its_callbacks_go(
    start_gateway: StartGateway, app: SampleApp
) -> None:
    gateway = await start_gateway(account=LEADING)
    answered = await gateway.send(To=PHONE, From=ALONE, Body="x", StatusCallback=app.status_url)
    assert (201, False) == (answered.status, "X-Gateway-Callback" in answered.headers)


def test_as_many_sends_are_remembered_as_there_is_room_for() -> None:
    callbacks = Callbacks()
    for number in range(MOST_KEPT + 1):
        callbacks.note(f"SM{number}", Sent("SM", None))
    assert (None, Sent("SM", None)) == (callbacks.of("SM0"), callbacks.of("SM1"))
    assert None is callbacks.of(None)
    again = Callbacks.from_kept(callbacks.kept())
    assert callbacks == again
