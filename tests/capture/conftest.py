"""A gateway that captures, what it wrote, and the script that plays it again."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.capture.records import Line, decode
from scripts.rehearsal.replay import command, options
from scripts.rehearsal.terminal import BadInput
from tests.staging import TOKEN

ADMIN_TOKEN = "a-token-of-sixteen"
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
