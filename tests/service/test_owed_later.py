"""What is owed later than its answer, and a gateway that is killed in between: callbacks, cancellations, lost SIDs."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from gateway.sandbox import Fault, SampleApp, Sandbox
from tests.service.conftest import Process
from tests.staging import ACCOUNT, IN_POOL, PHONE, SERVICE, inbound, run_on

Eventually = Callable[[Callable[[], object]], Awaitable[None]]
OWED = "SELECT kind FROM deliveries WHERE state = 'owed' AND kind <> 'relay'"
# What was taken up when the process was killed is tried again when its lease has run out, what waits when it is due.
TIME_PASSES = "UPDATE deliveries SET due_at = 0, lease = NULL WHERE state = 'owed'"


async def schedule(process: Process) -> Any:
    at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    form = {"To": PHONE, "MessagingServiceSid": SERVICE, "Body": "Later", "ScheduleType": "fixed", "SendAt": at}
    return await process.gateway.send(**form)  # type: ignore[arg-type]


def statuses(sandbox: Sandbox) -> Counter[str]:
    return Counter(message.status for message in sandbox.messages)


async def killed_and_started(process: Process, expected: list[tuple[str]]) -> None:
    """Kill it while that is owed, let the time pass, start it again."""
    await process.end(signal.SIGKILL)
    assert expected == process.gateway.rows(OWED)
    run_on(process.gateway.database_url, TIME_PASSES)
    await process.start()


@pytest.mark.long
async def test_a_callback_that_is_owed_arrives_after_kill_9(
    process: Process, app: SampleApp, eventually: Eventually
) -> None:
    await process.gateway.webhook(inbound("STOP", To=IN_POOL))
    sent = await process.gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x", StatusCallback=app.status_url)
    await process.end(signal.SIGKILL)  # it fails half a second after it was accepted
    assert (201, "accepted") == (sent.status, sent.json["status"])
    run_on(process.gateway.database_url, TIME_PASSES)
    await process.start()
    await eventually(lambda: app.statuses)
    told = app.statuses[0]
    assert (True, sent.json["sid"], "21610") == (told.valid, told.params["MessageSid"], told.params["ErrorCode"])
    await eventually(lambda: process.gateway.rows(OWED) == [])


@pytest.mark.long
async def test_a_cancellation_that_is_owed_is_carried_out_after_kill_9(
    process: Process, sandbox: Sandbox, eventually: Eventually
) -> None:
    sid = (await schedule(process)).json["sid"]
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
    sandbox.inject(Fault("status", status=503, path_prefix=path, times=None))
    assert 200 == (await process.gateway.webhook(inbound("STOP", To=IN_POOL))).status
    await killed_and_started(process, [("cancel",)])
    assert Counter(scheduled=1) == statuses(sandbox)
    sandbox.clear_faults()
    run_on(process.gateway.database_url, TIME_PASSES)
    await eventually(lambda: statuses(sandbox) == Counter(canceled=1))
    await eventually(lambda: process.gateway.rows(OWED) == [])
    history = "SELECT change FROM consent_events WHERE event_type = 'SCHEDULED'"
    await eventually(lambda: process.gateway.rows(history) == [("canceled",)])


ORDERS = [
    pytest.param(True, id="STOP before it is found"),
    pytest.param(False, id="STOP afterwards", marks=pytest.mark.long),
]


@pytest.mark.parametrize("is_stopped_first", ORDERS)
async def test_a_message_that_twilio_has_and_a_killed_process_never_heard_of_is_cancelled(
    process: Process, sandbox: Sandbox, eventually: Eventually, *, is_stopped_first: bool
) -> None:
    assert 201 == (await process.gateway.send(To="+14155550199", MessagingServiceSid=SERVICE, Body="x")).status
    await sandbox.settle()
    sandbox.inject(Fault("hang", seconds=30, method="POST", when="after"))
    sending = asyncio.create_task(schedule(process))
    await eventually(lambda: statuses(sandbox)["scheduled"] == 1)
    await process.end(signal.SIGKILL)
    with pytest.raises(aiohttp.ClientError):
        await sending
    sandbox.clear_faults()
    assert [("seek",)] == process.gateway.rows(OWED)
    await process.start()
    if is_stopped_first:
        await process.gateway.webhook(inbound("STOP", To=IN_POOL))
    run_on(process.gateway.database_url, TIME_PASSES)
    await eventually(lambda: process.gateway.rows("SELECT count(*) FROM scheduled_messages") == [(1,)])
    if not is_stopped_first:
        assert Counter(scheduled=1, delivered=1) == statuses(sandbox)
        await process.gateway.webhook(inbound("STOP", To=IN_POOL))
    await eventually(lambda: statuses(sandbox) == Counter(canceled=1, delivered=1))
