"""`/api/v1/persons/erase`."""

from tests.staging import PHONE, SERVICE

ERASE = "/api/v1/persons/erase"


async def test_a_person_is_erased_by_the_api_and_stays_opted_out(desk):
    await desk.post("/api/v1/opt-outs", {"recipient": PHONE, "service_sid": SERVICE, "reason": "rang us"})
    planned = await desk.post(f"{ERASE}?dry_run=true", {"recipient": PHONE})
    assert (200, True, []) == (planned.status, planned.json["found"], planned.json["event_ids"])
    erased = await desk.post(ERASE, {"recipient": "+1 (415) 555-0100", "reason": "request 7"})
    assert planned.json["lines"] == erased.json["lines"]
    assert PHONE not in str(desk.rows("SELECT * FROM opt_outs") + desk.rows("SELECT * FROM consent_events"))

    checked = (await desk.post("/api/v1/opt-outs/check", {"recipient": PHONE, "service_sid": SERVICE})).json
    assert "suppress" == checked["decision"]["outcome"]
    [listed] = (await desk.get("/api/v1/opt-outs")).json["opt_outs"]
    lifted = await desk.call("DELETE", f"/api/v1/opt-outs/{listed['opt_out_id']}", {"reason": "asked to"})
    assert ("", 200, "lifted", "") == (
        listed["recipient"], lifted.status, lifted.json["change"], lifted.json["recipient"]
    )  # fmt: skip
    missing = await desk.post(ERASE, {})
    assert (400, True) == (missing.status, "recipient" in missing.text)


async def test_a_link_to_the_page_of_preferences_holds_no_number(desk):
    made = await desk.post("/api/v1/preference-links", {"recipient": PHONE, "service_sid": SERVICE, "days": 2})
    assert (201, SERVICE, False) == (made.status, made.json["service_sid"], PHONE.removeprefix("+") in made.text)
    [(link_id, recipient, actor)] = desk.rows("SELECT link_id, recipient, actor FROM preference_links")
    assert (made.json["link_id"], PHONE, "admin-token") == (link_id, recipient, actor)
    assert 400 == (await desk.post("/api/v1/preference-links", {"recipient": PHONE})).status
    await desk.post(ERASE, {"recipient": PHONE})
    assert [] == desk.rows("SELECT * FROM preference_links")
