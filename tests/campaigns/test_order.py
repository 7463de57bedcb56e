"""The campaign of shuffled histories in its short form; that it would notice; and the model it judges by."""

import random
import time

import pytest

from scripts.campaigns import order
from scripts.campaigns.order_model import SECOND, Model
from tests.staging import ALONE, ALSO_IN_POOL, IN_POOL, SERVICE, TOLL_FREE

PHONE = "+14155550100"
POOL = {SERVICE: frozenset({IN_POOL, ALSO_IN_POOL, TOLL_FREE})}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_order_in_which_histories_are_learned_changes_nothing(database_url, tmp_path):
    found = await order.run(database_url, tmp_path, engine="sqlite", histories=40, seed=7, seconds=50)
    assert [] == found.wrong
    assert (40, 0) == (found.histories, found.violations)
    assert min(found.steps[name] for name in ("webhooks", "events", "sends")) > 40


@pytest.mark.long
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_nor_does_it_on_postgresql(database_url, tmp_path):
    found = await order.run(database_url, tmp_path, engine="postgresql", histories=100, seed=8, seconds=50)
    assert [] == found.wrong


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_another_outcome_than_the_models_would_be_noticed(database_url):
    async with order.staged(database_url) as stage:
        campaign = order.Campaign(stage, random.Random(1))
        campaign.model = Model({SERVICE: frozenset()}, frozenset())  # to whom no sender has a service
        await campaign.run(10, "sqlite", time.monotonic() + 30)
    assert campaign.found.violations > 3


# The model


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        pytest.param([("STOP", ALONE, 0)], {("sender", ALONE)}, id="a STOP"),
        pytest.param(
            [("STOP", IN_POOL, 0)], {("service", SERVICE), ("sender", IN_POOL)}, id="a STOP to a sender of a pool"
        ),
        pytest.param([("STOP", IN_POOL, 0), ("start ", ALSO_IN_POOL, 1)], set(), id="a START to another of it"),
        pytest.param([("START", ALONE, 1), ("STOP", ALONE, 0)], set(), id="learned the other way round"),
        pytest.param([("START", ALONE, 0.9), ("STOP", ALONE, 0)], {("sender", ALONE)}, id="within a second"),
        pytest.param(
            [("STOP", TOLL_FREE, 0), ("START", IN_POOL, 5)], {("sender", TOLL_FREE)}, id="a toll-free number stays"
        ),
        pytest.param(
            [("STOP", TOLL_FREE, 0), ("yes", TOLL_FREE, 5)],
            {("service", SERVICE), ("sender", TOLL_FREE)},
            id="and YES lifts nothing there",
        ),
        pytest.param([("STOP", TOLL_FREE, 0), ("UNSTOP", TOLL_FREE, 5)], set(), id="UNSTOP does"),
        pytest.param([("HELP", ALONE, 0), ("hello", ALONE, 1)], set(), id="nothing of the kind"),
    ],
)
def test_the_model_knows_who_is_opted_out_of_what(said, scopes):
    model = Model(POOL, frozenset({TOLL_FREE}))
    for number, (body, sender, seconds) in enumerate(said):
        model.hear(str(number), PHONE, sender, body, int(seconds * SECOND))
    assert scopes == model.scopes_out(PHONE)


def test_the_model_hears_a_message_once_and_an_operator_after_all():
    model = Model(POOL, frozenset({TOLL_FREE}))
    model.hear("1", PHONE, ALONE, "STOP", 0)
    model.lift(PHONE, ("sender", ALONE), SECOND // 2)
    model.hear("1", PHONE, ALONE, "STOP", 9 * SECOND)
    assert not model.forbids(PHONE, ALONE)
    model.opt_out(PHONE, ("service", SERVICE), SECOND)
    assert [True, True, False] == [model.forbids(PHONE, sender) for sender in (IN_POOL, TOLL_FREE, ALONE)]
