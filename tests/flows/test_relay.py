"""Where inbound messages are relayed to, how, and what happens when an app fails."""

import asyncio
import base64
import re

import pytest

from gateway.flows.relay import MOST_TRIES_AT_ONE_APP
from gateway.sandbox import SampleApp
from tests.flows.conftest import Pages
from tests.staging import ALONE, IN_POOL, PHONE, SERVICE, Answered, StartGateway, inbound

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def texts(answered: Answered) -> list[str]:
    return re.findall("<Body>(.*?)</Body>", answered.text)


async def test_a_sender_with_an_app_of_its_own_is_relayed_there(start_gateway: StartGateway, pages: Pages) -> None:
    account = pages.put("/account", "<Message>account</Message>")
    sender = {"sender": IN_POOL, "app_url": pages.put("/sender", "<Message>sender</Message>")}
    gateway = await start_gateway(account={"app_url": account, "senders": [sender]})

    assert ["account"] == texts(await gateway.webhook(inbound("Hello?", "01", To=ALONE)))
    assert ["sender"] == texts(await gateway.webhook(inbound("Hello?", "02", To=IN_POOL)))
    assert ["sender"] == texts(await gateway.webhook(inbound("Hello?", "03", To=IN_POOL, MessagingServiceSid=SERVICE)))


async def test_a_stop_is_delivered_to_the_senders_own_app(
    start_gateway: StartGateway, pages: Pages, eventually
) -> None:
    sender = {"sender": IN_POOL, "app_url": pages.put("/sender", "")}
    gateway = await start_gateway(account={"app_url": None, "senders": [sender]})
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await gateway.webhook(inbound("STOP", "02", To=ALONE))
    await eventually(lambda: pages.paths == ["/sender"])
    await eventually(lambda: [("done",)] == gateway.rows("SELECT state FROM deliveries"))


async def test_an_app_that_hangs_holds_up_no_other_app_of_its_account(
    start_gateway: StartGateway, pages: Pages, app: SampleApp, eventually
) -> None:
    gateway = await start_gateway(
        account={"app_url": pages.hang("/hangs"), "senders": [{"sender": IN_POOL, "app_url": app.sms_url}]}
    )
    stops = (inbound("STOP", str(number), from_=f"+1415555{1000 + number}") for number in range(40))
    assert {200} == {answered.status for answered in await asyncio.gather(*map(gateway.webhook, stops))}
    await gateway.webhook(inbound("STOP", "99", To=IN_POOL))
    await eventually(lambda: [received.params["To"] for received in app.received] == [IN_POOL])
    await eventually(lambda: MOST_TRIES_AT_ONE_APP == len(pages.asked))
    waiting = "SELECT count(*) FROM deliveries WHERE state = 'owed' AND last_error LIKE 'not tried:%'"
    await eventually(lambda: [(40 - MOST_TRIES_AT_ONE_APP,)] == gateway.rows(waiting))
    assert MOST_TRIES_AT_ONE_APP == len(pages.asked)
    pages.is_over.set()


async def test_an_app_may_be_asked_by_get(start_gateway: StartGateway, pages: Pages, eventually) -> None:
    url = pages.put("/sms", "<Message>Hi</Message>") + "?tenant=a"
    gateway = await start_gateway(account={"app_url": url, "app_method": "GET"})

    assert ["Hi"] == texts(await gateway.webhook(inbound("Hello, you & me?", "01")))
    await gateway.webhook(inbound("STOP", "02"))
    await eventually(lambda: len(pages.asked) == 2)
    assert [("GET", True)] * 2 == [(asked.method, asked.is_signed) for asked in pages.asked]
    assert {"tenant": "a"} | inbound("Hello, you & me?", "01") == pages.asked[0].params


async def test_credentials_in_an_apps_url_are_sent_as_basic_and_not_signed(
    start_gateway: StartGateway, pages: Pages
) -> None:
    url = pages.put("/sms", "").replace("http://", "http://me:pass@")
    gateway = await start_gateway(account={"app_url": url})
    await gateway.webhook(inbound("Hello?"))
    [asked] = pages.asked
    assert (True, f"Basic {base64.b64encode(b'me:pass').decode()}") == (asked.is_signed, asked.headers["Authorization"])


FAILURES = [
    # what the app answers, what its fallback URL is told
    pytest.param("", "text/xml", 500, "11200", id="500"),
    pytest.param("", "text/xml", 404, "11200", id="404"),
    pytest.param("", "text/xml", 302, "11200", id="a redirect of HTTP"),
    pytest.param("<Message>Hi", "text/xml", 200, "12100", id="no document"),
    pytest.param("<html>Hi</html>", "text/html", 200, "12100", id="HTML"),
    pytest.param('{"a": 1}', "application/json", 200, "12300", id="another type"),
]


@pytest.mark.parametrize(("answer", "content_type", "status", "code"), FAILURES)
async def test_the_fallback_url_is_told_why_as_twilio_tells_it(
    start_gateway: StartGateway, pages: Pages, answer: str, content_type: str, status: int, code: str
) -> None:
    account = {"app_url": pages.put("/sms", answer, content_type, status).replace("http://", "http://me:pass@")}
    account["app_fallback_url"] = pages.put("/spare", "<Message>Sorry</Message>")
    gateway = await start_gateway(account=account)
    fields = inbound("Hello?") | {"ErrorCode": "11205", "ErrorUrl": f"{gateway.url}/inbound"}

    assert ["Sorry"] == texts(await gateway.webhook(fields))
    first, second = pages.asked
    assert inbound("Hello?") == first.params, "what Twilio says about the gateway is no app's business"
    assert inbound("Hello?") | {"ErrorCode": code, "ErrorUrl": f"{pages.url}/sms"} == second.params
    assert first.is_signed
    assert second.is_signed


async def test_no_connection_has_a_number_of_its_own(start_gateway: StartGateway, pages: Pages) -> None:
    spare = pages.put("/spare", "<Message>Sorry</Message>")
    gateway = await start_gateway(account={"app_url": "http://127.0.0.1:9/sms", "app_fallback_url": spare})
    assert ["Sorry"] == texts(await gateway.webhook(inbound("Hello?")))
    assert "11205" == pages.asked[0].params["ErrorCode"]


async def test_an_answer_that_nobody_understands_is_an_empty_one(start_gateway: StartGateway, pages: Pages) -> None:
    """The app has taken the message, so that Twilio has nothing to repeat."""
    gateway = await start_gateway(account={"app_url": pages.put("/sms", "nonsense", "application/json")})
    answered = await gateway.webhook(inbound("Hello?"))
    assert (200, []) == (answered.status, texts(answered))


@pytest.mark.parametrize("word", ["START", "HELP"])
async def test_a_keywords_fallback_url_answers_for_an_app_that_fails(
    start_gateway: StartGateway, pages: Pages, word: str
) -> None:
    account = {
        "app_url": pages.put("/sms", "", status=500),
        "app_fallback_url": pages.put("/spare", "<Message>Hi</Message>"),
    }
    gateway = await start_gateway(account=account)
    assert "Hi" == texts(await gateway.webhook(inbound(word)))[-1]
    assert [("done",)] == gateway.rows("SELECT state FROM deliveries")
    assert PHONE == pages.asked[-1].params["From"]
