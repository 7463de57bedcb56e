"""`gateway scheduled list`: what stands, what was cancelled, and what could not be."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
