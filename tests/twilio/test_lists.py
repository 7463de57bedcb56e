"""The reader of Twilio's lists, against the sandbox and against answers that are no lists."""

import json

import pytest

from gateway.sandbox import DEFAULT_SEEDS, Sandbox
from gateway.twilio.lists import Refused, items_of, pages_of
from gateway.twilio.rest import NotAnswered, basic
from gateway.twilio.upstream import Upstream

(ACCOUNT,) = DEFAULT_SEEDS.accounts
SID, TOKEN = ACCOUNT.sid, ACCOUNT.auth_tokens[0]
NUMBERS = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"
POOL = f"/v1/Services/{DEFAULT_SEEDS.services[0].sid}/PhoneNumbers"


async def test_lists_of_both_hosts_are_read_over_all_their_pages():
    async with Sandbox(DEFAULT_SEEDS) as sandbox:
        twilio, authorization = Upstream(sandbox.url), basic(SID, TOKEN)
        for target, key in ((NUMBERS, "incoming_phone_numbers"), (POOL, None)):
            whole = [item["sid"] async for item in items_of(twilio, target, authorization, key)]
            by_one = [page async for page in pages_of(twilio, f"{target}?PageSize=1", authorization, key)]
            assert len(whole) > 1
            assert [[sid] for sid in whole] == [[item["sid"] for item in page] for page in by_one]
        with pytest.raises(Refused, match="401 to a list of IncomingPhoneNumbers") as refused:
            await anext(pages_of(twilio, NUMBERS, basic(SID, "wrong"), "incoming_phone_numbers"))
        assert 401 == refused.value.status
        twilio.close()


@pytest.fixture
async def answering(misbehave):
    """A Twilio that answers each request with one page."""
    clients = []

    async def start(body):
        async def answer(peer, _):
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        clients.append(Upstream((await misbehave(answer)).url))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


NO_LISTS = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"<html>", id="no JSON"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"null", id="null"),
    pytest.param(b"{}", id="no items"),
    pytest.param(b'{"services": {}}', id="items that are no list"),
    pytest.param(b'{"services": [1]}', id="an item that is none"),
    pytest.param(b'{"meta": {}, "services": []}', id="no key"),
    pytest.param(b'{"meta": {"key": "services"}}', id="no items under the key"),
    pytest.param(b'{"meta": {"key": "services"}, "services": 5}', id="a number under the key"),
    pytest.param(b'{"meta": {"key": 5}, "services": []}', id="a key that is none"),
]


@pytest.mark.parametrize("body", NO_LISTS)
async def test_what_is_no_list_is_not_taken_for_an_empty_one(answering, body):
    with pytest.raises(NotAnswered, match="not in the form it is documented in"):
        await anext(pages_of(await answering(body), "/v1/Services", "", "services"))


LEADING_ASTRAY = [
    pytest.param("/2010-04-01/Accounts/AC1/Calls.json?Page=1", "leads elsewhere", id="to another list"),
    pytest.param("/2010-04-01/Accounts/AC1/Messages.json", "leads elsewhere", id="to no page"),
    pytest.param("/2010-04-01/Accounts/AC1/Messages.json?Page=1", "to the same page again", id="in a circle"),
]


@pytest.mark.parametrize(("uri", "said"), LEADING_ASTRAY)
async def test_a_list_that_leads_elsewhere_or_in_a_circle_is_not_followed(answering, uri, said):
    twilio = await answering(json.dumps({"messages": [], "next_page_uri": uri}).encode())
    target = "/2010-04-01/Accounts/AC1/Messages.json?Page=1"
    with pytest.raises(NotAnswered, match=said):
        assert [] == [item async for item in items_of(twilio, target, "", "messages")]


async def test_a_list_without_end_is_given_up(misbehave):
    pages = iter(range(10))

    async def answer(peer, _):
        body = b'{"messages": [{}], "next_page_uri": "/list?Page=%d"}' % next(pages)
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    twilio = Upstream((await misbehave(answer)).url)
    with pytest.raises(NotAnswered, match="more than 3 pages"):
        assert [] == [page async for page in pages_of(twilio, "/list", "", "messages", most=3)]
    twilio.close()
    assert 3 == next(pages)
