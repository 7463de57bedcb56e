"""Keywords whose webhooks never came, read from Twilio's list: the outage, and who closes a gap."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.sandbox import Fault, Message, Sandbox
from gateway.sandbox.state import Direction
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Gateway, code_of, inbound

OPTED_OUT = 21610
CLOSING = {"gap_seconds": 3600}
NUMBERS = itertools.count(1_000)  # beyond those that other messages of these tests have


def twilio(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return {
        "api_url": sandbox.url,
        "messaging_url": sandbox.url,
        "accounts_url": sandbox.url,
        "sync_seconds": 0,
        **CLOSING,
        **more,
    }


def listed(sandbox: Sandbox, body: str, ago: timedelta, phone: str = PHONE, to: str = IN_POOL) -> str:
    """Have a message in Twilio's list whose webhook nobody heard."""
    sid = f"SM{next(NUMBERS):032x}"
    created = datetime.now(UTC) - ago
    direction: Direction = "inbound" if to in {IN_POOL, ALONE} else "outbound-api"
    service, sent = SERVICE if to == IN_POOL else None, None if direction == "inbound" else created
    sandbox.world.messages[sid] = Message(
        sid, ACCOUNT, to, body, direction, "sent", phone, messaging_service_sid=service, created=created, sent=sent
    )
    return sid


async def readiness(gateway: Gateway) -> dict[str, Any]:
    answered = await gateway.get(f"{gateway.admin_url}/readyz", auth=None)
    return answered.json | {"status": answered.status}


async def closed(gateway: Gateway) -> dict[str, Any]:
    """How ready it is once the gap is closed."""
    async with asyncio.timeout(40):
        while not (ready := await readiness(gateway))["gaps"]["closed_since_start"]:  # noqa: ASYNC110 - it is told by HTTP
            await asyncio.sleep(0.05)
    return ready


async def test_after_an_outage_of_four_hours_every_stop_is_in_force_within_a_minute(start_gateway, sandbox, clock):
    before = await start_gateway()
    await before.webhook(inbound("hello"))
    await before.service.stop()
    listed(sandbox, "STOP", timedelta(hours=4, minutes=30), "+14155550199")  # long before the gateway went away
    phones = [f"+1415555{number:04}" for number in range(200, 320)]
    back_again = set(phones[::7])
    clock.advance(4 * 3600)
    sandbox.advance(4 * 3600)
    present = sandbox.world.clock.now() - datetime.now(UTC)
    for place, phone in enumerate(phones):  # oldest first, as Twilio got them
        ago = timedelta(hours=3, minutes=59) - timedelta(seconds=100 * place) - present
        listed(sandbox, "STOP", ago, phone)
        for _ in range(34):  # what apps sent meanwhile stands in the same list, and makes many pages of it
            listed(sandbox, "news", ago - timedelta(seconds=5), IN_POOL, to=phone)
        if phone in back_again:
            listed(sandbox, "START", ago - timedelta(seconds=9), phone)
    loop = asyncio.get_running_loop()
    started = loop.time()
    gateway = await start_gateway(twilio=twilio(sandbox, ready_after_gaps=True))
    ready = await closed(gateway)
    assert loop.time() - started < 60
    assert (200, True) == (ready["status"], ready["ready"])
    pages = [each for each in sandbox.requests if each.method == "GET" and "Messages.json" in each.target]
    assert len(pages) >= 5
    standing = gateway.rows("SELECT DISTINCT recipient FROM opt_outs WHERE standing")
    assert sorted(set(phones) - back_again) == sorted(phone for (phone,) in standing)
    assert [OPTED_OUT, OPTED_OUT, None] == [
        await code_of(gateway, IN_POOL, phones[1]),
        await code_of(gateway, SERVICE, phones[-2]),
        await code_of(gateway, IN_POOL, phones[0]),
    ]


async def test_a_gap_is_read_again_while_twilio_is_away_and_it_is_told(start_gateway, sandbox):
    sandbox.inject(Fault("status", status=500, times=1, method="GET"))
    await (await start_gateway()).webhook(inbound("hello"))
    listed(sandbox, "STOP", timedelta(seconds=1), to=ALONE)
    gateway = await start_gateway(twilio=twilio(sandbox, ready_after_gaps=True))
    async with asyncio.timeout(20):
        while (told := await readiness(gateway))["gaps"]["accounts"][ACCOUNT]["error"] is None:  # noqa: ASYNC110 - it is told by HTTP
            await asyncio.sleep(0.02)
    assert (503, False) == (told["status"], told["ready"])
    assert "500" in told["gaps"]["accounts"][ACCOUNT]["error"]
    ready = await closed(gateway)
    assert (200, None) == (ready["status"], ready["gaps"]["accounts"][ACCOUNT]["error"])
    assert OPTED_OUT == await code_of(gateway, ALONE)


async def test_a_gateway_that_never_missed_anything_reads_nothing_of_the_past(start_gateway, sandbox):
    listed(sandbox, "STOP", timedelta(hours=1))
    gateway = await start_gateway(twilio=twilio(sandbox))
    await closed(gateway)
    assert [] == gateway.rows("SELECT 1 FROM consent_events")


async def test_what_the_webhook_brought_is_not_recorded_again_nor_the_other_way_round(start_gateway, sandbox, app):
    first = await start_gateway()
    sid = listed(sandbox, "STOP", timedelta(seconds=2), to=ALONE)
    await first.webhook(inbound("STOP", sid.removeprefix("SM"), To=ALONE))
    later_sid = listed(sandbox, "HELP", timedelta(seconds=1), "+14155550177", to=ALONE)
    gateway = await start_gateway(twilio=twilio(sandbox))
    await closed(gateway)
    rows = gateway.rows("SELECT message_sid, reason FROM consent_events ORDER BY message_sid")
    assert [(sid, None), (later_sid, "learned from Twilio's list of messages")] == rows
    late = await gateway.webhook(inbound("HELP", later_sid.removeprefix("SM"), From="+14155550177", To=ALONE))
    assert "Reply STOP to unsubscribe" in late.text


async def test_of_several_processes_one_reads_and_the_others_know(start_gateway, sandbox):
    await (await start_gateway()).webhook(inbound("hello"))
    listed(sandbox, "STOP", timedelta(seconds=1), to=ALONE)
    gateways = await asyncio.gather(*(start_gateway(twilio=twilio(sandbox)) for _ in range(2)))
    for gateway in gateways:
        await closed(gateway)
    assert [("STOP", "added")] == gateways[0].rows("SELECT event_type, change FROM consent_events")


async def test_a_message_that_asks_to_stop_goes_on_the_review_list_once(start_gateway, sandbox):
    await (await start_gateway()).webhook(inbound("hello"))
    sid = listed(sandbox, "please stop texting me", timedelta(seconds=1), to=ALONE)
    await closed(await start_gateway(twilio=twilio(sandbox)))
    gateway = await start_gateway(twilio=twilio(sandbox))
    await closed(gateway)
    assert 200 == (await gateway.webhook(inbound("please stop texting me", sid.removeprefix("SM")))).status
    assert [(sid,)] == gateway.rows("SELECT message_sid FROM review_items")
