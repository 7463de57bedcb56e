"""A running gateway writes its traffic down: in the words of the log, and with nothing in it that tells who."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.capture.recorder import MOST_UNREAD_BYTES, Listener
from gateway.capture.records import Account, Gap, Head, Line, OptOut, Pool, Traffic, decode
from gateway.sandbox import Sandbox
from tests.staging import (
    ACCOUNT,
    ALONE,
    IN_POOL,
    PHONE,
    SERVICE,
    TOKEN,
    TOLL_FREE,
    Gateway,
    StartGateway,
    inbound,
    later,
    say,
)

ADMIN_TOKEN = "a-token-of-sixteen"
LONG = "Your parcel 4155550199 waits for Mrs Zwetschgenbaum"
CANARIES = (
    "4155550100", "12025550101", "12025550102", "12025550103", "18005550104", "55501", "Zwetschgenbaum", "4155550199",
    TOKEN, "user:hidden", "secret-query", "Signature", "Authorization", "fake-secret", "Sandbox phone", "987654",
)  # fmt: skip
Wait = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
async def capturing(start_gateway: StartGateway, tmp_path: Path) -> Gateway:
    (tmp_path / "capture").mkdir()
    return await start_gateway(
        {"services": [{"sid": SERVICE, "senders": [IN_POOL]}]},
        capture={"file": str(tmp_path / "capture" / "traffic.jsonl")},
        admin_token=ADMIN_TOKEN,
    )


def traffic(lines: list[Line]) -> list[Traffic]:
    return [line for line in lines if isinstance(line, Traffic)]


async def play(gateway: Gateway, sandbox: Sandbox) -> None:
    """One of everything: sends that go, are blocked and are refused; a long body, keywords, an unsigned webhook."""
    callback = "http://user:hidden@x.example/?k=secret-query"
    more: dict[str, Any] = {"x4155550100": LONG, "ContentSid": "+14155550100"}
    more |= {"ContentVariables": '{"1": "Zwetschgenbaum"}'}
    await gateway.send(To=PHONE, From=IN_POOL, Body=LONG, StatusCallback=callback, **more)
    await say(sandbox, "STOP")
    await gateway.send(To="(415) 555-0100", From=IN_POOL, Body="987654")
    await gateway.send(To="x" + PHONE, From=IN_POOL, Body=LONG)
    await gateway.send(To=PHONE, From=IN_POOL, Body=LONG, auth=(ACCOUNT, "wrong-" + TOKEN))
    await gateway.webhook(inbound("STOP", "77"), token="no token of ours")
    later(gateway, sandbox)
    await say(sandbox, "START")
    await say(sandbox, LONG, to=ALONE)
    await say(sandbox, "help", to=TOLL_FREE)
    await sandbox.phone("whatsapp:" + PHONE).send(LONG, to="whatsapp:+12025550105")


async def test_what_happened_is_written_as_the_log_has_it(
    capturing: Gateway, sandbox: Sandbox, captured: Callable[[], list[Line]], eventually: Wait, tmp_path: Path
) -> None:
    await play(capturing, sandbox)
    expected = [
        ("send", "forwarded", "no_opt_out", 201, None),
        ("inbound", "recorded", "stop_added", 200, None),
        ("send", "suppressed", "opted_out", 400, 21610),
        ("send", "refused", "code_21211", 400, 21211),
        ("inbound", "recorded", "start_lifted", 200, None),
        ("inbound", "relayed", "app_answered", 200, None),
        ("inbound", "recorded", "help_nothing", 200, None),
        ("inbound", "relayed", "app_answered", 200, None),
    ]
    await eventually(lambda: len(traffic(captured())) == len(expected))
    lines = captured()
    assert expected == [
        (each.record, each.outcome, (each.reason or "").partition("_of_")[0], each.status, each.code)
        for each in sorted(traffic(lines), key=lambda each: each.at)
    ]
    first, *state = [line for line in lines if not isinstance(line, Traffic)]
    assert isinstance(first, Head)
    assert [Account, Pool] == [type(line) for line in state][:2]
    assert traffic(lines)[1].confirmation is not None
    _nothing_tells_who(tmp_path)


def _nothing_tells_who(folder: Path) -> None:
    text = b"".join(file.read_bytes() for file in (folder / "capture").glob("*")).decode()
    assert text
    assert [] == [canary for canary in CANARIES if canary in text]


async def test_one_person_is_one_person_in_every_spelling(
    capturing: Gateway, sandbox: Sandbox, captured: Callable[[], list[Line]], eventually: Wait
) -> None:
    await play(capturing, sandbox)
    await eventually(lambda: len(traffic(captured())) == 8)
    first, stop, second, *_ = traffic(captured())
    assert first.field("To") == stop.field("From")
    assert (first.field("To") or "")[2:] == "".join(filter(str.isdigit, second.field("To") or ""))
    assert first.field("From") == stop.field("To")


async def test_a_later_start_begins_with_the_list_as_it_is_then(
    capturing: Gateway,
    sandbox: Sandbox,
    start_gateway: StartGateway,
    captured: Callable[[], list[Line]],
    tmp_path: Path,
) -> None:
    await say(sandbox, "STOP")
    await capturing.service.stop()
    for file in (tmp_path / "capture").glob("*"):
        file.unlink()
    await start_gateway(capture={"file": str(tmp_path / "capture" / "traffic.jsonl")})
    opt_outs = [line for line in captured() if isinstance(line, OptOut)]
    assert {"service", "sender"} == {line.scope_kind for line in opt_outs}
    assert {True} == {line.recipient.startswith("+1415") for line in opt_outs}
    _nothing_tells_who(tmp_path)


async def test_a_file_that_is_full_ends_the_capture_and_not_the_traffic(
    start_gateway: StartGateway, captured: Callable[[], list[Line]], tmp_path: Path, eventually: Wait
) -> None:
    (tmp_path / "capture").mkdir()
    where = {"file": str(tmp_path / "capture" / "traffic.jsonl"), "part_bytes": 65_536, "most_bytes": 140_000}
    gateway = await start_gateway(capture=where)
    for _ in range(30):
        assert 201 == (await gateway.send(To=PHONE, From=ALONE, Body="x", Pad="word " * 2_000)).status
    await eventually(lambda: len(list((tmp_path / "capture").glob("*"))) == 3)
    assert 140_000 >= sum(file.stat().st_size for file in (tmp_path / "capture").glob("*"))
    heads = [line for line in captured() if isinstance(line, Head)]
    assert [1, 2, 3] == [head.part for head in heads]


async def test_a_folder_that_is_not_there_ends_nothing_else(start_gateway: StartGateway, tmp_path: Path) -> None:
    gateway = await start_gateway(capture={"file": str(tmp_path / "nowhere" / "traffic.jsonl")})
    assert 201 == (await gateway.send(To=PHONE, From=ALONE, Body="x")).status


async def test_who_listens_too_slowly_is_told_what_is_missing() -> None:
    listener = Listener(lambda: 7)
    for _ in range(3):
        listener.hear([b"x" * (MOST_UNREAD_BYTES // 2 - 1) + b"\n", b"\n"])
    heard = await listener.heard(0)
    assert heard is not None
    assert Gap(at=7, missing=4) == decode(heard.splitlines()[-1])
    listener.end()
    assert (None, b"") == (await listener.heard(0), await Listener(lambda: 7).heard(0))
