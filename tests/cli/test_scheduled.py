"""`gateway scheduled list`: what stands, what was cancelled, and what could not be."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.optouts_output import tell_event
from gateway.flows.scheduled import FOUND, event_of
from gateway.operations.json_forms import event_as_json
from gateway.store.records import ScheduledMessage
from tests.staging import ACCOUNT, OTHER_ACCOUNT, PHONE, SERVICE

AT = 1_800_000_000_000_000
ROWS = [
    (ACCOUNT, "SM" + "1" * 32, "standing", None),
    (ACCOUNT, "SM" + "2" * 32, "canceled", None),
    (OTHER_ACCOUNT, "SM" + "3" * 32, "not_canceled", "it was sent already"),
]


@pytest.fixture
def scheduled(store: Path) -> None:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        for account, sid, state, why in ROWS:
            values = (account, sid, "sms", PHONE, PHONE, SERVICE, AT, state, why, AT - 1)
            connection.execute(
                "INSERT INTO scheduled_messages (account_sid, message_sid, channel, recipient_key, recipient,"
                " service_sid, send_at, state, why, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        connection.commit()


LISTED = [
    pytest.param((), [row[1] for row in ROWS], id="all"),
    pytest.param(("--state", "canceled"), ["SM" + "2" * 32], id="a state"),
    pytest.param(("--account", OTHER_ACCOUNT), ["SM" + "3" * 32], id="an account"),
    pytest.param(("--limit", "2"), ["SM" + "1" * 32, "SM" + "2" * 32], id="at most so many"),
]


@pytest.mark.usefixtures("scheduled")
@pytest.mark.parametrize(("arguments", "expected"), LISTED)
def test_scheduled_messages_are_listed(
    run: Callable[..., Any], arguments: tuple[str, ...], expected: list[str]
) -> None:
    told = run("scheduled", "list", "--json", *arguments).json_lines
    assert expected == [message["message_sid"] for message in told]


@pytest.mark.usefixtures("scheduled")
def test_the_list_for_the_eye_says_why_one_was_not_cancelled(run: Callable[..., Any]) -> None:
    heading, *_, last = run("scheduled", "list").out.splitlines()
    assert heading.startswith("SEND AT")
    assert last.endswith("not_canceled  it was sent already")


@pytest.mark.usefixtures("store")
def test_a_list_of_nothing_says_so(run: Callable[..., Any]) -> None:
    assert "no scheduled messages\n" == run("scheduled", "list").out


ENDS = [
    pytest.param(None, "canceled", None, "due 2027-01-15T08:00:00Z: cancelled at Twilio", id="cancelled"),
    pytest.param(
        None, "not_canceled", "it was sent already", "due 2027-01-15T08:00:00Z: it was sent already", id="sent"
    ),
    pytest.param(
        FOUND, "canceled", None, "due 2027-01-15T08:00:00Z at the latest: cancelled at Twilio", id="found at Twilio"
    ),
]


@pytest.mark.parametrize(("noted", "state", "why", "reason"), ENDS)
def test_the_history_tells_what_an_opt_out_did_to_a_scheduled_message(
    noted: str | None, state: str, why: str | None, reason: str
) -> None:
    sid = "SM" + "1" * 32
    message = ScheduledMessage(
        ACCOUNT, sid, "phone", PHONE, PHONE, SERVICE, None, None, AT, "standing", noted, AT - 1, None
    )
    event = event_of(message, state, why, version=3, now=AT - 1_000_000)
    line = f"2027-01-15 07:59:59Z  SCHEDULED {state}  by gateway (gateway)  message_sid={sid}  reason={reason!r}"
    assert line == tell_event(event)
    told = event_as_json(event)
    expected: tuple[object, ...] = ("SCHEDULED", state, [], sid, SERVICE, reason, PHONE)
    names = ("event_type", "change", "scopes", "message_sid", "service_sid", "reason", "recipient")
    assert expected == tuple(told[name] for name in names)
