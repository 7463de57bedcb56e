"""The load: sends kept in flight by wrk, or by Python where there is no wrk."""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, cast

import httptools

from scripts.benchmark.machine import cores_of_others, found

WRK_SCRIPT: Final = Path(__file__).with_name("wrk.lua")
REFUSED: Final = 400  # this status and above


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load; latencies in milliseconds. ``refused`` were answered an error, ``broken`` not at all."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float

    @property
    def a_second(self) -> float:
        """Requests answered a second."""
        return self.requests / self.seconds


def generator() -> str:
    """The name of the program that keeps sends in flight."""
    return "wrk" if found("wrk") else "python"


def write_requests(path: Path, requests: Sequence[bytes]) -> None:
    """Keep requests in a file, as wrk.lua and this module's own program read it."""
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%d\n" % len(request) + request)


def keep_in_flight(port: int, requests: Path, in_flight: int, seconds: float) -> Load:
    """Keep so many sends under way for so long, each connection one after another."""
    wrk = found("wrk")
    if wrk is None:
        return _by_python(port, requests, in_flight, seconds)
    options = ["-t1", f"-c{in_flight}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(WRK_SCRIPT)]
    return _result([wrk, *options, f"http://127.0.0.1:{port}", "--", str(requests)])


def _by_python(port: int, requests: Path, in_flight: int, seconds: float) -> Load:
    command = [sys.executable, "-m", "scripts.benchmark.load", "--in-flight", str(in_flight), "--seconds", str(seconds)]
    return _result([*command, str(port), str(requests)])


def _result(command: Sequence[str]) -> Load:
    others = cores_of_others()
    ran = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, others),
    )
    told = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT "))
    return Load(**json.loads(told.removeprefix("RESULT ")))


# The same in Python, as a program of its own


class Client(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[int] | None = None

    async def ask(self, request: bytes) -> int:
        """Send one request; gives the status. Raises ConnectionError."""
        if self._transport is None:
            raise ConnectionError
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self._transport = None
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError())

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)


class Run:
    """What is counted in one run."""

    def __init__(self, port: int, requests: Sequence[bytes], seconds: float) -> None:
        self._port = port
        self._requests = requests
        self._next = random.randrange(len(requests))  # noqa: S311 - hides nothing
        self._seconds = seconds
        self._idle: list[Client] = []
        self._latencies: list[float] = []
        self._refused = self._broken = 0

    async def kept_in_flight(self, in_flight: int) -> Load:
        """So many connections, each busy all the time."""
        began = time.perf_counter()
        await asyncio.gather(*(self._busy_until(began + self._seconds) for _ in range(in_flight)))
        return self._told(time.perf_counter() - began)

    async def _busy_until(self, end: float) -> None:
        while (now := time.perf_counter()) < end:
            await self._one(now)

    async def _one(self, due: float) -> None:
        client = self._idle.pop() if self._idle else await self._connected()
        self._next = (self._next + 1) % len(self._requests)
        try:
            status = await client.ask(self._requests[self._next])
        except ConnectionError:
            self._broken += 1
            return
        self._latencies.append(time.perf_counter() - due)
        self._refused += status >= REFUSED
        self._idle.append(client)

    async def _connected(self) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Client, "127.0.0.1", self._port)
        return client

    def _told(self, seconds: float) -> Load:
        ordered = sorted(self._latencies) or [0.0]
        p50, p99 = (ordered[int(len(ordered) * share)] * 1e3 for share in (0.5, 0.99))
        return Load(len(self._latencies), seconds, self._refused, self._broken, p50, p99)


def _read_requests(path: Path) -> list[bytes]:
    requests = []
    with path.open("rb") as file:
        while length := file.readline():
            requests.append(file.read(int(length)))
    return requests


def main() -> None:
    """Make the load and print its result on a line of its own."""
    options = argparse.ArgumentParser()
    options.add_argument("--in-flight", type=int, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("port", type=int)
    options.add_argument("requests", type=Path)
    given = options.parse_args()
    run = Run(given.port, _read_requests(given.requests), given.seconds)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print("RESULT", json.dumps(asdict(runner.run(run.kept_in_flight(given.in_flight)))))


if __name__ == "__main__":
    main()
