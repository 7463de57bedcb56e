"""`/api/v1/deliveries` and `/api/v1/scheduled-messages`."""

import asyncio

from tests.staging import ACCOUNT, PHONE, inbound, run_on

LIST = "/api/v1/deliveries"


async def test_a_delivery_is_listed_shown_and_tried_again(admin, eventually):
    await admin.gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: admin.rows("SELECT 1 FROM deliveries WHERE state = 'done'"))
    listed = (await admin.get(f"{LIST}?state=done")).json
    [delivery] = listed["deliveries"]
    assert ("relay", None) == (delivery["kind"], listed["next"])
    path = f"{LIST}/{delivery['delivery_id']}"
    shown = await admin.get(path)
    assert (200, {}) == (shown.status, shown.json["about"]), "nothing is kept of what is done"
    done = await admin.post(f"{path}/retry")
    assert (409, "urn:optout-gateway:not-to-retry") == (done.status, done.json["type"])
    relayed = f'["{ACCOUNT}", [["From", "{PHONE}"], ["MessageSid", "SM1"]], "token", null]'
    dead = f"UPDATE deliveries SET state = 'dead', payload = '{relayed}'"  # noqa: S608 - made above
    await asyncio.to_thread(run_on, admin.database_url, dead)
    assert PHONE == (await admin.get(path)).json["about"]["From"]
    assert (200, "due") == ((again := await admin.post(f"{path}/retry")).status, again.json["retried"])
    await eventually(lambda: admin.rows("SELECT 1 FROM deliveries WHERE state = 'done'"))
    assert 404 == (await admin.get(f"{LIST}/{'0' * 36}")).status


async def test_scheduled_messages_are_listed_by_state(admin):
    listed = await admin.get("/api/v1/scheduled-messages?state=standing")
    assert (200, {"scheduled_messages": [], "next": None}) == (listed.status, listed.json)
