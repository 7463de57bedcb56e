import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.flows.relay import KIND, Relay
from gateway.store import Store
from gateway.twilio.forms import Form
from tests.staging import ACCOUNT, OTHER_ACCOUNT, PHONE, inbound

TEXT = "what nobody else is to read"


def owe(database: Path, account: str = ACCOUNT, state: str = "dead") -> str:
    """Write a delivery into the store, as a gateway that ran before has left it."""

    async def write() -> str:
        now = time.time_ns() // 1_000
        store = Store(f"sqlite:///{database}", lambda: now)
        await store.open(serving=False)
        payload = Relay(account, Form(tuple(inbound(TEXT).items()))).stored()
        lease = "mine" if state != "owed" else None
        delivery_id = await store.write(
            lambda transaction: transaction.owe(
                account, KIND, payload, now=now, due_at=now, give_up_at=now, lease=lease
            )
        )
        if state in {"dead", "done"}:
            await store.write(
                lambda transaction: transaction.end_delivery(delivery_id, "mine", state, "it answered 500", now)
            )
        await store.close()
        return delivery_id

    return asyncio.run(write())


def listed(run: Any, *arguments: str) -> list[tuple[str, str]]:
    ran = run("deliveries", "list", *arguments, "--json")
    assert (0, "") == (ran.status, ran.err)
    return [(line["delivery_id"], line["state"]) for line in ran.json_lines]


def test_what_was_given_up_and_what_is_owed_is_listed(run, store):
    owed, dead = owe(store, state="owed"), owe(store)
    other, done = owe(store, OTHER_ACCOUNT), owe(store, state="done")

    assert [(dead, "dead"), (other, "dead"), (owed, "owed")] == listed(run)
    assert [(done, "done")] == listed(run, "--state", "done")
    assert [(dead, "dead")] == listed(run, "--account", ACCOUNT, "--state", "dead")
    assert [(dead, "dead"), (owed, "owed")] == listed(run, "--limit", "1")


def test_for_the_eye_each_has_its_line_with_the_last_error(run, store):
    assert "no deliveries\n" == run("deliveries", "list").out
    dead = owe(store)
    heading, line = run("deliveries", "list").out.splitlines()
    assert heading.startswith("SINCE")
    assert dead in line
    assert line.endswith("it answered 500")


def test_one_is_shown_without_its_text(run, store):
    dead, held = owe(store), owe(store, state="held")
    shown = run("deliveries", "show", dead, "--json").json
    assert ("dead", "it answered 500", PHONE) == (shown["state"], shown["last_error"], shown["about"]["From"])
    text = run("deliveries", "show", dead).out
    assert PHONE in text
    assert TEXT not in text + str(shown)
    assert "under way" in run("deliveries", "show", held).out


def test_what_was_given_up_may_be_tried_again(run, store):
    dead, done = owe(store), owe(store, state="done")
    assert f"{dead}: due now\n" == run("deliveries", "retry", dead).out
    assert [(dead, "owed")] == listed(run)

    ran = run("deliveries", "retry", dead, done, "nobody's")
    assert (1, f"{dead}: due now\n") == (ran.status, ran.out)
    assert f"{done}: it is done already; nobody's: there is no such delivery" in ran.err


def test_all_that_was_given_up_may_be_tried_again(run, store):
    owe(store)
    owe(store, OTHER_ACCOUNT)
    assert {"due": 1} == run("deliveries", "retry", "--all-dead", "--account", ACCOUNT, "--json").json
    assert "1 deliveries are due now\n" == run("deliveries", "retry", "--all-dead").out
    assert {"due": 0} == run("deliveries", "retry", "--all-dead", "--json").json


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(("retry",), 2, "DELIVERY_ID, --all-dead", id="nothing to retry"),
        pytest.param(("retry", "x", "--all-dead"), 2, "DELIVERY_ID, --all-dead", id="one and all"),
        pytest.param(("retry", "x", "--account", ACCOUNT), 2, "--account", id="one of an account"),
        pytest.param(("list", "--account", "AC1"), 2, "--account", id="an account that is none"),
        pytest.param(("list", "--state", "lost"), 2, "--state", id="a state that is none"),
        pytest.param(("show", "nobody's"), 1, "there is no such delivery", id="one that nobody knows"),
    ],
)
def test_what_cannot_be_done_says_why(run, store, arguments, status, said):
    ran = run("deliveries", *arguments)
    assert (status, True) == (ran.status, said in ran.err)


def test_without_a_store_none_is_made(run, place):
    ran = run("deliveries", "list")
    assert (1, False) == (ran.status, place.database.exists())


def test_what_a_sink_is_owed_is_listed_shown_and_tried_again_by_its_name(run, store):
    asyncio.run(put_aside(store))
    assert [] == run("deliveries", "list", "--sink", "other", "--json").json_lines
    [listed] = run("deliveries", "list", "--sink", "crm", "--state", "dead", "--json").json_lines
    assert ("event", "crm", "dead") == (listed["kind"], listed["sink"], listed["state"])
    shown = run("deliveries", "show", listed["delivery_id"]).out
    assert "optout-gateway.consent.changed" in shown
    assert PHONE not in shown
    assert {"due": 0} == run("deliveries", "retry", "--all-dead", "--sink", "other", "--json").json
    assert {"due": 1} == run("deliveries", "retry", "--all-dead", "--sink", "crm", "--json").json
    assert 2 == run("deliveries", "retry", listed["delivery_id"], "--sink", "crm").status


async def put_aside(database: Path) -> None:
    """An event that a sink never took."""
    now = time.time_ns() // 1_000
    store = Store(f"sqlite:///{database}", lambda: now)
    await store.open(serving=False)
    event = {"type": "optout-gateway.consent.changed", "id": "e1", "data": {"recipient": PHONE}}
    await store.write(lambda unit: unit.owe_event(ACCOUNT, "crm", "order", event, now))
    await store.write(lambda unit: unit.put_events_aside(ACCOUNT, "crm", now, 1))
    await store.close()
