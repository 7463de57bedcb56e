"""Asking apps that misbehave, over real sockets."""

import asyncio
import base64
import contextlib
import gzip
import socket
import struct
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import cast

import aiohttp
import pytest
import structlog

from gateway.web.client import MOST_ANSWER_BYTES, AppAnswer, AppClient, AppUnreachable
from gateway.web.guard import Guard

LOOPBACK = Guard((ip_network("127.0.0.0/8"),), ((1, 65535),))

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 2\r\n\r\nok"


class RawApp:
    """A server on a raw socket: answers each request with what the test gives, and keeps the request."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[bytes] = []
        self.connections = 0
        self.authority = ""

    async def __aenter__(self) -> "RawApp":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.authority = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._tasks.add(asyncio.create_task(self._converse(reader, writer)))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                while not writer.is_closing():
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                    self.requests.append(head + await reader.readexactly(length))
                    await self._answer(writer)
            finally:
                writer.transport.abort()


def answering(data: bytes, *, close: bool = False) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return answer


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def drip_the_head(writer):
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def silent(_):
    await asyncio.sleep(60)


async def reset(writer):
    writer.write(OK[:-1])
    await asyncio.sleep(0.02)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.fixture
async def client():
    client = AppClient.open(LOOPBACK)
    yield client
    await client.close()


async def post(
    client: AppClient, app: RawApp, path: str = "/", within: float = 2.0, headers: dict[str, str] | None = None
) -> AppAnswer:
    return await client.post(f"http://{app.authority}{path}", headers or {}, b"From=%2B1", within)


async def test_an_answer_comes_with_status_type_body_and_cookies(client):
    data = (
        b"HTTP/1.1 418 Teapot\r\nContent-Type: text/xml; charset=utf-8\r\nSet-Cookie: a=b; Path=/\r\n"
        b"Set-Cookie: c=d\r\nContent-Length: 2\r\n\r\nok"
    )
    async with RawApp(answering(data)) as app:
        answer = await post(client, app)

    assert AppAnswer(418, "text/xml; charset=utf-8", b"ok", ("a=b; Path=/", "c=d")) == answer
    assert not answer.is_success


@pytest.mark.parametrize(
    ("status", "expected"), [(200, True), (204, True), (299, True), (199, False), (300, False), (404, False)]
)
def test_an_app_took_it_with_any_status_from_200_to_299(status, expected):
    assert expected == AppAnswer(status, "", b"", ()).is_success


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(drip, id="a body that drips"),
        pytest.param(drip_the_head, id="a head that drips"),
        pytest.param(silent, id="no answer"),
        pytest.param(answering(b"HTTP/1.1 100 Continue\r\n\r\n"), id="an interim answer alone"),
    ],
)
async def test_an_app_that_takes_too_long_is_unreachable_in_time(client, answer):
    async with RawApp(answer) as app:
        began = time.monotonic()
        with pytest.raises(AppUnreachable, match=r"Timeout\w* after at most 0\.3 s"):
            await post(client, app, within=0.3)
        assert 0.2 < time.monotonic() - began < 5  # what drips would take 20 s
        assert 1 == len(app.requests)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(reset, "ClientPayloadError|ClientOSError|ConnectionReset", id="reset in the body"),
        pytest.param(answering(b"", close=True), "ServerDisconnected", id="closed without an answer"),
        pytest.param(answering(OK[:20], close=True), "ServerDisconnected", id="closed in the head"),
        pytest.param(answering(OK[:-1], close=True), "ClientPayloadError", id="closed in the body"),
        pytest.param(answering(b"SSH-2.0-x\r\n\r\n"), "ClientResponseError|ServerDisconnected", id="no HTTP"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"), "ClientResponseError", id="a huge head"
        ),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
            "ClientPayloadError|ContentEncodingError",
            id="a broken encoding",
        ),
    ],
)
async def test_an_app_that_gives_no_whole_answer_is_unreachable_and_not_asked_twice(client, answer, why):
    async with RawApp(answer) as app:
        with pytest.raises(AppUnreachable, match=why):
            await post(client, app)
        assert 1 == len(app.requests)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b"Content-Length: %d\r\n\r\n" % (MOST_ANSWER_BYTES + 1) + b"x" * (MOST_ANSWER_BYTES + 1), id="long"
        ),
        pytest.param(b"\r\n" + b"x" * (MOST_ANSWER_BYTES + 1), id="without a length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n" + b"10\r\n0123456789abcdef\r\n" * 20_000, id="in chunks"),
    ],
)
async def test_an_answer_that_is_too_large_is_refused(client, data):
    async with RawApp(answering(b"HTTP/1.1 200 OK\r\n" + data)) as app:
        with pytest.raises(AppUnreachable, match="larger than 262144 bytes"):
            await post(client, app)


async def test_an_answer_may_be_as_large_as_allowed(client):
    body = b"x" * MOST_ANSWER_BYTES
    async with RawApp(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as app:
        assert body == (await post(client, app)).body


async def test_a_small_answer_that_unpacks_to_much_is_refused(client):
    packed = gzip.compress(b"\0" * 200_000_000, compresslevel=1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with RawApp(answering(head + packed)) as app:
        with pytest.raises(AppUnreachable):
            await post(client, app)


@pytest.mark.parametrize("layers", [1, 2])
async def test_what_unpacks_to_much_is_never_held_whole(client, layers):
    packed = b"\0" * 50_000_000
    for _ in range(layers):
        packed = gzip.compress(packed, compresslevel=1)
    encoding = b", ".join([b"gzip"] * layers)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(packed))
    async with RawApp(answering(head + packed)) as app:
        tracemalloc.start()
        with contextlib.suppress(AppUnreachable):
            assert len((await post(client, app)).body) <= MOST_ANSWER_BYTES
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 5_000_000


async def test_an_answer_that_is_packed_is_unpacked(client):
    packed = gzip.compress(b"<Response/>")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with RawApp(answering(head + packed)) as app:
        assert b"<Response/>" == (await post(client, app)).body


async def test_a_refused_port_is_unreachable(client):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AppUnreachable, match="ClientConnectorError after at most"):
        await client.post(f"http://127.0.0.1:{port}/", {}, b"", 1.0)


@pytest.mark.parametrize(
    "url", ["http://", "ftp://127.0.0.1/", "nonsense", "http://[::1", "http://127.0.0.1:99999/", ""]
)
async def test_what_is_no_address_of_an_app_is_unreachable(client, url):
    with pytest.raises(AppUnreachable):
        await client.post(url, {}, b"", 1.0)


async def test_a_redirect_is_the_answer_and_is_not_followed(client):
    async with RawApp(answering(OK)) as other:
        data = f"HTTP/1.1 307 Temporary\r\nLocation: http://{other.authority}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with RawApp(answering(data)) as app:
            answer = await post(client, app)

    assert (307, 1, 0) == (answer.status, len(app.requests), len(other.requests))


async def test_cookies_are_told_and_never_kept(client):
    async with RawApp(answering(OK.replace(b"Content-L", b"Set-Cookie: session=1; Path=/\r\nContent-L"))) as app:
        answers = [await post(client, app) for _ in range(2)]
        await post(client, app, headers={"Cookie": "own=2"})

    assert [("session=1; Path=/",)] * 2 == [answer.cookies for answer in answers]
    assert [False, False, True] == [b"cookie:" in request.lower() for request in app.requests]
    assert b"session=1" not in b"".join(app.requests)
    assert 1 == app.connections


@pytest.mark.parametrize(
    ("userinfo", "expected"),
    [
        pytest.param("user:secret@", "user:secret", id="plain"),
        pytest.param("us%40er:p%3Ass@", "us@er:p:ss", id="escaped"),
        pytest.param("user@", "user:", id="no password"),
    ],
)
async def test_credentials_in_the_url_go_into_a_header_and_nowhere_else(client, userinfo, expected):
    async with RawApp(answering(OK)) as app:
        await client.post(f"http://{userinfo}{app.authority}/sms?a=b", {}, b"", 1.0)
        (request,) = app.requests

    credentials = base64.b64encode(expected.encode())
    assert b"authorization: basic " + credentials.lower() in request.lower()
    assert request.startswith(b"POST /sms?a=b HTTP/1.1\r\nHost: %s\r\n" % app.authority.encode())


async def test_an_error_names_neither_credentials_nor_query(client):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AppUnreachable) as caught:
        await client.post(f"http://user:secret@127.0.0.1:{port}/a?to=5005550006", {}, b"", 1.0)

    assert not {"user", "secret", "5005550006"} & set(str(caught.value).replace(":", " ").split())
    assert "5005550006" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a%2Fb?c=%41&d=+e", "/~x;y=z?q=a/b?c", "/%7E?%C3%A4=%20"])
async def test_an_url_goes_out_exactly_as_it_is_written(client, path):
    async with RawApp(answering(OK)) as app:
        await post(client, app, path)

    assert app.requests[0].startswith(f"POST {path} HTTP/1.1\r\n".encode())
    assert app.requests[0].endswith(b"\r\n\r\nFrom=%2B1")


# Where it may go


@pytest.mark.parametrize(
    ("authority", "why"),
    [
        pytest.param("127.0.0.1:{port}", "a loopback one", id="an address"),
        pytest.param("localhost:{port}", "a loopback one|none of its addresses", id="a name"),
        pytest.param("127.1:{port}", "a loopback one|InvalidUrl", id="an address in short"),
        pytest.param("2130706433:{port}", "a loopback one|InvalidUrl", id="an address as a number"),
        pytest.param("0x7f000001:{port}", "a loopback one", id="an address in hexadecimal"),
        pytest.param("0.0.0.0:{port}", "an unspecified one", id="this host"),
        pytest.param("[::ffff:127.0.0.1]:{port}", "a loopback one", id="within IPv6"),
    ],
)
async def test_an_address_that_is_not_public_is_never_dialled(authority, why):
    client = AppClient.open(Guard(allow_ports=((1, 65535),)))
    async with RawApp(answering(OK)) as app:
        url = f"http://{authority.format(port=app.authority.rpartition(':')[2])}/sms"
        with pytest.raises(AppUnreachable, match=why):
            await client.post(url, {}, b"", 2.0)
        assert 0 == app.connections
    await client.close()


async def test_a_port_that_is_not_allowed_is_never_dialled():
    client = AppClient.open(Guard(LOOPBACK.allow_private))
    async with RawApp(answering(OK)) as app:
        with pytest.raises(AppUnreachable, match=r"apps\.allow_ports"):
            await post(client, app)
        assert 0 == app.connections
    await client.close()


@pytest.fixture
def names(monkeypatch):
    """Where names lead, to be changed at any moment."""
    leads: dict[str, list[str]] = {}
    real = asyncio.BaseEventLoop.getaddrinfo

    async def lookup(self, host, port, **rest):
        found = [await real(self, address, port, **rest) for address in leads.get(host, [host])]
        return [entry for entries in found for entry in entries]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)
    return leads


async def test_a_name_that_leads_elsewhere_from_one_moment_to_the_next_is_refused_when_it_is_dialled(names):
    client = AppClient.open(Guard((ip_network("127.0.0.1/32"),), LOOPBACK.allow_ports))
    closing = OK.replace(b"Content-L", b"Connection: close\r\nContent-L")
    async with RawApp(answering(closing)) as app:
        port = app.authority.rpartition(":")[2]
        names["app.test"] = ["127.0.0.1"]
        assert 200 == (await client.post(f"http://app.test:{port}/", {}, b"", 2.0)).status
        cast(aiohttp.TCPConnector, client._session.connector).clear_dns_cache()  # as after ten seconds
        names["app.test"] = ["127.0.0.2"]
        for _ in range(2):
            with pytest.raises(AppUnreachable, match="a loopback one"):
                await client.post(f"http://app.test:{port}/", {}, b"", 2.0)
        assert 1 == app.connections
    await client.close()


async def test_of_several_addresses_of_a_name_only_those_that_may_be_are_dialled(names):
    client = AppClient.open(Guard((ip_network("127.0.0.1/32"),), LOOPBACK.allow_ports))
    async with RawApp(answering(OK)) as app:
        names["app.test"] = ["169.254.169.254", "127.0.0.1"]
        port = app.authority.rpartition(":")[2]
        assert 200 == (await client.post(f"http://app.test:{port}/", {}, b"", 2.0)).status
        names["inside.test"] = ["169.254.169.254", "10.0.0.1"]
        with pytest.raises(AppUnreachable, match=r"a private one|none of its addresses may be"):
            await client.post(f"http://inside.test:{port}/", {}, b"", 2.0)
    await client.close()


async def test_a_refusal_is_logged_once_with_its_host_and_nothing_else_of_the_url():
    client = AppClient.open()
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            with pytest.raises(AppUnreachable):
                await client.post("http://user:secret@10.0.0.1/a?to=5005550006", {}, b"", 1.0)
    why = "its address is a private one, outside apps.allow_private"
    assert [{"event": "address_refused", "log_level": "warning", "host": "10.0.0.1:80", "why": why}] == logged
    await client.close()


async def test_a_url_of_the_settings_is_looked_at_before_it_is_asked():
    client = AppClient.open()
    with structlog.testing.capture_logs() as logged:
        for url in ("https://app.example.com/sms", "https://app.example.com:8443/sms", "http://10.0.0.1/sms"):
            client.look_at(url)
    assert ["app.example.com:8443", "10.0.0.1:80"] == [line["host"] for line in logged]
    await client.close()


async def test_an_app_that_hangs_takes_no_connections_from_another(client):
    async with RawApp(silent) as hanging, RawApp(answering(OK)) as app:
        waiting = [asyncio.create_task(post(client, hanging, within=50.0)) for _ in range(150)]
        await asyncio.sleep(0.2)
        assert 200 == (await post(client, app, within=20.0)).status
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_an_app_may_be_asked_by_get(client):
    async with RawApp(answering(OK)) as app:
        answer = await client.get(f"http://{app.authority}/sms?From=%2B1&a=+b", {"X-Y": "z"}, 2.0)

    assert (200, b"ok") == (answer.status, answer.body)
    assert app.requests[0].startswith(b"GET /sms?From=%2B1&a=+b HTTP/1.1\r\n")
    assert app.requests[0].endswith(b"\r\n\r\n")
