"""The campaign at the doors in its short form; that it would notice; and the model it judges by."""

import random
import time

import pytest

from gateway.sandbox import RecordedRequest, Sandbox
from scripts.campaigns import doors
from scripts.campaigns.doors_model import Model, identity
from scripts.campaigns.doors_requests import BENDS, generated
from scripts.campaigns.doors_sends import phones
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, SERVICE

PHONE, OTHER = "+14155550100", "+14155550177"
SEND = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nothing_gets_past_the_doors(database_url, tmp_path):
    found = await doors.run(database_url, tmp_path, engine="sqlite", requests=1_500, seed=1, seconds=40)
    assert [] == found.wrong
    assert (1_500, 0) == (found.requests, found.violations)
    assert found.plain > 300
    assert found.messages > 150
    assert found.answers["21610"] > 100


async def test_what_gets_past_would_be_noticed():
    """The same requests without a gateway in between."""
    chance, model, recipients = random.Random(1), Model(doors.POOLS), phones(20)
    for recipient in recipients[:10]:
        model.stop(recipient, ALONE)
    async with Sandbox(doors.SEEDS) as sandbox:
        campaign = doors.Campaign(sandbox.url, sandbox, model, recipients, chance)
        await campaign.run(300, "none", time.monotonic() + 30)
    assert campaign.found.violations > 20
    kinds = {what.partition(":")[0].partition(" was answered")[0] for what in campaign.found.wrong}
    assert "a message to somebody who opted out" in kinds


def test_every_way_to_bend_a_request_is_taken_and_written():
    chance, recipients = random.Random(2), phones(50)
    made = [generated(chance, chance.choice(recipients)) for _ in range(1_500)]
    taken = {name for each in made for name in each.bent}
    assert {bend.__name__ for bend in BENDS} <= taken
    assert all(each.written().encoded() for each in made)


# The model


@pytest.fixture
def model() -> Model:
    model = Model({SERVICE: (IN_POOL, ALSO_IN_POOL)})
    model.stop(PHONE, IN_POOL)
    model.stop(f"whatsapp:{OTHER}", ALONE)
    return model


@pytest.mark.parametrize(
    ("recipient", "speakers", "service", "is_forbidden"),
    [
        pytest.param(PHONE, [IN_POOL], None, True, id="the sender itself"),
        pytest.param(PHONE, [ALSO_IN_POOL], None, True, id="another of its pool"),
        pytest.param(PHONE, [], SERVICE, True, id="the service"),
        pytest.param(PHONE, [ALONE], None, False, id="a sender elsewhere"),
        pytest.param(PHONE, [ALONE], SERVICE, True, id="the service beside a sender elsewhere"),
        pytest.param(f"rcs:{PHONE}", [IN_POOL], None, True, id="by RCS"),
        pytest.param(f"whatsapp:{PHONE}", [IN_POOL], None, False, id="by WhatsApp"),
        pytest.param(f"whatsapp:{OTHER}", [ALONE], None, True, id="a WhatsApp opt-out"),
        pytest.param(OTHER, [ALONE], None, False, id="a WhatsApp opt-out, by SMS"),
    ],
)
def test_the_model_knows_who_may_hear_from_whom(model, recipient, speakers, service, is_forbidden):
    assert is_forbidden == model.forbids(recipient, speakers, service)


@pytest.mark.parametrize(
    "number", ["+5215512345678", "+5491155550123", "+5511955550123"], ids=["Mexico", "Argentina", "Brazil"]
)
def test_the_model_takes_two_writings_for_one_phone(number):
    first = {"+5215512345678": "+525512345678", "+5491155550123": "+541155550123", "+5511955550123": "+551155550123"}
    assert identity(first[number]) == identity(number)


TO = f"To=%2B{PHONE[1:]}"
FROM = f"From=%2B{IN_POOL[1:]}"


@pytest.mark.parametrize(
    ("method", "target", "body", "is_wrong"),
    [
        pytest.param("POST", SEND, f"{TO}&{FROM}", True, id="a send"),
        pytest.param("POST", SEND, f"{TO}&From=%2B{ALONE[1:]}", False, id="a send from elsewhere"),
        pytest.param("POST", SEND, f"To=%2B{OTHER[1:]}&{TO}&{FROM}", True, id="two recipients"),
        pytest.param("POST", SEND, f"to=%2B{PHONE[1:]}&{FROM}", True, id="in another case"),
        pytest.param("POST", SEND, f"To%5B%5D=%2B{PHONE[1:]}&{FROM}", True, id="in brackets"),
        pytest.param("POST", f"{SEND}?{TO}", FROM, True, id="in the query"),
        pytest.param("POST", SEND.replace("M", "%4D"), f"{TO}&{FROM}", True, id="an escaped path"),
        pytest.param("POST", SEND.lower(), f'{{"To": "{PHONE}", "From": "{IN_POOL}"}}', True, id="JSON"),
        pytest.param("POST", SEND, f"{TO}&MessagingServiceSid={SERVICE}", True, id="by the service"),
        pytest.param("POST", SEND.replace(".json", f"/SM{'0' * 32}.json"), f"{TO}&{FROM}", False, id="an update"),
        pytest.param("GET", f"{SEND}?{TO}&{FROM}", "", False, id="a list"),
        pytest.param("GET", f"{SEND}?%5fmethod=POST", "", True, id="a list that names another method"),
        pytest.param("POST", "/comms/v1/Messages", "{}", True, id="bulk messages"),
        pytest.param("POST", "/verify/v2/Services/VA1/VerificationCheck", "", False, id="a check of a code"),
        pytest.param("POST", SEND.replace("Messages", "Calls"), "Twiml=<Response><Sms>x</Sms>", True, id="a call"),
        pytest.param("POST", SEND.replace("Messages", "Calls"), "Twiml=<Response><Say>x</Say>", False, id="a voice"),
    ],
)
def test_the_model_reads_a_request_as_generously_as_anybody_might(model, method, target, body, is_wrong):
    assert is_wrong == (model.violation_of(RecordedRequest(method, target, (), body.encode())) is not None)
