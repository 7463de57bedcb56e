"""A client's connection, over real sockets: what is one request, how long is waited, in what order is answered."""

import asyncio
import contextlib
import re
import socket
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.flows.outcome import Answer, error_answer
from gateway.traffic import connection
from gateway.traffic.connection import written
from gateway.traffic.listener import Listener
from gateway.twilio.paths import Format

LENGTH = re.compile(rb"Content-Length: (\d+)\r\n")
SECOND = 5.0


class Desk:
    """A listener whose handler tells what it was given, and waits when it is told to."""

    def __init__(self):
        self.came = []
        self.go = asyncio.Event()
        self.go.set()
        self.listener = Listener(self.answer)
        self.port = 0

    async def answer(self, request, trouble):
        self.came.append(request)
        if request.path == "/slow":
            await self.go.wait()
        if trouble is not None:
            return error_answer(trouble, Format.JSON)
        if request.path == "/large":
            return Answer(200, (), b"x" * 4_000_000)
        said = f"{request.method} {request.path} {request.body!r}".encode()
        return Answer(204 if request.path == "/nothing" else 200, (("X-Said", "1"),), said)

    async def exchange(self, *sent, until_closed=True):
        """Write pieces, each by itself, and read until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in sent:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)
            async with asyncio.timeout(SECOND):
                return await reader.read() if until_closed else await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def desk(monkeypatch):
    monkeypatch.setattr("gateway.traffic.listener.CLOCK_SECONDS", 0.02)
    desk = Desk()
    listening = socket.create_server(("127.0.0.1", 0))
    desk.port = listening.getsockname()[1]
    await desk.listener.start([listening])
    yield desk
    desk.go.set()
    await desk.listener.stop()
    listening.close()


def get(path="/", *headers, version="1.1"):
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: a", *headers, "", ""]).encode()


def post(body, *headers):
    lines = ["POST / HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


CLOSE = "Connection: close"


def chunked(body=b"0\r\n\r\n", encoding="chunked", version="1.1"):
    return f"POST / HTTP/{version}\r\nHost: a\r\nTransfer-Encoding: {encoding}\r\n\r\n".encode() + body


def announced(length):
    return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


def statuses(answers):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answers)]


async def test_requests_sent_without_waiting_are_answered_in_their_order(desk):
    desk.go.clear()
    several = asyncio.create_task(desk.exchange(get("/slow") + post(b"second") + get("/third", CLOSE)))
    await asyncio.sleep(0.05)
    assert ["/slow"] == [request.path for request in desk.came], "one at a time"
    desk.go.set()
    answers = await several
    assert [b"/slow", b"b'second'", b"/third"] == re.findall(rb"/slow|b'second'|/third", answers)
    assert [200, 200, 200] == statuses(answers)


async def test_a_flood_of_requests_waits_in_the_clients_buffers_and_is_answered_whole(desk):
    answers = await desk.exchange(get() * 500 + get("/last", CLOSE))
    assert (501, 501) == (len(statuses(answers)), len(desk.came))


ENDS = [
    pytest.param(get("/a", CLOSE), [200], id="the client wants to close"),
    pytest.param(get("/a", version="1.0"), [200], id="HTTP 1.0"),
    pytest.param(get("/a", "Upgrade: h2c", "Connection: Upgrade"), [200], id="another protocol is offered"),
    pytest.param(get("/a", CLOSE) + get("/b"), [200], id="what comes after a close is not read"),
    pytest.param(get("/nothing", CLOSE), [204], id="an answer without a body"),
    pytest.param(get(version="2.0"), [400], id="a version nobody speaks here"),
    pytest.param(get(version="0.9"), [400], id="a version without headers"),
    pytest.param(get("/a") + b"rubbish\r\n\r\n", [200, 400], id="rubbish after a request"),
    pytest.param(chunked(encoding="chunked\r\nTransfer-Encoding: chunked"), [400], id="chunked twice"),
    pytest.param(chunked(encoding="gzip, chunked"), [400], id="chunked and compressed"),
    pytest.param(chunked(encoding="xchunked"), [400], id="an encoding nobody knows"),
    pytest.param(chunked(version="1.0"), [400], id="chunks in HTTP 1.0"),
    pytest.param(chunked(b"-1\r\n\r\n"), [400], id="a chunk of negative length"),
    pytest.param(chunked(b"3\nabc\n0\n\n"), [400], id="chunks with bare line feeds"),
    pytest.param(chunked(b"3\r\nabcd\r\n0\r\n\r\n"), [400], id="a chunk longer than it says"),
    pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", [400], id="bare line feeds"),
    pytest.param(b"GET / HTTP/1.1\rHost: a\r\r", [400], id="bare carriage returns"),
    pytest.param(get("/", "A: " + "x" * 20_000), [413], id="a header that is too long"),
    pytest.param(get("/", *("A: " + "x" * 9_000 for _ in range(5))), [413], id="headers that are too many"),
    pytest.param(get("/a") + get("/b", "A: " + "x" * 20_000), [200, 413], id="the same behind another"),
    pytest.param(
        get("/a") + get("/b", *("A: " + "x" * 9_000 for _ in range(5))), [200, 413], id="so many behind another"
    ),
    pytest.param(get("/", "A: " + "x" * 100_000), [413], id="a header without an end"),
    pytest.param(get("/" + "x" * 20_000), [413], id="a target that is too long"),
    pytest.param(post(b"x")[:-1] + b"", [], id="a body that never comes and a client that closes"),
    pytest.param(announced("9" * 20), [400], id="a length beyond numbers"),
    pytest.param(announced(2_000_000), [413], id="a length that is too large"),
    pytest.param(
        chunked(b"100001\r\n" + b"x" * 0x100001 + b"\r\n0\r\n\r\n"), [413], id="too large in chunks"
    ),
    pytest.param(
        chunked(b"1;" + b"x" * 3_000_000 + b"\r\n"), [413], id="a chunk's extension without an end"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "expected"), ENDS)
async def test_a_connection_ends_after_its_last_answer(desk, sent, expected, monkeypatch):
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.5 if expected else 0.0)
    answers = await desk.exchange(sent)
    if expected:
        assert expected == statuses(answers)
        assert b"Connection: close\r\n" in answers[answers.rindex(b"HTTP/1.1") :]


async def test_a_header_that_began_in_the_read_of_the_request_before_is_bounded_as_a_whole(desk):
    behind = get("/b", "A: " + "x" * 20_000)
    answers = await desk.exchange(get("/a") + behind[:10_000], behind[10_000:])
    assert [200, 413] == statuses(answers)


async def test_what_heads_have_in_common_is_read_once_and_each_keeps_its_own(desk, eventually):
    heads = [get("/1", "X: a", "Authorization: one"), get("/2", "X: a", "authorization: two"), get("/3", "X: b")]
    await desk.exchange(*heads, until_closed=False)
    await eventually(lambda: len(desk.came) == len(heads))
    first, second, third = desk.came
    assert first.head is second.head
    assert first.head is not third.head
    assert ["one", "two", None] == [request.header("Authorization") for request in desk.came]
    assert ["a", "a", "b"] == [request.header("x") for request in desk.came]
    assert (("Host", "a"), ("X", "a"), ("authorization", "two")) == second.headers


async def test_no_secret_is_kept_beyond_its_request(desk):
    secrets = ("Authorization", "Cookie", "Proxy-Authorization", "X-Twilio-Signature")
    await desk.exchange(get("/", *(f"{name}: s3cret" for name in secrets)), until_closed=False)
    (request,) = desk.came
    assert (("Host", "a"),) == request.head.fields
    assert secrets == tuple(name for name, _ in request.own)


async def test_a_head_that_is_too_large_to_be_remembered_is_read_all_the_same(desk, eventually):
    long = get("/", f"X: {'x' * 8_000}")
    await desk.exchange(long, long, until_closed=False)
    await eventually(lambda: len(desk.came) == 2)
    first, second = desk.came
    assert first.head == second.head
    assert first.head is not second.head


async def test_trailers_are_no_headers(desk):
    trailers = b"3\r\nabc\r\n0\r\nHost: b\r\nAuthorization: x\r\n\r\n"
    sent = chunked(trailers, "chunked\r\nConnection: close")
    assert b"POST / b'abc'" in await desk.exchange(sent)
    assert {"host", "transfer-encoding", "connection"} == {name.lower() for name, _ in desk.came[0].headers}


async def test_a_go_ahead_is_given_once_and_only_when_it_is_its_turn(desk):
    waiting = post(b"abc", "Expect: 100-continue")[:-3]
    assert b"HTTP/1.1 100 Continue\r\n\r\n" == await desk.exchange(waiting, until_closed=False)
    desk.go.clear()
    behind = asyncio.create_task(desk.exchange(get("/slow") + waiting, b"abc" + get("/end", CLOSE)))
    await asyncio.sleep(0.05)
    desk.go.set()
    assert [200, 200, 200] == [status for status in statuses(await behind) if status != 100]


async def test_what_does_not_come_is_given_up(desk, monkeypatch):
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.1)
    monkeypatch.setattr(connection, "KEEPALIVE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)
    assert [408] == statuses(await desk.exchange(post(b"abc")[:-1]))
    assert b"" == await desk.exchange(b"GET / HTT"), "half a head"
    assert [200] == statuses(await desk.exchange(get())), "idle after an answer"
    assert b"" == await desk.exchange(), "idle from the first"


async def test_who_reads_no_answers_is_made_no_more_of_them(desk):
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port, limit=1)
    writer.write(get("/large") * 10)
    await asyncio.sleep(0.2)
    made = len(desk.came)
    assert 10 > made
    read = 0
    async with asyncio.timeout(SECOND):
        while read < 40_000_000:
            read += len(await reader.read(1_000_000))
    assert 10 == len(desk.came)
    writer.close()


async def test_a_client_that_goes_away_does_not_break_off_what_is_under_way(desk):
    desk.go.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write(get("/slow"))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert {False} == {task.done() for task in asyncio.all_tasks() if "_answer" in repr(task.get_coro())}
    desk.go.set()


async def test_half_a_connection_is_enough_to_be_answered(desk):
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    desk.go.clear()
    writer.write(get("/slow"))
    writer.write_eof()
    await asyncio.sleep(0.05)
    desk.go.set()
    async with asyncio.timeout(SECOND):
        assert [200] == statuses(await reader.read())
    writer.close()


async def test_the_end_waits_for_what_is_under_way_and_for_nothing_else(desk):
    desk.go.clear()
    slow = asyncio.create_task(desk.exchange(get("/slow") + get("/never")))
    idle_reader, idle = await asyncio.open_connection("127.0.0.1", desk.port)
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(desk.listener.stop())
    async with asyncio.timeout(SECOND):
        assert b"" == await idle_reader.read(), "an idle connection is closed at once"
        desk.go.set()
        answers = await slow
        await stopping
    assert ([200], True) == (statuses(answers), b"Connection: close" in answers)
    assert ["/slow"] == [request.path for request in desk.came]
    idle.close()


async def test_the_end_breaks_off_what_takes_too_long(desk, monkeypatch):
    monkeypatch.setattr("gateway.traffic.listener.DRAIN_SECONDS", 0.05)
    desk.go.clear()
    slow = asyncio.create_task(desk.exchange(get("/slow")))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(SECOND):
        await desk.listener.stop()
        assert b"" == await slow


STREAM = (
    post(b"To=%2B1&Body=a b")
    + get("/b?c=d")
    + chunked(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n")
    + post(b"", "Expect: 100-continue")
    + get("/end", CLOSE)
)


class Transport(asyncio.Transport):
    """What the protocol needs of one."""

    def __init__(self):
        self.wrote = b""
        self.closed = False

    def write(self, data):
        self.wrote += data

    def close(self):
        self.closed = True

    def get_extra_info(self, name, default=None):
        return ("127.0.0.1", 1)

    def can_write_eof(self):
        return False

    def resume_reading(self):
        pass

    pause_reading = resume_reading


async def fed(pieces):
    """What a handler gets of a stream in pieces, and what the client gets."""
    came = []

    async def answer(request, trouble):
        came.append((request.method, request.target, request.headers, request.body, trouble))
        return Answer(200, (), b"")

    protocol, transport = connection.ClientConnection(answer, "http", set()), Transport()
    protocol.connection_made(transport)
    for piece in pieces:
        protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    return came, statuses(transport.wrote), transport.closed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=len(STREAM) - 1), max_size=30))
def test_however_a_stream_is_cut_the_requests_are_the_same(cuts):
    places = [0, *sorted(set(cuts)), len(STREAM)]
    pieces = [STREAM[begin:end] for begin, end in pairwise(places)]
    came, told, closed = asyncio.run(fed(pieces))
    assert (asyncio.run(fed([STREAM]))[0], [200] * 5, True) == (came, told, closed)


async def test_a_stream_byte_by_byte():
    came, told, _ = await fed([STREAM[place : place + 1] for place in range(len(STREAM))])
    assert (5, [200] * 5) == (len(came), told)


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-C: d"), ("X-A", "b\n"), ("X-A\r\nX-B", "c"), ("X-A", "b\0")])
def test_an_answer_with_a_header_that_breaks_its_line_is_not_written(header):
    with pytest.raises(ValueError, match="break its line"):
        written(Answer(200, (header,), b""), "GET", keeps=True)


def test_answers_on_the_wire():
    answer = Answer(201, (("Content-Type", "application/json"),), b"{}")
    assert re.fullmatch(
        rb"HTTP/1\.1 201 Created\r\nServer: optout-gateway\r\nDate: [^\r]+ GMT\r\nContent-Type: application/json\r\n"
        rb"Content-Length: 2\r\n\r\n\{\}",
        written(answer, "POST", keeps=True),
    )
    assert written(answer, "HEAD", keeps=True).endswith(b"Content-Length: 2\r\n\r\n")
    assert b"Content-Length" not in written(Answer(304, (), b"x"), "GET", keeps=True)
    assert b"HTTP/1.1 599 \r\n" in written(Answer(599, (), b""), "GET", keeps=True)
