"""``gateway optouts backfill`` at work on the sandbox's list of messages."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox import Message, Sandbox
from tests.staging import ACCOUNT, ALONE, PHONE, rows_of


@pytest.fixture
def past(sandbox: Sandbox, place, store) -> None:
    """A STOP and an ordinary message of last month."""
    place.write(twilio=sandbox.url.rpartition(":")[2])
    for number, body in enumerate(("STOP", "hello")):
        sid, created = f"SM{number:032x}", datetime.now(UTC) - timedelta(days=30)
        sandbox.world.messages[sid] = Message(sid, ACCOUNT, ALONE, body, "inbound", "received", PHONE, created=created)


async def test_a_dry_run_counts_and_the_run_fills_the_list(past, place, run):
    query = "SELECT keyword, reason FROM consent_events"
    dry = await asyncio.to_thread(run, "optouts", "backfill", "--dry-run", "--json")
    assert (0, "", {"read": 2, "inbound": 2, "STOP": 1, "no_keyword": 1}) == (dry.status, dry.err, dry.json["counts"])
    assert [] == rows_of(f"sqlite:///{place.database}", query)
    ran = await asyncio.to_thread(run, "optouts", "backfill")
    assert (0, "") == (ran.status, ran.err)
    assert "added 1; inbound 2; no_keyword 1; read 2" in ran.out
    [(keyword, reason)] = rows_of(f"sqlite:///{place.database}", query)
    assert ("stop", True) == (keyword, reason.startswith("back-filled from Twilio's list of messages by "))
    shown = await asyncio.to_thread(run, "optouts", "check", PHONE)
    assert ALONE in shown.out


def test_twilio_away_is_one_line_that_says_what_to_do(place, store, run):
    ran = run("optouts", "backfill")
    assert (1, "") == (ran.status, ran.out)
    assert ran.err.startswith("gateway: ")
    assert ran.err.endswith("the same command goes on from there\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["--since", "yesterday"], "--since", id="no time"),
        pytest.param(["--until", "tomorrow"], "--until", id="no end"),
        pytest.param(["--since", "2026-02-01", "--until", "2026-01-01"], "--since, --until", id="nothing between"),
    ],
)
def test_what_cannot_be_read_is_named(place, store, run, arguments, named):
    ran = run("optouts", "backfill", *arguments)
    assert (2, True) == (ran.status, ran.err.startswith(f"gateway: {named}: "))
