"""`/api/v1/opt-outs` and `/api/v1/consent-events`: the list and its history, by roles and accounts."""

import base64
import hashlib

import pytest

from gateway.operations.evidence import Seals
from tests.staging import ACCOUNT, ALONE, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE

LIST = "/api/v1/opt-outs"
EVENTS = "/api/v1/consent-events"


async def token_of(admin, role, accounts=None, name="somebody"):
    made = await admin.post("/api/v1/tokens", {"name": name, "role": role, "accounts": accounts})
    assert 201 == made.status, made.text
    return {"Authorization": f"Bearer {made.json['token']}"}


async def test_an_opt_out_from_adding_to_lifting(desk):
    given = {"recipient": "(415) 555-0100", "sender": ALONE, "reason": "by letter"}
    added = await desk.post(LIST, given)
    assert (200, "added", PHONE) == (added.status, added.json["change"], added.json["recipient"])
    again = await desk.post(LIST, given)
    assert (200, "stays", added.json["opt_out_id"]) == (again.status, again.json["change"], again.json["opt_out_id"])
    [line] = (await desk.get(LIST)).json["opt_outs"]
    assert (added.json["opt_out_id"], "api", "admin-token") == (line["opt_out_id"], line["source"], line["actor"])
    checked = await desk.post(f"{LIST}/check", {"recipient": PHONE, "sender": ALONE})
    assert "suppress" == checked.json["decision"]["outcome"]
    lifted = await desk.call("DELETE", f"{LIST}/{line['opt_out_id']}", {"reason": "came back"})
    assert (200, "lifted", []) == (lifted.status, lifted.json["change"], lifted.json["standing"])
    assert [] == (await desk.get(LIST)).json["opt_outs"]
    one = await desk.get(f"{LIST}/{line['opt_out_id']}")
    assert (200, False) == (one.status, one.json["standing"])
    events = (await desk.post(f"{EVENTS}/search", {"recipient": PHONE})).json["events"]
    assert [("added", "by letter"), ("stays", "by letter"), ("lifted", "came back")] == [
        (event["change"], event["reason"]) for event in events
    ]


async def test_what_stood_at_a_time_is_told_from_the_history(desk, clock):
    await desk.post(LIST, {"recipient": PHONE, "service_sid": SERVICE})
    [line] = (await desk.get(LIST)).json["opt_outs"]
    clock.advance(10)
    await desk.call("DELETE", f"{LIST}/{line['opt_out_id']}", {"reason": "came back"})
    at = line["received_at"]
    then = await desk.post(f"{LIST}/check", {"recipient": PHONE, "at": at})
    assert [("service", SERVICE)] == [(each["scope"]["kind"], each["scope"]["id"]) for each in then.json["standing"]]
    before = await desk.post(f"{LIST}/check", {"recipient": PHONE, "at": "2020-01-01T00:00:00Z"})
    now = await desk.post(f"{LIST}/check", {"recipient": PHONE})
    assert ([], []) == (before.json["standing"], now.json["standing"])


async def test_pages_hold_every_opt_out_once_while_others_are_added(desk):
    numbers = [f"+1415555{number:04}" for number in range(7)]
    for number in numbers:
        await desk.post(LIST, {"recipient": number, "sender": ALONE})
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await desk.get(f"{LIST}?limit=3{after and '&after=' + after}")).json
        found += [line["recipient"] for line in page["opt_outs"]]
        await desk.post(LIST, {"recipient": f"+1415666{len(found):04}", "sender": ALONE})
        after = page["next"] if len(found) < len(numbers) else None
    assert numbers == found[: len(numbers)]
    assert len(found) == len(set(found))


async def test_filters(desk, clock):
    await desk.post(LIST, {"recipient": PHONE, "sender": ALONE})
    await desk.post(LIST, {"recipient": f"whatsapp:{PHONE}", "service_sid": SERVICE})
    for query, count in (
        (f"service_sid={SERVICE}", 1),
        ("scope_kind=sender", 1),
        ("channel=whatsapp", 1),
        ("source=keyword", 0),
        ("since=2099-01-01T00:00:00Z", 0),
        (f"account_sid={ACCOUNT}", 2),
    ):
        assert count == len((await desk.get(f"{LIST}?{query}")).json["opt_outs"]), query
    for query, count in (("change=added", 2), ("change=lifted", 0), ("event_type=STOP&limit=1", 1)):
        assert count == len((await desk.get(f"{EVENTS}?{query}")).json["events"]), query


