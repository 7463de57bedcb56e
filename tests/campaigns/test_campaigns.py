"""The campaigns in their short forms: that they find nothing, and that they would."""

import random
import time

import pytest

from scripts.campaigns import check_cost, import_lists, kill, kill_adopt, kill_relay, moody_app, rehearsal, stale
from scripts.campaigns.fleet import Fleet, Replica, started_fleet
from tests.staging import Answered


def engine_of(database_url: str) -> str:
    return database_url.partition(":")[0]


@pytest.mark.long
async def test_no_answer_is_stale_after_a_stop_at_another_process(database_url, tmp_path):
    found = await stale.run(
        database_url,
        tmp_path,
        engine=engine_of(database_url),
        pairs=300,
        processes=2,
        seed=1,
        seconds=30,
        restart_every=0.4,
    )
    assert [] == found.wrong
    assert (0, 0) == (found.stale, found.reached)
    assert found.pairs >= 300
    assert found.restarts.total() >= 1


async def test_nothing_acknowledged_is_lost_by_kill_9(database_url, tmp_path):
    found = await kill.run(
        database_url,
        tmp_path,
        engine=engine_of(database_url),
        cycles=3,
        processes=2,
        seed=1,
        seconds=30,
        settle_seconds=0,
    )
    assert [] == found.wrong
    assert (3, 0, 0, 0) == (found.cycles, found.lost, found.lost_deliveries, found.twice)
    assert found.acknowledged["STOP"] > 0


async def test_what_apps_are_owed_arrives_and_nothing_twice_after_kill_9(database_url, tmp_path):
    chance = random.Random(4)
    async with moody_app.MoodyApp(chance) as app, started_fleet(database_url, 1, tmp_path, app_url=app.url) as fleet:
        campaign = kill_relay.Campaign(fleet, app, chance)
        await campaign.run(1, 20.0, time.monotonic() + 30, engine_of(database_url))
        assert [] == campaign.found.wrong
        assert (1, True) == (campaign.found.cycles, campaign.found.acknowledged.total() > 5)

        app.tokens.clear()  # and that it would be noticed
        campaign.look()
        assert campaign.found.wrong


async def test_what_a_check_costs_is_measured_and_shown(database_url):
    measured, written = await check_cost.measure(
        engine_of(database_url), database_url, [10, 100], rounds=2, checks=50, writes=20
    )
    shown = check_cost.table(measured, written).splitlines()
    assert [(10, 1), (10, 64), (100, 1), (100, 64)] == [(each.rows, each.in_flight) for each in measured]
    assert 2 + 4 + 1 + 2 + 2 == len(shown)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kills", [0, pytest.param(2, marks=pytest.mark.long)])
def test_a_list_is_imported_once_though_it_is_killed_on_the_way(database_url, tmp_path, kills):
    found = import_lists.campaign(database_url, tmp_path, rows=3_000, kills=kills, seed=1)
    assert [] == found.wrong
    assert ["export", "import of what is known"] == [cost.what for cost in found.costs][-2:]
    assert len(found.costs) + 2 == len(import_lists.table([("sqlite", cost) for cost in found.costs]).splitlines())
    out = tmp_path / "out.csv"
    out.write_text("".join(out.read_text().splitlines(keepends=True)[:-1]))  # and it would be noticed
    import_lists.look(found, database_url, out, 3_000)
    assert found.wrong


# That they would notice


class Forgetful(Fleet):
    """A fleet whose gateways forward whatever is sent."""

    async def send(self, replica: Replica, *, to: str, sender: str, body: str) -> Answered:
        return Answered(201, {}, b"{}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_stale_answer_and_a_lost_stop_would_be_noticed(database_url, tmp_path):
    async with started_fleet(database_url, 2, tmp_path) as fleet:
        forgetful = Forgetful(fleet.replicas, fleet.database_url, fleet.sandbox, fleet.app, fleet.http)
        looking = stale.Campaign(forgetful, random.Random(1), time.monotonic() + 10)
        await looking.run(3, 1, 60.0, "sqlite")
        assert 3 <= looking.found.stale == len(looking.found.wrong)

        killing = kill.Campaign(forgetful, random.Random(1))
        await killing.run(2, 0.0, time.monotonic() + 10, "sqlite")
        assert killing.found.lost > 0
        assert killing.found.wrong


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_made_up_capture_is_tried_and_played_and_decided_as_it_says(database_url, tmp_path):
    found = await rehearsal.campaign(database_url, tmp_path, records=400, played=120)
    assert [] == found.wrong
    assert [400, 120] == [cost.report["requests"] for cost in found.costs]
    assert {"send", "status", "inbound"} == found.costs[1].report["kinds"].keys()
    assert 2 + len(found.costs) == len(rehearsal.table(found.costs).splitlines())


FIRST = kill_adopt.LISTS + 1
CASES = [
    pytest.param(kill_adopt.Case("adopt", FIRST, False, "adopt", True), id="adopt elsewhere, before Twilio is told"),
    pytest.param(kill_adopt.Case("revert", FIRST, True, "adopt"), id="revert, after Twilio was told"),
    pytest.param(kill_adopt.Case("adopt", FIRST, False, "adopt"), id="adopt, before", marks=pytest.mark.long),
    pytest.param(kill_adopt.Case("adopt", FIRST, True, "revert"), id="adopt, after", marks=pytest.mark.long),
]


@pytest.mark.parametrize("case", CASES)
async def test_webhooks_are_led_to_the_gateway_and_put_back_though_the_command_is_killed(database_url, case):
    found = await kill_adopt.run(database_url, [case])
    assert (1, []) == (found.cases, found.wrong)
