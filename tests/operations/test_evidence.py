"""The evidence file: what it says, whether it is unchanged, and the page made from it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.messaging.history import ConsentEvent
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.operations.actors import Actor
from gateway.operations.evidence import EvidenceOperations, Seals, Unsealed
from gateway.operations.evidence_page import page_of
from gateway.operations.evidence_words import sentence_of
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.store import Store
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Clock, Gateway, Operator, inbound

WHOM = read_whom(ACCOUNT, PHONE, None)
BY = Actor("ada")
SECRET = b"the root key"
SECOND = 1_000_000


@pytest.fixture
async def store(tmp_path: Path, clock: Clock):
    store = Store(f"sqlite:///{tmp_path}/gateway.db", clock, SecretStr(SECRET.decode()))
    await store.open(serving=False)
    yield store
    await store.close()


@pytest.fixture
async def document(store, clock):
    async def pools(account_sid, at_least):
        raise AssertionError("nobody asks for pools")

    operations = OptOutOperations(store, pools, clock)
    await operations.add(WHOM, Scope(ScopeKind.SENDER, ALONE), BY, "<by> letter & fax", hold=True)
    return await EvidenceOperations(store, clock).of(WHOM, BY)


def test_the_digest_is_that_of_the_file_as_anybody_would_write_it(document):
    facts = {name: value for name, value in document.items() if name not in {"digest", "seal"}}
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == document["digest"]["value"]


def test_a_file_is_verified_by_the_gateway_that_made_it_however_it_is_laid_out(document):
    again = json.loads(json.dumps(dict(reversed(document.items())), indent=4))
    Seals(SECRET).verify(again)


def redigested(document):
    """What somebody does who changes a file and knows how digests are made."""
    facts = {name: value for name, value in document.items() if name not in {"digest", "seal"}}
    return document | {"digest": Seals(b"another").seal(facts)["digest"]}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda file: file | {"recipient": "+14155550199"}, "changed", id="another recipient"),
        pytest.param(lambda file: file | {"more": 1}, "changed", id="a key more"),
        pytest.param(lambda file: redigested(file | {"events": []}), "not made by this", id="with a digest that fits"),
        pytest.param(lambda file: {}, "no evidence file", id="an empty object"),
        pytest.param(lambda file: [file], "no evidence file", id="a list"),
        pytest.param(lambda file: file | {"seal": None}, "no evidence file", id="without a seal"),
        pytest.param(lambda file: file | {"seal": {"value": "ü"}}, "no evidence file", id="a seal of other letters"),
        pytest.param(lambda file: file | {"more": 2**70}, "no evidence file", id="a number that JSON readers cut"),
    ],
)
def test_what_was_changed_or_made_elsewhere_is_told(document, spoil, why):
    with pytest.raises(Unsealed, match=why):
        Seals(SECRET).verify(spoil(document))


async def test_the_state_is_that_of_the_date_that_was_asked_for(store, clock, document):
    before = document["events"][0]["received_at"]
    clock.advance(60)
    past = await EvidenceOperations(store, clock).of(WHOM, BY, 1_000_000)
    assert ([], [], "1970-01-01T00:00:01.000000Z") == (past["standing"], past["events"], past["as_of"])
    assert "nothing was known" in past["finding"]
    future = await EvidenceOperations(store, clock).of(WHOM, BY, clock() + 3600 * SECOND)
    assert future["made_at"] == future["as_of"], "nobody knows what will stand"
    assert (1, before) == (len(future["standing"]), future["events"][0]["received_at"])


async def test_a_keyword_brings_its_set_as_it_was_when_it_matched(gateway: Gateway, operator: Operator) -> None:
    sets = {"opt_out": {"keywords": ["BAJA"], "reply": "Ya no recibirá mensajes de nosotros."}}
    await operator.save({"name": "Bookings", "countries": {"MX": {"es": sets}}})
    mexican = "+525512345678"
    await gateway.webhook(inbound("baja", "01", From=mexican, To=IN_POOL))
    await operator.save({"name": "Renamed"})
    document = await EvidenceOperations(operator.store, gateway.clock).of(read_whom(ACCOUNT, mexican, None), BY)
    [used] = document["keyword_sets"]
    assert ("countries.MX.es.opt_out", ["stop", "BAJA"]) == (used["keyword_set"], used["keywords"])
    assert ("Bookings", sets["opt_out"]["reply"]) == (used["service_name"], used["reply"])
    [event] = document["events"]
    assert f"sent “baja” to {IN_POOL} of Messaging Service {SERVICE}, in message SM" in event["in_words"]
    assert {"service", "sender"} == {line["scope"]["kind"] for line in document["standing"]}
    assert str(sets["opt_out"]["reply"]) in page_of(document)


def told(**more: Any) -> str:
    given: dict[str, Any] = {
        "event_id": "e", "key": RecipientKey(ACCOUNT, "phone", PHONE), "recipient": PHONE, "event_type": "STOP",
        "change": "added", "scopes": (Scope(ScopeKind.SENDER, ALONE),), "source": "operator", "actor": "ada",
        "role": "operator", "settings_version": 1, "effective_at": SECOND, "received_at": SECOND,
    }  # fmt: skip
    return sentence_of(ConsentEvent(**(given | more)))


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        pytest.param(
            {"reason": "letter"},
            f"ada (operator, by way of operator) recorded that the recipient asked to stop. "
            f"The reason given: “letter”. From then on the recipient was opted out of sender {ALONE}.",
            id="an operator",
        ),
        pytest.param(
            {"source": "twilio", "actor": "twilio", "sender": ALONE, "reason": "Twilio answered 21610 to a send"},
            f"Twilio refused a message to this recipient from {ALONE} because of an opt-out. "
            f"The reason given: “Twilio answered 21610 to a send”. "
            f"From then on the recipient was opted out of sender {ALONE}.",
            id="Twilio's 21610",
        ),
        pytest.param(
            {"source": "keyword", "event_type": "START", "change": "held", "scopes": (), "hold": True, "sender": ALONE,
             "message_sid": "SM1", "keyword": "start", "keyword_set": "default.START"},
            f"The recipient sent “start” to {ALONE}, in message SM1. The gateway read it as START, by the keyword set "
            "default.START. That lifted nothing: the opt-out is on hold. "
            "It concerns a hold, which the recipient's own opt-in never lifts.",
            id="an opt-in against a hold",
        ),
        pytest.param(
            {"source": "import", "received_at": 5 * SECOND},
            f"ada (operator, by way of import) recorded that the recipient asked to stop. "
            f"From then on the recipient was opted out of sender {ALONE}. "
            "It counts from 1970-01-01T00:00:01Z; the gateway learned of it later.",
            id="an import of something old",
        ),
        pytest.param(
            {"event_type": "SCHEDULED", "change": "not_canceled", "reason": "due soon"},
            "A message that was scheduled to this recipient: not canceled. The reason given: “due soon”.",
            id="a scheduled message",
        ),
        pytest.param(
            {"source": "keyword", "sender": ALONE, "message_sid": "SM1", "keyword": "stop", "enforced": False,
             "keyword_set": "default.STOP"},
            f"The recipient sent “stop” to {ALONE}, in message SM1. The gateway read it as STOP, by the keyword set "
            f"default.STOP. Enforced, it would have opted the recipient out of sender {ALONE}. "
            "Nothing was enforced: shadow mode.",
            id="a keyword in shadow mode",
        ),
        pytest.param(
            {"event_type": "SHADOW", "change": "dropped", "reason": "a test", "enforced": False},
            f"ada (operator, by way of operator) dropped what was said in shadow mode of sender {ALONE}; "
            "no opt-out changed. The reason given: “a test”.",
            id="what shadow mode kept, dropped",
        ),
        pytest.param(
            {"event_type": "NEWS", "change": "unheard_of", "scopes": ()},
            "ada (operator, by way of operator) recorded that the recipient asked NEWS. What changed: unheard_of.",
            id="a kind that this version does not know",
        ),
    ],
)  # fmt: skip
def test_an_event_is_told_in_a_sentence(event, sentence):
    assert sentence == told(**event)


def test_the_page_says_it_all_and_what_people_wrote_stays_text(document):
    page = page_of(document)
    assert "&lt;by&gt; letter &amp; fax" in page
    assert "<by>" not in page
    for said in (document["digest"]["value"], document["seal"]["value"], document["finding"], ALONE):
        assert said in page
    assert [] == re.findall(r"<script|src=|href=|@import|url\(", page), "it needs nothing else"