async def test_what_is_on_hold_is_lifted_only_explicitly(desk):
    added = await desk.post(LIST, {"recipient": PHONE, "account_wide": True, "hold": True})
    path = f"{LIST}/{added.json['opt_out_id']}"
    refused = await desk.call("DELETE", path, {"reason": "x"})
    assert (409, "urn:optout-gateway:on-hold") == (refused.status, refused.json["type"])
    assert 200 == (await desk.call("DELETE", path, {"reason": "the court says so", "even_held": True})).status


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "recipient"),
        ({"recipient": PHONE}, "service_sid"),
        ({"recipient": PHONE, "sender": ALONE, "service_sid": SERVICE}, "service_sid"),
        ({"recipient": "nobody", "sender": ALONE}, "recipient"),
        ({"recipient": PHONE, "sender": "!"}, "sender"),
        ({"recipient": PHONE, "service_sid": "MG1"}, "service_sid"),
        ({"recipient": PHONE, "sender": ALONE, "colour": "red"}, "colour"),
        ({"recipient": PHONE, "sender": ALONE, "hold": "yes"}, "hold"),
        ({"recipient": PHONE, "sender": ALONE, "reason": "a\nb"}, "reason"),
        ({"recipient": "9" * 400, "sender": ALONE}, "recipient"),
    ],
    ids=["nothing", "no scope", "two scopes", "no number", "sender", "service", "unknown", "flag", "lines", "too long"],
)
async def test_what_is_wrong_is_named_and_nothing_is_done(desk, document, place):
    answered = await desk.post(LIST, document)
    assert 400 == answered.status, answered.text
    assert place in {error["place"] for error in answered.json["errors"]}
    assert [] == desk.rows("SELECT 1 FROM opt_outs")


async def test_a_reader_sees_numbers_masked_and_changes_nothing(desk):
    added = await desk.post(LIST, {"recipient": PHONE, "sender": ALONE})
    reader = await token_of(desk, "read")
    told = [
        await desk.get(LIST, **reader),
        await desk.get(EVENTS, **reader),
        await desk.post(f"{LIST}/check", {"recipient": PHONE, "sender": ALONE}, **reader),
        await desk.post(f"{LIST}/search", {"recipient": PHONE}, **reader),
        await desk.post(f"{EVENTS}/search", {"recipient": PHONE}, **reader),
    ]
    assert [200] * 5 == [each.status for each in told]
    assert not [each.text for each in told if PHONE in each.text or "4155550100" in each.text]
    for answered in (
        await desk.post(LIST, {"recipient": PHONE, "account_wide": True}, **reader),
        await desk.call("DELETE", f"{LIST}/{added.json['opt_out_id']}", {"reason": "x"}, **reader),
        await desk.get("/api/v1/tokens", **reader),
    ):
        assert (403, "urn:optout-gateway:forbidden") == (answered.status, answered.json["type"])


async def test_another_account_is_as_if_it_were_not_there(desk_of_two):
    desk = desk_of_two
    added = await desk.post(LIST, {"account_sid": OTHER_ACCOUNT, "recipient": PHONE, "sender": ALONE})
    assert 200 == added.status
    theirs = await token_of(desk, "operate", [ACCOUNT])
    assert [] == (await desk.get(LIST, **theirs)).json["opt_outs"]
    assert [] == (await desk.get(EVENTS, **theirs)).json["events"]
    for answered in (
        await desk.get(f"{LIST}?account_sid={OTHER_ACCOUNT}", **theirs),
        await desk.get(f"{LIST}/{added.json['opt_out_id']}", **theirs),
        await desk.call("DELETE", f"{LIST}/{added.json['opt_out_id']}", {"reason": "x"}, **theirs),
        await desk.post(f"{LIST}/search", {"account_sid": OTHER_ACCOUNT, "recipient": PHONE}, **theirs),
    ):
        assert 404 == answered.status
    assert [(True,)] == [(bool(row[0]),) for row in desk.rows("SELECT standing FROM opt_outs")]


async def test_what_an_operator_adds_by_the_api_holds_the_next_send_back(admin):
    added = await admin.post(LIST, {"recipient": PHONE, "service_sid": SERVICE})
    assert 200 == added.status
    sent = await admin.gateway.send(To=PHONE, MessagingServiceSid=SERVICE, Body="x")
    assert (400, 21610) == (sent.status, sent.json["code"])
    assert IN_POOL  # the pool's sender is covered, too


async def test_evidence_is_a_file_or_a_page_for_who_sees_numbers(desk):
    await desk.post(LIST, {"recipient": PHONE, "sender": ALONE, "reason": "<by letter>"})
    made = await desk.post(f"{LIST}/evidence", {"recipient": "(415) 555-0100"})
    assert (200, PHONE, "admin-token") == (made.status, made.json["recipient"], made.json["made_by"])
    [(root_key,)] = desk.rows("SELECT value FROM gateway_values WHERE name = 'root_key'")
    Seals(root_key.encode()).verify(made.json)
    page = await desk.post(f"{LIST}/evidence/page", {"recipient": PHONE})
    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in page.headers["content-security-policy"]
    assert ("&lt;by letter&gt;" in page.text, "<by letter>" in page.text) == (True, False)
    past = await desk.post(f"{LIST}/evidence", {"recipient": PHONE, "at": "2020-01-01T00:00:00Z"})
    assert ([], []) == (past.json["events"], past.json["standing"])
    reader = await token_of(desk, "read")
    for path in (f"{LIST}/evidence", f"{LIST}/evidence/page"):
        assert 403 == (await desk.post(path, {"recipient": PHONE}, **reader)).status
