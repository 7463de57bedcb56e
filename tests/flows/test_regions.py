"""Each account's calls go to its own region; other products by path and by host, or not at all."""

from collections.abc import AsyncIterator

import pytest

from gateway.sandbox import Sandbox, SandboxAccount, SandboxNumber, SandboxService, Seeds
from tests.staging import ACCOUNT, ALONE, API_KEY, OTHER_ACCOUNT, SERVICE, TOKEN, Gateway, StartGateway
from tests.wire import Line, Raw, basic, code_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OTHER_TOKEN, OTHER_NUMBER, OTHER_SERVICE = "2" * 32, "+12025550177", "MG" + "c3" * 16
PHONE = "+14155550199"


@pytest.fixture
async def ireland() -> AsyncIterator[Sandbox]:
    """Twilio in another region: the same accounts may not call there."""
    seeds = Seeds(
        accounts=(SandboxAccount(OTHER_ACCOUNT, (OTHER_TOKEN,), api_keys=(("SK" + "c3" * 16, "secret"),)),),
        numbers=(SandboxNumber(OTHER_ACCOUNT, OTHER_NUMBER),),
        services=(SandboxService(OTHER_SERVICE, OTHER_ACCOUNT, "Pool", senders=(OTHER_NUMBER,)),),
    )
    async with Sandbox(seeds) as sandbox:
        yield sandbox


@pytest.fixture
async def both(start_gateway: StartGateway, sandbox: Sandbox, ireland: Sandbox) -> Gateway:
    """A gateway for an account in each region."""
    at_home = {"sid": ACCOUNT, "auth_tokens": [TOKEN], "twilio_handling": "off"}
    abroad = {
        "sid": OTHER_ACCOUNT,
        "auth_tokens": [OTHER_TOKEN],
        "twilio_handling": "off",
        "api_url": ireland.url,
        "messaging_url": ireland.url,
    }
    return await start_gateway(accounts=[at_home, abroad])


def form(sender: str) -> str:
    return f"To=%2B{PHONE[1:]}&From=%2B{sender[1:]}&Body=x"


async def test_each_account_sends_in_its_own_region(both: Gateway, sandbox: Sandbox, ireland: Sandbox) -> None:
    assert 201 == (await both.post(both.messages_url(), form(ALONE), auth=(ACCOUNT, TOKEN))).status
    url = both.messages_url(account=OTHER_ACCOUNT)
    key = ("SK" + "c3" * 16, "secret")
    answers = [await both.post(url, form(OTHER_NUMBER), auth=auth) for auth in ((OTHER_ACCOUNT, OTHER_TOKEN), key)]
    assert [201, 201] == [answered.status for answered in answers], "proofs go to the account's region as well"
    assert [ALONE] == [message.sender for message in sandbox.messages]
    assert [OTHER_NUMBER] * 2 == [message.sender for message in ireland.messages]


async def test_calls_without_an_account_go_where_the_account_of_their_credentials_is(
    both: Gateway, sandbox: Sandbox, ireland: Sandbox
) -> None:
    for auth, sid in (((ACCOUNT, TOKEN), SERVICE), ((OTHER_ACCOUNT, OTHER_TOKEN), OTHER_SERVICE)):
        answered = await both.get(f"{both.url}/v1/Services", auth=auth)
        assert [sid] == [service["sid"] for service in answered.json["services"]]
    assert 200 == (await both.get(f"{both.url}/v1/Services", auth=API_KEY)).status, "an API key: where all the rest is"


async def test_pools_are_read_in_each_region(start_gateway: StartGateway, sandbox: Sandbox, ireland: Sandbox) -> None:
    abroad = {"sid": OTHER_ACCOUNT, "auth_tokens": [OTHER_TOKEN], "api_url": ireland.url, "messaging_url": ireland.url}
    gateway = await start_gateway(account=abroad)
    url = gateway.messages_url(account=OTHER_ACCOUNT)
    stopped = {
        "AccountSid": OTHER_ACCOUNT,
        "From": PHONE,
        "To": OTHER_NUMBER,
        "Body": "STOP",
        "MessageSid": "SM" + "1" * 32,
    }
    await gateway.webhook(stopped, token=OTHER_TOKEN)
    body = f"To=%2B{PHONE[1:]}&MessagingServiceSid={OTHER_SERVICE}&Body=x"
    assert 21610 == (await gateway.post(url, body, auth=(OTHER_ACCOUNT, OTHER_TOKEN))).json["code"]
    assert any(request.target.startswith("/v1/Services") for request in ireland.requests)
    assert () == sandbox.requests


