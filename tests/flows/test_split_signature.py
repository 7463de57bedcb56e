"""Signed webhooks presented otherwise than Twilio wrote them: it joins names and values without a separator."""

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from tests.staging import ALONE, PHONE, TOKEN, Answered, Gateway, inbound

VICTIM = PHONE
ATTACKER = "+14155550666"
SHORT_CODE_OF_ATTACKER = "55502"


async def presented(gateway: Gateway, written: dict[str, str], shown: dict[str, str]) -> Answered:
    """Post fields under the signature of others."""
    signature = RequestValidator(TOKEN).compute_signature(f"{gateway.url}/inbound", written)
    assert signature == RequestValidator(TOKEN).compute_signature(f"{gateway.url}/inbound", shown)
    return await gateway.post(f"{gateway.url}/inbound", aiohttp.FormData(shown)(), **{"X-Twilio-Signature": signature})


async def is_blocked(gateway: Gateway) -> bool:
    return (await gateway.send(To=VICTIM, from_=ALONE, Body="x")).status == 400


SPLITS = [
    # who writes, what, and the fields that are shown beside Body=START and From=the victim
    pytest.param(ATTACKER, "FromA", {"FromA": f"From{ATTACKER}"}, id="the real From in a value"),
    pytest.param(ATTACKER, "FromA", {"FromAFrom": ATTACKER}, id="the real From across name and value"),
    pytest.param(
        SHORT_CODE_OF_ATTACKER, "FromA", {"FromA": f"From{SHORT_CODE_OF_ATTACKER}"}, id="a short code in a value"
    ),
    pytest.param(
        SHORT_CODE_OF_ATTACKER,
        "FromA",
        {f"FromAFrom{SHORT_CODE_OF_ATTACKER[:4]}": SHORT_CODE_OF_ATTACKER[4:]},
        id="a short code across name and value",
    ),
    pytest.param(
        SHORT_CODE_OF_ATTACKER,
        "",
        {f"From{SHORT_CODE_OF_ATTACKER[:1]}": SHORT_CODE_OF_ATTACKER[1:]},
        id="a short code begun in the name",
    ),
]


@pytest.mark.parametrize(("author", "tail", "hidden"), SPLITS)
async def test_a_text_split_into_a_start_of_somebody_else_lifts_nothing(
    gateway: Gateway, author: str, tail: str, hidden: dict[str, str]
) -> None:
    await gateway.webhook(inbound("STOP", "01", from_=VICTIM))
    gateway.clock.advance(2)
    written = inbound(f"STARTFrom{VICTIM}{tail}", "02", from_=author)
    answered = await presented(gateway, written, written | {"Body": "START", "From": VICTIM} | hidden)
    assert 400 == answered.status
    assert await is_blocked(gateway)


async def test_a_start_as_twilio_wrote_it_lifts(gateway: Gateway) -> None:
    await gateway.webhook(inbound("STOP", "01"))
    gateway.clock.advance(2)
    fields = inbound("START", "02", FromCity="TOKYO", FromZip="94103", FromState="CA", ToState="", ToZip="")
    assert 200 == (await gateway.webhook(fields)).status
    assert not await is_blocked(gateway)


@pytest.mark.parametrize("name", ["SmsSid", "SmsMessageSid"])
async def test_a_keyword_whose_names_of_the_message_differ_is_refused(gateway: Gateway, name: str) -> None:
    answered = await gateway.webhook(inbound("STOP") | {name: "SM" + "9" * 32})
    assert (400, 900401) == (answered.status, answered.json["code"])
    assert not await is_blocked(gateway)
