"""The page without a script: what it shows, and what its forms do."""

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from lxml import html

from gateway.sandbox import AppSide, Fault
from gateway.sandbox.inbound import Handset
from gateway.sandbox.page.troubles import APP_TROUBLES, TROUBLES

PHONE = "+14155550100"
ALONE = "+12025550108"
POOL = "+15005550006"


@pytest.fixture
def page(sandbox, http):
    """Read the page, or send a form and read what comes; gives the answer and the document."""

    async def get_or_post(path="/", live=False, **form):
        method = "POST" if form or path.startswith("/phones/") else "GET"
        headers = {"X-Live": "1"} if live else {}
        async with http.request(method, sandbox.url + path, data=form or None, headers=headers) as response:
            text = await response.text()
            return response, html.fromstring(text) if response.content_type == "text/html" else text

    return get_or_post


def bubbles(document, phone=PHONE):
    found = document.xpath(f"//article[@id='phone-{phone.removeprefix('+')}']//div[contains(@class, 'bubble')]")
    return [" ".join(each.xpath(".//*[@class='from' or @class='body']/text()")) for each in found]


def steps(document, place=0):
    journey = document.xpath("//li[starts-with(@id, 'journey-')]")[place]
    return {
        each.xpath("string(b)"): " ".join(" ".join(each.xpath("text()|q/text()")).split())
        for each in journey.xpath("ol/li")
    }


async def test_the_page_shows_the_phones_and_escapes_what_they_say(sandbox, page):
    await sandbox.phone(PHONE).send("<script>alert(1)</script>", to=ALONE)
    response, document = await page()

    assert ["module"] == document.xpath("//script/@type")
    naughty = "<script>alert(1)</script>"
    assert [f"to {ALONE} {naughty}", f"from {ALONE} Thanks, we got: {naughty}"] == bubbles(document)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")


async def test_every_field_has_a_name_and_every_sender_that_takes_messages_is_offered(sandbox, page):
    sandbox.world.phones.clear()
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    _, document = await page()

    named = {each.get("for") for each in document.xpath("//label[@for]")}
    fields = document.xpath("//form//*[self::input[not(@type='hidden')] or self::select or self::textarea]")
    assert [] == [each.name for each in fields if not each.xpath("ancestor::label") and each.get("id") not in named]
    offered = document.xpath("//article//select/option/@value")
    assert [number for number in sandbox.world.numbers if number != "ACME"] == offered


async def test_a_phone_writes_by_form_and_a_reload_shows_what_came(page, app):
    response, document = await page("/phones", phone=PHONE, to=ALONE, body="Hello")

    assert [303] == [each.status for each in response.history]
    assert "Hello" == app.received[0].params["Body"]
    assert [f"to {ALONE} Hello", f"from {ALONE} Thanks, we got: Hello"] == bubbles(document)
    assert [ALONE] == document.xpath("//article//option[@selected]/@value")
    await page("/phones", phone=PHONE, to=ALONE, word="STOP", body="not this")
    assert "STOP" == app.received[1].params["Body"]


async def test_the_app_sends_by_form_and_the_journey_tells_how_it_went(sandbox, app, page, service):
    sandbox.connect(AppSide("", app.sms_url, app))
    await page("/phones/send", to=PHONE, sender=service, body="By service")
    await sandbox.settle()
    _, document = await page()
    told = steps(document)
    assert ["App", "Answer", "Twilio", "Status", "Callback"] == list(told)
    assert "sends to +14155550100 by Pool By service" == told["App"]
    assert told["Answer"].startswith("201 after ")
    assert ("got the send and answered 201", f"delivered, from {POOL}") == (told["Twilio"], told["Status"])

    sandbox.world.opt_outs.add((ALONE, PHONE))
    _, document = await page("/phones/send", to=PHONE, sender=ALONE, body="By number")
    assert "blocked, 21610" == document.xpath("string(//*[@id='journeys']/li[1]//span[contains(@class, 'tag')])")
    assert "error 21610" in steps(document)["Answer"]


async def test_the_journey_of_an_inbound_message_has_every_step_that_was_seen(sandbox, app, page):
    async def evidence(sid):
        return (("Match", "STOP"), ("Change", "opted out: everywhere"))

    sandbox.connect(AppSide("http://127.0.0.1:9", app.sms_url, app, evidence))
    sandbox.lose_webhooks(1)
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    _, document = await page()
    lost = steps(document)
    assert lost["Webhook"].endswith("lost on its way, by a switch of the sandbox")
    assert "Match" not in lost
    (sid,) = document.xpath("//form[@action='/phones/redeliver']/input/@value")

    _, document = await page("/phones/redeliver", sid=sid)
    told = steps(document)
    assert ["Phone", "Webhook", "Match", "Change", "Reply", "Relay"] == list(told)
    assert "the app got the webhook without OptOutType; its signature is valid" == told["Relay"]
    assert "opted out" == document.xpath("string(//*[@id='journeys']/li[1]//span[contains(@class, 'tag')])")


