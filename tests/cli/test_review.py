import asyncio
import getpass

import pytest

from gateway.messaging.optouts import RecipientKey
from gateway.store import Store
from gateway.store.identifiers import new_id
from gateway.store.records import ReviewItem
from tests.staging import ACCOUNT, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE

NOON = 1_780_000_000_000_000
BODY = "please stop texting me\nnow"


@pytest.fixture
def listed(store):
    """Put a message on the review list; gives its identifier. Each comes a second after the last."""
    count = iter(range(10_000))

    def put(account: str = ACCOUNT, body: str = BODY, recipient: str = PHONE) -> str:
        at = NOON + next(count) * 1_000_000
        key = RecipientKey(account, "phone", recipient)
        item = ReviewItem(
            new_id(at), key, "SM" + "1" * 32, recipient, IN_POOL, SERVICE, body, "en", "stop_texting",
            ("stop", "texting"), "open", at,
        )  # fmt: skip

        async def write() -> None:
            opened = Store(f"sqlite:///{store}", lambda: at)
            await opened.open(serving=False)
            await opened.write(lambda transaction: transaction.add_review_item(item))
            await opened.close()

        asyncio.run(write())
        return item.review_id

    return put


def test_the_list_shows_what_is_open_with_the_words_that_gave_it_away(run, listed):
    review_id = listed()
    heading, line = run("review", "list").out.splitlines()
    assert ["ID", "RECEIVED", "RECIPIENT", "SENDER", "STATE", "WORDS,", "BODY"] == heading.split()
    expected = [review_id, "2026-05-28", "20:26:40Z", PHONE, IN_POOL, "open", "stop,", f"texting: {BODY!r}"]
    assert expected == line.split(maxsplit=7)
    assert {
        "review_id": review_id,
        "account_sid": ACCOUNT,
        "message_sid": "SM" + "1" * 32,
        "recipient": PHONE,
        "sender": IN_POOL,
        "service_sid": SERVICE,
        "body": BODY,
        "language": "en",
        "rule": "stop_texting",
        "words": ["stop", "texting"],
        "state": "open",
        "received_at": "2026-05-28T20:26:40.000000Z",
        "decided_at": None,
        "actor": None,
        "reason": None,
        "event_id": None,
    } == run("review", "list", "--json").json


def test_an_accepted_item_opts_out_and_is_listed_as_such_without_its_body(run, listed):
    review_id = listed()
    ran = run("review", "accept", review_id, "--reason", "it is plain")
    assert (0, "accepted: the recipient is opted out\n", "") == (ran.status, ran.out, ran.err)
    assert "" == run("review", "list", "--json").out
    told = run("review", "list", "--state", "accepted", "--json").json
    assert ("accepted", None, getpass.getuser(), "it is plain") == (
        told["state"], told["body"], told["actor"], told["reason"]
    )  # fmt: skip
    assert BODY.split()[0] not in run("review", "list", "--state", "accepted").out.splitlines()[1]
    (event,) = run("optouts", "history", PHONE, "--json").json_lines
    assert (told["event_id"], "added", "review.en.stop_texting") == (
        event["event_id"], event["change"], event["keyword_set"]
    )  # fmt: skip
    assert {SERVICE, IN_POOL} == {o["scope"]["id"] for o in run("optouts", "check", PHONE, "--json").json["standing"]}


def test_a_second_item_of_the_same_recipient_is_told_to_change_nothing(run, listed):
    first, second, third = listed(), listed(), listed()
    assert {"review_id": first, "state": "accepted", "change": "added"} == run("review", "accept", first, "--json").json
    assert "accepted: the recipient was opted out already\n" == run("review", "accept", second).out
    assert 0 == run("optouts", "remove", PHONE, "--all", "--reason", "asked by phone").status
    assert "accepted: the recipient opted in since then, which counts\n" == run("review", "accept", third).out


def test_a_dismissed_item_leaves_everything_as_it_is(run, listed):
    one, two = listed(), listed()
    assert "dismissed\n" == run("review", "dismiss", one).out
    told = run("review", "dismiss", two, "--reason", "the bill", "--json").json
    assert {"review_id": two, "state": "dismissed"} == told
    assert [one, two] == [t["review_id"] for t in run("review", "list", "--state", "dismissed", "--json").json_lines]
    assert [] == run("optouts", "check", PHONE, "--json").json["standing"]


@pytest.mark.parametrize("second", ["accept", "dismiss"])
def test_an_item_is_decided_once(run, listed, second):
    review_id = listed()
    assert 0 == run("review", "dismiss", review_id).status
    ran = run("review", second, review_id, "--json")
    expected = f"gateway: ID: it is dismissed already, by {getpass.getuser()}\n"
    assert (1, "", expected) == (ran.status, ran.out, ran.err)


def test_the_list_is_whole_over_its_pages_and_filtered_by_account(run, listed, monkeypatch):
    monkeypatch.setattr("gateway.cli.review.PAGE", 2)
    ids = [listed(account) for account in (ACCOUNT, OTHER_ACCOUNT, ACCOUNT, ACCOUNT, ACCOUNT)]

    def found(*arguments: str) -> list[str]:
        return [told["review_id"] for told in run("review", "list", *arguments, "--json").json_lines]

    assert ids == found()
    assert ids[:1] + ids[2:] == found("--account", ACCOUNT)
    assert ids[1:2] == found("--account", OTHER_ACCOUNT), "an account that has left the settings"
    assert 0 == run("review", "accept", ids[1]).status


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("status", "arguments", "expected"),
    [
        pytest.param(1, ("accept", "none"), "ID: the review list has no such item", id="nothing to accept"),
        pytest.param(1, ("dismiss", "none"), "ID: the review list has no such item", id="nothing to dismiss"),
        pytest.param(2, ("accept",), "Missing argument 'ID'; see: gateway review accept --help", id="no item"),
        pytest.param(2, ("accept", "x", "--reason", ""), "--reason: it must be one line", id="an empty reason"),
        pytest.param(2, ("dismiss", "x", "--reason", "a\nb"), "--reason: it must be one line", id="two lines"),
        pytest.param(2, ("list", "--state", "done"), "Invalid value for '--state'", id="no such state"),
        pytest.param(2, ("list", "--account", "AC1"), "--account: it is not AC and 32", id="no account's SID"),
        pytest.param(2, ("lst",), "No such command 'lst'.", id="no such command"),
    ],
)
def test_what_cannot_be_done_is_one_line_that_names_it(run, status, arguments, expected):
    ran = run("review", *arguments)
    assert (status, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")
