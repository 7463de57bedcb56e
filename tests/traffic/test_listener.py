"""What is not HTTP as it should be, over raw sockets: answered in Twilio's form, nothing reaches Twilio."""

import asyncio
import json
import re
from base64 import b64encode

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, ALONE, PHONE, TOKEN, Gateway

AUTHORIZATION = b"Authorization: Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()) + b"\r\n"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json".encode()
FORM = f"To=%2B{PHONE[1:]}&From=%2B{ALONE[1:]}&Body=x".encode()
FORM_TYPE = b"Content-Type: application/x-www-form-urlencoded\r\n"


def post(
    path: bytes = PATH, *, extra: bytes = b"", body: bytes = FORM, length: bytes | None = None, host: bytes = b"a"
) -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + AUTHORIZATION + FORM_TYPE + extra
    return head + b"Content-Length: " + (length or str(len(body)).encode()) + b"\r\n\r\n" + body


async def exchange(gateway: Gateway, sent: bytes, answers: int = 1) -> bytes:
    """Send bytes and read so many answers, or until the gateway closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(sent)
    read = b""
    try:
        async with asyncio.timeout(20):
            for _ in range(answers):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.findall(rb"(?i)content-length: (\d+)", head)[0])
                read += head + await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()
    return read


REFUSED = [
    pytest.param(b"this is not HTTP\r\n\r\n", id="no HTTP at all"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n", id="a TLS hello"),
    pytest.param(post(extra=b"Transfer-Encoding: chunked\r\n"), id="a length and chunks"),
    pytest.param(post(extra=b"Transfer-Encoding: identity, chunked\r\n", body=b"0\r\n\r\n"), id="two encodings"),
    pytest.param(post(extra=b"Content-Length: 3\r\n"), id="two lengths"),
    pytest.param(post(length=b"-1"), id="a negative length"),
    pytest.param(post(length=b"+5"), id="a length with a sign"),
    pytest.param(post(extra=b"X-A: 1\r\n X-B: folded\r\n"), id="a folded header"),
    pytest.param(post(extra=b"X A: 1\r\n"), id="a space in a header's name"),
    pytest.param(post(extra=b"X-A : 1\r\n"), id="a space before the colon"),
    pytest.param(post(extra=b"X-A: a\x00b\r\n"), id="a NUL in a header"),
    pytest.param(post(extra=b"X-A: caf\xc3\xa9\r\n"), id="a header that is not ASCII"),
    pytest.param(post(extra=AUTHORIZATION), id="two Authorization headers"),
    pytest.param(post(extra=FORM_TYPE), id="two Content-Type headers"),
    pytest.param(post(extra=b"Host: b\r\n"), id="two Host headers"),
    pytest.param(post(b"http://api.twilio.com" + PATH), id="an absolute target"),
    pytest.param(post(b"//evil.example" + PATH), id="a target that begins with two slashes"),
    pytest.param(post(PATH + b"#fragment"), id="a fragment"),
    pytest.param(post(PATH.replace(b"Messages", b"%4Dessages")), id="an escaped letter"),
    pytest.param(post(PATH.replace(b"Messages", b"messages")), id="another case"),
    pytest.param(post(PATH.replace(b"/Messages", b"/./Messages")), id="a dot segment"),
    pytest.param(post(PATH.replace(b"/Messages", b"/../" + ACCOUNT.encode() + b"/Messages")), id="two dots"),
    pytest.param(post(PATH + b"/"), id="a trailing slash"),
    pytest.param(post(PATH + b";a=b"), id="a path parameter"),
    pytest.param(post(PATH.replace(b"/Messages", b"\\Messages")), id="a backslash"),
    pytest.param(post(PATH.replace(b"2010-04-01", b"2008-08-01")), id="an older API version"),
    pytest.param(post(b"/v1/Messages"), id="another product's way to send"),
    pytest.param(post(b"/anything"), id="no API at all"),
    pytest.param(
        post(extra=b"Transfer-Encoding: chunked\r\n").replace(b"Content-Length: 44\r\n", b""),
        id="broken chunks",
    ),
    pytest.param(b"PUT" + post()[4:], id="PUT"),
    pytest.param(b"PATCH" + post()[4:], id="PATCH"),
    pytest.param(b"CONNECT api.twilio.com:443 HTTP/1.1\r\nHost: api.twilio.com:443\r\n\r\n", id="CONNECT"),
    pytest.param(post(extra=b"X-Long: " + b"x" * 20_000 + b"\r\n"), id="a header that is too long"),
    pytest.param(post(PATH + b"x" * 20_000), id="a path that is too long"),
]


@pytest.mark.parametrize("sent", REFUSED)
async def test_what_is_not_http_as_it_should_be_is_answered_in_twilios_form(
    gateway: Gateway, sandbox: Sandbox, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await exchange(gateway, sent)
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    assert 400 <= status < 500
    if b"application/xml" in head:
        assert b"<RestException><Code>" in body
    else:
        told = json.loads(body)
        assert {"code", "message", "more_info", "status"} == set(told)
        assert status == told["status"]
    assert [] == [request for request in sandbox.requests if request.method == "POST"]
    assert "Traceback" not in "".join(capfd.readouterr())


async def test_a_body_that_breaks_off_sends_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(post(length=b"500"))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert () == sandbox.requests


async def test_a_smuggled_second_request_is_read_as_what_it_is(gateway: Gateway, sandbox: Sandbox) -> None:
    """Two requests in one packet are two requests: each is checked by itself."""
    answer = await exchange(gateway, post() + post(b"/v1/Messages"), answers=2)
    assert 1 == answer.count(b"HTTP/1.1 201")
    assert 1 == answer.count(b"HTTP/1.1 404")
    assert 1 == len(sandbox.messages)


async def test_a_client_that_expects_a_go_ahead_gets_it(gateway: Gateway, sandbox: Sandbox) -> None:
    """PHP's SDK waits for 100 Continue before a large body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    whole = post(extra=b"Expect: 100-continue\r\nConnection: close\r\n")
    writer.write(whole[: -len(FORM)])
    async with asyncio.timeout(20):
        assert b"HTTP/1.1 100 Continue\r\n" == await reader.readline()
        writer.write(FORM)
        assert b"HTTP/1.1 201" in await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_a_method_override_is_not_passed_on(gateway: Gateway, sandbox: Sandbox) -> None:
    await exchange(gateway, post(extra=b"X-HTTP-Method-Override: DELETE\r\nConnection: close\r\nX-Mine: 1\r\n"))
    [sent] = [request for request in sandbox.requests if request.method == "POST"]
    names = {name.lower() for name, _ in sent.headers}
    # Accept-Encoding is the gateway's own, so that it can read what Twilio answers.
    assert {"host", "authorization", "content-type", "content-length", "accept-encoding"} == names
