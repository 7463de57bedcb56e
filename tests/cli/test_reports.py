"""`gateway reports` and `gateway messages` on a store that a gateway has left."""

import asyncio
import csv
import io
import time
from pathlib import Path

import pytest

from gateway.messaging.activity import Activity
from gateway.store import Store
from gateway.store.identifiers import new_id
from tests.staging import ACCOUNT, IN_POOL, PHONE

SID = "SM" + "0" * 32


def sent(database: Path) -> None:
    """One send that went out a minute ago."""

    async def write() -> None:
        at = time.time_ns() // 1_000 - 60_000_000
        store = Store(f"sqlite:///{database}", lambda: at)
        await store.open(serving=False)
        line = Activity(
            new_id(at), ACCOUNT, at, "outbound", "forwarded", "no_opt_out", True, 201, None, SID, None, IN_POOL,
            "phone", PHONE, "US", None, None, 1,
        )  # fmt: skip
        await store.write(lambda unit: unit.add_activity([line]))
        await store.close()

    asyncio.run(write())


def test_reports_are_told_for_the_eye_as_csv_and_as_json_and_counted_anew(run, store):
    sent(store)
    assert 0 == run("optouts", "add", PHONE, "--sender", IN_POOL, "--reason", "by letter").status
    for _ in range(2):
        heading, *_, total = run("reports", "opt-outs", "--by", "country").out.splitlines()
        assert [
            "SINCE",
            "GROUP",
            "OPT_OUTS",
            "OPT_INS",
            "HELP",
            "FORWARDED",
            "SUPPRESSED",
            "OPT_OUT_RATE",
        ] == heading.split()
        assert ["all", "-", "1", "0", "0", "1", "0", "1.0"] == total.split()
        assert {"US": 1} == {
            row["group"]: row["opt_outs"]
            for row in run("reports", "opt-outs", "--by", "country", "--json").json["rows"]
        }
        rows = list(csv.DictReader(io.StringIO(run("reports", "sends", "--csv", "--by", "sender").out)))
        assert [(IN_POOL, "1", "0")] == [(row["group"], row["forwarded"], row["suppressed"]) for row in rows]
        assert "counted anew\n" == run("reports", "recount", "--since", "2026-01-01").out
    assert "no opt-outs\n" == run("reports", "attribution").out, "an operator's follows from no message"


def test_the_journey_of_a_message_is_told_with_one_line_a_step(run, store):
    sent(store)
    said = run("messages", "journey", SID).out.splitlines()
    assert ["direction    outbound", f"recipient    {PHONE}", f"sender       {IN_POOL}"] == said[:3]
    assert [["decided", "forwarded"], ["answered_by_twilio", "taken"]] == [line.split()[1:3] for line in said[5:]]
    assert ["decided", "answered_by_twilio"] == [
        step["step"] for step in run("messages", "journey", SID, "--json").json["steps"]
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(("messages", "journey", "SM1"), 2, "MESSAGE_SID", id="no SID"),
        pytest.param(("messages", "journey", f"MM{'0' * 32}"), 1, "never saw it", id="a message nobody saw"),
        pytest.param(("reports", "sends", "--time-zone", "Europe/Atlantis"), 2, "--time-zone", id="no such time zone"),
        pytest.param(("reports", "sends", "--since", "2999-01-01"), 2, "--until", id="ends before it begins"),
        pytest.param(("reports", "sends", "--interval", "hour", "--since", "2020-01-01"), 2, "--since", id="too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_ends_in_one_line(run, store, arguments, status, said):
    ran = run(*arguments)
    assert (status, 1) == (ran.status, ran.err.count("\n"))
    assert said in ran.err