async def test_an_account_may_be_in_a_region_that_all_share(
    start_gateway: StartGateway, sandbox: Sandbox, ireland: Sandbox
) -> None:
    abroad = {"sid": OTHER_ACCOUNT, "auth_tokens": [OTHER_TOKEN], "api_url": ireland.url, "messaging_url": ireland.url}
    gateway = await start_gateway(account=abroad)
    answered = await gateway.get(f"{gateway.url}/v1/Services", auth=("SK" + "c3" * 16, "secret"))
    assert (200, ()) == (answered.status, sandbox.requests)


# Other products


@pytest.fixture
async def products(start_gateway: StartGateway, sandbox: Sandbox) -> Gateway:
    twilio = {
        "api_url": sandbox.url,
        "messaging_url": sandbox.url,
        "product_url": f"{sandbox.url}/{{product}}",
        "sync_seconds": 0,
        "allow_unchecked": ["verify"],
    }
    return await start_gateway(twilio=twilio)


JSON = ("Content-Type", "application/json")
PASSED = [
    # method, target, host, body: what reaches Twilio
    pytest.param("GET", "/lookups/v2/PhoneNumbers/+14155550100?Fields=a%2Cb", "gw", b"", id="by path"),
    pytest.param("GET", "/v2/PhoneNumbers/%2B14155550100", "lookups.twilio.com", b"", id="by host"),
    pytest.param("POST", "/content/v1/Content", "gw", b'{"a": "\xc3\xa9"}', id="JSON, byte for byte"),
    pytest.param("PUT", "/v1/Services", "sync.dublin.ie1.twilio.com", b"{}", id="PUT by host, with a region"),
    pytest.param("PATCH", "/intelligence/v2/Services/GA1", "gw", b"", id="PATCH without a body"),
    pytest.param("POST", "/verify/v2/Services/VA1/Verifications", "gw", b"{}", id="what the settings allow"),
    pytest.param("DELETE", "/studio/v2/Flows/FW1", "gw", b"", id="deleting at a product that texts"),
]


@pytest.mark.parametrize(("method", "target", "host", "body"), PASSED)
async def test_other_products_pass_untouched(
    products: Gateway, sandbox: Sandbox, method: str, target: str, host: str, body: bytes
) -> None:
    headers = (basic(ACCOUNT, TOKEN), JSON, ("X-Secret-Of-The-App", "x"), ("Connection", "keep-alive"))
    async with Line(products.url) as line:
        answered = await line.exchange(Raw(method, target, headers, body, host).encoded())
    (arrived,) = sandbox.requests
    below = "" if host == "gw" else f"/{host.partition('.')[0]}"
    assert (404, method, below + target, body) == (answered.status, arrived.method, arrived.target, arrived.body)
    sent_on = {name.lower() for name, _ in arrived.headers}
    assert {"host", "authorization", "content-type"} <= sent_on
    # Accept-Encoding is the gateway's: it reads the answer to lead its page URLs back here.
    assert sent_on <= {"host", "authorization", "content-type", "content-length", "accept-encoding"}


REFUSED = [
    pytest.param("POST", "/conversations/v1/Conversations/CH1/Messages", "gw", 403, 900403, id="not allowed"),
    pytest.param("POST", "/v1/Conversations/CH1/Messages", "conversations.twilio.com", 403, 900403, id="by host"),
    pytest.param("PUT", "/comms/v1/Messages", "gw", 403, 900403, id="by PUT"),
    pytest.param("PATCH", "/messaging/v3/Anything", "gw", 403, 900403, id="by PATCH"),
    pytest.param("GET", "/lookups/v2/PhoneNumbers?_method=POST", "gw", 400, 900401, id="a method in the query"),
    pytest.param("GET", "/lookups/v2/PhoneNumbers?x=1&%5Fmethod=POST", "gw", 400, 900401, id="the same, escaped"),
    pytest.param("GET", "/lookups/v2/PhoneNumbers?_%6Dethod=POST", "gw", 400, 900401, id="the same in a letter"),
    pytest.param("HEAD", "/lookups/v2/PhoneNumbers", "gw", 405, None, id="HEAD"),
    pytest.param("GET", "/v2/PhoneNumbers", "Lookups.twilio.com", 404, 20404, id="a host in another case"),
    pytest.param("GET", "/v2/PhoneNumbers", "gw", 404, 20404, id="no product"),
]


@pytest.mark.parametrize(("method", "target", "host", "status", "code"), REFUSED)
async def test_what_may_text_or_can_be_read_otherwise_is_refused(
    products: Gateway, sandbox: Sandbox, method: str, target: str, host: str, status: int, code: int | None
) -> None:
    async with Line(products.url) as line:
        answered = await line.exchange(Raw(method, target, (basic(ACCOUNT, TOKEN),), b"", host).encoded())
    assert (status, code) == (answered.status, code_of(answered))
    assert () == sandbox.requests
