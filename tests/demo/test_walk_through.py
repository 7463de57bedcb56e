"""The walk-through of docs/rehearsal.md, at the demo: capture, change the settings, compare, play it again."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from gateway.demo import stage
from gateway.demo.stage import ACCOUNT, SERVICE, Stage, staged
from scripts.rehearsal import capture, replay

PAGE = Path(__file__).parents[2] / "docs" / "rehearsal.md"
FIRST, SECOND = "+14155550111", "+14155550112"


@pytest.fixture(autouse=True)
def any_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several runs of the suite at once must not meet on the usual ports."""
    for name in ("GATEWAY_PORT", "ADMIN_PORT", "SANDBOX_PORT", "APP_PORT"):
        monkeypatch.setattr(stage, name, 0)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def write(at: Stage, phone: str, body: str) -> None:
    await at.sandbox.phone(phone).send(body, to=SERVICE.senders[0])


async def send(at: Stage, http: aiohttp.ClientSession, to: str) -> int:
    """A send by the app; its status."""
    fields = {"To": to, "From": SERVICE.senders[0], "Body": "Still on?", "StatusCallback": at.app.status_url}
    authorization = aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_tokens[0])
    url = f"{at.gateway_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"
    async with http.post(url, data=fields, headers={"Authorization": authorization}) as answer:
        return answer.status


async def test_what_the_demo_captures_is_tried_and_played_again(
    http: aiohttp.ClientSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    captured, settings = tmp_path / "demo.jsonl", tmp_path / "services.toml"
    settings.write_text(re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0], "utf-8")
    async with staged() as at:
        monkeypatch.setenv("CAPTURE_ADMIN_TOKEN", at.admin_token)
        given = capture.options().parse_args(["--gateway", at.admin_url, "--for", "3s", "--to", str(captured)])
        capturing = asyncio.create_task(asyncio.to_thread(capture.command, given, io.StringIO()))
        await eventually(lambda: captured.exists() and b"placed" in captured.read_bytes())
        assert 201 == await send(at, http, FIRST)
        await at.sandbox.settle()
        await write(at, FIRST, "STOP")
        assert 400 == await send(at, http, FIRST)
        await write(at, FIRST, "Leave me alone, please")
        await write(at, SECOND, "ENOUGH")
        assert 201 == await send(at, http, SECOND)
        assert 0 == await capturing

    async def played(*more: str) -> tuple[int, dict[str, object]]:
        out = io.StringIO()
        given = replay.options().parse_args([str(captured), "--json", *more])
        status = await asyncio.to_thread(replay.command, given, out)
        return status, json.loads(out.getvalue())

    status, report = await played("--settings", str(settings))
    assert (1, {
        "bodies match that did not": 1, "replies change": 1, "sends are blocked that were not": 1,
    }) == (status, report["summary"])  # fmt: skip

    monkeypatch.setenv("REPLAY_AUTH_TOKEN", ACCOUNT.auth_tokens[0])
    for given_settings, differ in ((["--settings", str(settings)], 3), ([], 0)):
        async with staged() as at:
            monkeypatch.setenv("REPLAY_ADMIN_TOKEN", at.admin_token)
            where = ["--to", at.gateway_url, "--admin", at.admin_url, "--callbacks", at.app.status_url]
            status, report = await played(*where, *given_settings, "--speed", "10")
            assert (min(differ, 1), differ) == (status, report["different"])
            assert {"send", "inbound", "status"} == set(report["kinds"])  # type: ignore[call-overload]
