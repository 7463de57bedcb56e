"""What proves credentials and what does not, so that nobody learns who opted out; and secrets that are not shown."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.pools import Pools
from gateway.operations.actors import Actor
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.sandbox import Fault, Sandbox, SandboxAccount
from gateway.settings import SettingsError, load
from gateway.store import Store
from tests.staging import (
    ACCOUNT,
    ALONE,
    API_KEY,
    PHONE,
    SERVICE,
    TOKEN,
    Answered,
    Gateway,
    StartGateway,
    inbound,
)

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


# Whose they are

SUBACCOUNT, FOREIGN = "AC" + "d4" * 16, "AC" + "e5" * 16
SECONDARY, BEARER, OWN = "5eed" * 8, "eyJ.access.token", "0123" * 8
RESTRICTED = ("SK" + "b2" * 16, "may-not-send")
one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(sandbox: Sandbox) -> Sandbox:
    """Twilio with all kinds of credentials, a sub-account, and an account of somebody else's."""
    accounts = sandbox.world.accounts
    accounts[ACCOUNT] = replace(
        accounts[ACCOUNT],
        auth_tokens=(TOKEN, SECONDARY),
        restricted_keys=(RESTRICTED,),
        bearer_tokens=(BEARER,),
    )
    accounts[SUBACCOUNT] = SandboxAccount(SUBACCOUNT, (OWN,), parent=ACCOUNT)
    accounts[FOREIGN] = SandboxAccount(FOREIGN, (OWN,))
    return sandbox


def basic(user: str, password: str) -> str:
    return aiohttp.encode_basic_auth(user, password)


async def send(
    gateway: Gateway, authorization: str, to: str = PHONE, account: str = ACCOUNT, rest: str = ".json", **more: str
) -> Answered:
    url = gateway.messages_url(rest, account)
    body = f"To=%2B{to[1:]}&From=%2B{ALONE[1:]}&Body=x"
    return await gateway.post(url, body, auth=None, Authorization=authorization, **more)


def proofs(sandbox: Sandbox) -> int:
    return sum(request.method == "POST" and not request.body for request in sandbox.requests)


KINDS = [
    # credentials: status and code told of somebody who opted out, how often Twilio is asked for two sends
    pytest.param(basic(ACCOUNT, TOKEN), 400, 21610, 0, id="the Auth Token of the settings"),
    pytest.param(basic(ACCOUNT, SECONDARY), 400, 21610, 1, id="the secondary token, not in the settings"),
    pytest.param(basic(*API_KEY), 400, 21610, 1, id="an API key"),
    pytest.param(f"Bearer {BEARER}", 400, 21610, 1, id="an access token"),
    pytest.param(f"bearer {BEARER}", 400, 21610, 1, id="an access token, the scheme in small letters"),
    pytest.param(basic(*RESTRICTED), 401, 70051, 2, id="a restricted key that may not send"),
    pytest.param(basic(ACCOUNT, "wrong"), 401, 20003, 2, id="a wrong token"),
    pytest.param(basic(API_KEY[0], "wrong"), 401, 20003, 2, id="a wrong secret"),
    pytest.param("Bearer wrong", 401, 20003, 2, id="a wrong access token"),
    pytest.param(basic(FOREIGN, OWN), 401, 20003, 2, id="another account's token"),
    pytest.param(basic(SUBACCOUNT, OWN), 401, 20003, 2, id="a sub-account's token on its parent's path"),
    pytest.param("Basic !!", 401, 20003, 2, id="no Base64"),
    pytest.param("Digest x", 401, 20003, 2, id="another scheme"),
]


@one_engine
@pytest.mark.parametrize(("authorization", "status", "code", "asked"), KINDS)
async def test_each_kind_of_credentials_is_proved_before_anything_is_said(
    gateway: Gateway, world: Sandbox, authorization: str, status: int, code: int, asked: int
) -> None:
    await gateway.webhook(inbound("STOP"))
    answers = [await send(gateway, authorization) for _ in range(2)]
    assert [(status, code)] * 2 == [(answered.status, answered.json["code"]) for answered in answers]
    assert asked == proofs(world)
    other = await send(gateway, authorization, NOT_OPTED_OUT)
    assert (status if status == 401 else 201) == other.status
    if status == 401:
        assert answers[0].body == other.body


