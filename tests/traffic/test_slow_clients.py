"""Clients that send half a request and then nothing."""

import asyncio
import json
from base64 import b64encode

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, TOKEN, Gateway

# Nothing here asks the store: one engine is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AUTHORIZATION = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"

HALF_SENT = [
    pytest.param("/inbound", "Content-Length: 1000", b"Body=ST", id="a webhook"),
    pytest.param("/inbound", "Transfer-Encoding: chunked", b"7\r\nBody=ST\r\n", id="a webhook in chunks"),
    pytest.param(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", "Content-Length: 1000", b"To=%2B1", id="a send"),
    pytest.param("/v1/Services", "Content-Length: 1000", b"", id="a call that passes, none of its body"),
]


@pytest.mark.parametrize(("path", "length", "half"), HALF_SENT)
async def test_a_body_that_does_not_come_whole_is_answered_408_and_the_connection_closed(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, path: str, length: str, half: bytes
) -> None:
    monkeypatch.setattr("gateway.traffic.connection.BODY_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    lines = (f"POST {path} HTTP/1.1", "Host: a", f"Authorization: Basic {AUTHORIZATION}", FORM_TYPE, length, "", "")
    writer.write("\r\n".join(lines).encode() + half)
    try:
        async with asyncio.timeout(8):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
        await writer.wait_closed()
    assert b"HTTP/1.1 408" == head[:12]
    assert 900408 == json.loads(body)["code"]
    assert () == sandbox.requests
