"""The hop to Twilio against a server that misbehaves: what was sent once is never sent again, and what is not known
to be answered is told as not known.
"""

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from gateway.twilio.connection import MOST_BODY_BYTES, MOST_HEAD_BYTES, MOST_RECEIVED_BYTES
from gateway.twilio.upstream import (
    CONNECT_TRIES,
    MOST_CONNECTIONS,
    NoPlace,
    NotSent,
    OutcomeUnknown,
    Upstream,
    UpstreamRequest,
    UpstreamResponse,
)

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

# Good answers, each with what is to be made of it.
GOOD = {
    "with a length": (
        b"HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world",
        UpstreamResponse(201, (("Content-Type", "text/plain"), ("Content-Length", "11")), b"hello world"),
    ),
    "in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
        UpstreamResponse(200, (("Transfer-Encoding", "chunked"),), b"hello world"),
    ),
    "after two interim ones": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        UpstreamResponse(200, (("Content-Length", "2"),), b"ok"),
    ),
    "without content": (
        b"HTTP/1.1 204 No Content\r\nX-Request-Id: RQ1\r\n\r\n",
        UpstreamResponse(204, (("X-Request-Id", "RQ1"),), b""),
    ),
}


def post(body: bytes = b"To=%2B12025550101", headers: tuple[tuple[str, str], ...] = FORM) -> UpstreamRequest:
    return UpstreamRequest("POST", "/2010-04-01/Messages.json", headers, body)


def answering(data: bytes) -> Any:
    async def answer(peer: Any, _: bytes) -> None:
        await peer.send(data)

    return answer


def answering_and_closing(data: bytes) -> Any:
    async def answer(peer: Any, _: bytes) -> None:
        await peer.send(data)
        peer.close()

    return answer


async def never(peer, _):
    await asyncio.sleep(60)


@contextlib.asynccontextmanager
async def pool(server: Any, **options: Any) -> AsyncIterator[Upstream]:
    upstream = Upstream(server.url, **{"answer_seconds": 5.0, **options})
    try:
        yield upstream
    finally:
        upstream.close()
        await asyncio.sleep(0)


async def outcome_of(upstream: Upstream, request: UpstreamRequest) -> Any:
    try:
        return await upstream.fetch(request)
    except (NotSent, OutcomeUnknown) as error:
        return type(error)


# Every byte of an answer


async def _break(peer, data):
    await peer.send(data)
    peer.close()


async def _reset(peer, data):
    await peer.send(data)
    await asyncio.sleep(0.02)  # so that what was sent is not thrown away with the connection
    peer.reset()


async def _stall(peer, data):
    await peer.send(data)
    await asyncio.sleep(60)


@pytest.mark.parametrize("spoil", [_break, _reset, _stall], ids=["closed", "reset", "stalled"])
@pytest.mark.parametrize("name", GOOD)
async def test_an_answer_spoiled_at_any_byte_is_an_unknown_outcome_and_nothing_is_sent_twice(misbehave, name, spoil):
    data, expected = GOOD[name]

    async def answer(peer, request):
        await spoil(peer, data[: int(request.rpartition(b"=")[2])])

    server = await misbehave(answer)
    bodies = [b"at=%d" % position for position in range(len(data) + 1)]
    async with pool(server, answer_seconds=0.5) as upstream:
        outcomes = await asyncio.gather(*(outcome_of(upstream, post(body)) for body in bodies))

    assert [OutcomeUnknown] * len(data) + [expected] == outcomes
    assert sorted(bodies) == sorted(request.rpartition(b"\r\n\r\n")[2] for request in server.requests)


@pytest.mark.parametrize("name", GOOD)
async def test_an_answer_that_drips_byte_by_byte_is_read_and_its_connection_used_again(misbehave, name):
    data, expected = GOOD[name]

    async def answer(peer, _):
        peer.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await peer.drip(data)

    server = await misbehave(answer)
    async with pool(server) as upstream:
        assert [expected] * 3 == [await outcome_of(upstream, post()) for _ in range(3)]
    assert (1, 3) == (server.connections, len(server.requests))


