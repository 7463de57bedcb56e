"""The gateway's own calls, asked of the sandbox over real HTTP."""

import asyncio
from dataclasses import replace

import pytest

from gateway.sandbox import DEFAULT_SEEDS, Sandbox
from gateway.twilio.rest import Proof, basic, prove
from gateway.twilio.upstream import NotSent, Upstream

(ACCOUNT,) = DEFAULT_SEEDS.accounts
SID, TOKEN = ACCOUNT.sid, ACCOUNT.auth_tokens[0]
KEY = "SK" + "5a" * 16


@pytest.fixture
async def sandbox():
    account = replace(ACCOUNT, api_keys=((KEY, "key-secret"),))
    async with Sandbox(replace(DEFAULT_SEEDS, accounts=(account,), services=DEFAULT_SEEDS.services[:1])) as sandbox:
        yield sandbox


@pytest.fixture
async def twilio(sandbox):
    upstream = Upstream(sandbox.url)
    yield upstream
    upstream.close()


@pytest.mark.parametrize(
    ("sid", "authorization", "expected"),
    [
        pytest.param(SID, basic(SID, TOKEN), Proof.PROVED, id="the account's auth token"),
        pytest.param(SID, basic(KEY, "key-secret"), Proof.PROVED, id="an API key"),
        pytest.param(SID, basic(SID, "wrong"), Proof.DISPROVED, id="a wrong token"),
        pytest.param(SID, basic(KEY, "wrong"), Proof.DISPROVED, id="a wrong secret"),
        pytest.param(SID, basic("AC" + "0" * 32, TOKEN), Proof.DISPROVED, id="another account's name"),
        pytest.param("AC" + "0" * 32, basic(SID, TOKEN), Proof.DISPROVED, id="for an account that is not there"),
        pytest.param(SID, "Bearer nonsense", Proof.DISPROVED, id="another kind of credentials"),
    ],
)
async def test_credentials_are_proved_by_a_call_that_sends_nothing(sandbox, twilio, sid, authorization, expected):
    proof, answer = await prove(twilio, sid, authorization)

    assert (expected, {Proof.PROVED: 400, Proof.DISPROVED: 401}[expected]) == (proof, answer.status)
    assert [] == list(sandbox.world.messages.values())


@pytest.mark.parametrize("authorization", [basic(SID, TOKEN), basic(SID, "wrong")], ids=["right", "wrong"])
async def test_credentials_are_proved_in_xml_as_well(sandbox, twilio, authorization):
    in_json, _ = await prove(twilio, SID, authorization)
    proof, answer = await prove(twilio, SID, authorization, as_xml=True)

    assert (in_json, "application/xml") == (proof, answer.header("Content-Type"))


BAD_REQUESTS = [
    # what stands before Twilio, or Twilio, may answer with 400: whether it proves the credentials
    pytest.param(b"<Code>21604</Code>", Proof.PROVED, id="To is missing"),
    pytest.param(b"<Detail>x</Detail><Code>21604</Code>", Proof.PROVED, id="the code behind something else"),
    pytest.param(b"<Code>20001</Code>", Proof.UNDECIDED, id="another code"),
    pytest.param(b"<Message>&lt;Code>21604&lt;/Code></Message><Code>20001</Code>", Proof.UNDECIDED, id="in a text"),
    pytest.param(b"<Code>2160</Code><Code>21604</Code>", Proof.UNDECIDED, id="the second of two"),
    pytest.param(b"", Proof.UNDECIDED, id="no code"),
]


@pytest.mark.parametrize(("inner", "expected"), BAD_REQUESTS)
async def test_only_twilios_own_error_in_xml_proves_credentials(inner, expected):
    body = b"<?xml version='1.0'?>\n<TwilioResponse><RestException>" + inner + b"</RestException></TwilioResponse>"

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    upstream = Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    proof, _ = await prove(upstream, SID, basic(SID, TOKEN), as_xml=True)
    upstream.close()
    server.close()
    await server.wait_closed()

    assert expected == proof


async def test_credentials_that_twilio_cannot_judge_now_are_neither_proved_nor_disproved():
    async def unavailable(_, writer):
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(unavailable, "127.0.0.1", 0)
    upstream = Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    proof, answer = await prove(upstream, SID, basic(SID, TOKEN))
    upstream.close()
    server.close()

    assert (Proof.UNDECIDED, 503) == (proof, answer.status)


async def test_where_nobody_listens_nothing_is_proved(sandbox):
    upstream = Upstream(sandbox.url)
    await sandbox.stop()

    with pytest.raises(NotSent):
        await prove(upstream, SID, basic(SID, TOKEN))
