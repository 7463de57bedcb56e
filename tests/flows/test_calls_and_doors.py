"""Ways round the check: phone calls whose document texts, and paths that create messages elsewhere."""

from urllib.parse import quote, urlencode

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, ALONE, PHONE, SERVICE, TOKEN, Answered, Gateway

# Nothing here asks the store: one engine is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEXTING = "<Response><Sms>Hi</Sms></Response>"
FORM = f"To=%2B{PHONE[1:]}&From=%2B{ALONE[1:]}&Body=x"


async def called(gateway: Gateway, query: str = "", **form: str) -> Answered:
    url = f"{gateway.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json{query}"
    return await gateway.post(url, urlencode({"To": PHONE, "From": ALONE} | form), auth=(ACCOUNT, TOKEN))


async def test_the_twiml_of_a_phone_call_is_not_taken_from_the_url(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await called(gateway, f"?Twiml={quote(TEXTING, safe='')}")
    assert (400, 900401) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


HIDDEN_VERBS = [
    pytest.param("<!DOCTYPE r [<!ENTITY m '&#60;Sms>Hi&#60;/Sms>'>]><Response>&m;</Response>", id="an entity"),
    pytest.param("<!DOCTYPE Response><Response><Say>Hi</Say></Response>", id="a DOCTYPE alone"),
    pytest.param(
        "<?xml version='1.0' encoding='utf-7'?>+ADw-Response+AD4-+ADw-Sms+AD4-Hi+ADw-/Sms+AD4-+ADw-/Response+AD4-",
        id="in UTF-7",
    ),
    pytest.param("<Response xmlns:a-b='u'><a-b:Sms>Hi</a-b:Sms></Response>", id="behind a prefix"),
    pytest.param("<Response><a-b:Sms>Hi</a-b:Sms></Response>", id="behind a prefix that nobody declared"),
    pytest.param("<Response><Say/><Message>Hi", id="breaks off"),
]


@pytest.mark.parametrize("twiml", HIDDEN_VERBS)
async def test_a_phone_call_is_refused_where_its_twiml_may_hide_a_text(
    gateway: Gateway, sandbox: Sandbox, twiml: str
) -> None:
    answered = await called(gateway, Twiml=twiml)
    assert (403, 900403) == (answered.status, answered.json["code"])
    assert () == sandbox.requests


async def test_a_phone_call_that_only_says_something_passes(gateway: Gateway, sandbox: Sandbox) -> None:
    twiml = "<?xml version='1.0' encoding='UTF-8'?><Response><Say>Hi &amp; bye</Say></Response>"
    await called(gateway, Twiml=twiml)
    assert [urlencode({"To": PHONE, "From": ALONE, "Twiml": twiml}).encode()] == [r.body for r in sandbox.requests]


OF_ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT}"
MEMBER = "PN" + "0" * 32

ELSEWHERE = [
    pytest.param("/messaging/v1/Sessions", id="sessions"),
    pytest.param(f"/messaging/v1/Sessions/KH{'a' * 32}/Messages", id="messages of a session"),
    pytest.param(f"/v1/Services/{SERVICE}/Messages", id="messages of a service"),
    pytest.param(f"/messaging/v1/Services/{SERVICE}/Messages", id="messages of a service, below /messaging"),
    pytest.param("/messaging/v2/Messages", id="another version's messages"),
    pytest.param("/messaging/v3/Notifications", id="notifications"),
    pytest.param(f"{OF_ACCOUNT}/Messages~", id="messages with a tilde"),
]
BELOW_AN_ACCOUNT = [
    pytest.param(f"{OF_ACCOUNT}/Messages/Schedule.json", id="below messages"),
    pytest.param(f"{OF_ACCOUNT}/Messages/Messages.json", id="messages of messages"),
    pytest.param(f"{OF_ACCOUNT}/Foo/Messages.json", id="messages of something"),
]


UNKNOWN = [pytest.param("POST", *row.values, id=f"POST: {row.id}") for row in (*ELSEWHERE, *BELOW_AN_ACCOUNT)]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
async def test_what_is_not_known_to_create_no_message_is_refused(
    gateway: Gateway, sandbox: Sandbox, method: str, path: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with gateway.http.request(method, gateway.url + path, data=FORM, headers=headers) as response:
        assert response.status in {403, 404}
    assert () == sandbox.requests


KNOWN = [
    # method, path
    pytest.param("POST", "/v1/Services", id="a new service"),
    pytest.param("POST", f"/v1/Services/{SERVICE}", id="a service's settings"),
    pytest.param("DELETE", f"/v1/Services/MG{'0' * 32}", id="a service"),
    pytest.param("POST", f"/v1/Services/{SERVICE}/PhoneNumbers", id="a number into a pool"),
    pytest.param("DELETE", f"/v1/Services/{SERVICE}/PhoneNumbers/{MEMBER}", id="a number out of a pool"),
    pytest.param("POST", f"/messaging/v1/Services/{SERVICE}/ShortCodes", id="a short code, below /messaging"),
    pytest.param("POST", f"/v1/Services/{SERVICE}/AlphaSenders", id="a sender ID"),
    pytest.param("POST", f"/v1/Services/{SERVICE}/ChannelSenders", id="a channel's sender"),
    pytest.param("POST", f"/v1/Services/{SERVICE}/Compliance/Usa2p", id="a campaign"),
    pytest.param("POST", "/messaging/v1/a2p/BrandRegistrations", id="a brand"),
    pytest.param("POST", "/messaging/v1/Tollfree/Verifications", id="a verification"),
    pytest.param("GET", "/messaging/v1/Sessions", id="reading sessions"),
    pytest.param("GET", f"/v1/Services/{SERVICE}/Messages", id="reading what there is not"),
    pytest.param("GET", f"{OF_ACCOUNT}/Messages/Schedule.json", id="reading below messages"),
    pytest.param("POST", f"{OF_ACCOUNT}/Messages/SM{'0' * 32}/Feedback.json", id="feedback on a message"),
]


@pytest.mark.parametrize(("method", "path"), KNOWN)
async def test_what_is_known_passes(gateway: Gateway, sandbox: Sandbox, method: str, path: str) -> None:
    async with gateway.http.request(method, gateway.url + path):
        pass
    asked = [(arrived.method, arrived.target) for arrived in sandbox.requests]  # the pools may be read, too
    assert (method, path.removeprefix("/messaging")) in asked
