"""A scheduled send on its way: a STOP in every gap, answers that are lost, sends that Twilio does not take."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.flows.scheduling import Scheduling
from gateway.sandbox import Fault, Sandbox
from gateway.store import StoreUnavailable
from gateway.store.transaction import Transaction
from gateway.twilio.upstream import Reservation
from tests.flows.test_scheduled import HISTORY, OPEN, STATES, Eventually, schedule, settled, statuses
from tests.staging import IN_POOL, Gateway, inbound

OTHER_PHONE = "+14155550199"
SEEKING = "SELECT count(*) FROM deliveries WHERE kind = 'seek' AND state = 'owed'"


@pytest.fixture
async def gateway(gateway: Gateway) -> Gateway:
    """A gateway that knows the credentials and the pools, so that nothing else is asked of Twilio on the way."""
    assert 201 == (await schedule(gateway, OTHER_PHONE)).status
    return gateway


def stopping(step: Any, stop: Callable[[], Awaitable[None]], when: str) -> Callable[..., Awaitable[Any]]:
    """The step, with a STOP right before or after it, once; of what is sent to Twilio only for the send itself."""
    is_over = False

    async def step_with_stop(*given: Any) -> Any:
        nonlocal is_over
        is_meant = step is not Reservation.send or b"ScheduleType" in given[1].body
        now, is_over = is_meant and not is_over, is_over or is_meant
        if now and when == "before":
            await stop()
        done = await step(*given)
        if now and when == "after":
            await stop()
        return done

    return step_with_stop


GAPS = [
    pytest.param(Scheduling, "intend", "before", 400, id="before it is written down"),
    pytest.param(Scheduling, "intend", "after", 400, id="written down, not checked"),
    pytest.param(Reservation, "send", "before", 201, id="checked, not sent"),
    pytest.param(Reservation, "send", "after", 201, id="answered, not read"),
    pytest.param(Scheduling, "remember", "before", 201, id="read, not remembered"),
    pytest.param(Scheduling, "remember", "after", 201, id="remembered, app not told"),
]


@pytest.mark.parametrize(("owner", "step", "when", "status"), GAPS)
async def test_a_stop_in_a_gap_leaves_nothing_standing(
    gateway: Gateway,
    sandbox: Sandbox,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    step: str,
    when: str,
    status: int,
) -> None:
    stopped: list[int] = []

    async def stop() -> None:
        stopped.append((await gateway.webhook(inbound("STOP", "01", To=IN_POOL))).status)

    monkeypatch.setattr(owner, step, stopping(getattr(owner, step), stop, when))
    answered = await schedule(gateway)
    assert (status, [200]) == (answered.status, stopped)
    await settled(gateway, eventually)
    canceled = 1 if status == 201 else 0
    assert Counter(scheduled=1, canceled=canceled) == statuses(sandbox) + Counter(canceled=0)
    assert canceled == len(gateway.rows(HISTORY))


async def test_a_stop_while_twilio_holds_its_answer_cancels_the_message(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    sandbox.inject(Fault("delay", seconds=30, method="POST", when="after"))
    sending = asyncio.create_task(schedule(gateway))
    await eventually(lambda: statuses(sandbox) == Counter(scheduled=2))
    assert 200 == (await gateway.webhook(inbound("STOP", "01", To=IN_POOL))).status
    assert not sending.done()
    sandbox.clear_faults()
    assert 201 == (await sending).status
    await settled(gateway, eventually)
    assert Counter(scheduled=1, canceled=1) == statuses(sandbox)


LOST = [
    pytest.param(Fault("reset", method="POST", when="after"), 409, id="the connection breaks"),
    pytest.param(Fault("truncate", method="POST", when="after"), 409, id="half an answer"),
    pytest.param(Fault("status", status=503, method="POST", when="after"), 503, id="an error that says nothing"),
]


@pytest.mark.parametrize("is_stopped_first", [True, False], ids=["STOP before it is found", "STOP afterwards"])
@pytest.mark.parametrize(("fault", "status"), LOST)
async def test_a_message_whose_answer_was_lost_is_found_and_cancelled(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually, fault: Fault, status: int, *, is_stopped_first: bool
) -> None:
    unlisted = Fault("status", status=500, method="GET", times=None)
    sandbox.set_faults((fault, unlisted))
    assert status == (await schedule(gateway)).status
    if is_stopped_first:
        await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    sandbox.clear_faults()
    gateway.clock.advance(10)  # the next look is due
    await eventually(lambda: gateway.rows(SEEKING) == [(0,)])
    if not is_stopped_first:
        assert ("standing", "found at Twilio, which does not tell when it is due") == gateway.rows(STATES)[1]
        await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await eventually(lambda: statuses(sandbox) == Counter(scheduled=1, canceled=1))
    await settled(gateway, eventually)
    [(change, _, reason, *_)] = gateway.rows(HISTORY)
    assert ("canceled", True) == (change, "at the latest: cancelled" in reason)


NOT_TAKEN = [
    pytest.param({"SendAt": "2020-01-01T00:00:00Z"}, 400, id="refused by Twilio"),
    pytest.param({"from_": "nobody at all"}, 400, id="refused by the gateway"),
    pytest.param({"ScheduleType": ""}, 201, id="sent at once"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("form", "status"), NOT_TAKEN)
async def test_nothing_is_sought_of_a_send_that_twilio_has_not_scheduled(
    gateway: Gateway, form: dict[str, str], status: int
) -> None:
    assert status == (await schedule(gateway, **form)).status
    assert [(0,)] == gateway.rows(OPEN)
    assert 1 == len(gateway.rows(STATES))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_send_that_never_arrived_is_looked_for_during_an_hour(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    sandbox.inject(Fault("reset", method="POST"))
    assert 409 == (await schedule(gateway)).status
    told = "SELECT state, last_error FROM deliveries WHERE kind = 'seek'"
    await eventually(lambda: gateway.rows(told) == [("owed", "Twilio's list does not show it")])
    gateway.clock.advance(3_601)
    await eventually(lambda: gateway.rows(told) == [("done", None)])
    assert 1 == len(gateway.rows(STATES))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_written_down_does_not_go_out(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> str:
        raise StoreUnavailable("the disk is full")

    asked_before = len(sandbox.requests)
    monkeypatch.setattr(Transaction, "owe", away)
    assert (503, 900503) == ((answered := await schedule(gateway)).status, answered.json["code"])
    assert asked_before == len(sandbox.requests)
