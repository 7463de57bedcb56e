"""What apps do to their scheduled messages through the gateway."""

import aiohttp
import pytest

from gateway.sandbox import Sandbox
from tests.flows.test_scheduled import HISTORY, STATES, Eventually, schedule, settled
from tests.staging import ACCOUNT, IN_POOL, TOKEN, Gateway, inbound


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine: what is read in answers does not depend on the store."""
    return prepared_sqlite_url


async def ask(gateway: Gateway, method: str, url: str, body: str | None = None) -> int:
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN), "Accept-Encoding": "gzip"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with gateway.http.request(method, url, data=body, headers=headers) as answer:
        return answer.status


CANCELED = [("canceled_by_app", "its app cancelled it")]
CASES = [
    pytest.param("POST", ".json", "Status=canceled", CANCELED, id="cancelled, JSON"),
    pytest.param("POST", "", "Status=canceled", CANCELED, id="cancelled, XML"),
    pytest.param("GET", ".json", None, [("standing", None)], id="looked at"),
    pytest.param("POST", ".json", "Body=", [("standing", None)], id="redacted"),
    pytest.param("POST", ".json", "Status=sent", [("standing", None)], id="refused"),
]


@pytest.mark.parametrize(("method", "extension", "body", "expected"), CASES)
async def test_an_app_that_cancels_its_message_is_seen_doing_it(
    gateway: Gateway,
    sandbox: Sandbox,
    eventually: Eventually,
    method: str,
    extension: str,
    body: str | None,
    expected: list[tuple[str, str | None]],
) -> None:
    sid = (await schedule(gateway)).json["sid"]
    await ask(gateway, method, gateway.messages_url(f"/{sid}{extension}"), body)
    assert expected == gateway.rows(STATES)
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await settled(gateway, eventually)
    assert ["canceled"] == [message.status for message in sandbox.messages]
    assert (0 if expected == CANCELED else 1) == len(gateway.rows(HISTORY))


async def test_a_message_that_twilio_shows_as_sent_stands_no_more(gateway: Gateway, sandbox: Sandbox) -> None:
    sid = (await schedule(gateway)).json["sid"]
    sandbox.advance(3_700)
    await sandbox.settle()
    assert 200 == await ask(gateway, "GET", gateway.messages_url(f"/{sid}"))
    assert [("ended", "it was delivered")] == gateway.rows(STATES)


async def test_one_that_is_shown_as_cancelled_was_not_therefore_cancelled_by_its_app(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sid = (await schedule(gateway)).json["sid"]
    past = gateway.messages_url(f"/{sid}.json").replace(gateway.url, sandbox.url)
    assert 200 == await ask(gateway, "POST", past, "Status=canceled")
    assert 200 == await ask(gateway, "GET", gateway.messages_url(f"/{sid}.json"))
    assert [("standing", None)] == gateway.rows(STATES)
