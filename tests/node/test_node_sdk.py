"""Twilio's Node SDK behind the gateway, in its forms. The journeys are in sdk.js, one process each."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, TOKEN, Gateway, StartGateway

pytestmark = pytest.mark.node

SCRIPT = Path(__file__).with_name("sdk.js")
every_form = pytest.mark.parametrize("form", ["base_url", "http_client_with_an_edge"])


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine: what an SDK makes of the answers does not depend on the store."""
    return prepared_sqlite_url


async def play(
    gateway: Gateway, journey: str, form: str, sender: str = ALONE, places: set[str] | None = None, **more: str
) -> Any:
    """The result of a journey, once it is clear that nothing went past the gateway; ``places`` are names of Twilio's
    that lead to it.
    """
    addresses = {"GATEWAY": gateway.url, "ACCOUNT": ACCOUNT, "TOKEN": TOKEN}
    given = addresses | {"FROM": sender, "TO": PHONE, "SERVICE": SERVICE, "PATH": os.environ["PATH"]} | more
    process = await asyncio.create_subprocess_exec(
        "node", SCRIPT, journey, form, env=given, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert (0, b"") == (process.returncode, err)
    said = json.loads(out)
    expected = {gateway.url} if places is None else {f"https://{place}.twilio.com" for place in places}
    assert expected == set(said["places"])
    return said["result"]


@every_form
async def test_create_fetch_list_redact_and_delete(gateway: Gateway, form: str) -> None:
    expected = {"fetched": "Hello", "listed": 3, "redacted": "", "removed": True, "left": 2}
    assert expected == await play(gateway, "messages", form)


@every_form
async def test_a_scheduled_message_is_cancelled(gateway: Gateway, form: str) -> None:
    assert ["scheduled", "canceled"] == await play(gateway, "scheduled", form)


@every_form
async def test_services_and_their_pools_with_every_page_through_the_gateway(gateway: Gateway, form: str) -> None:
    expected = {
        "names": ["Pool", "Second", "Third"],
        "pages": ["Second", "Pool"],
        "pool": [ALONE],
        "renamed": "Renamed",
        "removed": True,
    }
    assert expected == await play(gateway, "services", form)


@every_form
async def test_a_blocked_send_is_the_sdks_own_exception_with_21610(
    gateway: Gateway, sandbox: Sandbox, form: str
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    told = {
        "error": "RestException",
        "status": 400,
        "code": 21610,
        "message": "Attempt to send to unsubscribed recipient",
        "moreInfo": "https://www.twilio.com/docs/errors/21610",
    }
    assert [told, told] == await play(gateway, "blocked", form, IN_POOL)


@every_form
async def test_a_blocked_send_by_a_service_is_accepted_and_fails_later(
    start_gateway: StartGateway, sandbox: Sandbox, form: str
) -> None:
    gateway = await start_gateway(account={"blocked": "auto"})
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    expected = {
        "statuses": ["accepted", "failed", 21610],
        "listed": True,
        "redacted": "",
        "removed": True,
        "gone": 404,
        "scheduled": 21610,
    }
    assert expected == await play(gateway, "held", form)


@every_form
async def test_a_scheduled_message_is_seen_to_be_cancelled_by_a_stop(
    gateway: Gateway, sandbox: Sandbox, form: str
) -> None:
    scheduled = await play(gateway, "schedule", form)
    assert "scheduled" == scheduled["status"]
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    assert "canceled" == await play(gateway, "fetch_until_it_stands_no_more", form, SID=scheduled["sid"])


async def test_the_callback_of_a_held_back_message_is_valid_to_the_sdk(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    gateway = await start_gateway(account={"blocked": "auto"})
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    expected = {
        "isItsSid": True,
        "MessageStatus": "failed",
        "ErrorCode": "21610",
        "To": PHONE,
        "OptOutType": None,
        "valid": [True, False],
    }
    assert expected == await play(gateway, "callback", "base_url")


LED = """
const tls = require("tls");
const connect = tls.connect;
tls.connect = (options, ...rest) => connect({ ...options, host: "127.0.0.1", port: PORT }, ...rest);
"""


async def test_the_sdk_as_it_is_by_twilios_own_name(
    start_gateway: StartGateway, authority: Any, tmp_path: Path
) -> None:
    gateway = await start_gateway(tls={"certificate": authority.certificate, "key": authority.key})
    led = tmp_path / "led.js"
    led.write_text(LED.replace("PORT", gateway.url.rpartition(":")[2]))
    trusting = {"NODE_EXTRA_CA_CERTS": str(authority.trusted), "NODE_OPTIONS": f"--require {led}"}
    said = await play(gateway, "services", "as_it_is", places={"api", "messaging"}, **trusting)
    assert (["Pool", "Second", "Third"], ["Second", "Pool"]) == (said["names"], said["pages"])
