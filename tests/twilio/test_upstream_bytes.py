"""The hop to Twilio, spoiled at every byte: of the request, of an early answer, of lengths, of the answer itself.

Whatever happens, no request is written twice, none is answered with another's answer, and what may have left is never
called not sent.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.twilio.upstream import NotSent, OutcomeUnknown, Upstream, UpstreamRequest, UpstreamResponse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"POST /2010-04-01/Messages.json HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Length: 16\r\n\r\n"
WHOLE = len(HEAD) + 16  # bytes of a request, give or take a digit of the port


def post(name: str) -> UpstreamRequest:
    return UpstreamRequest("POST", "/2010-04-01/Messages.json", (), f"Body={name:0>11}".encode())


def name_of(request: bytes) -> str:
    return request[-11:].decode().lstrip("0") or "0"


def answer_to(request: bytes) -> bytes:
    """An answer that says whose it is."""
    body = f"for {name_of(request):0>11}".encode()
    return b"HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def is_for(name: str, outcome: UpstreamResponse) -> bool:
    return f"for {name:0>11}".encode() == outcome.body


async def outcome_of(upstream: Upstream, request: UpstreamRequest) -> Any:
    try:
        return await upstream.fetch(request)
    except (NotSent, OutcomeUnknown) as error:
        return type(error)


@contextlib.asynccontextmanager
async def pool(server: Any, **options: Any) -> AsyncIterator[Upstream]:
    upstream = Upstream(server.url, **{"answer_seconds": 5.0, **options})
    try:
        yield upstream
    finally:
        upstream.close()
        await asyncio.sleep(0)


async def never(peer, _):
    await asyncio.sleep(60)


# The request


async def _close(peer):
    peer.close()


async def _reset(peer):
    peer.reset()


async def _stall(peer):
    await asyncio.sleep(60)


@pytest.mark.parametrize("spoil", [_close, _reset, _stall], ids=["closed", "reset", "stalled"])
async def test_a_request_broken_at_any_byte_is_written_once_and_its_outcome_told_rightly(misbehave, spoil):
    """So many bytes are read of each; that it was not sent may be said only where the server had read nothing."""
    taken: list[int] = []

    async def greet(peer):
        count = len(taken)
        taken.append(count)
        if count:
            await peer.reader.readexactly(min(count, WHOLE - 1))
        await spoil(peer)

    server = await misbehave(never, greet=greet)
    async with pool(server, answer_seconds=0.5) as upstream:
        outcomes = await asyncio.gather(*(outcome_of(upstream, post(str(number))) for number in range(WHOLE + 1)))

    assert {OutcomeUnknown, NotSent} >= set(outcomes)
    assert outcomes.count(NotSent) <= 1
    assert WHOLE + 1 == server.connections, "a connection a request: none was tried again"


@pytest.mark.parametrize("closes", [True, False], ids=["and closed", "and kept open"])
async def test_an_answer_that_comes_at_any_byte_of_the_request_counts_for_that_request_alone(misbehave, closes):
    served: list[int] = []

    async def greet(peer):
        """Answer after so many bytes; then read the rest, as a server that keeps the connection has to."""
        count = len(served)
        served.append(count)
        request = await peer.reader.readexactly(min(count, WHOLE - 1))
        await peer.send(OK)
        if closes:
            peer.close()
            return
        while b"\r\n\r\n" not in request:
            request += await peer.reader.read(1)
        await peer.reader.readexactly(16 - len(request.partition(b"\r\n\r\n")[2]))

    async def answer(peer, request):
        await peer.send(answer_to(request))

    server = await misbehave(answer, greet=greet)
    outcomes = []
    for number in range(WHOLE):
        async with pool(server) as upstream:
            outcomes.append(await outcome_of(upstream, post(str(number))))
            await asyncio.sleep(0)
            following = await outcome_of(upstream, post(f"7{number}"))
            assert following == OutcomeUnknown or b"ok" == following.body or is_for(f"7{number}", following)

    answered = [outcome for outcome in outcomes if isinstance(outcome, UpstreamResponse)]
    assert {b"ok"} == {outcome.body for outcome in answered}
    assert len(answered) >= WHOLE - 2 if not closes else len(answered) > 0
    assert NotSent not in outcomes[1:]


# Lengths


BODY = b"hello world"


@pytest.mark.parametrize("length", range(len(BODY) + 4))
async def test_a_length_that_lies_never_leaves_a_connection_that_is_used_again(misbehave, length):
    async def answer(peer, request):
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + BODY)
        if length > len(BODY):
            peer.close()

    server = await misbehave(answer)
    async with pool(server) as upstream:
        outcomes = []
        for number in range(2):
            outcomes.append(await outcome_of(upstream, post(str(number))))
            await asyncio.sleep(0.01)

    if length > len(BODY):
        assert [OutcomeUnknown] * 2 == outcomes
    else:
        assert [BODY[:length]] * 2 == [outcome.body for outcome in outcomes]
    assert (1 if length == len(BODY) else 2, 2) == (server.connections, len(server.requests))


@pytest.mark.parametrize("size", [0, 1, 3, 4, 6, 7, 14, 16])
@pytest.mark.parametrize("which", ["first", "second"])
async def test_a_chunk_size_that_lies_never_leaves_a_connection_that_is_used_again(misbehave, which, size):
    sizes = {"first": 5, "second": 5} | {which: size}
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b"%x\r\nhello\r\n%x\r\nworld\r\n0\r\n\r\n" % (sizes["first"], sizes["second"])

    async def answer(peer, _):
        await peer.send(data)
        peer.writer.write_eof()

    server = await misbehave(answer)
    async with pool(server, answer_seconds=0.5) as upstream:
        outcomes = []
        for number in range(2):
            outcomes.append(await outcome_of(upstream, post(str(number))))
            await asyncio.sleep(0.01)

    assert [OutcomeUnknown] * 2 == outcomes
    assert (2, 2) == (server.connections, len(server.requests))


# The answer


def left_out(data: bytes, at: int) -> bytes:
    return data[:at] + data[at + 1 :]


def put_in(data: bytes, at: int) -> bytes:
    return data[:at] + b"7" + data[at:]


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x03]) + data[at + 1 :]


@pytest.mark.parametrize("spoil", [left_out, put_in, changed])
async def test_an_answer_wrong_in_any_byte_is_nobody_elses(misbehave, spoil: Callable[[bytes, int], bytes]):
    async def answer(peer, request):
        name = int(name_of(request))
        data = answer_to(request)
        await peer.send(spoil(data, name) if name < len(data) else data)

    server = await misbehave(answer)
    size = len(answer_to(b"0" * 11))

    async def two(at: int) -> tuple[Any, Any]:
        async with pool(server, most_connections=1, answer_seconds=0.4) as upstream:
            return await outcome_of(upstream, post(str(at))), await outcome_of(upstream, post(str(1000 + at)))

    outcomes = await asyncio.gather(*(two(at) for at in range(size)))
    assert [True] * size == [is_for(str(1000 + at), following) for at, (_, following) in enumerate(outcomes)]
    assert all(first is not NotSent for first, _ in outcomes)
    assert 2 * size == len(server.requests) == len(set(server.requests))


async def test_an_answer_that_drips_for_longer_than_its_time_is_an_unknown_outcome(misbehave):
    """The limit is for the whole answer, not from one byte to the next."""

    async def answer(peer, request):
        for byte in answer_to(request):
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.1)

    server = await misbehave(answer)
    async with pool(server, answer_seconds=0.3) as upstream:
        began = asyncio.get_running_loop().time()
        assert OutcomeUnknown is await outcome_of(upstream, post("1"))
        assert 0.25 < asyncio.get_running_loop().time() - began < 3  # the whole of it would take longer
    assert 1 == len(server.requests)
