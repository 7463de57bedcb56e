import asyncio

import pytest

from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, ALONE, OTHER_ACCOUNT, PHONE, inbound, run_on

ITEMS = "/api/v1/review-items"
BODY = "Please stop texting me"
ITEM_OF_ACCOUNT = f"""
INSERT INTO review_items (review_id, account_sid, message_sid, channel, recipient_key, recipient, sender, body,
                          language, rule, words, state, received_at)
VALUES ('{"1" * 36}', '{ACCOUNT}', 'SM1', 'phone', '{PHONE}', '{PHONE}', '{ALONE}', '{BODY}',
        'en', 'a_rule', '["stop"]', 'open', 1)
"""  # noqa: S608 - made up above
NOT_THERE = "00000000-0000-0000-0000-000000000000"


async def test_an_accepted_item_opts_its_recipient_out_and_is_decided_once(admin: AdminOfGateway) -> None:
    gateway = admin.gateway
    await gateway.webhook(inbound(BODY))
    (item,) = (await admin.get(ITEMS)).json["items"]
    assert (PHONE, ALONE, BODY, "open") == (item["recipient"], item["sender"], item["body"], item["state"])
    assert {"stop", "texting"} <= {word for words in item["words"] for word in words.split()}
    assert 201 == (await gateway.send(To=PHONE, from_=ALONE, Body="x")).status

    accepted = await admin.post(f"{ITEMS}/{item['review_id']}/accept", {"reason": "plain enough"})
    assert (200, "added") == (accepted.status, accepted.json["change"])
    assert 400 == (await gateway.send(To=PHONE, from_=ALONE, Body="x")).status
    for action in ("accept", "dismiss"):
        again = await admin.post(f"{ITEMS}/{item['review_id']}/{action}")
        assert (409, "urn:optout-gateway:decided-already") == (again.status, again.json["type"])
    (decided,) = (await admin.get(f"{ITEMS}?state=accepted")).json["items"]
    assert ("admin-token", "plain enough", None) == (decided["actor"], decided["reason"], decided["body"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_dismissed_item_changes_nothing(admin: AdminOfGateway) -> None:
    await admin.gateway.webhook(inbound(BODY))
    (item,) = (await admin.get(ITEMS)).json["items"]
    dismissed = await admin.post(f"{ITEMS}/{item['review_id']}/dismiss", {"reason": "about the dog"})
    assert (200, "dismissed") == (dismissed.status, dismissed.json["state"])
    assert [] == (await admin.get(ITEMS)).json["items"]
    assert ["dismissed"] == [item["state"] for item in (await admin.get(f"{ITEMS}?state=any")).json["items"]]
    assert [] == admin.rows("SELECT * FROM opt_outs")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_items_come_in_pages(admin: AdminOfGateway) -> None:
    for number in ("01", "02", "03"):
        await admin.gateway.webhook(inbound(BODY, number))
    first = (await admin.get(f"{ITEMS}?limit=2")).json
    second = (await admin.get(f"{ITEMS}?limit=2&after={first['next']}")).json
    ends = [item["message_sid"][-1] for page in (first, second) for item in page["items"]]
    assert (["1", "2", "3"], None) == (ends, second["next"])


async def test_an_item_that_there_is_not_is_not_found(desk: Admin) -> None:
    answer = await desk.post(f"{ITEMS}/{NOT_THERE}/accept")
    assert (404, "urn:optout-gateway:unknown-item") == (answer.status, answer.json["type"])


async def test_an_item_of_another_account_is_not_found(desk_of_two: Admin) -> None:
    await asyncio.to_thread(run_on, desk_of_two.database_url, ITEM_OF_ACCOUNT)
    (item,) = (await desk_of_two.get(f"{ITEMS}?account_sid={ACCOUNT}")).json["items"]
    assert [] == (await desk_of_two.get(f"{ITEMS}?account_sid={OTHER_ACCOUNT}")).json["items"]
    path = f"{ITEMS}/{item['review_id']}/accept"
    assert 404 == (await desk_of_two.post(path, {"account_sid": OTHER_ACCOUNT})).status
    assert 200 == (await desk_of_two.post(path, {"account_sid": ACCOUNT})).status


@pytest.mark.parametrize(
    ("query", "place"),
    [("state=closed", "state"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=501", "limit"),
     ("limit=1&limit=2", "limit"), ("after=%00", "after"), ("page=2", "page")],
)  # fmt: skip
async def test_a_query_that_says_something_else_is_refused(desk: Admin, query: str, place: str) -> None:
    answer = await desk.get(f"{ITEMS}?{query}")
    assert (400, place) == (answer.status, answer.json["errors"][0]["place"])
