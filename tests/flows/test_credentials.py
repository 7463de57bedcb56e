"""What proves credentials and what does not, so that nobody learns who opted out; and secrets that are not shown."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from gateway.sandbox import Sandbox
from gateway.settings import SettingsError, load
from tests.staging import ACCOUNT, ALONE, API_KEY, PHONE, TOKEN, Gateway, StartGateway, inbound

NOT_OPTED_OUT = "+14155550199"
LONGEST_AUTHORIZATION = 4096


class Front:
    """Answers everything with one answer, as what stands before Twilio might."""

    def __init__(self) -> None:
        self.url = ""
        self.status, self.content_type, self.body = 200, "text/plain", ""

    async def answer(self, _: web.BaseRequest) -> web.Response:
        return web.Response(status=self.status, text=self.body, content_type=self.content_type)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    front = Front()
    runner = web.ServerRunner(web.Server(front.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    front.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield front
    await runner.cleanup()


def error_of(code: int) -> str:
    return f'{{"code": {code}, "message": "said by Twilio", "more_info": "", "status": 400}}'


PROOFS = [
    # status, content type and body of the answer to a create without parameters: what the app is told
    pytest.param(400, "application/json", error_of(21604), 400, 21610, id="To is missing: proved"),
    pytest.param(400, "application/json", error_of(21603), 400, 21610, id="From is missing: proved"),
    pytest.param(400, "application/json", error_of(20001), 503, 900502, id="another error of Twilio's"),
    pytest.param(400, "text/plain", "Bad Request", 503, 900502, id="400 in plain text"),
    pytest.param(400, "text/html", "<h1>400 Request Header Too Large</h1>", 503, 900502, id="400 of a proxy"),
    pytest.param(400, "application/json", "[21604]", 503, 900502, id="JSON, and no object"),
    pytest.param(400, "application/json", "", 503, 900502, id="400 with nothing"),
    pytest.param(200, "application/json", error_of(21604), 503, 900502, id="another status"),
]


@pytest.mark.parametrize(("status", "content_type", "body", "told", "code"), PROOFS)
async def test_only_twilios_own_word_that_a_parameter_is_missing_proves_credentials(
    start_gateway: StartGateway,
    sandbox: Sandbox,
    front: Front,
    status: int,
    content_type: str,
    body: str,
    told: int,
    code: int,
) -> None:
    twilio = {"api_url": front.url, "messaging_url": sandbox.url, "sync_seconds": 0}
    gateway = await start_gateway(twilio=twilio)
    await gateway.webhook(inbound("STOP"))
    front.status, front.content_type, front.body = status, content_type, body
    answered = await gateway.send(To=PHONE, from_=ALONE, Body="x", auth=API_KEY)
    assert (told, code) == (answered.status, answered.json["code"])


async def test_who_opted_out_is_not_told_by_an_authorization_too_long_for_twilio(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.webhook(inbound("STOP"))
    before = len(sandbox.requests)
    authorization = "Basic ".ljust(LONGEST_AUTHORIZATION + 1, "A")
    answers = [
        await gateway.post(
            gateway.messages_url(), f"To=%2B{to[1:]}&From=%2B{ALONE[1:]}&Body=x", Authorization=authorization
        )
        for to in (PHONE, NOT_OPTED_OUT)
    ]
    assert [(400, 900400)] * 2 == [(answered.status, answered.json["code"]) for answered in answers]
    assert answers[0].body == answers[1].body
    assert before == len(sandbox.requests)


# Secrets


async def test_a_refused_signature_does_not_show_the_password_of_the_public_url(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(public_url="https://hook-user:hook-password@gateway.example.com")
    answered = await gateway.webhook(inbound("STOP"), **{"X-Twilio-Signature": "bm90IGl0"})
    assert 403 == answered.status
    assert "https://gateway.example.com/inbound" in answered.json["message"]
    assert "hook-user" not in answered.text
    assert "hook-password" not in answered.text


@pytest.mark.parametrize("variable", ["GATEWAY_ACCOUNT__AUTH_TOKENS", "GATEWAY_ADMIN_TOKEN", "GATEWAY_SECRET"])
def test_a_secret_given_by_value_and_by_file_is_refused(tmp_path: Path, variable: str) -> None:
    file = tmp_path / "secret"
    file.write_text("b" * 32, "utf-8")
    account = {
        "GATEWAY_ACCOUNT__SID": ACCOUNT,
        "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
        "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
    }
    with pytest.raises(SettingsError) as refused:
        load(None, account | {variable: "a" * 32, f"{variable}_FILE": str(file)})
    assert f"{variable} and {variable}_FILE are both set" in str(refused.value)
    assert "a" * 32 not in str(refused.value)
    assert "b" * 32 not in str(refused.value)
