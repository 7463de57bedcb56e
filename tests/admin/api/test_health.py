"""`/api/v1/health`: what is told of store, upstreams, sources of events, deliveries and sinks as things happen."""

import asyncio
from datetime import timedelta
from typing import Any

from gateway.sandbox import Fault, Sandbox
from tests.admin.conftest import ADMIN_TOKEN, Admin, AdminOfGateway
from tests.flows.test_events import event, post
from tests.flows.test_gaps import listed, twilio
from tests.staging import ACCOUNT, ALONE, OTHER_ACCOUNT, PHONE, TOKEN, Gateway, StartGateway, inbound, run_on

WRONG = "0" * 32


async def health(admin: Admin) -> dict[str, Any]:
    answered = await admin.get("/api/v1/health")
    assert 200 == answered.status
    return answered.json


def of_gateway(gateway: Gateway) -> AdminOfGateway:
    return AdminOfGateway(gateway.admin_url, gateway.database_url, gateway.http, gateway)


async def test_a_gateway_that_nobody_asked_yet_knows_of_nothing_wrong(desk: Admin) -> None:
    told = await health(desk)
    assert {"writable": True, "readable": True} == told["store"]
    assert (1, [], [], None) == (told["processes"], told["upstreams"], told["sinks"], told["gaps"])
    assert {"owed": 0, "dead": 0, "oldest_owed_at": None} == told["deliveries"]
    assert [(ACCOUNT, name, 0, None) for name in ("webhooks", "status_callbacks", "event_streams")] == [
        (each["account_sid"], each["source"], each["seen"], each["last_seen_at"]) for each in told["sources"]
    ]


async def test_an_upstream_fails_and_answers_again(admin: AdminOfGateway, sandbox: Sandbox) -> None:
    def upstream(told: dict[str, Any]) -> dict[str, Any]:
        [found] = [each for each in told["upstreams"] if each["answered"] or each["failures"]]
        return dict(found)

    assert 201 == (await admin.gateway.send(To=PHONE, from_=ALONE, Body="x")).status
    before = upstream(await health(admin))
    assert (sandbox.url, "answering", {}) == (before["url"], before["state"], before["failures"])
    sandbox.inject(Fault("status", status=500))
    await admin.gateway.send(To=PHONE, from_=ALONE, Body="x")
    failing = upstream(await health(admin))
    assert ("failing", "server_error", {"server_error": 1}) == (
        failing["state"],
        failing["last_failure"],
        failing["failures"],
    )
    assert before["answered"] == failing["answered"]
    assert 201 == (await admin.gateway.send(To=PHONE, from_=ALONE, Body="x")).status
    again = upstream(await health(admin))
    assert ("answering", before["answered"] + 1, {"server_error": 1}) == (
        again["state"],
        again["answered"],
        again["failures"],
    )
    assert again["last_failed_at"] < again["last_answered_at"]
    assert 0 == again["connections"]["in_use"]


async def test_webhooks_and_events_are_seen_and_what_nobody_signed_is_counted_apart(admin: AdminOfGateway) -> None:
    await admin.gateway.webhook(inbound("hello"))
    await admin.gateway.webhook(inbound("STOP", "02"), token=WRONG)
    assert 204 == (await post(admin.gateway, [event("STOP", "03")])).status
    assert 403 == (await post(admin.gateway, [event("STOP", "04")], token=WRONG)).status
    assert 403 == (await post(admin.gateway, [event("STOP", "04")], token=WRONG)).status
    told = await health(admin)
    seen = {each["source"]: (each["seen"], each["failed"]) for each in told["sources"]}
    assert {"webhooks": (1, 0), "status_callbacks": (0, 0), "event_streams": (1, 0)} == seen
    assert {"webhooks": 1, "status_callbacks": 0, "event_streams": 2} == {
        each["source"]: each["count"] for each in told["unsigned"]
    }
    assert all(bool(each["last_at"]) == bool(each["count"]) for each in told["unsigned"])
    assert all(bool(each["last_seen_at"]) == bool(each["seen"]) for each in told["sources"])


