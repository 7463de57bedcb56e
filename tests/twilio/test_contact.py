"""What is known of an upstream after each way that a request of it can end."""

import asyncio
import socket
from typing import Any

import pytest

from gateway.twilio.contact import PoolState, Trouble
from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest

GET = UpstreamRequest("GET", "/", ())


def answering(status: str) -> Any:
    async def answer(peer: Any, _: bytes) -> None:
        await peer.send(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode())

    return answer


async def close(peer: Any, _: bytes) -> None:
    peer.close()


async def babble(peer: Any, _: bytes) -> None:
    await peer.send(b"hello\r\n\r\n")


async def hang(*_: Any) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(answering("201 Created"), None, id="an answer"),
        pytest.param(answering("400 Bad Request"), None, id="a refusal is an answer"),
        pytest.param(answering("451 Whatever"), None, id="so is any other below 500"),
        pytest.param(answering("429 Too Many Requests"), Trouble.THROTTLED, id="too many"),
        pytest.param(answering("500 Oops"), Trouble.SERVER_ERROR, id="a fault of Twilio's"),
        pytest.param(answering("503 Away"), Trouble.SERVER_ERROR, id="Twilio is away"),
        pytest.param(close, Trouble.BROKEN, id="the connection ends"),
        pytest.param(babble, Trouble.BROKEN, id="no HTTP"),
        pytest.param(hang, Trouble.TIME_OUT, id="no answer in time"),
    ],
)
async def test_each_way_that_a_request_ends_is_counted_as_what_it_is(
    misbehave: Any, answer: Any, trouble: Trouble | None
) -> None:
    server = await misbehave(answer)
    upstream = Upstream(server.url, answer_seconds=0.2)
    before = asyncio.get_running_loop().time()
    for _ in range(2):
        try:
            await upstream.fetch(GET)
        except UpstreamError:
            assert trouble is not None
    contact = upstream.contact
    assert (0 if trouble else 2, {trouble: 2} if trouble else {}) == (contact.answered, contact.troubles)
    assert trouble == contact.trouble
    [at] = [at for at in (contact.answered_at, contact.troubled_at) if at is not None]
    assert before < at <= asyncio.get_running_loop().time()
    upstream.close()


async def test_a_connection_that_cannot_be_had_is_one_trouble_however_often_it_was_tried() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    upstream = Upstream(f"http://127.0.0.1:{port}")
    with pytest.raises(UpstreamError):
        await upstream.fetch(GET)
    assert {Trouble.CONNECT: 1} == upstream.contact.troubles


async def test_a_server_that_speaks_no_tls_is_another_trouble_than_one_that_is_away(misbehave: Any) -> None:
    server = await misbehave(babble, greet=lambda peer: peer.send(b"220 ready\r\n"))
    upstream = Upstream(server.url.replace("http:", "https:"))
    with pytest.raises(UpstreamError):
        await upstream.fetch(GET)
    assert {Trouble.TLS: 1} == upstream.contact.troubles


async def test_the_pool_tells_what_is_in_use_and_what_waits(misbehave: Any) -> None:
    server = await misbehave(answering("200 OK"))
    upstream = Upstream(server.url, most_connections=2)
    assert PoolState(0, 0, 2) == upstream.pool
    async with await upstream.reserve():
        assert PoolState(1, 0, 2) == upstream.pool
    assert PoolState(0, 1, 2) == upstream.pool
    upstream.close()


async def test_who_finds_no_place_is_counted(misbehave: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.twilio.upstream.WAIT_FOR_PLACE_SECONDS", 0.05)
    server = await misbehave(answering("200 OK"))
    upstream = Upstream(server.url, most_connections=1)
    async with await upstream.reserve():
        with pytest.raises(UpstreamError):
            await upstream.fetch(GET)
    assert {Trouble.NO_PLACE: 1} == upstream.contact.troubles
    upstream.close()
