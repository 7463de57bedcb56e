"""What is told to sinks, as values: shapes, versions, order keys."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.messaging.addresses import Address
from gateway.messaging.events import (
    CONSENT,
    INBOUND,
    consent_event,
    in_version,
    inbound_event,
    order_key,
)
from gateway.messaging.history import ConsentEvent
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.messaging.senders import read_sender

AT = 1_760_000_000_123_456
KEY = RecipientKey("AC" + "1" * 32, "phone", "+14155550100")
CHANGE = ConsentEvent(
    event_id="e1",
    key=KEY,
    recipient="+14155550100",
    event_type="STOP",
    change="added",
    scopes=(Scope(ScopeKind.SENDER, "+12025550103"),),
    source="keyword",
    actor="recipient",
    role="recipient",
    settings_version=3,
    effective_at=AT,
    received_at=AT,
    sender="+12025550103",
    keyword="stop",
    keyword_set="standard",
    message_sid="SM" + "1" * 32,
    reason="free text of an operator",
)
MESSAGE = InboundMessage(
    KEY.account_sid,
    "SM" + "1" * 32,
    Address("phone", "+14155550100", "+14155550100"),
    read_sender("+12025550103", None),
    None,
    "Stop",
)
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/consent-changed-1.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "event",
    [
        CHANGE,
        replace(CHANGE, keyword=None, keyword_set=None, sender=None, message_sid=None, role="operator", hold=True),
    ],
    ids=["by keyword", "by operator"],
)
def test_a_change_is_as_its_schema_says(event: ConsentEvent) -> None:
    told = consent_event(event)
    data = told["data"]
    assert (CONSENT, "e1", "1.0", "e1") == (told["type"], told["id"], told["specversion"], data["eventId"])
    assert set(SCHEMA["required"]) <= set(data) <= set(SCHEMA["properties"])
    kinds = {"string": str, "boolean": bool, "array": list}
    for name, value in data.items():
        shape = SCHEMA["properties"][name]
        assert value in shape["enum"] if "enum" in shape else isinstance(value, kinds[shape["type"]])
    assert "free text" not in json.dumps(told)


@pytest.mark.parametrize("keyword_set", ["intent.en", "review.en"])
def test_words_of_a_body_that_is_no_keyword_are_not_told(keyword_set: str) -> None:
    assert "keyword" not in consent_event(replace(CHANGE, keyword="please stop", keyword_set=keyword_set))["data"]
    asked = replace(MESSAGE, body="please stop")
    assert "body" not in inbound_event(asked, {}, "STOP", keyword_set, AT)["data"]


def test_an_inbound_keyword_has_twilios_shape_and_the_same_identifier_whoever_tells_it() -> None:
    fields = {"FromCountry": "US", "FromCity": "", "NumMedia": "1", "NumSegments": "many", "Body": "Stop"}
    told, again = (
        inbound_event(MESSAGE, fields, "STOP", "standard", AT),
        inbound_event(MESSAGE, {}, "STOP", "x", AT + 1),
    )
    data = told["data"]
    assert ("US", 1, "Stop", "STOP") == (data["fromCountry"], data["numMedia"], data["body"], data["optOutType"])
    assert not {"fromCity", "numSegments", "messagingServiceSid"} & set(data)
    assert "2025-10-09T08:53:20.123Z" == data["timestamp"] == told["time"]
    assert told["id"] == again["id"]
    assert told["id"].startswith("EZ")
    assert 34 == len(told["id"])


@pytest.mark.parametrize(("version", "expected"), [(1, None), (4, None), (5, "STOP"), (6, "STOP")])
def test_the_version_decides_on_the_opt_out_type(version: int, expected: str | None) -> None:
    told = inbound_event(MESSAGE, {}, "STOP", "standard", AT)
    versioned = in_version(told, version)
    assert expected == versioned["data"].get("optOutType")
    assert versioned["dataschema"] == f"https://events-schemas.twilio.com/Messaging.InboundMessageV1/{version}"
    assert "STOP" == told["data"]["optOutType"]
    assert "dataschema" not in told
    assert INBOUND == told["type"]


def test_an_order_key_tells_recipients_apart_and_names_none() -> None:
    others = [KEY, replace(KEY, recipient_key="+14155550101"), replace(KEY, channel="whatsapp")]
    assert 3 == len({order_key(key) for key in others})
    assert "4155550100" not in order_key(KEY)
    assert order_key(KEY) == order_key(replace(KEY))