@one_engine
@pytest.mark.parametrize("rest", ["", ".xml"], ids=["no extension", "XML"])
async def test_wrong_credentials_are_told_in_the_form_that_the_path_asks_for(
    gateway: Gateway, world: Sandbox, rest: str
) -> None:
    answered = await send(gateway, basic(ACCOUNT, "wrong"), rest=rest, Accept="application/json")
    assert (401, "application/xml") == (answered.status, answered.headers["Content-Type"])
    assert "<Code>20003</Code>" in answered.text
    assert 201 == (await send(gateway, basic(*API_KEY), rest=rest)).status


@one_engine
async def test_who_asks_the_same_at_the_same_time_gets_one_proof(gateway: Gateway, world: Sandbox) -> None:
    right = await asyncio.gather(*(send(gateway, basic(*API_KEY), NOT_OPTED_OUT) for _ in range(50)))
    assert ({201}, 1) == ({answered.status for answered in right}, proofs(world))
    wrong = await asyncio.gather(*(send(gateway, basic(ACCOUNT, "wrong")) for _ in range(50)))
    assert {401} == {answered.status for answered in wrong}
    assert proofs(world) <= 3


@one_engine
async def test_a_caller_who_gives_up_leaves_no_proof_hanging(gateway: Gateway, world: Sandbox) -> None:
    world.inject(Fault(kind="delay", seconds=0.2))
    first = asyncio.create_task(send(gateway, basic(*API_KEY), NOT_OPTED_OUT))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(send(gateway, basic(*API_KEY), NOT_OPTED_OUT))
    await asyncio.sleep(0.05)
    first.cancel()
    assert 201 == (await second).status


# Guessing


@one_engine
async def test_wrong_credentials_slow_their_caller_down_and_nobody_else(gateway: Gateway, world: Sandbox) -> None:
    async def seconds(authorization: str, **more: str) -> float:
        began = time.monotonic()
        await send(gateway, authorization, NOT_OPTED_OUT, **more)
        return time.monotonic() - began

    for number in range(5):
        await send(gateway, basic(ACCOUNT, f"guess {number}"))
    slow = await seconds(basic(ACCOUNT, "guess 5"), X_Forwarded_For="192.0.2.9")
    assert 0.25 <= slow
    for good in (basic(ACCOUNT, TOKEN), basic(*API_KEY)):
        assert min([await seconds(good) for _ in range(3)]) < 0.25  # a busy machine is late, but not each time


@one_engine
async def test_guessing_by_other_calls_is_slowed_down_as_well(gateway: Gateway, world: Sandbox) -> None:
    for number in range(5):
        assert 401 == (await gateway.get(gateway.messages_url(), auth=(ACCOUNT, f"guess {number}"))).status
    began = time.monotonic()
    assert 401 == (await send(gateway, basic(ACCOUNT, "guess 5"))).status
    assert 401 == (await gateway.get(f"{gateway.url}/v1/Services", auth=(ACCOUNT, "guess 6"))).status
    assert 0.25 + 0.5 <= time.monotonic() - began
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert 200 == (await gateway.get(gateway.messages_url())).status
        took.append(time.monotonic() - began)
    assert min(took) < 0.25


