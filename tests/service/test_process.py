"""The gateway as a process: killed, drained, run twice on one store."""

import asyncio
import json
import signal
import time
from pathlib import Path

import aiohttp

from gateway.sandbox import Fault, SampleApp, Sandbox
from tests.service.conftest import Process
from tests.staging import ACCOUNT, ALONE, PHONE, TOKEN, inbound

CYCLES = 3


async def test_an_acknowledged_stop_stands_after_kill_9(process: Process, app: SampleApp) -> None:
    for cycle in range(CYCLES):
        phone = f"+141555501{cycle:02}"
        assert 200 == (await process.gateway.webhook(inbound("STOP", str(cycle), from_=phone))).status
        await process.end(signal.SIGKILL)
        await process.start()
        assert 21610 == (await process.gateway.send(To=phone, from_=ALONE, Body="x")).json["code"]
    told = {webhook.params["MessageSid"] for webhook in app.received}
    [(owed,)] = process.gateway.rows("SELECT count(*) FROM deliveries WHERE state = 'owed'")
    assert CYCLES <= len(told) + owed, "who was not told yet is owed it"


async def test_sigterm_finishes_what_is_under_way_and_ends_within_ten_seconds(
    process: Process, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault(kind="delay", seconds=1.0, path_prefix="/2010-04-01/"))
    sending = asyncio.create_task(process.gateway.send(To=PHONE, from_=ALONE, Body="under way"))
    await asyncio.sleep(0.3)
    started = time.monotonic()
    process.signal(signal.SIGTERM)
    assert 201 == (await sending).status
    assert 0 == await process.ended()
    assert time.monotonic() - started < 10
    assert ["under way"] == [message.body for message in sandbox.messages]


async def test_a_stop_at_one_gateway_blocks_the_next_send_at_another_on_the_same_store(
    process: Process,
    database_url: str,
    tmp_path: Path,
    sandbox: Sandbox,
    app: SampleApp,
    http: aiohttp.ClientSession,
) -> None:
    other = Process(database_url, tmp_path / "other.log", sandbox, app, http)
    try:
        await other.start()
        for number in range(50):
            phone = f"+141555501{number:02}"
            assert 201 == (await other.gateway.send(To=phone, from_=ALONE, Body="x")).status
            await process.gateway.webhook(inbound("STOP", str(number), from_=phone))
            assert 21610 == (await other.gateway.send(To=phone, from_=ALONE, Body="x")).json["code"]
    finally:
        await other.end(signal.SIGKILL)


CANARIES = [PHONE, PHONE[1:], ALONE, ALONE[1:], TOKEN, "my secret body", "5550100", "415) 555"]


async def test_no_number_body_or_token_reaches_the_log(process: Process, sandbox: Sandbox, app: SampleApp) -> None:
    gateway = process.gateway
    await gateway.send(To=PHONE, from_=ALONE, Body="my secret body")
    await sandbox.phone(PHONE).send("my secret body", to=ALONE)
    for number, word in enumerate(("HELP", "STOP", "START")):
        await gateway.webhook(inbound(word, str(number)))
    await gateway.send(To="(415) 555-0100", from_=ALONE, Body="my secret body")
    await gateway.send(To=PHONE, from_="my secret body", Body="x")
    await gateway.send(To=PHONE, from_=ALONE, Body="x", auth=(ACCOUNT, "my secret body"))
    await gateway.post(gateway.messages_url(), json.dumps({"To": PHONE}), auth=(ACCOUNT, TOKEN))
    await gateway.webhook(inbound("my secret body", From="my secret body"))
    await gateway.webhook(inbound("STOP"), **{"X-Twilio-Signature": TOKEN})
    await gateway.get(f"{process.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To={PHONE}")
    await gateway.get(f"{process.url}/{PHONE}")
    app.answer_with(status=500)
    await gateway.webhook(inbound("my secret body", "77"))
    sandbox.inject(Fault(kind="reset", when="after"))
    await gateway.send(To="+14155550109", from_=ALONE, Body="my secret body")
    assert 0 == await process.end(signal.SIGTERM)
    log = process.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len(lines) >= 14
    assert [] == [canary for canary in CANARIES if canary in log]


async def test_each_request_is_one_line_with_decision_scope_and_reason(process: Process) -> None:
    await process.gateway.webhook(inbound("STOP"))
    answered = await process.gateway.send(To=PHONE, from_=ALONE, Body="x")
    await process.end(signal.SIGTERM)
    lines = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("request_id") == answered.headers["X-Gateway-Request-Id"]]
    assert ("api", "suppressed", "opted_out_of_sender", "sender", 400) == (
        line["event"],
        line["outcome"],
        line["reason"],
        line["scope"],
        line["status"],
    )
