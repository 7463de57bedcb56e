"""A wire between gateway and Twilio that breaks at every byte, one way or the other: what the app is told is true.

201: Twilio has the message, once. 503: Twilio has not got it. 409: it may have it, once at most. Nothing is sent twice.
"""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ALONE, PHONE, Gateway, StartGateway

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Where the wire breaks: every so many bytes of what is longer than either, in primes, so that no boundary is missed by
# rhythm alone. tests/twilio/test_upstream_bytes.py goes by each byte.
BREAKS = {
    # towards Twilio, by
    (True, "close"): range(0, 600, 11),
    (True, "reset"): range(3, 600, 11),
    (True, "stall"): range(1, 600, 97),
    (False, "close"): range(0, 2_000, 41),
    (False, "reset"): range(7, 2_000, 41),
    (False, "stall"): range(1, 2_000, 223),
}


@dataclass
class Wire:
    """Passes bytes on, until so many have gone the way that is watched; then it closes, resets, or says no more."""

    target: tuple[str, int]
    url: str = ""
    after: int | None = None
    towards_twilio: bool = True
    by: str = "close"
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def break_after(self, count: int | None) -> None:
        """From now on break connections so; those that there are end, so that the next request opens one."""
        self.after = count
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        await asyncio.sleep(0.002)  # until the gateway has noticed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(*self.target)
            ends = (writer, back)
            pumps = [
                asyncio.ensure_future(self._pump(reader, back, ends, watched=self.towards_twilio)),
                asyncio.ensure_future(self._pump(there, writer, ends, watched=not self.towards_twilio)),
            ]
            try:
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                for pump in pumps:
                    pump.cancel()
                for end in ends:
                    end.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        watched: bool,
    ) -> None:
        left = self.after if watched else None
        while True:
            if left == 0:
                await self._break(ends)
                return
            data = await reader.read(65_536 if left is None else left)
            if not data:
                writer.write_eof()
                return
            left = None if left is None else left - len(data)
            writer.write(data)
            await writer.drain()

    async def _break(self, ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        if self.by == "stall":
            await asyncio.sleep(60)
        for end in ends:
            if self.by == "reset":
                raw = end.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()


@pytest.fixture
async def wire(sandbox: Sandbox) -> AsyncIterator[Wire]:
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    wire = Wire((host, int(port)))

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(wire.serve(reader, writer))
        wire.tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield wire
    server.close()
    await wire.break_after(None)


@pytest.mark.parametrize("by", ["close", "reset", "stall"])
@pytest.mark.parametrize("towards_twilio", [True, False], ids=["in the request", "in the answer"])
async def test_what_an_app_is_told_is_true_wherever_the_wire_breaks(
    start_gateway: StartGateway, sandbox: Sandbox, wire: Wire, by: str, *, towards_twilio: bool
) -> None:
    twilio = {"api_url": wire.url, "messaging_url": sandbox.url, "sync_seconds": 0, "answer_seconds": 0.25}
    gateway = await start_gateway(twilio=twilio)
    wire.by, wire.towards_twilio = by, towards_twilio
    told: dict[str, int] = {}
    for position in BREAKS[towards_twilio, by]:
        await wire.break_after(position)
        told[f"at {position}"] = await status_of(gateway, f"at {position}")
        if position % 5 == 0:
            await wire.break_after(None)
            assert 201 == await status_of(gateway, f"after {position}"), "the gateway goes on at once"
            told[f"after {position}"] = 201
    await sandbox.settle()
    arrived = Counter(message.body for message in sandbox.messages)
    assert {1} == set(arrived.values()), "no message twice"
    assert [] == [(body, status) for body, status in told.items() if status == 201 and not arrived[body]]
    assert [] == [(body, status) for body, status in told.items() if status == 503 and arrived[body]]
    assert {201, 409} <= set(told.values()) <= {201, 409, 503}


async def status_of(gateway: Gateway, body: str) -> int:
    answered = await gateway.send(To=PHONE, from_=ALONE, Body=body)
    assert answered.status == 201 or (answered.json["status"], answered.json["code"]) in {(409, 900409), (503, 900502)}
    return answered.status