async def test_a_connection_broken_at_any_byte_of_the_request_never_gets_it_twice(misbehave):
    """The server reads so many bytes of each request and resets; whatever the client saw, it must not try again."""
    heads: list[bytes] = []

    async def greet(peer):
        count = len(heads)
        heads.append(await peer.reader.read(count) if count else b"")
        peer.reset()

    server = await misbehave(never, greet=greet)
    async with pool(server) as upstream:
        outcomes = [await outcome_of(upstream, post(b"n=%d" % number)) for number in range(60)]

    assert {OutcomeUnknown, NotSent} >= set(outcomes)
    assert 60 == server.connections
    assert [OutcomeUnknown] * 59 == outcomes[1:]


# Answers that are no answers

BAD = {
    "no HTTP": b"220 smtp.example ESMTP\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "another protocol's version": b"HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nok\r\n0\r\n\r\n",
    "a chunk size that is no number": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
    "a chunk longer than its size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
    "a chunk size beyond all bounds": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nok",
    "chunks without an end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
    "less than its length": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
    "no length at all": b"HTTP/1.1 200 OK\r\n\r\nok",
    "interim answers alone": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "nothing": b"",
    "an endless head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (MOST_HEAD_BYTES + 300_000),
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * (MOST_HEAD_BYTES // 4),
    "too large a body": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1)
    + b"x" * (MOST_BODY_BYTES + 1),
    "endless trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    + b"X: x\r\n" * (MOST_RECEIVED_BYTES // 6 + 1),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_whole_answer_is_an_unknown_outcome_and_its_connection_is_closed(misbehave, name):
    server = await misbehave(answering_and_closing(BAD[name]))
    async with pool(server) as upstream:
        assert [OutcomeUnknown] * 2 == [await outcome_of(upstream, post()) for _ in range(2)]

    assert (2, 2) == (server.connections, len(server.requests))


async def test_an_answer_may_be_as_large_as_allowed_and_come_in_any_pieces(misbehave):
    """Also when the end of the head comes with much of the body: what counts against the head is the head."""
    body = b"x" * (4 * MOST_HEAD_BYTES)

    async def answer(peer, _):
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-")
        await asyncio.sleep(0.02)
        await peer.send(b"Length: %d\r\n\r\n" % len(body) + body)

    server = await misbehave(answer)
    async with pool(server) as upstream:
        assert [len(body)] * 2 == [len((await upstream.fetch(post())).body) for _ in range(2)]
    assert 1 == server.connections


async def test_trailers_are_no_headers(misbehave):
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Type: text/evil\r\n\r\n"
    server = await misbehave(answering(data))
    async with pool(server) as upstream:
        assert UpstreamResponse(200, (("Transfer-Encoding", "chunked"),), b"ok") == await upstream.fetch(post())
        assert UpstreamResponse(200, (("Transfer-Encoding", "chunked"),), b"ok") == await upstream.fetch(post())


# Which connection is used again


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        pytest.param(answering(OK), 1, id="kept alive: yes"),
        pytest.param(answering(OK.replace(b"Content", b"Connection: keep-alive\r\nContent")), 1, id="said so: yes"),
        pytest.param(answering(OK.replace(b"Content", b"Connection: close\r\nContent")), 3, id="said close: no"),
        pytest.param(answering(OK.replace(b"1.1", b"1.0")), 3, id="HTTP/1.0: no"),
        pytest.param(answering_and_closing(OK), 3, id="closed after it: no"),
        pytest.param(answering(OK + OK), 3, id="a second answer behind it: no"),
        pytest.param(answering(OK + b"x"), 3, id="a byte more than its length: no"),
        pytest.param(answering(OK + b"H"), 3, id="the beginning of another answer behind it: no"),
        pytest.param(answering(GOOD["in chunks"][0]), 1, id="in chunks: yes"),
        pytest.param(answering(GOOD["in chunks"][0] + b"0\r\n\r\n"), 3, id="a chunk after the last: no"),
        pytest.param(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), 1, id="no content: yes"),
        pytest.param(answering(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"), 1, id="not modified: yes"),
    ],
)
async def test_a_connection_is_used_again_only_when_its_answer_was_whole_and_last(misbehave, answer, connections):
    server = await misbehave(answer)
    async with pool(server) as upstream:
        for _ in range(3):
            assert (await upstream.fetch(post())).status in {200, 204, 304}
            await asyncio.sleep(0.02)

    assert (connections, 3) == (server.connections, len(server.requests))


