"""The way without a change to the app: the gateway in Twilio's place by name, on a certificate of one's own.

Only where names lead is changed inside the processes, as nobody may bind port 443 or write a hosts file here.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, ALONE, PHONE, TOKEN, Gateway, StartGateway

LED = """
import socket, sys
ask = socket.getaddrinfo
names = ("api.twilio.com", "messaging.twilio.com")
def lead(host, port, *more, **rest):
    if host in names and port == 443:
        host, port = "127.0.0.1", int(sys.argv[1])
    return ask(host, port, *more, **rest)
socket.getaddrinfo = lead
"""

APP = """
import json
from twilio.rest import Client
client = Client(sys.argv[2], sys.argv[3])
for _ in range(2):
    client.messages.create(to=sys.argv[4], from_=sys.argv[5], body="Hello")
client.messaging.v1.services.create(friendly_name="Second")
listed = [message.body for message in client.messages.list(page_size=1)]
print(json.dumps([listed, [service.friendly_name for service in client.messaging.v1.services.list(page_size=1)]]))
"""


@pytest.fixture
async def secure(start_gateway: StartGateway, authority: Any) -> Gateway:
    return await start_gateway(tls={"certificate": authority.certificate, "key": authority.key})


async def said(command: list[str | Path], **environment: str) -> tuple[int, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out, err


def python_app(gateway: Gateway) -> list[str | Path]:
    port = gateway.url.rpartition(":")[2]
    return [sys.executable, "-c", LED + APP, port, ACCOUNT, TOKEN, PHONE, ALONE]


async def test_pythons_sdk_as_it_is_sends_and_reads_every_page(
    secure: Gateway, authority: Any, sandbox: Sandbox
) -> None:
    status, out, err = await said(python_app(secure), REQUESTS_CA_BUNDLE=str(authority.trusted))
    assert (0, b"") == (status, err)
    assert [["Hello", "Hello"], ["Pool", "Second"]] == json.loads(out)
    pages = [request for request in sandbox.requests if re.search(r"Services\?PageSize=1(&|$)", request.target)]
    assert 2 == len(pages)


async def test_an_app_that_does_not_trust_the_authority_sends_nothing(secure: Gateway, sandbox: Sandbox) -> None:
    status, _, err = await said(python_app(secure))
    assert (1, True) == (status, b"CERTIFICATE_VERIFY_FAILED" in err)
    assert () == sandbox.requests


@pytest.mark.skipif(shutil.which("curl") is None, reason="CURL IS NOT TESTED: there is none")
async def test_curl_by_twilios_own_name(secure: Gateway, authority: Any) -> None:
    there = secure.url.removeprefix("http://")
    command = ["curl", "-sS", "--cacert", authority.trusted, "--connect-to", f"api.twilio.com:443:{there}"]
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    fields = [f"To={PHONE}", f"From={ALONE}", "Body=x"]
    form = [part for field in fields for part in ("--data-urlencode", field)]
    status, out, err = await said([*command, "-u", f"{ACCOUNT}:{TOKEN}", url, *form])
    assert (0, b"", PHONE) == (status, err, json.loads(out)["to"])
