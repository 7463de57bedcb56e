from typing import Any

import pytest

from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ALONE, IN_POOL, PHONE, SERVICE, SHORT_CODE, TOLL_FREE, WHATSAPP, inbound

EXPLAIN = "/api/v1/explain"
MEXICAN = "+525555550101"
REPLY = "Ya no recibirá mensajes. ALTA para volver."


SETTINGS = {
    "senders": [IN_POOL],
    "countries": {"MX": {"es": {"opt_out": {"keywords": ["BAJA"], "reply": REPLY}}}},
    "languages": {"fr": {"opt_out": {"keywords": ["ARRET"], "reply": "Vous ne recevrez plus de messages."}}},
}


async def enable(admin: Admin) -> None:
    await admin.put(f"/api/v1/services/{SERVICE}/opt-out-settings", SETTINGS)
    await admin.post(f"/api/v1/services/{SERVICE}/enable")


@pytest.fixture
async def enabled(desk: Admin) -> Admin:
    await enable(desk)
    return desk


async def test_a_body_is_explained_from_its_folded_form_to_the_exact_reply(enabled: Admin) -> None:
    asked = {"body": " Baja\u200b ", "service_sid": SERVICE, "sender": IN_POOL, "recipient": "+52 1 55 5555 0101"}
    scopes = [{"kind": "service", "id": SERVICE}, {"kind": "sender", "id": IN_POOL}]
    expected = {
        "folded": "baja",
        "loosely_folded": None,
        "opt_out_type": "STOP",
        "keyword_set": "countries.MX.es.opt_out",
        "keyword": "baja",
        "matching": "exact",
        "why": "sets of the recipient's country are looked through first",
        "country": "MX",
        "sender": IN_POOL,
        "service_sid": SERVICE,
        "version": 2,
        "advanced_opt_out": True,
        "twilio_handling": "off",
        "relayed": True,
        "enforced": True,
        "change": "added",
        "scopes": scopes,
        "lifted_at_twilio": [],
        "reply": REPLY,
        "segments": 1,
        "encoding": "UCS-2",
        "asks_to_stop": None,
        "remarks": [],
    }
    assert expected == (await enabled.post(EXPLAIN, asked)).json
    assert [] == enabled.rows("SELECT * FROM consent_events"), "nothing is changed"


BODIES = [
    pytest.param(
        {"body": "arret", "service_sid": SERVICE, "recipient": MEXICAN},
        {"keyword_set": "languages.fr.opt_out", "why": "no set of the recipient's country has the word; sets of"
         " languages count in every country", "encoding": "GSM-7"},
        id="a language's set",
    ),
    pytest.param(
        {"body": "quit", "sender": ALONE, "recipient": PHONE},
        {"keyword_set": "default.STOP", "version": None, "advanced_opt_out": False,
         "why": "no settings of a Messaging Service are in force here; Twilio's default keywords count"},
        id="the default set",
    ),
    pytest.param(
        {"body": "Hello", "sender": ALONE},
        {"opt_out_type": None, "why": None, "change": None, "reply": None},
        id="none",
    ),
    pytest.param({"body": ""}, {"opt_out_type": None, "sender": None}, id="an empty body, with nothing else"),
    pytest.param(
        {"body": "stop", "sender": TOLL_FREE, "recipient": PHONE}, {"change": "added", "reply": None}, id="toll-free"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), BODIES)
async def test_a_body_is_explained(enabled: Admin, asked: dict[str, str], expected: dict[str, Any]) -> None:
    told = (await enabled.post(EXPLAIN, asked)).json
    assert expected == {name: told[name] for name in expected}
    assert (asked.get("sender") == TOLL_FREE) == any("the carrier itself answers" in r for r in told["remarks"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_send_is_explained_by_the_opt_out_that_holds_it_back_and_its_event(admin: AdminOfGateway) -> None:
    await enable(admin)
    asked = {"service_sid": SERVICE, "recipient": "(415) 555-0100"}
    goes = (await admin.post(EXPLAIN, asked)).json
    assert (True, "no_opt_out", None, None) == (goes["forwarded"], goes["reason"], goes["opt_out"], goes["event"])
    await admin.gateway.webhook(inbound("STOP", To=IN_POOL, MessagingServiceSid=SERVICE))
    held = (await admin.post(EXPLAIN, asked)).json
    assert (False, "opted_out_of_sender") == (held["forwarded"], held["reason"])
    assert ({"kind": "sender", "id": IN_POOL}, "keyword") == (held["opt_out"]["scope"], held["opt_out"]["source"])
    evidence = ("stop", "standard.opt_out", 2, IN_POOL)
    event = held["event"]
    assert evidence == (event["keyword"], event["keyword_set"], event["service_version"], event["sender"])
    assert held["settings_version"] >= goes["settings_version"] > 0
    by_sender = (await admin.post(EXPLAIN, {"sender": SHORT_CODE, "recipient": PHONE})).json
    assert ("sender_not_placed", [SHORT_CODE]) == (by_sender["reason"], by_sender["unplaced"])


REFUSED = [
    pytest.param({"service_sid": SERVICE}, "recipient", id="a send to nobody"),
    pytest.param({"recipient": PHONE}, "sender", id="a send from nobody"),
    pytest.param({"recipient": "call me", "sender": ALONE}, "recipient", id="a recipient that is none"),
    pytest.param({"recipient": PHONE, "sender": "@"}, "sender", id="a sender that is none"),
    pytest.param({"recipient": PHONE, "sender": SERVICE}, "sender", id="a service as sender"),
    pytest.param({"recipient": PHONE, "sender": WHATSAPP}, "sender", id="a sender on another channel"),
    pytest.param({"recipient": PHONE, "service_sid": SERVICE.upper()}, "service_sid", id="a SID in capitals"),
    pytest.param({"body": "stop", "to": PHONE}, "to", id="an unknown field"),
]


@pytest.mark.parametrize(("asked", "place"), REFUSED)
async def test_what_cannot_be_explained_is_refused_without_repeating_it(
    desk: Admin, asked: dict[str, str], place: str
) -> None:
    answer = await desk.post(EXPLAIN, asked)
    assert (400, place) == (answer.status, answer.json["errors"][0]["place"])
    assert PHONE not in answer.text
    assert "call me" not in answer.text
