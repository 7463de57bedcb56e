"""Apps that misbehave, on raw sockets: a STOP is in force and confirmed at once whatever they do, and they are told in
the end.
"""

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.flows.conftest import Pages
from tests.staging import ALONE, PHONE, Answered, StartGateway, inbound

Misbehaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

STOP_REPLY = "You have successfully been unsubscribed."
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def never(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        await writer.drain()


async def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def saying(status: bytes, content_type: bytes, body: bytes) -> Misbehaviour:
    async def say(writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, content_type, len(body))
        writer.write(head + body)
        await writer.drain()

    return say


LARGE = b"<Response>" + b" " * 10_000_000 + b"</Response>"
SNEAKY = b"<Response><Message>Do not go!</Message></Response>"

# What an app does, and whether it has taken the message all the same (a 2xx that came whole).
APPS = {
    "a slow drip": (drip, False),
    "silence": (never, False),
    "an endless answer": (endless, False),
    "a reset": (reset, False),
    "10 MB": (saying(b"200 OK", b"text/xml", LARGE), False),
    "500": (saying(b"500 Oops", b"text/plain", b"oops"), False),
    "a redirect inside": (saying(b"307 Moved\r\nLocation: http://169.254.169.254/", b"text/xml", b""), False),
    "no HTTP": (saying(b"\x00\xff", b"x", b""), False),
    "another type": (saying(b"200 OK", b"application/json", b'{"a": 1}'), True),
    "a reply to a STOP": (saying(b"200 OK", b"text/xml", SNEAKY), True),
}


class App:
    """Misbehaves until it is told to behave; keeps the bodies it was sent."""

    def __init__(self, misbehaviour: Misbehaviour) -> None:
        self._misbehaviour = misbehaviour
        self._tasks: set[asyncio.Task[None]] = set()
        self.behaves = False
        self.taken: list[bytes] = []
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/sms"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._converse(reader, writer)))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.taken.append(await reader.readexactly(length))
                behave = saying(b"200 OK\r\nConnection: close", b"text/xml", b"<Response/>")
                await (behave if self.behaves else self._misbehaviour)(writer)
            finally:
                writer.close()


@pytest.fixture
async def bad_app(request: pytest.FixtureRequest) -> AsyncIterator[App]:
    app = App(APPS[request.param][0])
    await app.start()
    yield app
    await app.stop()


def texts(answered: Answered) -> list[str]:
    return re.findall("<Body>(.*?)</Body>", answered.text)


@pytest.mark.parametrize("bad_app", APPS, indirect=True)
async def test_a_stop_is_in_force_and_confirmed_at_once_and_the_app_is_told_in_the_end(
    start_gateway: StartGateway,
    bad_app: App,
    eventually,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr("gateway.flows.relay.DELIVERY_SECONDS", 0.3)
    gateway = await start_gateway(account={"app_url": bad_app.url})
    began = time.monotonic()
    answered = await gateway.webhook(inbound("STOP"))
    assert time.monotonic() - began < 2.5  # less than any app gets
    assert [True] == [text.startswith(STOP_REPLY) for text in texts(answered)]
    assert 400 == (await gateway.send(To=PHONE, from_=ALONE, Body="x")).status

    took_it = APPS[request.node.callspec.params["bad_app"]][1]
    state = "SELECT state, last_error IS NULL FROM deliveries"
    await eventually(lambda: gateway.rows(state) == [("done", 1) if took_it else ("owed", 0)])
    bad_app.behaves = True
    gateway.clock.advance(60)
    await eventually(lambda: gateway.rows(state)[0][0] == "done")
    assert (1 if took_it else 2) == len(bad_app.taken)
    assert 1 == len(set(bad_app.taken))
    again = await gateway.webhook(inbound("STOP"))
    assert (answered.body, 1) == (again.body, len(texts(again)))


@pytest.mark.parametrize("bad_app", APPS, indirect=True)
async def test_a_help_is_answered_in_time_and_once(
    start_gateway: StartGateway,
    bad_app: App,
    eventually,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr("gateway.flows.inbound.APP_SECONDS_FOR_KEYWORDS", 0.3)
    gateway = await start_gateway(account={"app_url": bad_app.url})
    began = time.monotonic()
    answered = await gateway.webhook(inbound("HELP"))
    assert time.monotonic() - began < 2.5  # not three seconds
    said = ["Do not go!"] if request.node.callspec.params["bad_app"] == "a reply to a STOP" else []
    assert said == texts(answered)[1:]
    assert texts(answered)[0].startswith("Reply STOP to unsubscribe")
    bad_app.behaves = True
    gateway.clock.advance(60)
    await eventually(lambda: gateway.rows("SELECT state FROM deliveries") == [("done",)])


async def test_a_name_that_leads_inside_from_now_on_is_told_in_the_error_and_recovers(
    start_gateway: StartGateway, pages: Pages, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name changes between the setting and the try, as whoever owns it may do at any moment."""
    leads_to = ["10.0.0.1"]
    real = asyncio.BaseEventLoop.getaddrinfo

    async def lookup(self, host, port, **rest):
        return await real(self, leads_to[0] if host == "app.test" else host, port, **rest)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)
    monkeypatch.setattr("aiohttp.connector._DNSCacheTable.expired", lambda *_: True)
    gateway = await start_gateway(account={"app_url": pages.put("/sms", "").replace("127.0.0.1", "app.test")})
    assert 1 == len(texts(await gateway.webhook(inbound("STOP"))))
    why = "refused: its address is a private one, outside apps.allow_private"
    await eventually(lambda: gateway.rows("SELECT last_error FROM deliveries") == [(why,)])
    leads_to[0] = "127.0.0.1"
    gateway.clock.advance(60)
    await eventually(lambda: gateway.rows("SELECT state FROM deliveries") == [("done",)])
    assert 1 == len(pages.asked)