async def test_an_answer_that_comes_again_while_nobody_asks_is_not_taken_for_the_next_requests(misbehave):
    """One that comes again after the next request was written cannot be told from its answer, in HTTP/1.1."""

    async def answer(peer, request):
        name = request.rpartition(b"\r\n\r\n")[2]
        data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name)
        await peer.send(data)
        if int(name) % 3 == 0:
            await asyncio.sleep(0.004)
            await peer.send(data)
        is_over.set()

    server, is_over = await misbehave(answer), asyncio.Event()
    async with pool(server) as upstream:
        for number in range(20):
            is_over.clear()
            assert b"%d" % number == (await upstream.fetch(post(b"%d" % number))).body
            await is_over.wait()
            await asyncio.sleep(0.02)  # the loop takes up what was sent


async def test_a_server_that_answers_unasked_gets_no_request(misbehave):
    async def greet(peer):
        await peer.send(OK)

    server = await misbehave(answering(OK), greet=greet)
    async with pool(server) as upstream, await upstream.reserve() as reservation:
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await reservation.send(post())

    assert [] == server.requests


async def test_a_connection_closed_before_the_request_was_written_is_not_sent(misbehave):
    async def greet(peer):
        peer.close()

    server = await misbehave(answering(OK), greet=greet)
    async with pool(server) as upstream, await upstream.reserve() as reservation:
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent, match="before anything was sent"):
            await reservation.send(post())


async def test_an_answer_before_the_request_was_read_counts_and_the_connection_is_not_used_again(misbehave):
    async def greet(peer):
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.2)
        peer.close()

    server = await misbehave(never, greet=greet)
    async with pool(server) as upstream:
        large = post(b"x" * 30_000_000)
        assert [413, 413] == [(await upstream.fetch(large)).status for _ in range(2)]
    assert 2 == server.connections


async def test_an_idle_connection_that_the_server_closed_is_not_used_again(misbehave):
    async def answer(peer, _):
        await peer.send(OK)
        await asyncio.sleep(0.01)
        peer.close()

    server = await misbehave(answer)
    async with pool(server) as upstream:
        for _ in range(4):
            assert 200 == (await upstream.fetch(post())).status
            await asyncio.sleep(0.05)
    assert 4 == server.connections


async def test_a_connection_idle_for_too_long_is_not_used_again(misbehave, monkeypatch):
    monkeypatch.setattr("gateway.twilio.upstream.IDLE_SECONDS", 0.1)
    server = await misbehave(answering(OK))
    async with pool(server) as upstream:
        for pause in (0.0, 0.02, 0.15, 0.02):
            await asyncio.sleep(pause)
            await upstream.fetch(post())
    assert 2 == server.connections


async def test_connections_given_back_after_closing_are_closed(misbehave):
    server = await misbehave(answering(OK))
    upstream = Upstream(server.url)
    async with await upstream.reserve() as reservation:
        await reservation.send(post())
        upstream.close()
    await asyncio.sleep(0.05)

    assert all(task.done() for task in server._tasks)


# Places, time limits, cancelling


async def test_there_are_so_many_places_and_no_more(misbehave, monkeypatch):
    monkeypatch.setattr("gateway.twilio.upstream.WAIT_FOR_PLACE_SECONDS", 0.1)
    server = await misbehave(answering(OK))
    async with pool(server, most_connections=2) as upstream:
        async with await upstream.reserve(), await upstream.reserve():
            began = time.monotonic()
            with pytest.raises(NoPlace):
                await upstream.reserve()
            assert 0.09 < time.monotonic() - began < 5
        for _ in range(3):
            await upstream.fetch(post())
    assert (2, 3) == (server.connections, len(server.requests))


async def test_who_waits_for_a_place_gets_the_next_one(misbehave):
    server = await misbehave(answering(OK))
    async with pool(server, most_connections=3) as upstream:
        outcomes = await asyncio.gather(*(upstream.fetch(post(b"%d" % number)) for number in range(60)))

    assert {200} == {outcome.status for outcome in outcomes}
    assert (3, 60) == (server.connections, len(set(server.requests)))


async def test_a_place_is_given_back_whatever_happened_to_the_request(misbehave, monkeypatch):
    monkeypatch.setattr("gateway.twilio.upstream.WAIT_FOR_PLACE_SECONDS", 0.1)
    behaviours = iter([_stall, _break, _reset] * 3)

    async def answer(peer, _):
        await next(behaviours, _send)(peer, b"HTTP/1.1 200 OK\r\n")

    async def _send(peer: Any, _: bytes) -> None:
        await peer.send(OK)

    server = await misbehave(answer)
    async with pool(server, most_connections=1, answer_seconds=0.1) as upstream:
        assert [OutcomeUnknown] * 9 == [await outcome_of(upstream, post()) for _ in range(9)]
        assert 200 == (await upstream.fetch(post())).status
    assert (10, 10) == (server.connections, len(server.requests))