async def test_a_gap_that_cannot_be_closed_says_why_and_what_was_missed_is_counted(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    gateway = await start_gateway(admin_token=ADMIN_TOKEN)
    await gateway.webhook(inbound("hello"))
    await gateway.service.stop()
    listed(sandbox, "STOP", timedelta(minutes=1))
    sandbox.inject(Fault("status", status=500))
    admin = of_gateway(await start_gateway(admin_token=ADMIN_TOKEN, twilio=twilio(sandbox)))
    errors: set[tuple[str | None, bool]] = set()
    async with asyncio.timeout(30):
        while True:
            [gap] = (await health(admin))["gaps"]
            errors.add((gap["error"], gap["failed_at"] is not None))
            if gap["missed"] and gap["closed_until"]:
                break
            await asyncio.sleep(0.02)
    assert {("Twilio answered 500 to a list of Messages", True)} == errors - {(None, False)}
    assert (1, None, None) == (gap["missed"], gap["error"], gap["failed_at"])
    assert gap["last_missed_at"] is not None


async def test_what_is_owed_is_told_with_its_age_for_apps_and_sinks_apart(desk: Admin) -> None:
    hook = {"name": "crm", "kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook"}}
    await desk.post("/api/v1/sinks", hook)
    await desk.post("/api/v1/sinks/crm/test")
    for name, state, created_at in (
        ("1", "owed", 2_000_000),
        ("2", "owed", 1_000_000),
        ("3", "dead", 0),
        ("4", "done", 0),
    ):
        await asyncio.to_thread(run_on, desk.database_url, _delivery(name, state, created_at))
    told = await health(desk)
    assert {"owed": 2, "dead": 1, "oldest_owed_at": "1970-01-01T00:00:01.000000Z"} == told["deliveries"]
    [sink] = told["sinks"]
    assert ("crm", "webhook", 1, 0, 0, None) == tuple(
        sink[name] for name in ("name", "kind", "owed", "dead", "failures", "last_error")
    )
    assert sink["oldest_owed_at"] is not None


async def test_who_may_see_one_account_is_told_of_that_alone(desk_of_two: Admin) -> None:
    hook = {"kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook"}}
    for account_sid in (ACCOUNT, OTHER_ACCOUNT):
        await desk_of_two.post("/api/v1/sinks", hook | {"account_sid": account_sid, "name": account_sid[-3:]})
    made = await desk_of_two.post("/api/v1/tokens", {"name": "ann", "role": "read", "accounts": [OTHER_ACCOUNT]})
    told = (await desk_of_two.get("/api/v1/health", Authorization=f"Bearer {made.json['token']}")).json
    asked = (await desk_of_two.get(f"/api/v1/health?account_sid={OTHER_ACCOUNT}")).json
    for each in (told, asked):
        assert {OTHER_ACCOUNT} == {line["account_sid"] for line in [*each["sources"], *each["sinks"]]}
    assert 2 == len((await health(desk_of_two))["sinks"])


async def test_without_its_store_the_gateway_tells_the_rest(admin: AdminOfGateway) -> None:
    await admin.gateway.webhook(inbound("hello"), token=TOKEN)
    await asyncio.to_thread(run_on, admin.database_url, "ALTER TABLE deliveries RENAME TO elsewhere")
    told = await health(admin)
    assert {"readable": False} == {"readable": told["store"]["readable"]}
    assert (None, None) == (told["deliveries"], told["sinks"])
    assert 1 == next(each["seen"] for each in told["sources"] if each["source"] == "webhooks")


def _delivery(name: str, state: str, created_at: int) -> str:
    columns = "delivery_id, account_sid, kind, state, payload, attempts, due_at, give_up_at, created_at"
    values = f"'{name}', '{ACCOUNT}', 'relay', '{state}', '', 1, 0, 0, {created_at}"
    return f"INSERT INTO deliveries ({columns}) VALUES ({values})"  # noqa: S608 - made of constants
