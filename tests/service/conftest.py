"""The gateway as a process of its own, to be killed and started again."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.sandbox import SampleApp, Sandbox
from tests.staging import ACCOUNT, TOKEN, Gateway, free_port


class Process:
    """``gateway serve`` on a store, to be killed and started again."""

    def __init__(
        self, database_url: str, log: Path, sandbox: Sandbox, app: SampleApp, http: aiohttp.ClientSession
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.admin_url = f"http://127.0.0.1:{free_port()}"
        self.log = log
        self.gateway = Gateway(None, self.url, None, database_url, http)  # type: ignore[arg-type]
        self._environment = {
            "PATH": os.environ["PATH"],
            "GATEWAY_LISTEN": self.url.removeprefix("http://"),
            "GATEWAY_ADMIN_LISTEN": self.admin_url.removeprefix("http://"),
            "GATEWAY_PUBLIC_URL": self.url,
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_TWILIO__API_URL": sandbox.url,
            "GATEWAY_TWILIO__MESSAGING_URL": sandbox.url,
            "GATEWAY_ACCOUNT__SID": ACCOUNT,
            "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
            "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
            "GATEWAY_ACCOUNT__APP_URL": app.sms_url,
            "GATEWAY_APPS__ALLOW_PRIVATE": "127.0.0.0/8",
            "GATEWAY_APPS__ALLOW_PORTS": "1-65535",
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "serve", env=self._environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(40):
            while not await self._is_ready():
                assert self._process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def end(self, by: signal.Signals) -> int:
        """Send a signal and wait for the end; gives the exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(by)
        return await self.ended()

    def signal(self, by: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(by)

    async def ended(self) -> int:
        """Wait for the end; gives the exit status."""
        assert self._process is not None
        async with asyncio.timeout(30):
            return await self._process.wait()

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            return (await self.gateway.get(f"{self.admin_url}/readyz")).status == 200
        return False


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def process(
    database_url: str, tmp_path: Path, sandbox: Sandbox, app: SampleApp, http: aiohttp.ClientSession
) -> AsyncIterator[Process]:
    process = Process(database_url, tmp_path / "gateway.log", sandbox, app, http)
    sandbox.point_webhooks_at(f"{process.url}/inbound")
    try:
        await process.start()
        yield process
    finally:
        await process.end(signal.SIGKILL)