@one_engine
async def test_a_hundred_guesses_at_once_are_mostly_refused(
    gateway: Gateway, world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flows.attempts.LONGEST_WAIT_SECONDS", 0.8)
    answers = await asyncio.gather(*(send(gateway, basic(ACCOUNT, f"guess {number}")) for number in range(100)))
    told = Counter((answered.status, answered.json["code"]) for answered in answers)
    assert {(401, 20003), (429, 20429)} == set(told)
    assert proofs(world) == told[401, 20003] <= 10
    assert {"1"} == {answered.headers["Retry-After"] for answered in answers if answered.status == 429}
    assert 201 == (await send(gateway, basic(ACCOUNT, TOKEN), NOT_OPTED_OUT)).status


# Sub-accounts

SUBACCOUNTS = [
    pytest.param(basic(ACCOUNT, TOKEN), 201, id="the parent's Auth Token"),
    pytest.param(basic(*API_KEY), 201, id="the parent's API key"),
    pytest.param(basic(SUBACCOUNT, OWN), 201, id="the sub-account's own token"),
    pytest.param(basic(SUBACCOUNT, "wrong"), 401, id="a wrong token"),
    pytest.param(basic(FOREIGN, OWN), 401, id="another account's token"),
]


@one_engine
@pytest.mark.parametrize(("authorization", "status"), SUBACCOUNTS)
async def test_a_sub_account_comes_through_by_its_parent(
    start_gateway: StartGateway, world: Sandbox, authorization: str, status: int
) -> None:
    gateway = await start_gateway(account={"subaccounts": True})
    world.world.numbers[ALONE] = replace(world.world.numbers[ALONE], account_sid=SUBACCOUNT)
    answers = [await send(gateway, authorization, NOT_OPTED_OUT, SUBACCOUNT) for _ in range(2)]
    assert [status, status] == [answered.status for answered in answers]
    if status == 201:
        assert {SUBACCOUNT} == {answered.json["account_sid"] for answered in answers}
    asked = [request for request in world.requests if request.target.endswith(f"/{SUBACCOUNT}.json")]
    assert (1 if status == 201 else 0) == len(asked)


@one_engine
async def test_a_sub_accounts_opt_outs_are_its_own(
    start_gateway: StartGateway, world: Sandbox, database_url: str
) -> None:
    gateway = await start_gateway(account={"subaccounts": True})
    world.world.numbers[ALONE] = replace(world.world.numbers[ALONE], account_sid=SUBACCOUNT)
    await gateway.webhook(inbound("STOP"))
    assert 201 == (await send(gateway, basic(ACCOUNT, TOKEN), PHONE, SUBACCOUNT)).status, "the parent's opt-out"
    store = Store(database_url, gateway.clock)
    await store.open(serving=False)
    operations = OptOutOperations(store, _no_pools, gateway.clock)
    await operations.add(read_whom(SUBACCOUNT, PHONE, None), Scope(ScopeKind.SERVICE, SERVICE), Actor("ada"))
    await store.close()
    told = await send(gateway, basic(ACCOUNT, TOKEN), PHONE, SUBACCOUNT)
    assert (400, 21610) == (told.status, told.json["code"]), "no sender of it has a place, so all opt-outs count"


async def _no_pools(account_sid: str, at_least: int) -> Pools:
    return Pools()


@one_engine
async def test_an_account_of_somebody_else_does_not_come_through_and_is_not_asked_about_again(
    start_gateway: StartGateway, world: Sandbox
) -> None:
    gateway = await start_gateway(account={"subaccounts": True})
    for _ in range(3):
        answered = await send(gateway, basic(FOREIGN, OWN), NOT_OPTED_OUT, FOREIGN)
        assert (401, 20003) == (answered.status, answered.json["code"])
    asked = [request.target for request in world.requests if request.target.endswith(f"/{FOREIGN}.json")]
    assert (1, 1) == (len(asked), proofs(world))
    assert () == world.messages


@one_engine
async def test_without_the_setting_no_sub_account_is_looked_for(gateway: Gateway, world: Sandbox) -> None:
    answered = await send(gateway, basic(ACCOUNT, TOKEN), NOT_OPTED_OUT, SUBACCOUNT)
    assert (401, 20003) == (answered.status, answered.json["code"])
    assert () == world.requests


@one_engine
async def test_other_calls_of_a_sub_account_pass(start_gateway: StartGateway, world: Sandbox) -> None:
    gateway = await start_gateway(account={"subaccounts": True})
    url = f"{gateway.url}/2010-04-01/Accounts/{SUBACCOUNT}/Messages.json"
    assert 401 == (await gateway.get(url, auth=(SUBACCOUNT, "wrong"))).status
    assert [200, 200] == [(await gateway.get(url)).status for _ in range(2)]
    assert 2 == proofs(world), "one for each credentials, none once the sub-account is known"


@one_engine
async def test_whose_a_sub_account_is_cannot_be_found_out_while_twilio_is_away(
    start_gateway: StartGateway, world: Sandbox
) -> None:
    gateway = await start_gateway(account={"subaccounts": True})
    world.inject(Fault(kind="reset", method="GET", path_prefix=f"/2010-04-01/Accounts/{SUBACCOUNT}.json"))
    answered = await send(gateway, basic(ACCOUNT, TOKEN), NOT_OPTED_OUT, SUBACCOUNT)
    assert (503, 900502) == (answered.status, answered.json["code"])
    assert () == world.messages


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