async def test_callers_cancelled_at_any_moment_give_back_their_place_and_spoil_no_connection(misbehave, monkeypatch):
    monkeypatch.setattr("gateway.twilio.upstream.WAIT_FOR_PLACE_SECONDS", 2.0)

    async def answer(peer, request):
        await asyncio.sleep(0.002)
        name = request.rpartition(b"\r\n\r\n")[2]
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))

    server = await misbehave(answer)
    async with pool(server, most_connections=4) as upstream:
        fetching = [asyncio.create_task(upstream.fetch(post(b"%d" % number))) for number in range(150)]
        for number, task in enumerate(fetching):
            if number % 3 == 0:
                await asyncio.sleep(0.0007)
                task.cancel()
        outcomes = await asyncio.gather(*fetching, return_exceptions=True)
        answered = {number: outcome for number, outcome in enumerate(outcomes) if isinstance(outcome, UpstreamResponse)}
        assert 4 == upstream._places._value
        assert 200 == (await upstream.fetch(post())).status

    assert len(answered) >= 100
    assert all(b"%d" % number == outcome.body for number, outcome in answered.items())
    assert len(server.requests) == len(set(server.requests))


async def test_a_caller_cancelled_in_the_middle_of_an_answer_leaves_a_connection_that_is_closed(misbehave):
    half = asyncio.Event()

    async def answer(peer, _):
        if half.is_set():
            await peer.send(OK)
            return
        await peer.send(OK[:-1])
        half.set()
        await asyncio.sleep(0.1)
        await peer.send(OK[-1:])

    server = await misbehave(answer)
    async with pool(server, most_connections=1) as upstream:
        fetching = asyncio.create_task(upstream.fetch(post()))
        await half.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        assert b"ok" == (await upstream.fetch(post())).body
    assert 2 == server.connections


async def test_no_answer_in_time_is_an_unknown_outcome(misbehave):
    server = await misbehave(never)
    async with pool(server, answer_seconds=0.1) as upstream:
        with pytest.raises(OutcomeUnknown, match=r"no answer within 0\.1 s"):
            await upstream.fetch(post())
    assert 1 == len(server.requests)


# Connecting


async def test_a_refused_port_is_not_sent_after_so_many_tries(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    upstream = Upstream(f"http://127.0.0.1:{port}")
    tries = []
    connect = upstream._connect

    async def counted():
        tries.append(1)
        return await connect()

    monkeypatch.setattr(upstream, "_connect", counted)
    for _ in range(MOST_CONNECTIONS + 1):  # no place is lost
        with pytest.raises(NotSent, match="ConnectionRefusedError"):
            await upstream.fetch(post())

    assert CONNECT_TRIES * (MOST_CONNECTIONS + 1) == len(tries)


@pytest.mark.parametrize("close", [True, False], ids=["closes", "keeps silent"])
async def test_a_server_that_does_not_shake_hands_is_tried_so_often_and_not_more(misbehave, monkeypatch, close):
    monkeypatch.setattr("gateway.twilio.upstream.CONNECT_SECONDS", 0.2)

    async def greet(peer):
        if close:
            peer.reset()
        else:
            await asyncio.sleep(60)

    server = await misbehave(never, greet=greet)
    upstream = Upstream(server.url.replace("http:", "https:"))
    with pytest.raises(NotSent):
        await upstream.fetch(post())
    assert CONNECT_TRIES == server.connections


# What goes out


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(
            post(b"To=%2B1"),
            b"POST /2010-04-01/Messages.json HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nTo=%%2B1",
            id="a form",
        ),
        pytest.param(
            post(b"", headers=()),
            b"POST /2010-04-01/Messages.json HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 0\r\n\r\n",
            id="a post without a body has a length",
        ),
        pytest.param(
            UpstreamRequest("GET", "/a?b=c&d=%20", (("Accept", "*/*"), ("X-Latin", "\xe4"))),
            b"GET /a?b=c&d=%%20 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\nX-Latin: \xe4\r\n\r\n",
            id="a get has none",
        ),
        pytest.param(
            UpstreamRequest("DELETE", "/a", ()),
            b"DELETE /a HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
            id="a delete",
        ),
    ],
)
async def test_a_request_goes_out_byte_for_byte_as_it_was_written(misbehave, request_, expected):
    server = await misbehave(answering(OK))
    async with pool(server) as upstream:
        await upstream.fetch(request_)

    assert [expected % server.port] == server.requests


