"""Keywords that come late, again, while another is under way, or after the clock was set back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.flows.forgetting import Forgetting
from gateway.sandbox import SampleApp
from gateway.store import Store
from tests.staging import ALONE, PHONE, Answered, Gateway, StartGateway, inbound

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'
UNSUBSCRIBED = "You have successfully been unsubscribed."
HELP_REPLY = "Reply STOP to unsubscribe."
WELCOME = "<Response><Message>Welcome back</Message></Response>"
HOUR_SECONDS = 3600

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def sent(gateway: Gateway) -> Answered:
    return await gateway.send(To=PHONE, from_=ALONE, Body="x")


async def test_a_stop_counts_although_the_clock_was_set_back_after_the_start(gateway: Gateway) -> None:
    gateway.clock.advance(120)
    await gateway.webhook(inbound("STOP", "01"))
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02"))
    assert 201 == (await sent(gateway)).status
    gateway.clock.ahead = 0
    answered = await gateway.webhook(inbound("STOP", "03"))
    assert 200 == answered.status
    assert UNSUBSCRIBED in answered.text
    assert 21610 == (await sent(gateway)).json["code"]


async def test_a_start_that_comes_again_after_a_later_stop_is_answered_with_nothing(
    gateway: Gateway, app: SampleApp
) -> None:
    app.answer_with(body=WELCOME)
    await gateway.webhook(inbound("STOP", "01"))
    gateway.clock.advance(2)
    first = await gateway.webhook(inbound("START", "02"))
    assert "Welcome back" in first.text
    gateway.clock.advance(2)
    await gateway.webhook(inbound("STOP", "03"))
    assert EMPTY == (await gateway.webhook(inbound("START", "02"))).text
    assert 21610 == (await sent(gateway)).json["code"]


async def test_a_stop_while_the_app_is_asked_about_a_start_takes_the_answer_back(
    gateway: Gateway, app: SampleApp, eventually: Eventually
) -> None:
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: len(app.received) == 1)
    app.answer_with(body=WELCOME, delay_seconds=1.0)
    gateway.clock.advance(2)
    starting = asyncio.create_task(gateway.webhook(inbound("START", "02")))
    await eventually(lambda: len(app.received) == 2)
    gateway.clock.advance(2)
    stopped = await gateway.webhook(inbound("STOP", "03"))
    assert UNSUBSCRIBED in stopped.text
    assert not starting.done(), "the app is still being waited for"
    assert EMPTY == (await starting).text
    assert 21610 == (await sent(gateway)).json["code"]


async def test_the_help_that_an_opted_out_recipient_may_have_comes_again_without_the_apps_reply(
    start_gateway: StartGateway, app: SampleApp
) -> None:
    gateway = await start_gateway(account={"help_when_opted_out": True})
    app.answer_with(body=WELCOME)
    await gateway.webhook(inbound("STOP", "01"))
    gateway.clock.advance(2)
    answers = [await gateway.webhook(inbound("HELP", "02")) for _ in range(2)]
    for answered in answers:
        assert HELP_REPLY in answered.text
        assert "Welcome back" not in answered.text


async def test_old_answers_are_forgotten_in_batches_until_none_is_left(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flows.forgetting.AT_A_TIME", 2)
    for number in range(5):
        await gateway.webhook(inbound("STOP", str(number), from_=f"+1415555010{number}"))
    gateway.clock.advance(49 * HOUR_SECONDS)
    await gateway.webhook(inbound("STOP", "9", from_="+14155550109"))
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        await Forgetting(store, gateway.clock).forget()
    finally:
        await store.close()
    left = gateway.rows("SELECT message_sid FROM inbound_messages WHERE answer IS NOT NULL")
    assert [("SM" + "9".rjust(32, "0"),)] == left
