"""The same message again, one after the other or at once, at one process or two on one store."""

import asyncio
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.flows.repetition import EMPTY, NOBODY_WAITS, KeptAnswer
from gateway.sandbox import SampleApp
from tests.staging import PHONE, Answered, Gateway, StartGateway, inbound, run_on

on_one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def texts(answered: Answered) -> list[str]:
    return re.findall("<Body>(.*?)</Body>", answered.text)


def saying(app: SampleApp, text: str, **rest: Any) -> None:
    app.answer_with(body=f"<Response><Message>{text}</Message></Response>", **rest)


async def test_an_ordinary_message_again_gets_the_same_answer_and_the_app_is_not_asked_twice(
    gateway: Gateway, app: SampleApp
) -> None:
    saying(app, "First")
    first = await gateway.webhook(inbound("Hello?"))
    saying(app, "Second")
    again = await gateway.webhook(inbound("Hello?"))
    told_why = await gateway.webhook(inbound("Hello?") | {"ErrorCode": "11200", "ErrorUrl": "https://sms.example/x"})

    assert [["First"]] * 3 == [texts(answered) for answered in (first, again, told_why)]
    assert 1 == len(app.received)


@pytest.mark.parametrize("body", ["Hello?", "HELP", "START"])
async def test_repetitions_at_two_processes_at_once_wait_for_the_first(
    start_gateway: StartGateway, app: SampleApp, body: str
) -> None:
    gateways = [await start_gateway(account={"reply_when_not_opted_out": True}) for _ in range(2)]
    saying(app, "Hi", delay_seconds=0.6)
    answers = await asyncio.gather(*(gateways[number % 2].webhook(inbound(body)) for number in range(6)))

    assert {(200, answers[0].body)} == {(answered.status, answered.body) for answered in answers}
    assert (1, "Hi") == (len(app.received), texts(answers[0])[-1])
    later = await gateways[1].webhook(inbound(body))
    assert answers[0].body == later.body


