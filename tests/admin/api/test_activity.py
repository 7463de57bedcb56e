"""What was decided about each message: written off the path, listed page by page, told as it happens."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.sandbox import Sandbox
from gateway.store import Store
from gateway.store.activity_reads import ActivityFilter
from gateway.store.identifiers import new_id
from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, PHONE, SERVICE, inbound, later, say

ACTIVITY = "/api/v1/activity"
EVERY = ("direction", "decision", "reason", "status", "error_code", "country")


async def written(admin: Admin, count: int, query: str = "") -> list[dict[str, Any]]:
    """The activity, oldest first, once so much of it is written."""
    async with asyncio.timeout(20):
        while True:
            lines = (await admin.get(f"{ACTIVITY}{query}")).json["activity"]
            if len(lines) >= count:
                return list(reversed(lines))
            await asyncio.sleep(0.05)


async def decide_everything(admin: AdminOfGateway, sandbox: Sandbox) -> None:
    """A send of each kind, keywords, and what must leave no trace: a body that is none, wrong credentials."""
    gateway = admin.gateway
    await gateway.send(To=PHONE, Body="secret text", from_=IN_POOL)
    await say(sandbox, "STOP")
    await gateway.send(To=PHONE, Body="secret text", from_=ALSO_IN_POOL)
    await gateway.send(To=PHONE, Body="secret text", MessagingServiceSid=SERVICE, auth=(ACCOUNT, "wrong"))
    await gateway.send(To="nobody", Body="secret text", from_=IN_POOL)
    await gateway.send(To=PHONE, Body="secret text", from_=ALONE, rest=".xml")
    await gateway.send(To="+15005550001", Body="secret text", from_="+12025559999")
    await say(sandbox, "a secret text")
    later(gateway, sandbox)
    await say(sandbox, "START")


async def test_each_send_and_keyword_is_noted_with_its_reason_and_without_its_text(
    admin: AdminOfGateway, sandbox: Sandbox
) -> None:
    await decide_everything(admin, sandbox)
    lines = await written(admin, 7)
    assert [
        ("outbound", "forwarded", "no_opt_out", 201, None, "US"),
        ("inbound", "recorded", "stop_added", 200, None, "US"),
        ("outbound", "suppressed", "opted_out_of_service", 400, 21610, "US"),
        ("outbound", "refused", "code_21211", 400, 21211, None),
        ("outbound", "forwarded", "no_opt_out", 201, None, "US"),
        ("outbound", "forwarded", "no_opt_out", 400, 21606, "US"),
        ("inbound", "recorded", "start_lifted", 200, None, "US"),
    ] == [tuple(line[name] for name in EVERY) for line in lines]
    assert [PHONE] == list({line["recipient"] for line in lines[:3]})
    assert sandbox.messages[0].sid == lines[0]["message_sid"]
    assert lines[4]["message_sid"] is not None, "of an answer in XML, too"
    assert {"kind": "service", "id": SERVICE} == lines[2]["scope"]
    assert all(line["enforced"] for line in lines)
    assert [] == [row for row in admin.rows("SELECT * FROM activity") if "secret" in str(row)]


@pytest.fixture
async def reader(admin: AdminOfGateway) -> dict[str, str]:
    """What a caller shows who may only look."""
    made = await admin.post("/api/v1/tokens", {"name": "ann", "role": "read"})
    return {"Authorization": f"Bearer {made.json['token']}"}


async def test_it_is_read_page_by_page_and_by_filters_and_masked(
    admin: AdminOfGateway, sandbox: Sandbox, reader: dict[str, str]
) -> None:
    await decide_everything(admin, sandbox)
    lines = await written(admin, 7)
    first = (await admin.get(f"{ACTIVITY}?limit=4")).json
    second = (await admin.get(f"{ACTIVITY}?limit=4&after={first['next']}")).json
    assert [line["activity_id"] for line in reversed(lines)] == [
        line["activity_id"] for page in (first, second) for line in page["activity"]
    ]
    assert second["next"] is None
    for query, expected in {
        "direction=inbound": 2,
        "decision=suppressed": 1,
        "reason=code_21211": 1,
        f"message_sid={lines[0]['message_sid']}": 1,
        f"since={lines[2]['at']}": 5,
        f"until={lines[2]['at']}": 2,
        f"service_sid={SERVICE}": 2,
    }.items():
        assert expected == len((await admin.get(f"{ACTIVITY}?{query}")).json["activity"]), query
    masked = (await admin.get(ACTIVITY, **reader)).json["activity"]
    assert {"+1********00", None} == {line["recipient"] for line in masked if line["reason"] != "no_opt_out"}


# The live feed


async def written_by_another_process(admin: AdminOfGateway) -> None:
    store = Store(admin.database_url, admin.gateway.clock)
    await store.open(serving=False)
    [newest] = await store.list_activity(ActivityFilter(), None, 1)
    line = replace(newest, activity_id=new_id(admin.gateway.clock()), reason="code_21211")
    await store.write(lambda unit: unit.add_activity([line]))
    await store.close()


@contextlib.asynccontextmanager
async def listening(admin: Admin, query: str = "", **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The events of the live feed, each by its fields."""
    given = {"Authorization": "Bearer a-token-of-sixteen"} | headers
    async with admin.http.get(f"{admin.url}{ACTIVITY}/live{query}", headers=given) as answer:
        assert (200, "text/event-stream") == (answer.status, answer.content_type), await answer.text()
        assert b": listening\n" == await answer.content.readline()

        async def events() -> AsyncIterator[dict[str, Any]]:
            fields: dict[str, Any] = {}
            while line := (await answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif fields:
                    yield fields
                    fields = {}

        yield events()


async def test_what_is_decided_is_told_as_it_happens_to_each_by_its_filter_and_role(
    admin: AdminOfGateway, sandbox: Sandbox, reader: dict[str, str]
) -> None:
    await admin.gateway.send(To=PHONE, Body="x", from_=ALONE)
    await written(admin, 1)
    async with (
        asyncio.timeout(20),
        listening(admin) as everything,
        listening(admin, "?direction=inbound", **reader) as keywords,
    ):
        await admin.gateway.send(To=PHONE, Body="x", from_=IN_POOL)
        await say(sandbox, "STOP")
        told = [await anext(everything), await anext(everything)]
        keyword = await anext(keywords)
        await written_by_another_process(admin)
        assert "code_21211" == json.loads((await anext(everything))["data"])["reason"]
    assert ["forwarded", "recorded"] == [json.loads(event["data"])["decision"] for event in told]
    assert told[1]["id"] == keyword["id"]
    assert "+1********00" == json.loads(keyword["data"])["recipient"]
    await admin.gateway.send(To=PHONE, Body="x", from_=ALSO_IN_POOL)
    async with asyncio.timeout(20), listening(admin, "?decision=suppressed", **{"Last-Event-ID": keyword["id"]}) as on:
        assert "opted_out_of_service" == json.loads((await anext(on))["data"])["reason"], "missed meanwhile"


async def test_the_feed_ends_with_the_token_and_with_the_gateway_and_lets_in_so_many(
    admin: AdminOfGateway, reader: dict[str, str]
) -> None:
    async with asyncio.timeout(20), listening(admin, **reader) as feed:
        await admin.call("DELETE", "/api/v1/tokens/ann", None)
        assert "end" == (await anext(feed))["event"]
    async with contextlib.AsyncExitStack() as undo:
        feeds = [await undo.enter_async_context(listening(admin)) for _ in range(20)]
        refused = await admin.get(f"{ACTIVITY}/live")
        assert (429, "urn:optout-gateway:too-many-listen") == (refused.status, refused.json["type"])
        async with asyncio.timeout(8):
            await admin.gateway.service.stop()
            assert [] == [event for feed in feeds async for event in feed]


async def test_a_repeated_webhook_is_noted_as_one(admin: AdminOfGateway) -> None:
    fields = inbound("HELP", "77")
    assert [200, 200] == [(await admin.gateway.webhook(fields)).status for _ in range(2)]
    lines = await written(admin, 2)
    assert ["recorded", "repeated"] == [line["decision"] for line in lines]
    assert len({line["activity_id"] for line in lines}) == 2