async def test_an_address_with_a_path_puts_it_before_every_target(misbehave):
    server = await misbehave(answering(OK))
    upstream = Upstream(f"http://user:secret@127.0.0.1:{server.port}/twilio/")
    await upstream.fetch(UpstreamRequest("GET", "/a", ()))
    upstream.close()

    assert [b"GET /twilio/a HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port] == server.requests


@pytest.mark.parametrize("smuggled", ["\r\nX: y", "\n", "\r", "\0", "\r\n\r\nGET / HTTP/1.1"], ids=ascii)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: UpstreamRequest("GET", "/", (("X", f"a{text}b"),)), id="in a value"),
        pytest.param(lambda text: UpstreamRequest("GET", "/", ((f"X{text}", "a"),)), id="in a name"),
        pytest.param(lambda text: UpstreamRequest("GET", "/", (), b"", (("X", f"a{text}b"),)), id="in a steady value"),
        pytest.param(lambda text: UpstreamRequest("GET", "/", (), b"", ((f"X{text}", "a"),)), id="in a steady name"),
        pytest.param(lambda text: UpstreamRequest("GET", f"/a{text}b", ()), id="in the target"),
        pytest.param(lambda text: UpstreamRequest(f"GET{text}", "/", ()), id="in the method"),
    ],
)
async def test_nothing_is_smuggled_into_a_head(misbehave, make, smuggled):
    server = await misbehave(answering(OK))
    async with pool(server, most_connections=1) as upstream:
        with pytest.raises(ValueError, match="line break"):
            await upstream.fetch(make(smuggled))
        await upstream.fetch(post())

    assert (1, 1) == (server.connections, len(server.requests))


@pytest.mark.parametrize("target", ["/ HTTP/1.1", "/a b"], ids=["a version", "a space"])
async def test_a_target_is_one_word(misbehave, target):
    server = await misbehave(answering(OK))
    async with pool(server) as upstream:
        with pytest.raises(ValueError, match="request line"):
            await upstream.fetch(UpstreamRequest("GET", target, ()))
    assert [] == server.requests


# TLS


