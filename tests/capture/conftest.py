"""A gateway that captures, what it wrote, and the script that plays it again."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.capture.records import Line, Traffic, decode
from gateway.sandbox import Sandbox
from scripts.rehearsal.replay import command, options
from scripts.rehearsal.terminal import BadInput
from tests.staging import PHONE, SERVICE, TOKEN, Gateway, StartGateway, say

ADMIN_TOKEN = "a-token-of-sixteen"
Wait = Callable[[Callable[[], object]], Awaitable[None]]
Capture = Callable[..., Awaitable[list[Path]]]
Replay = Callable[..., Awaitable[tuple[int, str]]]
Replayed = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One engine: captures are about what comes in and goes out."""
    return f"sqlite:///{tmp_path}/gateway.db"


@pytest.fixture
def captured(tmp_path: Path) -> Callable[[], list[Line]]:
    """The records in all files of the capture, in order."""

    def read() -> list[Line]:
        files = sorted((tmp_path / "capture").glob("traffic.*.jsonl"))
        return [decode(line) for file in files for line in file.read_bytes().splitlines()]

    return read


@pytest.fixture
def capture(
    start_gateway: StartGateway,
    sandbox: Sandbox,
    tmp_path: Path,
    captured: Callable[[], list[Line]],
    eventually: Wait,
) -> Capture:
    """Capture what ``happens``, which gives how many requests that were, at a gateway whose list has one on it already;
    gives the files. Further keywords override the gateway's settings.
    """

    async def captures(happens: Callable[[Gateway], Awaitable[int]], **overrides: Any) -> list[Path]:
        (tmp_path / "capture").mkdir()
        watching = {"database_url": f"sqlite:///{tmp_path}/then.db"} | overrides
        gateway = await start_gateway(**watching)
        await gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")  # so that the pool is known
        await say(sandbox, "STOP", phone=PHONE)
        await gateway.service.stop()
        gateway = await start_gateway(**watching, capture={"file": str(tmp_path / "capture" / "traffic.jsonl")})
        count = await happens(gateway)
        await eventually(lambda: count == sum(isinstance(line, Traffic) for line in captured()))
        await gateway.service.stop()
        return sorted((tmp_path / "capture").glob("*"))

    return captures


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    """What scripts/replay does with arguments, in a thread of its own; the status and what it says."""
    monkeypatch.setenv("REPLAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("REPLAY_ADMIN_TOKEN", ADMIN_TOKEN)

    async def played(*arguments: str | Path) -> tuple[int, str]:
        given = options().parse_args([*map(str, arguments)])
        out = io.StringIO()
        try:
            status = await asyncio.to_thread(command, given, out)
        except BadInput as error:
            return 2, str(error)
        return status, out.getvalue()

    return played


@pytest.fixture
def replayed(replay: Replay) -> Replayed:
    """The same, with the report for programs."""

    async def played(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
        status, said = await replay(*arguments, "--json")
        return status, json.loads(said)

    return played