async def test_a_repetition_waits_for_a_first_that_takes_long(
    gateway: Gateway, app: SampleApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits says so again and again; a process that was killed does not."""
    monkeypatch.setattr("gateway.flows.repetition.WAITS_FOR", 700_000)
    monkeypatch.setattr("gateway.flows.repetition.SAY_AGAIN_EVERY_SECONDS", 0.1)
    saying(app, "Hi", delay_seconds=1.2)
    first, again = await asyncio.gather(*(gateway.webhook(inbound("Hello?")) for _ in range(2)))
    assert (["Hi"], ["Hi"], 1) == (texts(first), texts(again), len(app.received))


@on_one_engine
async def test_a_message_that_no_app_took_is_carried_through_by_the_next(gateway: Gateway, app: SampleApp) -> None:
    app.answer_with(status=500)
    assert 502 == (await gateway.webhook(inbound("Hello?"))).status
    saying(app, "Hi")
    began = time.monotonic()
    assert ["Hi"] == texts(await gateway.webhook(inbound("Hello?")))
    assert time.monotonic() - began < 3  # the first is not waited for: that would take four
    assert 2 == len(app.received)


@on_one_engine
async def test_whoever_waits_for_one_that_fails_takes_it_up(gateway: Gateway, app: SampleApp) -> None:
    app.answer_with(status=500, delay_seconds=0.4)
    first = asyncio.create_task(gateway.webhook(inbound("Hello?")))
    await asyncio.sleep(0.2)
    saying(app, "Hi")
    assert ["Hi"] == texts(await gateway.webhook(inbound("Hello?")))
    assert 502 == (await first).status


@on_one_engine
@pytest.mark.parametrize(("waits_for", "status"), [(-1.0, 200), (0.5, 200)])
async def test_one_whose_first_was_killed_is_carried_through_once_that_can_wait_no_longer(
    gateway: Gateway, app: SampleApp, waits_for: float, status: int
) -> None:
    saying(app, "Hi")
    await gateway.webhook(inbound("Hello?"))
    kept = KeptAnswer(EMPTY, gateway.clock() + int(waits_for * 1_000_000)).stored()
    # On the side, as the gateway may be writing: a blocked loop would hold its transaction open.
    await asyncio.to_thread(run_on, gateway.database_url, f"UPDATE inbound_messages SET answer = '{kept}'")  # noqa: S608 - made above
    again = await gateway.webhook(inbound("Hello?"))
    assert (status, ["Hi"], 2) == (again.status, texts(again), len(app.received))


@on_one_engine
async def test_one_whose_first_never_ends_is_told_to_twilio(
    gateway: Gateway, app: SampleApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flows.inbound.APP_SECONDS", 0.3)
    await gateway.webhook(inbound("Hello?"))
    kept = KeptAnswer(EMPTY, gateway.clock() + 60_000_000).stored()
    # On the side, as the gateway may be writing: a blocked loop would hold its transaction open.
    await asyncio.to_thread(run_on, gateway.database_url, f"UPDATE inbound_messages SET answer = '{kept}'")  # noqa: S608 - made above
    assert (502, 1) == ((await gateway.webhook(inbound("Hello?"))).status, len(app.received))


@on_one_engine
async def test_a_repeated_answer_holds_nothing_that_may_not_leave_any_more(gateway: Gateway, app: SampleApp) -> None:
    saying(app, "Hi")
    await gateway.webhook(inbound("Hello?", "01"))
    await gateway.webhook(inbound("STOP", "02"))
    again = await gateway.webhook(inbound("Hello?", "01"))
    assert (200, []) == (again.status, texts(again))


@on_one_engine
async def test_an_answer_that_was_forgotten_is_an_empty_one(gateway: Gateway, app: SampleApp) -> None:
    await gateway.webhook(inbound("Hello?"))
    await asyncio.to_thread(run_on, gateway.database_url, "UPDATE inbound_messages SET answer = NULL")
    again = await gateway.webhook(inbound("Hello?"))
    assert (200, [], 1) == (again.status, texts(again), len(app.received))


@on_one_engine
async def test_an_app_cannot_answer_in_the_place_of_a_help_that_is_confirmed_by_twilio(
    start_gateway: StartGateway, app: SampleApp
) -> None:
    """`help_when_opted_out` lets the gateway's own reply out in spite of the block, nothing else."""
    gateway = await start_gateway(account={"twilio_handling": "default", "help_when_opted_out": True})
    saying(app, "Just one more thing")
    await gateway.webhook(inbound("STOP", "01"))
    for _ in range(2):
        assert [] == texts(await gateway.webhook(inbound("HELP", "02")))


@on_one_engine
async def test_a_help_that_is_answered_all_the_same_is_answered_so_again(
    start_gateway: StartGateway, app: SampleApp
) -> None:
    gateway = await start_gateway(account={"help_when_opted_out": True})
    saying(app, "Just one more thing")
    await gateway.webhook(inbound("STOP", "01"))
    first, again = [texts(await gateway.webhook(inbound("HELP", "02"))) for _ in range(2)]
    assert (1, first) == (len(first), again)


@on_one_engine
async def test_an_answer_as_large_as_one_may_be_can_be_given_again(gateway: Gateway, app: SampleApp) -> None:
    verbs = f"<Message to='{PHONE}' statusCallback='/{'s' * 560}'>x</Message>" * 100
    app.answer_with(body=f"<Response>{verbs}</Response>")
    first, again = [texts(await gateway.webhook(inbound("HELP"))) for _ in range(2)]
    assert (101, first) == (len(first), again)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.none() | st.integers(min_value=0),
    st.booleans(),
)
def test_what_is_kept_reads_the_same(text: str, waits_until: int | None, is_confirmed: bool) -> None:
    kept = KeptAnswer(f"<{text}", waits_until, is_confirmed)
    assert kept == KeptAnswer.of(kept.stored())


def test_what_was_forgotten_is_empty_and_what_nobody_took_is_not_awaited() -> None:
    assert KeptAnswer(EMPTY) == KeptAnswer.of(None)
    assert not NOBODY_WAITS.is_awaited(0)
    assert KeptAnswer(EMPTY, 5).is_awaited(4)
    assert not KeptAnswer(EMPTY, 5).is_awaited(5)