@pytest.fixture(scope="module")
def certificate_for(tmp_path_factory):
    """Makes a certificate that signs itself, for one host name; gives the server's context and its file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("TLS TO TWILIO IS NOT TESTED: there is no openssl command to make a certificate with")

    def make(host):
        folder = tmp_path_factory.mktemp("tls")
        made = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem", "-days", "2", "-nodes"]
        named = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        subprocess.run([openssl, "req", "-x509", *kind, *made, *named], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
        return context, folder / "certificate.pem"

    return make


async def test_requests_go_over_tls_and_the_connection_is_used_again(misbehave, certificate_for):
    context, trusted = certificate_for("localhost")
    server = await misbehave(answering(OK), tls=context)
    async with pool(server, tls=ssl.create_default_context(cafile=trusted)) as upstream:
        assert [200] * 3 == [(await upstream.fetch(post())).status for _ in range(3)]
    assert (1, 3) == (server.connections, len(server.requests))
    assert b"Host: localhost:%d\r\n" % server.port in server.requests[0]


@pytest.mark.parametrize(
    ("host", "is_trusted"),
    [
        pytest.param("api.example", True, id="another host's certificate"),
        pytest.param("localhost", False, id="a certificate that nobody vouches for"),
    ],
)
async def test_nothing_is_sent_to_a_server_that_cannot_prove_its_name(misbehave, certificate_for, host, is_trusted):
    context, trusted = certificate_for(host)
    server = await misbehave(answering(OK), tls=context)
    options = {"tls": ssl.create_default_context(cafile=trusted)} if is_trusted else {}
    async with pool(server, **options) as upstream:
        with pytest.raises(NotSent, match="SSLCertVerificationError"):
            await upstream.fetch(post())
    assert [] == server.requests


@pytest.mark.parametrize("spoil", [_break, _reset], ids=["closed", "reset"])
async def test_an_answer_spoiled_at_any_byte_over_tls_is_an_unknown_outcome(misbehave, certificate_for, spoil):
    context, trusted = certificate_for("localhost")

    async def answer(peer, request):
        await spoil(peer, OK[: int(request.rpartition(b"=")[2])])

    server = await misbehave(answer, tls=context)
    async with pool(server, tls=ssl.create_default_context(cafile=trusted)) as upstream:
        outcomes = [await outcome_of(upstream, post(b"at=%d" % at)) for at in range(0, len(OK) + 1)]

    assert [OutcomeUnknown] * len(OK) == outcomes[:-1]
    assert b"ok" == outcomes[-1].body
    assert len(OK) + 1 == len(server.requests) == len(set(server.requests))


async def test_a_tls_server_that_is_done_closes_its_idle_connection(misbehave, certificate_for):
    context, trusted = certificate_for("localhost")
    server = await misbehave(answering_and_closing(OK), tls=context)
    async with pool(server, tls=ssl.create_default_context(cafile=trusted)) as upstream:
        for _ in range(3):
            assert 200 == (await upstream.fetch(post())).status
            await asyncio.sleep(0.05)
    assert 3 == server.connections


# Beside another client


def shapes() -> Iterator[tuple[str, bytes]]:
    """Good answers of many shapes, by name."""
    yield from ((name, data) for name, (data, _) in GOOD.items())
    statuses = {
        200: "OK",
        201: "Created",
        202: "Accepted",
        400: "Bad Request",
        401: "Unauthorized",
        404: "",
        429: "x y",
    }
    for status, reason in (statuses | {500: "Internal Server Error", 503: "ümläut"}).items():
        yield f"status {status}", f"HTTP/1.1 {status} {reason}\r\nContent-Length: 3\r\n\r\nabc".encode()
    headers = {
        "no space after the colon": b"X-A:b",
        "much space around a value": b"X-A:   b \t ",
        "an empty value": b"X-A:",
        "an empty value between others": b"X-A: a\r\nX-B:\r\nX-C: c",
        "a name twice": b"Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d",
        "a name in another case": b"cONTENT-tYPE: text/plain",
        "colons in a value": b"X-A: http://a:b/c:d",
        "latin-1 in a value": b"X-A: \xe4\xf6\xfc",
        "utf-8 in a value": "X-A: ä“".encode(),
        "a long value": b"X-A: " + b"x" * 8000,
        "sixty headers": b"\r\n".join(b"X-%d: %d" % (number, number) for number in range(60)),
        "an unusual name": b"X-a_b!#$%&'*+-.^`|~1: x",
        "keep-alive": b"Connection: keep-alive\r\nKeep-Alive: timeout=5",
        "close": b"Connection: close",
    }
    for name, lines in headers.items():
        yield f"header: {name}", b"HTTP/1.1 200 OK\r\n" + lines + b"\r\nContent-Length: 2\r\n\r\nok"
    bodies = {
        "empty": b"",
        "one byte": b"\0",
        "all bytes": bytes(range(256)),
        "line breaks": b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "64 KiB": b"x" * 65_536,
        "a megabyte": b"y" * 1_000_000,
    }
    for name, body in bodies.items():
        yield f"body: {name}", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        for size in (1, 7, 4096):
            if len(body) // size < 2000:
                yield (
                    f"body: {name} in chunks of {size}",
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, size),
                )
    yield (
        "chunks: sizes in capitals",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n00A\r\n0123456789\r\n0\r\n\r\n",
    )
    yield (
        "chunks: gzip left as it is",
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x01"),
    )


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def test_good_answers_are_read_as_another_client_reads_them(misbehave):
    answers = dict(shapes())
    names = list(answers)

    async def answer(peer, request):
        await peer.send(answers[names[int(request.split(b" ")[1][1:])]])

    server = await misbehave(answer)
    async with (
        pool(server) as upstream,
        aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        for number, name in enumerate(names):
            async with session.get(
                f"{server.url}/{number}", headers={"X-From": name.encode("ascii", "replace").decode()}
            ) as other:
                expected = (
                    other.status,
                    tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in other.raw_headers),
                    await other.read(),
                )
            actual = await upstream.fetch(UpstreamRequest("GET", f"/{number}", ()))
            assert (name, *expected) == (name, actual.status, actual.headers, actual.body)
    assert len(names) > 40