@pytest.mark.parametrize(
    ("path", "form", "complaint"),
    [
        ("/phones", {"phone": PHONE, "to": ALONE}, "A phone and a message are needed."),
        ("/phones", {"phone": PHONE, "to": "+12025550199", "body": "x"}, "There is no sender +12025550199"),
        ("/phones", {"phone": PHONE, "to": "ACME", "body": "x"}, "There is no sender ACME here that takes messages."),
        ("/phones/add", {"number": "<b>12"}, "<b>12 is no phone number. Write it with its country"),
        ("/phones/send", {"to": "", "sender": ALONE, "body": "x"}, "A recipient and a message are needed."),
        (
            "/phones/send",
            {"to": PHONE, "sender": "+1999", "body": "x"},
            "There is no sender or Messaging Service +1999",
        ),
        ("/phones/redeliver", {"sid": "SM0"}, "This message is not known any more."),
        ("/phones/trouble", {"trouble": "rain", "times": "1"}, "Choose what shall go wrong, and how often."),
        ("/phones/clock", {"seconds": "-1"}, "Seconds are a whole number"),
        ("/phones/clock", {"seconds": "٣"}, "Seconds are a whole number"),
        ("/phones/handling", {"handling": "aoo"}, "Twilio’s own handling is one of off, default."),
        ("/phones/seeds", {"file": ""}, "Choose a seed file, TOML or JSON."),
    ],
)
async def test_a_form_says_what_is_wrong_with_and_without_a_script(page, path, form, complaint):
    response, document = await page(path, **form)
    assert 422 == response.status
    assert complaint in document.xpath("string(//*[@role='alert'])")
    response, text = await page(path, live=True, **form)
    assert 422 == response.status
    assert text.startswith(complaint)


async def test_switches_switch_and_a_reset_takes_everything_back(sandbox, app, page):
    sandbox.connect(AppSide("", app.sms_url, app))
    for path, form in (
        ("/phones/trouble", {"trouble": "twilio-unknown", "times": "3"}),
        ("/phones/trouble", {"trouble": "webhook-lost", "times": "always"}),
        ("/phones/trouble", {"trouble": "app-slow", "times": "1"}),
        ("/phones/trouble", {"trouble": "events-lost", "times": "1"}),
        ("/phones/trouble", {"trouble": "consents-fail", "times": "3"}),
        ("/phones/handling", {"handling": "default"}),
        ("/phones/clock", {"seconds": "90"}),
        ("/phones/add", {"number": "+49 171 392 0002"}),
    ):
        response, _ = await page(path, live=True, **form)
        assert 204 == response.status
    _, document = await page()
    state = " ".join(document.xpath("//*[@id='state']//text()"))
    for sentence in (
        "the connection breaks once the send was taken, 3 times more; webhooks are lost, until calmed; events are lost",
        "once more; items of the Consents API fail, 3 times more; the app answers 200 after 5 s, until calmed",
        "default",
        "90 s ahead",
    ):
        assert sentence in state
    assert "phone-491713920002" in document.xpath("//article/@id")
    assert (Fault("reset", times=3, method="POST", when="after"),) == sandbox.faults.waiting

    _, document = await page("/phones/reset", all="1")
    state = " ".join(document.xpath("//*[@id='state']//text()"))
    assert "nothing" in state
    assert "ahead" not in state
    assert [] == document.xpath("//article/@id")
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    assert "Hello" == app.received[0].params["Body"]  # webhooks still go where they went


async def test_a_seed_file_is_another_world(page, sandbox):
    form = aiohttp.FormData()
    written = b'[[numbers]]\nnumber = "+4930901820"\n[[phones]]\nnumber = "+491713920003"\nwrites_to = "+4930901820"\n'
    form.add_field("file", written, filename="berlin.toml")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/phones/seeds", data=form) as response,
    ):
        document = html.fromstring(await response.text())
    assert ["phone-491713920003"] == document.xpath("//article/@id")
    assert ["+4930901820"] == document.xpath("//article//option[@selected]/@value")


def test_every_fault_of_the_page_is_documented_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[a-z]+-.*?) \|", page.partition("## The demo")[0], flags=re.MULTILINE)
    assert {each.name for each in TROUBLES + APP_TROUBLES} == {
        name for row in rows for name in re.findall("`(.*?)`", row)
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 204),
    ],
    ids=["another site", "an unknown one", "said to be another", "a form of ours, without a referrer"],
)
async def test_no_other_sites_page_may_use_the_forms(sandbox, http, headers, status):
    async with http.post(f"{sandbox.url}/phones/calm", headers=headers | {"X-Live": "1"}) as response:
        assert status == response.status


async def test_a_form_that_cannot_be_read_is_refused(sandbox, http):
    headers = {"Content-Type": "multipart/form-data"}
    async with http.post(f"{sandbox.url}/phones", data=b"x", headers=headers) as response:
        assert (400, "The form cannot be read.\n") == (response.status, await response.text())


async def test_what_is_steered_from_elsewhere_shows_by_itself(sandbox, http):
    async def events_until(text):
        async with asyncio.timeout(10):
            while text not in (await stream.content.readuntil(b"\n\n")).decode():
                pass

    async with http.get(f"{sandbox.url}/phones/live") as stream:
        await events_until('id="state"')
        async with http.put(f"{sandbox.url}/sandbox/v1/faults", json={"faults": [{"kind": "reset"}]}):
            await events_until("the connection breaks, once more")
        await sandbox.phone(PHONE).send("Hello", to=ALONE)
        await events_until("Thanks, we got: Hello")


async def test_the_page_stays_small_after_a_load_test(sandbox, page):
    sandbox.world.opt_outs |= {(ALONE, f"+1202556{number:04}") for number in range(1000)}
    for number in range(200):
        for body in ("One", "Two"):
            sandbox.inbound.receive(Handset(f"+1202555{number:04}", ALONE, body))
    _, document = await page()
    assert ", and 980 more" in document.xpath("string(//*[@id='state'])")
    assert (24, 20) == (len(document.xpath("//article")), len(document.xpath("//*[@id='journeys']/li")))
