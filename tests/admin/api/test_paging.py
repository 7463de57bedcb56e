"""Every list comes in pages that leave nothing out and tell nothing twice, on each engine."""

import asyncio
from typing import Any

import pytest

from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, PHONE, SERVICE, inbound, run_on

ONE = f"/api/v1/services/{SERVICE}"
SINK = {"kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook"}}
DAYS = ("2026-01-30", "2026-01-31")


async def filled(admin: AdminOfGateway) -> None:
    """Have some lines in each list."""
    for name in ("crm", "audit", "lake"):
        await admin.post("/api/v1/sinks", SINK | {"name": name})
    await admin.post("/api/v1/services/sync")
    for number in range(3):
        await admin.put(f"{ONE}/opt-out-settings", {"name": f"Version {number}", "senders": ["whatsapp:+12025550105"]})
        await admin.put(f"/api/v1/services/MG{number:032x}/opt-out-settings", {"name": f"Service {number}"})
        await admin.post("/api/v1/tokens", {"name": f"token-{number}", "role": "read"})
    for number, to in enumerate((ALONE, IN_POOL, ALSO_IN_POOL)):
        await admin.gateway.webhook(inbound("STOP", f"a{number}", To=to))
        await admin.gateway.webhook(inbound("please stop texting me", f"b{number}", To=to, From="+14155550177"))
    counts = ", ".join(
        f"('{ACCOUNT}', '{day}', '{sid}', '{what}', 1)"
        for day in DAYS
        for sid in ("", SERVICE)
        for what in ("would_suppress", "would_confirm")
    )
    columns = "account_sid, day, service_sid, what, count"
    await asyncio.to_thread(
        run_on,
        admin.database_url,
        f"INSERT INTO shadow_counts ({columns}) VALUES {counts}",  # noqa: S608 - made up above
    )


LISTS = [
    ("/api/v1/sinks", "sinks", 3),
    ("/api/v1/services", "services", 4),
    (f"{ONE}/senders", "senders", 3),
    (f"{ONE}/versions", "versions", 3),
    ("/api/v1/tokens", "tokens", 3),
    ("/api/v1/shadow/report?since=2026-01-01T00:00:00Z", "counts", 8),
    ("/api/v1/opt-outs", "opt_outs", 4),
    ("/api/v1/consent-events", "events", 3),
    ("/api/v1/deliveries?state=owed", "deliveries", None),
    ("/api/v1/deliveries?state=done", "deliveries", None),
    ("/api/v1/scheduled-messages", "scheduled_messages", 0),
    ("/api/v1/review-items", "items", 3),
    ("/api/v1/reports/attribution", "opt_outs", 3),
    ("/api/v1/activity", "activity", None),
]
SEARCHES = [("/api/v1/opt-outs/search", "opt_outs", 4), ("/api/v1/consent-events/search", "events", 3)]


async def pages(admin: Admin, path: str, limit: int) -> list[dict[str, Any]]:
    joint, after, found = "&" if "?" in path else "?", "", []
    while True:
        answered = await admin.get(f"{path}{joint}limit={limit}{after}")
        assert 200 == answered.status, answered.text
        found.append(answered.json)
        if answered.json["next"] is None:
            return found
        after = f"&after={answered.json['next']}"


async def test_each_list_is_told_in_pages(admin: AdminOfGateway, eventually: Any) -> None:
    await filled(admin)
    await eventually(lambda: admin.rows("SELECT count(*) FROM activity") != [(0,)])
    for path, key, count in LISTS:
        [whole] = await pages(admin, path, 500)
        by_one = await pages(admin, path, 1)
        assert count is None or count == len(whole[key]), path
        assert whole[key] == [line for page in by_one for line in page[key]], path
        assert all(len(page[key]) <= 1 for page in by_one)
    for path, key, count in SEARCHES:
        told = (await admin.post(path, {"recipient": PHONE})).json
        assert (count, None) == (len(told[key]), told["next"]), path
        found, after = [], None
        while True:
            page = (await admin.post(path, {"recipient": PHONE, "limit": 1, "after": after})).json
            found += page[key]
            after = page["next"]
            if after is None:
                break
        assert told[key] == found, path


# Whose length something else bounds.
BOUNDED = {
    "GET /api/v1/health": "the accounts of the settings, their sinks and upstreams",
    "GET /api/v1/messages/{sid}/journey": "what is kept of one message",
    "GET /api/v1/reports/opt-outs": "MOST_ROWS",
    "GET /api/v1/reports/sends": "MOST_ROWS",
    "GET /api/v1/services/{MG}": "a sender pool",
    "GET /api/v1/services/{MG}/opt-out-settings": "settings",
    "GET /api/v1/services/{MG}/opt-out-settings/two-axes": "settings",
    "GET /api/v1/services/{MG}/versions/{a}/diff/{b}": "settings",
    "GET /api/v1/shadow": "the places of the settings",
}


async def test_no_list_of_the_api_comes_without_pages(desk: Admin) -> None:
    document = (await desk.get("/api/v1/openapi.json")).json
    shapes = document["components"]["schemas"]
    unpaged = set()
    for path, calls in document["paths"].items():
        content = calls.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        shape = content.get("application/json", {}).get("schema", {})
        shape = shapes[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
        parts = shape.get("properties", {})
        is_list = shape.get("type") == "array" or any(part.get("type") == "array" for part in parts.values())
        if is_list and "next" not in parts:
            unpaged.add(f"GET {path}")
    assert set(BOUNDED) == unpaged


BAD = [
    ("/api/v1/sinks?limit=0", "limit"),
    ("/api/v1/sinks?limit=501", "limit"),
    ("/api/v1/services?limit=x", "limit"),
    (f"{ONE}/versions?after=x", "after"),
    (f"{ONE}/senders?after=-1", "after"),
    ("/api/v1/shadow/report?after=2026-01-31", "after"),
]


@pytest.mark.parametrize(("path", "place"), BAD)
async def test_a_page_that_cannot_be_is_refused(desk: Admin, path: str, place: str) -> None:
    answered = await desk.get(path)
    assert (400, place) == (answered.status, answered.json["errors"][0]["place"].rpartition(".")[2])
