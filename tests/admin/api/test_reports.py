"""Reports: opt-outs and sends over time, counted or not yet, as JSON and CSV; the last send before an opt-out."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.messaging.instants import iso
from gateway.operations.counting import Counting
from gateway.sandbox import Sandbox
from gateway.store import Store
from gateway.store.activity_reads import ActivityFilter
from gateway.store.identifiers import new_id
from tests.admin.api.test_activity import written
from tests.admin.conftest import AdminOfGateway
from tests.staging import ALONE, IN_POOL, PHONE, SERVICE, Clock, later, say

REPORTS = "/api/v1/reports"
MEXICAN = "+525555550101"
HOUR = 3_600
OF_OPT_OUTS = ("keyword", "source")
SUPPRESSED: dict[str, dict[str | None, int]] = {
    "service": {SERVICE: 1},
    "sender": {None: 1},
    "country": {"US": 1},
    "keyword": {"stop": 1},
    "source": {"keyword": 1},
}


async def a_day(admin: AdminOfGateway, sandbox: Sandbox) -> None:
    """Two sends, an opt-out by keyword and its send that is held back, HELP, an opt-in, an opt-out by an operator."""
    gateway = admin.gateway
    await gateway.send(To=PHONE, Body="x", from_=IN_POOL)
    await gateway.send(To=MEXICAN, Body="x", from_=ALONE)
    await say(sandbox, "HELP")
    await say(sandbox, "STOP")
    await say(sandbox, "STOP")
    await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE)
    later(gateway, sandbox)
    await say(sandbox, "START")
    await admin.post("/api/v1/opt-outs", {"recipient": MEXICAN, "sender": ALONE, "reason": "by letter"})
    await written(admin, 7)


async def count(admin: AdminOfGateway, clock: Clock, since: int | None = None) -> None:
    """Have another process count, as a gateway's timer does."""
    store = Store(admin.database_url, clock)
    await store.open(serving=False)
    counting = Counting(store, clock, keep_days=30, keep_counts_days=400)
    await (counting.count() if since is None else counting.recount(since))
    await store.close()


async def tell(admin: AdminOfGateway, clock: Clock) -> None:
    """Count and tell metrics, as the timer of this process does."""
    store = Store(admin.database_url, clock)
    await store.open(serving=False)
    await Counting(store, clock, keep_days=30, keep_counts_days=400).round_or_say()
    await store.close()


async def last_day(admin: AdminOfGateway) -> dict[tuple[str, str, str], float]:
    """What `/metrics` tells of the last day: by what, which group, and the measure."""
    samples = [
        sample
        for family in text_string_to_metric_families((await admin.get("/metrics")).text)
        for sample in family.samples
        if sample.name.startswith("gateway_last_day")
    ]
    names = ("by", "group", "measure")
    return {tuple(sample.labels.get(name, "") for name in names): sample.value for sample in samples}  # type: ignore[misc]


async def report(admin: AdminOfGateway, path: str, **query: str) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answered = await admin.get(f"{REPORTS}/{path}?{asked}")
    assert 200 == answered.status, answered.text
    return answered.json


def by_group(told: dict[str, Any], *measures: str) -> dict[str | None, tuple[int, ...]]:
    return {row["group"]: tuple(row[measure] for measure in measures) for row in told["rows"]}


async def test_reports_tell_the_same_before_and_after_it_was_counted_and_once_more(
    admin: AdminOfGateway, sandbox: Sandbox, clock: Clock
) -> None:
    await a_day(admin, sandbox)
    since = iso(clock() - HOUR * 1_000_000)
    for how in ("from the truth", "counted", "counted anew"):
        if how == "counted":
            clock.advance(HOUR)
            await count(admin, clock)
            assert {"opt_outs", "suppressed"} <= {row[0] for row in admin.rows("SELECT measure FROM report_counts")}
        if how == "counted anew":
            before = sorted(admin.rows("SELECT * FROM report_counts"))
            await count(admin, clock, since=clock() - 2 * HOUR * 1_000_000)
            assert before == sorted(admin.rows("SELECT * FROM report_counts"))
        told = await report(admin, "opt-outs", since=since)
        expected = {"opt_outs": 2, "opt_ins": 1, "help": 1, "forwarded": 2, "suppressed": 1, "opt_out_rate": 1.0}
        assert expected == told["total"], how
        assert len(told["rows"]) in {1, 2}, "a day, or two where midnight is near"
        for by, opt_outs in {
            "service": {SERVICE: 1, None: 1},
            "sender": {IN_POOL: 1, None: 1},
            "country": {"US": 1, "MX": 1},
            "keyword": {"stop": 1, None: 1},
            "source": {"keyword": 1, "api": 1},
        }.items():
            rows = (await report(admin, "opt-outs", since=since, by=by))["rows"]
            assert opt_outs == {row["group"]: row["opt_outs"] for row in rows if row["opt_outs"]}, (how, by)
            assert SUPPRESSED[by] == {row["group"]: row["suppressed"] for row in rows if row["suppressed"]}, (how, by)
            assert (by in OF_OPT_OUTS) == all(row["forwarded"] is None for row in rows), (how, by)
            sends = (await report(admin, "sends", since=since, by=by))["rows"]
            assert SUPPRESSED[by] == {row["group"]: row["suppressed"] for row in sends if row["suppressed"]}, (how, by)
            assert 2 == sum(row["forwarded"] for row in sends), (how, by)
        sends = await report(admin, "sends", since=since, by="reason", interval="hour", time_zone="Asia/Kathmandu")
        assert {"forwarded": 2, "suppressed": 1, "refused": 0, "failed": 0, "errors": 0} == sends["total"], how
        assert {"no_opt_out": (2, 0), "opted_out_of_sender": (0, 1)} == by_group(sends, "forwarded", "suppressed")
        assert all(row["since"].endswith("+05:45") for row in sends["rows"])
        of_service = await report(admin, "sends", since=since, service_sid=SERVICE)
        assert 1 == of_service["total"]["suppressed"]
        assert 0 == of_service["total"]["forwarded"]


