"""``gateway serve --workers``: several real processes on one address and one store."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.sandbox import Fault, SampleApp, Sandbox
from gateway.workers import pause_seconds
from tests.staging import ACCOUNT, ALONE, PHONE, TOKEN, Answered, Gateway, free_port, inbound

ADMIN_TOKEN = "a-token-of-sixteen"
PAIRS = 200
SERVED = re.compile(r"^gateway_outbound_total\{.*\} (\S+)$", re.MULTILINE)


class Serving:
    """``gateway serve`` with several workers, each request to which takes a connection of its own."""

    def __init__(
        self, database_url: str, folder: Path, sandbox: Sandbox, app: SampleApp, http: aiohttp.ClientSession
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.admin_url = f"http://127.0.0.1:{free_port()}"
        self.gateway = Gateway(None, self.url, None, database_url, http)  # type: ignore[arg-type]
        self.environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
            "GATEWAY_LISTEN": self.url.removeprefix("http://"),
            "GATEWAY_ADMIN_LISTEN": self.admin_url.removeprefix("http://"),
            "GATEWAY_ADMIN_TOKEN": ADMIN_TOKEN,
            "GATEWAY_PUBLIC_URL": self.url,
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_TWILIO__API_URL": sandbox.url,
            "GATEWAY_TWILIO__MESSAGING_URL": sandbox.url,
            "GATEWAY_TWILIO__SYNC_SECONDS": "0",
            "GATEWAY_TWILIO__GAP_SECONDS": "0",
            "GATEWAY_ACCOUNT__SID": ACCOUNT,
            "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
            "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
            "GATEWAY_ACCOUNT__APP_URL": app.sms_url,
            "GATEWAY_APPS__ALLOW_PRIVATE": "127.0.0.0/8",
            "GATEWAY_APPS__ALLOW_PORTS": "1-65535",
        }
        self._log = folder / "gateway.log"
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self, workers: int) -> None:
        command = [sys.executable, "-m", "gateway", "serve", "--workers", str(workers)]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*command, env=self.environment, stdout=log, stderr=log)

    async def start(self, workers: int) -> None:
        await self.begin(workers)
        await self.until(lambda: self.events("started"))

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(40):
            while not is_so():
                assert self._process is not None
                assert self._process.returncode is None, self.said
                await asyncio.sleep(0.02)

    @property
    def said(self) -> str:
        return self._log.read_text()

    def events(self, *names: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.said.splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if line["event"] in names]

    @property
    def pids(self) -> dict[int, int]:
        """The process that each worker's number stands for now."""
        return {line["worker"]: line["pid"] for line in self.events("worker_started", "worker_replaced")}

    def signal(self, by: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(by)

    async def ended(self) -> int:
        assert self._process is not None
        async with asyncio.timeout(30):
            return await self._process.wait()

    async def end(self) -> None:
        """Whatever is left, workers too."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        for pid in self.pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def send(self, to: str = PHONE) -> Answered:
        return await self.gateway.send(To=to, from_=ALONE, Body="x")

    async def sends_counted(self) -> int:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        async with self.gateway.http.get(f"{self.admin_url}/metrics", headers=headers) as response:
            assert 200 == response.status
            return int(sum(float(count) for count in SERVED.findall(await response.text())))


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@pytest.fixture
async def new(
    tmp_path: Path, sandbox: Sandbox, app: SampleApp, http: aiohttp.ClientSession
) -> AsyncIterator[Callable[..., Serving]]:
    made: list[Serving] = []

    def make(database_url: str = f"sqlite:///{tmp_path}/gateway.db", **environment: str) -> Serving:
        serving = Serving(database_url, tmp_path, sandbox, app, http)
        serving.environment |= environment
        made.append(serving)
        return serving

    yield make
    for serving in made:
        await serving.end()


New = Callable[..., Serving]


async def gone(pid: int) -> None:
    """Wait until a process, which need not be a child of ours, has ended."""
    async with asyncio.timeout(20):
        with contextlib.suppress(ProcessLookupError):
            while not is_zombie(pid):
                os.kill(pid, 0)
                await asyncio.sleep(0.02)


def is_zombie(pid: int) -> bool:
    """Ended, and not yet asked for by whoever adopted it."""
    with contextlib.suppress(OSError):
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    return False


async def test_a_worker_killed_under_load_is_replaced_while_the_others_serve_and_counts_never_fall(
    new: New, sandbox: Sandbox
) -> None:
    serving = new()
    await serving.start(2)
    before = serving.pids
    answered: list[bool] = []
    counted = [await serving.sends_counted()]

    async def keep_sending() -> None:
        while len(serving.events("worker_replaced")) < 1 or len(answered) < 300:
            try:
                answered.append(201 == (await serving.send()).status)
            except aiohttp.ClientError:
                answered.append(False)  # its connection was the dead worker's

    async def keep_counting() -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                counted.append(await serving.sends_counted())
            await asyncio.sleep(0.02)

    counting = asyncio.create_task(keep_counting())
    sending = [asyncio.create_task(keep_sending()) for _ in range(4)]
    await serving.until(lambda: len(answered) > 50)
    os.kill(before[1], signal.SIGKILL)
    async with asyncio.timeout(20):
        await asyncio.gather(*sending)
    counting.cancel()
    await asyncio.gather(counting, return_exceptions=True)
    counted.append(await serving.sends_counted())

    assert sorted(counted) == counted
    assert sum(answered) <= counted[-1] <= len(answered)
    assert answered.count(False) <= 4, "no more than were under way"
    assert answered[-1]
    [died] = serving.events("worker_died")
    assert (1, before[1], 128 + signal.SIGKILL) == (died["worker"], died["pid"], died["status"])
    assert (before[2], True) == (serving.pids[2], serving.pids[1] != before[1])
    assert {1, 2} == {line["worker"] for line in serving.events("api")}, "both take requests"
    assert 2 == serving.events("started")[0]["workers"]
    assert len(sandbox.messages) >= sum(answered)


async def test_any_worker_tells_how_all_of_them_get_on_with_twilio_and_counts_failed_sign_ins_with_the_others(
    new: New, http: aiohttp.ClientSession
) -> None:
    serving = new()
    await serving.start(3)
    told: list[dict[str, Any]] = []

    async def ask() -> None:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        async with http.get(f"{serving.admin_url}/api/v1/health", headers=headers) as answered:
            told.append(await answered.json())

    def answered() -> int:
        return sum(upstream["answered"] for upstream in told[-1]["upstreams"])

    sent = 0
    while len({line["worker"] for line in serving.events("api")}) < 2:
        assert [201] * 20 == [each.status for each in await asyncio.gather(*(serving.send() for _ in range(20)))]
        sent += 20
    async with asyncio.timeout(20):
        in_a_row = 0
        while in_a_row < 12:  # whoever is asked: a moment later all know of all
            await ask()
            in_a_row = in_a_row + 1 if answered() >= sent else 0
    whole = answered()
    assert 3 == told[-1]["processes"]
    assert 1 == len({each["upstreams"][0]["answered"] for each in told[-12:]})
    os.kill(serving.pids[1], signal.SIGKILL)
    await serving.until(lambda: serving.events("worker_replaced"))
    await ask()
    assert whole == answered()

    statuses: list[int] = []
    while len({line["worker"] for line in serving.events("admin") if line["status"] in {403, 429}}) < 2:
        statuses += await asyncio.gather(*(_sign_in_wrongly(serving.admin_url) for _ in range(10)))
    assert (5, len(statuses) - 5) == (statuses.count(403), statuses.count(429))


async def _sign_in_wrongly(url: str) -> int:
    """The status of one try, by a browser that was not seen before."""
    jar, apart = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(url, cookie_jar=jar, connector=apart) as browser:
        async with browser.get("/sign-in") as page:
            csrf = re.findall(r'name="csrf" value="(\w+)"', await page.text())[0]
        form = {"csrf": csrf, "token": "wrong"}
        async with browser.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}) as answered:
            return answered.status


async def test_sigterm_drains_all_within_ten_seconds_and_answers_what_is_under_way(
    new: New, sandbox: Sandbox, tmp_path: Path
) -> None:
    serving = new()
    await serving.start(2)
    await serving.send()
    sandbox.inject(Fault(kind="delay", seconds=1.0, times=None))
    sending = [asyncio.create_task(serving.send()) for _ in range(8)]
    await asyncio.sleep(0.4)
    began = time.monotonic()
    serving.signal(signal.SIGTERM)
    assert [201] * 8 == [answer.status for answer in await asyncio.gather(*sending)]
    assert 0 == await serving.ended()
    assert time.monotonic() - began < 10
    assert [(1, True), (2, True), (None, True)] == sorted(
        ((line.get("worker"), line["in_time"]) for line in serving.events("stopped")), key=lambda row: row[0] or 9
    )
    assert [] == serving.events("worker_died")
    assert [] == [name for name in os.listdir(tmp_path) if name.startswith("gateway-metrics-")]


async def test_a_second_signal_ends_all_at_once(new: New, sandbox: Sandbox) -> None:
    serving = new()
    await serving.start(2)
    await serving.send()
    sandbox.inject(Fault(kind="delay", seconds=20.0, times=None))
    sending = asyncio.create_task(serving.send())
    await asyncio.sleep(0.3)
    serving.signal(signal.SIGINT)
    await asyncio.sleep(0.3)
    began = time.monotonic()
    serving.signal(signal.SIGINT)
    assert 128 + signal.SIGINT == await serving.ended()
    assert time.monotonic() - began < 7  # draining would take eight and a half
    await asyncio.gather(sending, return_exceptions=True)
    for pid in serving.pids.values():
        await gone(pid)


async def test_a_stop_taken_by_one_worker_blocks_the_next_send_through_any(
    new: New, database_url: str, sandbox: Sandbox
) -> None:
    serving = new(database_url)
    await serving.start(3)
    codes: list[int] = []

    async def stop_and_send(number: int) -> None:
        phone = f"+1415555{number:04}"
        assert 200 == (await serving.gateway.webhook(inbound("STOP", str(number), from_=phone))).status
        codes.append((await serving.send(phone)).json["code"])

    for first in range(0, PAIRS, 10):
        await asyncio.gather(*(stop_and_send(first + number) for number in range(10)))
    assert [21610] * PAIRS == codes
    assert 1 < len({line["worker"] for line in serving.events("api")}), "the sends went to several"
    assert [] == list(sandbox.messages)
    serving.signal(signal.SIGTERM)
    assert 0 == await serving.ended(), "so that it leaves no connection to its store behind"


async def test_pools_are_synced_by_one_of_the_workers_and_by_another_when_it_dies(new: New, sandbox: Sandbox) -> None:
    serving = new(GATEWAY_TWILIO__SYNC_SECONDS="0.4")
    await serving.start(3)
    before, began = syncs(sandbox), time.monotonic()
    await asyncio.sleep(2.0)
    periods = (time.monotonic() - began) / 0.4
    assert 1 <= syncs(sandbox) - before <= periods + 1, "as many as one process would make"
    [(holder,)] = serving.gateway.rows("SELECT holder FROM leases WHERE name = 'pools'")
    for pid in serving.pids.values():  # whoever it is
        os.kill(pid, signal.SIGKILL)
    await serving.until(lambda: 3 == len(serving.events("worker_replaced")))
    before = syncs(sandbox)
    await serving.until(lambda: syncs(sandbox) > before)
    assert [(holder,)] != serving.gateway.rows("SELECT holder FROM leases WHERE name = 'pools'")


def syncs(sandbox: Sandbox) -> int:
    return sum("/v1/Services" == urlsplit(request.target).path for request in sandbox.requests)


async def test_a_worker_told_to_end_is_replaced_and_none_outlives_a_parent_that_was_killed(new: New) -> None:
    serving = new()
    del serving.environment["GATEWAY_ADMIN_TOKEN"]
    await serving.start(2)
    os.kill(serving.pids[2], signal.SIGTERM)
    await serving.until(lambda: serving.events("worker_replaced"))
    assert [(2, 0)] == [(line["worker"], line["status"]) for line in serving.events("worker_died")]
    assert 1 == serving.said.count("the admin token, shown this once")
    serving.signal(signal.SIGKILL)
    await serving.ended()
    for pid in serving.pids.values():
        await gone(pid)


async def test_a_store_that_becomes_of_another_schema_ends_everything(new: New, tmp_path: Path) -> None:
    serving = new()
    await serving.start(2)
    with contextlib.closing(sqlite3.connect(tmp_path / "gateway.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    os.kill(serving.pids[1], signal.SIGKILL)
    assert 1 == await serving.ended()
    [line] = [line for line in serving.said.splitlines() if line.startswith("gateway: ")]
    assert "revision 9999" in line


@pytest.mark.parametrize(
    ("quick_ends", "seconds"),
    [
        pytest.param(0, 0.0, id="it lived for long"),
        pytest.param(1, 0.0, id="it ended soon, once"),
        pytest.param(2, 0.5, id="twice in a row"),
        pytest.param(4, 2.0, id="four times"),
        pytest.param(1_000, 10.0, id="again and again"),
    ],
)
def test_who_ends_soon_again_and_again_is_replaced_with_pauses(quick_ends: int, seconds: float) -> None:
    assert seconds == pause_seconds(quick_ends)
