"""Documents behind others: `<Redirect>` and `action` lead through the gateway, so that each is checked."""

import re
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator
from yarl import URL

from tests.flows.conftest import Pages
from tests.staging import ALONE, PHONE, TOKEN, Answered, Gateway, StartGateway, inbound

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OPTED_OUT = "+14155550177"


def texts(answered: Answered) -> list[str]:
    return re.findall("<Body>(.*?)</Body>", answered.text)


def led_to(gateway: Gateway, answered: Answered) -> str:
    """The path below the gateway that an answer leads to, by a redirect or an action."""
    [(url, action)] = re.findall(r'<Redirect>(.*?)</Redirect>|action="(.*?)"', answered.text)
    assert (url or action).startswith(f"{gateway.url}/redirect/")
    return str(url or action).removeprefix(gateway.url)


@pytest.fixture
async def gateway(start_gateway: StartGateway, pages: Pages) -> Gateway:
    return await start_gateway(account={"app_url": f"{pages.url}/sms"})


async def test_a_document_behind_a_redirect_is_fetched_by_the_method_it_names(gateway: Gateway, pages: Pages) -> None:
    pages.put("/sms", '<Message>One</Message><Redirect method="get">next?page=2</Redirect>')
    pages.put("/next", "<Message>Two</Message>")
    first = await gateway.webhook(inbound("Hello?"))
    second = await gateway.webhook(inbound("Hello?"), path=led_to(gateway, first))

    assert (["One"], ["Two"]) == (texts(first), texts(second))
    assert [("POST", "/sms", True), ("GET", "/next", True)] == [(a.method, a.path, a.is_signed) for a in pages.asked]
    assert ("2", PHONE) == (pages.asked[1].params["page"], pages.asked[1].params["From"])


async def test_documents_that_lead_to_each_other_end(gateway: Gateway, pages: Pages) -> None:
    pages.put("/sms", "<Redirect>/sms</Redirect>")
    answered = await gateway.webhook(inbound("Hello?"))
    followed = 0
    while "<Redirect>" in answered.text:
        followed += 1
        answered = await gateway.webhook(inbound("Hello?"), path=led_to(gateway, answered))

    assert 10 == followed
    assert (200, []) == (answered.status, texts(answered))


async def test_a_document_behind_an_action_is_checked_for_whoever_is_the_phone(gateway: Gateway, pages: Pages) -> None:
    """Twilio tells of the reply there: from our sender to the phone."""
    pages.put("/sms", '<Message action="/sent" method="GET">One</Message>')
    pages.put("/sent", "<Message>Two</Message>")
    path = led_to(gateway, await gateway.webhook(inbound("Hello?")))
    about = {"MessageSid": "SM" + "b" * 32, "MessageStatus": "sent", "AccountSid": inbound("")["AccountSid"]}
    before = await gateway.webhook(about | {"From": ALONE, "To": PHONE}, path=path)
    await gateway.webhook(inbound("STOP", "02"))
    after = await gateway.webhook(about | {"From": ALONE, "To": PHONE}, path=path)
    other = await gateway.webhook(about | {"From": PHONE, "To": ALONE}, path=path)

    assert (["Two"], [], []) == (texts(before), texts(after), texts(other))
    assert "GET" == pages.asked[1].method


async def test_a_document_that_fails_gives_way_to_the_fallback_url(start_gateway: StartGateway, pages: Pages) -> None:
    pages.put("/sms", "<Redirect>/gone</Redirect>")
    spare = pages.put("/spare", "<Message>Sorry</Message>")
    gateway = await start_gateway(account={"app_url": f"{pages.url}/sms", "app_fallback_url": spare})
    path = led_to(gateway, await gateway.webhook(inbound("Hello?")))
    assert ["Sorry"] == texts(await gateway.webhook(inbound("Hello?"), path=path))
    assert ("11200", f"{pages.url}/gone") == (
        pages.asked[-1].params["ErrorCode"],
        pages.asked[-1].params["ErrorUrl"],
    )


@pytest.mark.parametrize("url", ["mailto:me@app.example", "javascript:x", "tel:+1", "ftp://app.example/"])
async def test_a_redirect_to_what_is_no_web_address_is_left_out(gateway: Gateway, pages: Pages, url: str) -> None:
    pages.put("/sms", f'<Message action="{url}">One</Message><Redirect>{url}</Redirect>')
    answered = await gateway.webhook(inbound("Hello?"))
    assert (["One"], False) == (texts(answered), url in answered.text)


async def test_a_redirect_into_the_inside_is_not_followed(start_gateway: StartGateway, pages: Pages) -> None:
    gateway = await start_gateway(
        account={"app_url": f"{pages.url}/sms"},
        apps={"allow_private": ["127.0.0.1/32"], "allow_ports": [pages.url.rpartition(":")[2]]},
    )
    pages.put("/sms", "<Redirect>http://169.254.169.254/latest/meta-data/</Redirect>")
    path = led_to(gateway, await gateway.webhook(inbound("Hello?")))
    answered = await gateway.webhook(inbound("Hello?"), path=path)
    assert (502, []) == (answered.status, texts(answered))


async def test_a_token_that_was_changed_leads_nowhere(gateway: Gateway, pages: Pages) -> None:
    pages.put("/sms", "<Redirect>/next</Redirect>")
    path = led_to(gateway, await gateway.webhook(inbound("Hello?")))
    for changed in (path[:-1], path[:12] + ("A" if path[12] != "A" else "B") + path[13:], f"{path}A", "/redirect/é"):
        assert (await gateway.webhook(inbound("Hello?"), path=changed)).status in {400, 403, 404}
    assert ["/sms"] == pages.paths


async def test_one_may_be_asked_by_get_too(gateway: Gateway, pages: Pages) -> None:
    pages.put("/sms", "<Redirect>/next</Redirect>")
    pages.put("/next", "<Message>Two</Message>")
    target = f"{led_to(gateway, await gateway.webhook(inbound('Hello?')))}?{urlencode(inbound('Hello?'))}"
    signature = RequestValidator(TOKEN).compute_signature(f"{gateway.url}{target}", {})
    url = URL(f"{gateway.url}{target}", encoded=True)
    async with gateway.http.get(url, headers={"X-Twilio-Signature": signature}) as response:
        assert (200, True) == (response.status, "<Body>Two</Body>" in await response.text())