async def test_metrics_tell_the_last_day_by_service_country_and_source(
    admin: AdminOfGateway, sandbox: Sandbox, clock: Clock
) -> None:
    await a_day(admin, sandbox)
    clock.advance(HOUR)
    await tell(admin, clock)
    told = await last_day(admin)
    assert {
        ("", "", "opt_outs"): 2, ("", "", "suppressed"): 1, ("service", SERVICE, "opt_outs"): 1,
        ("service", "", "forwarded"): 2, ("country", "MX", "opt_outs"): 1, ("source", "api", "opt_outs"): 1,
    }.items() <= told.items()  # fmt: skip
    assert PHONE not in str(told)
    assert IN_POOL not in str(told)
    clock.advance(24 * HOUR)
    await tell(admin, clock)
    assert {0.0} == set((await last_day(admin)).values())


async def test_what_was_written_late_is_counted_by_the_next_round(
    admin: AdminOfGateway, sandbox: Sandbox, clock: Clock
) -> None:
    await a_day(admin, sandbox)
    clock.advance(1_800)
    await count(admin, clock)
    store = Store(admin.database_url, clock)
    await store.open(serving=False)
    first = (await store.list_activity(ActivityFilter(), None, 100))[-1]
    late = replace(first, activity_id=new_id(first.at))
    for _ in range(2):  # a process that does not know whether it was written tries again
        await store.write(lambda unit: unit.add_activity([late]))
    await store.close()
    clock.advance(900)
    await count(admin, clock)
    told = await report(admin, "sends", since=iso(clock() - 2 * HOUR * 1_000_000))
    assert 3 == told["total"]["forwarded"]


async def test_an_opt_out_is_attributed_to_the_last_send_that_went_there(
    admin: AdminOfGateway, sandbox: Sandbox
) -> None:
    await a_day(admin, sandbox)
    told = (await admin.get(f"{REPORTS}/attribution")).json
    assert [(PHONE, "stop", IN_POOL, 0)] == [
        (one["recipient"], one["keyword"], one["last_sender"], one["seconds_between"]) for one in told["opt_outs"]
    ]
    assert sandbox.messages[0].sid == told["opt_outs"][0]["last_message_sid"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda path: (f"{path}?format=csv", {}), id="by format"),
        pytest.param(lambda path: (path, {"Accept": "text/csv"}), id="by Accept"),
    ],
)
async def test_reports_are_had_as_csv_with_numbers_masked(
    admin: AdminOfGateway, sandbox: Sandbox, ask: Callable[[str], tuple[str, dict[str, str]]]
) -> None:
    await a_day(admin, sandbox)
    token = (await admin.post("/api/v1/tokens", {"name": "ann", "role": "read"})).json["token"]
    found = []
    for name in ("opt-outs", "sends", "attribution"):
        path, headers = ask(f"{REPORTS}/{name}")
        answered = await admin.get(path, Authorization=f"Bearer {token}", **headers)
        assert (200, "text/csv; charset=utf-8") == (answered.status, answered.headers["content-type"])
        found.append(list(csv.DictReader(io.StringIO(answered.text, newline=""))))
    assert ["2", "2", "+1********00"] == [found[0][-1]["opt_outs"], found[1][-1]["forwarded"], found[2][0]["recipient"]]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        pytest.param("time_zone=Europe/Atlantis", "time_zone", id="no such time zone"),
        pytest.param("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until", id="ends before it begins"),
        pytest.param("interval=hour&since=2020-01-01T00:00:00Z", "since", id="too many intervals"),
        pytest.param("since=0001-01-01T00:00:00Z", "since", id="before there were calendars of computers"),
        pytest.param("by=body", "by", id="told apart by what is not kept"),
    ],
)
async def test_what_cannot_be_told_is_refused_with_its_place(desk: Any, query: str, place: str) -> None:
    refused = await desk.get(f"{REPORTS}/opt-outs?{query}")
    assert (400, [place]) == (refused.status, [error["place"] for error in refused.json["errors"]])
