"""The journey of one message: a send, one that was held back, one for later, a keyword, and what is not known."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.sandbox import SampleApp, Sandbox
from tests.admin.conftest import ADMIN_TOKEN, AdminOfGateway
from tests.staging import IN_POOL, PHONE, SERVICE, Clock, StartGateway, later

SECRET = "secret text"


async def journey(admin: AdminOfGateway, sid: str, last: str, **headers: str) -> dict[str, Any]:
    """The journey of a message, once it has a step of this name."""
    async with asyncio.timeout(20):
        while True:
            answered = await admin.get(f"/api/v1/messages/{sid}/journey", **headers)
            if answered.status == 200 and last in [step["step"] for step in answered.json["steps"]]:
                assert SECRET not in answered.text
                return answered.json
            await asyncio.sleep(0.05)


def told(found: dict[str, Any], *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(step[field] for field in fields) for step in found["steps"]]


async def test_each_message_tells_its_way_step_by_step(
    start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp, clock: Clock
) -> None:
    account = {"lead_status_callbacks": True, "blocked": "auto"}
    gateway = await start_gateway(account=account, admin_token=ADMIN_TOKEN)
    admin = AdminOfGateway(gateway.admin_url, gateway.database_url, gateway.http, gateway)
    service: dict[str, Any] = {
        "To": PHONE,
        "Body": SECRET,
        "MessagingServiceSid": SERVICE,
        "StatusCallback": app.status_url,
    }
    sent = (await gateway.send(**service)).json["sid"]
    due = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for_later = (await gateway.send(**service, ScheduleType="fixed", SendAt=due)).json["sid"]
    stop = (await sandbox.phone(PHONE).send("STOP", to=IN_POOL)).message_sid
    held = (await gateway.send(**service)).json["sid"]

    found = await journey(admin, sent, "status")
    assert [
        ("decided", "forwarded", "no_opt_out", None),
        ("answered_by_twilio", "taken", None, 201),
    ] == told(found, "step", "outcome", "reason", "status")[:2]
    assert ("outbound", PHONE, SERVICE) == (found["direction"], found["recipient"], found["service_sid"])
    assert {"sent", "delivered"} & {step["outcome"] for step in found["steps"] if step["step"] == "status"}

    found = await journey(admin, for_later, "schedule_ended")
    assert {"decided", "answered_by_twilio", "scheduled"} <= {step["step"] for step in found["steps"]}
    assert {"canceled"} == {step["outcome"] for step in found["steps"] if step["step"] == "schedule_ended"}

    clock.advance(1)
    found = await journey(admin, held, "delivered")
    assert {"decided", "held_back", "failed", "owed", "delivered"} == {step["step"] for step in found["steps"]}
    assert [("callback", "done")] == [
        (step["what"], step["outcome"]) for step in found["steps"] if step["step"] == "delivered"
    ]

    found = await journey(admin, stop, "delivered")
    assert {"received", "keyword", "answered", "webhook", "owed", "delivered"} == {s["step"] for s in found["steps"]}
    steps = {step["step"]: step for step in found["steps"]}
    assert ("added", "confirmation", "relay") == (
        steps["keyword"]["outcome"],
        steps["answered"]["outcome"],
        steps["delivered"]["what"],
    )
    assert {"service", "sender"} == {scope["kind"] for scope in steps["keyword"]["scopes"]}
    assert sorted(told(found, "at")) == told(found, "at")

    later(gateway, sandbox)
    unknown = await admin.get(f"/api/v1/messages/SM{'0' * 32}/journey")
    assert (404, "urn:optout-gateway:unknown-message") == (unknown.status, unknown.json["type"])
    token = (await admin.post("/api/v1/tokens", {"name": "ann", "role": "read"})).json["token"]
    masked = await journey(admin, stop, "delivered", Authorization=f"Bearer {token}")
    assert "+1********00" == masked["recipient"]
