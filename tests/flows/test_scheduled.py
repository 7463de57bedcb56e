"""Scheduled messages and what a STOP does to them, in whatever gap of the send it comes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.directory import Directory
from gateway.flows.learning import Learned, Learning
from gateway.flows.lifting import Lift
from gateway.flows.scheduled import event_of
from gateway.messaging.addresses import read_recipient
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.actors import Actor
from gateway.operations.deliveries import DeliveryOperations, about
from gateway.operations.optouts import OptOutOperations, Whom
from gateway.sandbox import Fault, Sandbox
from gateway.store import Store, StoreUnavailable
from gateway.store.records import ScheduledMessage
from gateway.store.store import DeliveryFilter
from gateway.store.transaction import Transaction
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Answered, Gateway, inbound, run_on

Eventually = Callable[[Callable[[], object]], Awaitable[None]]
STATES = "SELECT state, why FROM scheduled_messages ORDER BY created_at"
OPEN = "SELECT count(*) FROM deliveries WHERE kind IN ('cancel', 'seek') AND state <> 'done'"
HISTORY = (
    "SELECT change, message_sid, reason, scopes, service_sid, actor FROM consent_events"
    " WHERE event_type = 'SCHEDULED' ORDER BY event_id"
)
STANDING = "SELECT scope_kind, standing, effective_at, event_id FROM opt_outs ORDER BY scope_kind"


async def schedule(gateway: Gateway, to: str = PHONE, **form: str) -> Answered:
    at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {"To": to, "MessagingServiceSid": SERVICE, "Body": "Later", "ScheduleType": "fixed", "SendAt": at}
    fields = given | form
    return await gateway.send(rest=fields.pop("rest", ".json"), **fields)  # type: ignore[arg-type]


def statuses(sandbox: Sandbox) -> Counter[str]:
    return Counter(message.status for message in sandbox.messages)


async def settled(gateway: Gateway, eventually: Eventually) -> None:
    await eventually(lambda: gateway.rows(OPEN) == [(0,)])


async def test_a_stop_cancels_what_its_opt_out_covers_and_nothing_else(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    covered, other = await schedule(gateway), await schedule(gateway, "+14155550177")
    assert ("scheduled", "scheduled") == (covered.json["status"], other.json["status"])
    await gateway.webhook(inbound("STOP", "01", To=ALONE))  # a sender that is not the service's
    await settled(gateway, eventually)
    assert Counter(scheduled=2) == statuses(sandbox)
    await gateway.webhook(inbound("STOP", "02", To=IN_POOL))
    await eventually(lambda: statuses(sandbox) == Counter(scheduled=1, canceled=1))
    await eventually(lambda: gateway.rows(STATES) == [("canceled", None), ("standing", None)])
    assert 400 == (await schedule(gateway)).status


async def test_an_operators_opt_out_and_a_learned_one_cancel_too(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    phones = ["+14155550171", "+14155550172"]
    for phone in phones:
        await schedule(gateway, phone, rest="" if phone == phones[0] else ".json")  # in XML and in JSON
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        directory = Directory([], store, lambda _: None, gateway.clock)  # type: ignore[arg-type, return-value]
        whom = Whom(ACCOUNT, read_recipient(phones[0], None))
        operations = OptOutOperations(store, directory.pools, gateway.clock)
        await operations.add(whom, Scope(ScopeKind.SERVICE, SERVICE), Actor("test"))
        message = OutboundMessage(ACCOUNT, read_recipient(phones[1], None), SERVICE, None)
        await Learning(directory, store, gateway.clock).learn(Learned(message, gateway.clock()))
    finally:
        await store.close()
    await eventually(lambda: statuses(sandbox) == Counter(canceled=2))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_was_sent_already_is_told_to_be(gateway: Gateway, sandbox: Sandbox, eventually: Eventually) -> None:
    await schedule(gateway)
    sandbox.advance(3_700)
    await sandbox.settle()
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await eventually(lambda: gateway.rows(STATES) == [("not_canceled", "it was delivered already")])
    [(change, _, reason, *_)] = gateway.rows(HISTORY)
    assert ("not_canceled", True) == (change, reason.endswith("Z: it was delivered already"))


def test_a_line_about_a_scheduled_message_outdates_no_lift_at_twilio() -> None:
    message = ScheduledMessage(
        ACCOUNT, "SM" + "1" * 32, "phone", PHONE, PHONE, SERVICE, None, None, 9, "standing", None, 1, None
    )
    assert not Lift(PHONE, (SERVICE,), at=1).is_outdated_by(event_of(message, "canceled", None, version=0, now=5))


async def test_what_was_cancelled_stands_in_the_recipients_history_once_and_changes_nothing(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    at = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sid = (await schedule(gateway, SendAt=at)).json["sid"]
    sandbox.inject(Fault("status", status=500, path_prefix=f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"))
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    before = gateway.rows(STANDING)
    await settled(gateway, eventually)
    expected = [("canceled", sid, f"due {at}: cancelled at Twilio", "[]", SERVICE, "gateway")]
    assert (expected, before) == (gateway.rows(HISTORY), gateway.rows(STANDING))
    again = f"""state = 'owed', due_at = 0, payload = '["{ACCOUNT}","{sid}"]'"""  # of what is done nothing is kept
    change = f"UPDATE deliveries SET {again} WHERE kind = 'cancel'"  # noqa: S608 - made above
    await asyncio.to_thread(run_on, gateway.database_url, change)
    await settled(gateway, eventually)
    assert expected == gateway.rows(HISTORY)
    assert 21610 == (await gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")).json["code"]
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "02", To=IN_POOL))
    assert 201 == (await schedule(gateway)).status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_cancellation_that_is_given_up_is_told_and_may_be_tried_again(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    sid = (await schedule(gateway)).json["sid"]
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
    sandbox.inject(Fault("status", status=500, path_prefix=path, times=None))
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await eventually(lambda: gateway.rows("SELECT state, last_error FROM deliveries WHERE kind = 'cancel'")[0][1])
    gateway.clock.advance(25 * 3600)
    dead = ("dead", "Twilio answered 500")
    await eventually(lambda: dead in gateway.rows("SELECT state, last_error FROM deliveries"))
    assert [("not_canceled", "Twilio could not be asked in time")] == gateway.rows(STATES)
    sandbox.clear_faults()
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        operations = DeliveryOperations(store, gateway.clock)
        [shown] = [about(each) async for each in operations.listed(DeliveryFilter(state="dead"))]
        assert (("MessageSid", sid),) == shown
        assert 1 == await operations.retry_dead()
    finally:
        await store.close()
    await eventually(lambda: gateway.rows(STATES) == [("canceled", None)])
    assert ["not_canceled", "canceled"] == [change for change, *_ in gateway.rows(HISTORY)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_cancellation_is_tried_again_until_twilio_takes_it(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    sid = (await schedule(gateway)).json["sid"]
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
    sandbox.inject(Fault("status", status=500, path_prefix=path))
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL))
    await eventually(lambda: statuses(sandbox) == Counter(canceled=1))
    await settled(gateway, eventually)
    assert [(2,)] == gateway.rows("SELECT attempts FROM deliveries WHERE kind = 'cancel'")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_remembered_is_cancelled_before_the_app_is_told(
    gateway: Gateway, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(Transaction, "remember_scheduled", away)
    assert (503, 900503) == ((answered := await schedule(gateway)).status, answered.json["code"])
    assert Counter(canceled=1) == statuses(sandbox)
    sandbox.inject(Fault("status", status=500, path_prefix=f"/2010-04-01/Accounts/{ACCOUNT}/Messages/", times=None))
    async with asyncio.timeout(20):  # until the store is tried again
        while (answered := await schedule(gateway)).status == 503:  # noqa: ASYNC110 - the store has no event for it
            await asyncio.sleep(0.1)
    assert (409, 900409) == (answered.status, answered.json["code"])


async def test_no_scheduled_message_is_left_standing_whenever_the_stop_comes(
    gateway: Gateway, sandbox: Sandbox, eventually: Eventually
) -> None:
    """Before the check, between check and answer, between answer and remembering, and after it."""
    await schedule(gateway, "+14155550199")  # the service has its place from here on

    async def race(number: int, wait: float, held_at_twilio: Fault | None) -> Answered:
        phone = f"+1415556{number:04}"
        if held_at_twilio is not None:
            sandbox.inject(held_at_twilio)
        sending = asyncio.create_task(schedule(gateway, phone))
        await asyncio.sleep(wait)
        stopped = await gateway.webhook(inbound("STOP", f"{number:x}", from_=phone, To=IN_POOL))
        assert 200 == stopped.status
        return await sending

    ends = []
    for number in range(10):  # while Twilio holds the request, or the answer
        fault = Fault("delay", seconds=0.05, method="POST", when="before" if number % 2 else "after")
        ends.append(await race(number, 0.01 + 0.004 * number, fault))
    ends += await asyncio.gather(*(race(number, 0.0005 * (number - 100), None) for number in range(100, 160)))
    assert Counter({201: 1, 400: 1}).keys() >= {answered.status for answered in ends}
    assert 10 <= sum(answered.status == 201 for answered in ends)
    await settled(gateway, eventually)
    await schedule(gateway, "+14155550198")
    canceled = sum(answered.status == 201 for answered in ends)
    assert Counter(scheduled=2, canceled=canceled) == statuses(sandbox)
