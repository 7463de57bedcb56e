"""Each listener speaks TLS with a certificate of its own."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, ALONE, PHONE, TOKEN, StartGateway, free_port, inbound

OPENSSL = shutil.which("openssl")


@pytest.fixture(params=["sqlite"], ids=["one engine is enough"])
def database_url(prepared_sqlite_url: str) -> str:
    return prepared_sqlite_url


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, Path]:
    """A certificate for 127.0.0.1 that signs itself."""
    if OPENSSL is None:
        pytest.skip("openssl is not there to make a certificate")
    made = {"certificate": tmp_path / "certificate.pem", "key": tmp_path / "key.pem"}
    subject = ["-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    files = ["-keyout", str(made["key"]), "-out", str(made["certificate"])]
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([OPENSSL, *new, *files, *subject], check=True, capture_output=True)
    return made


async def test_traffic_webhooks_and_admin_each_on_a_listener_of_their_own_with_tls(
    start_gateway: StartGateway, sandbox: Sandbox, certificate: dict[str, Path]
) -> None:
    webhooks = free_port()
    public_url = f"https://127.0.0.1:{webhooks}"
    gateway = await start_gateway(
        tls=certificate,
        webhook_tls=certificate,
        admin_tls=certificate,
        webhook_listen=f"127.0.0.1:{webhooks}",
        public_url=public_url,
    )
    trusted = ssl.create_default_context(cafile=certificate["certificate"])
    secure = gateway.url.replace("http:", "https:")
    form, headers = (
        {"To": PHONE, "From": ALONE, "Body": "x"},
        {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)},
    )
    signed = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(f"{public_url}/inbound", inbound("STOP"))}

    async def status(url: str, data: dict[str, str], headers: dict[str, str]) -> int:
        async with gateway.http.post(url, data=data, headers=headers, ssl=trusted) as response:
            return response.status

    messages = f"{secure}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert 201 == await status(messages, form, headers)
    assert 404 == await status(f"{secure}/inbound", inbound("STOP"), signed), "webhooks have a listener of their own"
    assert 200 == await status(f"{public_url}/inbound", inbound("STOP"), signed)
    assert 404 == await status(f"{public_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", form, headers)
    assert 400 == await status(messages, form, headers)
    async with gateway.http.get(f"https://127.0.0.1:{gateway.service.admin_port}/livez", ssl=trusted) as response:
        assert 200 == response.status
    with pytest.raises((aiohttp.ClientError, asyncio.TimeoutError)):
        await status(messages.replace("https:", "http:"), form, headers)
