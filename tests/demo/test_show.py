"""The demo plays to its end."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import webbrowser
from dataclasses import replace

import pytest

from gateway.demo import stage
from gateway.demo.show import _run
from gateway.sandbox import DEFAULT_SEEDS, SandboxPhone


@pytest.fixture(autouse=True)
def any_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several runs of the suite at once must not meet on the usual ports."""
    for name in ("GATEWAY_PORT", "ADMIN_PORT", "SANDBOX_PORT", "APP_PORT"):
        monkeypatch.setattr(stage, name, 0)


async def test_the_demo_shows_the_main_job_and_ends_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == await _run(once=True, seed=7)
    shown = capsys.readouterr().out
    before_the_steps = shown.partition("1. A send")[0]
    assert re.search(r"^Phones to write with, .* http://127\.0\.0\.1:\d+/$", before_the_steps, flags=re.MULTILINE)
    for promised in ("status delivered", "unsubscribed", "code=21610", "re-subscribed", "Body=HELP signature valid"):
        assert promised in shown
    assert ["SMc9d40016ddfa425af7bc4caef01e71fe"] == re.findall(r"sid=(SM\w+)", shown)[:1]  # the same in every run


async def test_the_demo_stays_with_what_an_app_needs_and_opens_a_browser_when_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    seeds = replace(DEFAULT_SEEDS, phones=(SandboxPhone("+4915112345678"),))
    demo = asyncio.create_task(_run(once=False, show_page=True, seeds=seeds))
    shown = ""
    async with asyncio.timeout(30):
        while "Runs until" not in shown:
            await asyncio.sleep(0.05)
            shown += capsys.readouterr().out
    program = "from twilio" + shown.partition("from twilio")[2].partition("Runs until")[0]
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    os.kill(os.getpid(), signal.SIGINT)

    assert 0 == await demo
    assert re.findall(r"http://127\.0\.0\.1:\d+/", shown)[:1] == opened
    assert re.fullmatch(r"SM\w{32} queued\n", ran.stdout), ran.stderr
    assert "+4915112345678" in program
