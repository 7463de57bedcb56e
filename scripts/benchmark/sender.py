"""The load in Python, as a program of its own: so many sends in flight, or so many a second."""

import argparse
import asyncio
import json
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, cast

import httptools
import uvloop

from scripts.benchmark.load import REFUSED, Load

ANSWER_SECONDS: Final = 10.0  # for what is under way when the time is over
OPEN_AHEAD: Final = 0.1  # seconds of sends for which connections are opened before the first
UNCOUNTED: Final = 0.2  # of the time of a paced load, in which everybody warms up


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


class Sender:
    """What is sent and counted in one run."""

    def __init__(self, port: int, requests: Sequence[bytes], seconds: float, *, first: int | None = None) -> None:
        self._port = port
        self._requests = requests
        self._next = random.randrange(len(requests)) if first is None else first  # noqa: S311 - hides nothing
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
            await self._one(now, count=True)

    async def paced(self, a_second: float) -> Load:
        """A send whenever one is due, each on a connection that is idle, or on a new one."""
        self._idle = [await self._connected() for _ in range(int(a_second * OPEN_AHEAD) + 1)]
        begun: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        count, uncounted = int(a_second * self._seconds), int(a_second * self._seconds * UNCOUNTED)
        began = time.perf_counter()
        number = 0

        def send_what_is_due() -> None:
            nonlocal number
            while number < count and (due := began + number / a_second) <= time.perf_counter():
                task = loop.create_task(self._one(due, count=number >= uncounted))
                begun.add(task)
                task.add_done_callback(begun.discard)
                number += 1
            if number == count:
                done.set()

        # The kernel's interval timer, as timers of event loops know whole milliseconds alone.
        loop.add_signal_handler(signal.SIGALRM, send_what_is_due)
        signal.setitimer(signal.ITIMER_REAL, 1e-6, 1 / a_second)
        await done.wait()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if begun:
            _, late = await asyncio.wait(begun, timeout=ANSWER_SECONDS)
            self._broken += len(late)
        return self._told((count - uncounted) / a_second)

    async def _one(self, due: float, *, count: bool) -> None:
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        try:
            client = self._idle.pop() if self._idle else await self._connected()
            status = await client.ask(request)
        except OSError:
            self._broken += 1
            return
        self._idle.append(client)
        if count:
            self._latencies.append(time.perf_counter() - due)
            self._refused += status >= REFUSED

    async def _connected(self) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Client, "127.0.0.1", self._port)
        return client

    def _told(self, seconds: float) -> Load:
        ordered = sorted(self._latencies) or [0.0]
        p50, p99 = (ordered[int(len(ordered) * share)] * 1e3 for share in (0.5, 0.99))
        return Load(len(self._latencies), seconds, self._refused, self._broken, p50, p99)


def read_requests(path: Path) -> list[bytes]:
    """What `load.write_requests` wrote."""
    requests = []
    with path.open("rb") as file:
        while length := file.readline():
            requests.append(file.read(int(length)))
    return requests


def main() -> None:
    """Make the load and print its result on a line of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    kind = options.add_mutually_exclusive_group(required=True)
    kind.add_argument("--in-flight", type=int)
    kind.add_argument("--a-second", type=float)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--once", action="store_true", help="from the first request on, each once")
    options.add_argument("port", type=int)
    options.add_argument("requests", type=Path)
    given = options.parse_args()
    requests = read_requests(given.requests)
    if given.once and given.a_second and len(requests) < int(given.a_second * given.seconds):
        options.error("there are fewer requests than sends")
    sender = Sender(given.port, requests, given.seconds, first=0 if given.once else None)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        load = sender.kept_in_flight(given.in_flight) if given.in_flight else sender.paced(given.a_second)
        print("RESULT", json.dumps(asdict(runner.run(load))))


if __name__ == "__main__":
    main()
