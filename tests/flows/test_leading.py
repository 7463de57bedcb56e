"""Answers of the Messaging API that cannot be led anywhere, from an upstream that answers what it likes."""

import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.staging import Gateway, StartGateway

BODY = b'{"url":"https://messaging.twilio.com/v1/Services/MG1"}'
JSON = {"Content-Type": "application/json; charset=utf-8"}

ANSWERS = [
    pytest.param(JSON, BODY, True, id="JSON"),
    pytest.param({"Content-Type": "text/plain"}, BODY, False, id="no JSON"),
    pytest.param(JSON | {"Content-Encoding": "gzip"}, gzip.compress(BODY), False, id="compressed all the same"),
]


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine: nothing of this asks the store."""
    return prepared_sqlite_url


@pytest.fixture
async def upstream() -> AsyncIterator[str]:
    async def answer(request: web.BaseRequest) -> web.Response:
        headers, body = ANSWERS[int(request.path.rpartition("/")[2])].values[:2]
        assert isinstance(body, bytes)
        assert isinstance(headers, dict)
        return web.Response(body=body, headers=headers)

    application = web.Application()
    application.router.add_get("/v1/Services/{number}", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.parametrize("number", range(len(ANSWERS)), ids=[str(row.id) for row in ANSWERS])
async def test_only_json_that_can_be_read_is_written_anew(
    start_gateway: StartGateway, upstream: str, number: int
) -> None:
    gateway: Gateway = await start_gateway(twilio={"messaging_url": upstream, "sync_seconds": 0})
    _, body, is_led = ANSWERS[number].values
    assert isinstance(body, bytes)
    expected = BODY.replace(b"https://messaging.twilio.com", f"{gateway.url}/messaging".encode()) if is_led else body
    url = f"{gateway.url}/messaging/v1/Services/{number}"
    async with gateway.http.get(url, auto_decompress=False) as response:
        assert expected == await response.read()
