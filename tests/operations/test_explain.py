"""Why: every field of an explanation, and that it changes nothing."""

import pytest

from gateway.messaging.addresses import read_recipient
from gateway.messaging.consent import Change
from gateway.messaging.handling import KeywordPolicy, UnmanagedSenders
from gateway.messaging.keywords import Matching, OptOutType
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.policy import Forward, Reason, Suppress
from gateway.messaging.segments import Encoding, Segments
from gateway.messaging.senders import SenderKind, read_sender
from gateway.operations.explain import explain_default
from gateway.operations.optouts import read_whom
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, PHONE, SERVICE, SHORT_CODE, TOLL_FREE, WHATSAPP

OTHER = "MG" + "b2" * 16
MEXICAN = "+525512345678"
ON_SERVICE = Scope(ScopeKind.SERVICE, SERVICE)
BAJA = "Acme: ya no recibirá mensajes. Responda ALTA para volver."
MEXICO = "Acme México: no recibirá más mensajes."
SETS = {
    "name": "Alerts",
    "matching": "normalized",
    "languages": {
        "es": {
            "opt_out": {"keywords": ["BAJA"], "reply": BAJA},
            "opt_in": {"keywords": ["ALTA"], "reply": "Acme: bienvenido."},
        },
        "ja": {"opt_out": {"keywords": ["配信停止"], "reply": "配信を停止しました。"}},
    },
    "countries": {"MX": {"es": {"opt_out": {"keywords": ["BAJA", "ALTO"], "reply": MEXICO}}}},
}
STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)


def sender(text: str):
    return read_sender(text, None)


def recipient(text: str):
    return read_recipient(text, None)


@pytest.fixture
async def office(small_office):
    """With one service whose keyword sets are in force."""
    await saved(small_office, senders=[IN_POOL, ALSO_IN_POOL])
    await small_office.services.enable(ACCOUNT, SERVICE, small_office.by)
    return small_office


async def saved(office, **more) -> None:
    await office.services.save(ACCOUNT, SERVICE, read_settings(SETS | more), office.by)


async def explained(office, body: str, **given):
    given = {name: sender(of) if name == "sender" else of for name, of in given.items()}
    given = {name: recipient(of) if name == "recipient" else of for name, of in given.items()}
    return await office.explain.body(office.account, body, **given)


# Bodies


async def test_every_field_of_a_keyword_of_a_service_is_told(office):
    told = await explained(office, " Baja ", service_sid=SERVICE, recipient=MEXICAN, sender=ALSO_IN_POOL)

    assert ("baja", "baja", "MX", sender(ALSO_IN_POOL)) == (
        told.folded, told.loosely_folded, told.country, told.sender
    )  # fmt: skip
    match, change = told.reading.match, told.change
    assert (OptOutType.STOP, "countries.MX.es.opt_out", "baja", Matching.EXACT) == (
        match.opt_out_type, match.set_name, match.keyword, match.matching
    )  # fmt: skip
    scopes = (ON_SERVICE, Scope(ScopeKind.SENDER, ALSO_IN_POOL))
    assert (Change.ADDED, scopes, MEXICO, 2) == (change.change, change.scopes, change.confirmation, change.version)
    assert Segments(Encoding.UCS_2, len(MEXICO), 1) == told.segments, "é is in the GSM alphabet, í and á are not all"
    assert (SERVICE, True, ()) == (told.reading.handling.service.sid, told.reading.handling.is_advanced, told.remarks)


@pytest.mark.parametrize(
    ("body", "given", "set_name", "keyword", "matching", "country"),
    [
        pytest.param("alto", {"recipient": MEXICAN}, "countries.MX.es.opt_out", "alto", "exact", "MX", id="a country"),
        pytest.param("baja", {"recipient": PHONE}, "languages.es.opt_out", "baja", "exact", "US", id="a language"),
        pytest.param("alto", {"recipient": PHONE}, None, None, None, "US", id="another country's word"),
        pytest.param("QUIT", {"recipient": MEXICAN}, "standard.opt_out", "quit", "exact", "MX", id="falls through"),
        pytest.param("stop", {"recipient": MEXICAN}, "countries.MX.es.opt_out", "stop", "exact", "MX", id="reserved"),
        pytest.param("stop", {}, "standard.opt_out", "stop", "exact", None, id="nobody's country"),
        pytest.param("«B-a j a!»", {}, "languages.es.opt_out", "baja", "normalized", None, id="as people type"),
        pytest.param("配信停止。", {}, "languages.ja.opt_out", "配信停止", "normalized", None, id="another script"),
        pytest.param("alta!", {}, None, None, None, None, id="no opt-in is read into a text"),
    ],
)
async def test_the_set_that_matched_and_why(office, body, given, set_name, keyword, matching, country):
    told = await explained(office, body, service_sid=SERVICE, **given)
    match = told.reading.match
    assert (set_name, keyword, matching) == ((match and (match.set_name, match.keyword, match.matching)) or (None,) * 3)
    assert (country, match is None) == (told.country, told.change is None)


async def test_a_body_that_is_no_keyword_changes_nothing_and_has_no_reply(office):
    told = await explained(office, "Hello there!", service_sid=SERVICE, recipient=PHONE)

    assert ("hello there!", "hellothere", "US") == (told.folded, told.loosely_folded, told.country)
    assert (None, None, None, None, ()) == (
        told.reading.match, told.reading.intent, told.change, told.segments, told.remarks
    )  # fmt: skip


async def test_a_body_that_asks_to_stop_is_told_to_be_put_on_the_review_list(office):
    told = await explained(office, "please stop texting me", service_sid=SERVICE, recipient=PHONE)

    assert (None, None) == (told.reading.match, told.change)
    assert told.reading.intent is not None
    assert any("it is put on the review list" in remark for remark in told.remarks)
    await saved(office, intent="off", senders=[IN_POOL])
    told = await explained(office, "please stop texting me", service_sid=SERVICE, recipient=PHONE)
    assert (None, ()) == (told.reading.intent, told.remarks)


async def test_a_reply_in_another_script_is_counted_in_its_own_segments(office):
    reply = "配信を停止しました。" * 12
    await saved(office, languages={"ja": {"opt_out": {"keywords": ["配信停止"], "reply": reply}}}, countries={})
    told = await explained(office, "配信停止", service_sid=SERVICE)

    assert (reply, Segments(Encoding.UCS_2, 120, 2)) == (told.change.confirmation, told.segments)


async def test_by_the_default_sets_with_nothing_else_known():
    told = explain_default("Stop")

    assert told.change is not None
    assert told.reading.match is not None
    assert ("stop", None, None, STOP_REPLY) == (
        told.folded, told.loosely_folded, told.country, told.change.confirmation
    )  # fmt: skip
    assert ("default.STOP", Change.ADDED, (), ()) == (
        told.reading.match.set_name, told.change.change, told.change.scopes, told.remarks
    )  # fmt: skip
    assert Segments(Encoding.GSM_7, len(STOP_REPLY), 1) == told.segments
    assert (None, None) == (explain_default("hello").change, explain_default("hello").segments)


@pytest.mark.parametrize(
    ("body", "confirmation"),
    [
        pytest.param("baja", None, id="already out: no second confirmation"),
        pytest.param("help", None, id="help is not answered"),
        pytest.param("alta", "Acme: bienvenido.", id="an opt-in lifts and is confirmed"),
    ],
)
async def test_what_somebody_is_opted_out_of_already_counts(office, body, confirmation):
    whom = read_whom(ACCOUNT, PHONE, None)
    for scope in (ON_SERVICE, Scope(ScopeKind.SENDER, IN_POOL)):
        await office.opt_outs.add(whom, scope, office.by)
    before = await office.store.find_opt_outs(whom.key), await office.store.history_of(whom.key)
    office.clock.advance(5)
    told = await explained(office, body, service_sid=SERVICE, recipient=PHONE, sender=IN_POOL)

    expected = {"baja": Change.STAYS, "help": Change.NOTHING, "alta": Change.LIFTED}[body]
    assert (expected, confirmation) == (told.change.change, told.change.confirmation)
    assert (confirmation is None) == (told.segments is None)
    assert before == (await office.store.find_opt_outs(whom.key), await office.store.history_of(whom.key)), "only told"


async def test_a_draft_is_told_to_be_one(small_office):
    await saved(small_office, senders=[IN_POOL])
    told = await explained(small_office, "baja", service_sid=SERVICE, recipient=PHONE)
    assert (None, False, None) == (told.reading.match, told.reading.handling.is_advanced, told.loosely_folded)
    told = await explained(small_office, "stop", service_sid=SERVICE, recipient=PHONE)
    assert ("default.STOP", STOP_REPLY, None) == (
        told.reading.match.set_name, told.change.confirmation, told.change.version
    )  # fmt: skip
    assert [
        "Advanced Opt-Out is not enabled for the service: its own sets are a draft, the default ones count"
    ] == list(told.remarks)


# Kinds of senders


@pytest.mark.parametrize(
    ("body", "confirmation", "scopes"),
    [
        pytest.param("stop", None, 2, id="STOP is the carrier's"),
        pytest.param("quit", STOP_REPLY, 2, id="another opt-out word is not"),
        pytest.param("yes", None, 0, id="nobody is opted in again by another word"),
    ],
)
async def test_a_toll_free_number_is_remarked_upon(office, body, confirmation, scopes):
    await saved(office, senders=[TOLL_FREE])
    told = await explained(office, body, service_sid=SERVICE, recipient=PHONE)

    assert (TOLL_FREE, confirmation, scopes) == (told.sender.key, told.change.confirmation, len(told.change.scopes))
    assert (1, True) == (len(told.remarks), told.remarks[0].startswith("toll-free: the carrier itself answers STOP"))


async def test_a_toll_free_number_has_no_carrier_for_a_foreign_phone(office):
    told = await explained(office, "stop", recipient=MEXICAN, sender=TOLL_FREE)
    assert (STOP_REPLY, ()) == (told.change.confirmation, told.remarks)


async def test_a_whatsapp_message_is_explained_for_a_whatsapp_sender_of_the_service(office):
    await saved(office, senders=[IN_POOL, WHATSAPP])
    told = await explained(office, "baja", service_sid=SERVICE, recipient=f"whatsapp:{PHONE}")

    assert (sender(WHATSAPP), BAJA, ()) == (told.sender, told.change.confirmation, told.remarks)
    assert (ON_SERVICE, Scope(ScopeKind.SENDER, WHATSAPP)) == told.change.scopes


@pytest.mark.parametrize(
    ("given", "kind", "remark"),
    [
        pytest.param(
            {"recipient": f"whatsapp:{PHONE}", "service_sid": SERVICE}, "whatsapp", "a WhatsApp sender", id="W"
        ),
        pytest.param({"recipient": PHONE, "service_sid": OTHER}, "long_code", "a long code", id="an unknown service"),
        pytest.param({"recipient": PHONE}, "long_code", "a long code", id="no service"),
    ],
)
async def test_where_no_fitting_sender_is_known_it_is_said_which_kind_is_thought_of(office, given, kind, remark):
    told = await explained(office, "stop", **given)

    assert (kind, "") == (told.sender.kind, told.sender.wire)
    assert f"no sender was named and no fitting one is known: explained as for {remark}" in told.remarks
    assert "" not in [scope.id for scope in told.change.scopes]


async def test_without_a_recipient_somebody_of_no_country_is_thought_of(office):
    told = await explained(office, "stop", sender=WHATSAPP)
    assert ["no recipient was named: explained for somebody of no country who is not opted out"] == list(told.remarks)[
        :1
    ]
    assert told.country is None


@pytest.mark.parametrize("text", [WHATSAPP, SHORT_CODE])
@pytest.mark.parametrize("unmanaged", [UnmanagedSenders.RECORD, UnmanagedSenders.IGNORE], ids=str)
async def test_a_sender_whose_keywords_twilio_leaves_to_us_is_remarked_upon(
    open_office, office, text, unmanaged, tmp_path
):
    policy = KeywordPolicy(TwilioHandling.DEFAULT, unmanaged)
    other = await open_office(f"sqlite:///{tmp_path}/gateway.db", policy)
    whom = f"whatsapp:{PHONE}" if text == WHATSAPP else PHONE
    told = await explained(other, "stop", recipient=whom, sender=text)

    kind = "a WhatsApp sender" if text == WHATSAPP else "a short code"
    if unmanaged is UnmanagedSenders.RECORD:
        assert ("default.STOP", None) == (told.reading.match.set_name, told.change.confirmation)
        assert (f"{kind} without Advanced Opt-Out: the keyword takes effect without a reply",) == told.remarks
    else:
        assert told.reading.match is None
        assert (f"unmanaged_senders is ignore: without Advanced Opt-Out {kind} takes no keywords",) == told.remarks
        assert () == (await explained(other, "hello", recipient=whom, sender=text)).remarks


async def test_a_sender_id_is_written_to_by_nobody(office):
    await saved(office, senders=["Acme", ALSO_IN_POOL])
    assert ALSO_IN_POOL == (await explained(office, "stop", service_sid=SERVICE, recipient=PHONE)).sender.key
    told = await explained(office, "stop", recipient=PHONE, sender="Acme")
    assert "no phone can write to a sender ID" in told.remarks
    assert told.sender.kind is SenderKind.ALPHANUMERIC


# Who else handles keywords


@pytest.mark.parametrize(
    ("handling", "body", "confirmation", "remark"),
    [
        pytest.param(
            "default", "stop", None, "twilio_handling is default: Twilio itself answers this word", id="its word"
        ),
        pytest.param("default", "baja", BAJA, None, id="an opt-out word of ours"),
        pytest.param(
            "default",
            "alta",
            "Acme: bienvenido.",
            "Twilio does not know this word: its own block is lifted through its Consents API first",
            id="an opt-in word of ours",
        ),
        pytest.param("aoo", "stop", None, "twilio_handling is aoo: Twilio itself answers", id="Advanced Opt-Out"),
        pytest.param("off", "stop", STOP_REPLY, None, id="nobody else"),
    ],
)
async def test_who_else_handles_keywords_is_remarked_upon(office, handling, body, confirmation, remark):
    await saved(office, senders=[IN_POOL], twilio_handling=handling)
    told = await explained(office, body, service_sid=SERVICE, recipient=PHONE)
    assert (confirmation, (remark,) if remark else ()) == (told.change.confirmation, told.remarks)


@pytest.mark.parametrize("body", ["stop", "hello"])
async def test_a_service_that_relays_nothing_is_remarked_upon(office, body):
    await saved(office, senders=[IN_POOL], relay="drop")
    told = await explained(office, body, service_sid=SERVICE, recipient=PHONE)
    assert ("relay is drop: the app is not told",) == told.remarks


# Sends


async def opt_out(office, scope: Scope, text: str = PHONE, reason: str = "a letter"):
    return await office.opt_outs.add(read_whom(ACCOUNT, text, None), scope, office.by, reason)


async def send(office, service_sid: str | None = None, from_: str | None = None, to: str = PHONE):
    message = OutboundMessage(ACCOUNT, recipient(to), service_sid, sender(from_) if from_ else None)
    return await office.explain.send(message)


@pytest.mark.parametrize(
    ("scope", "service_sid", "from_", "reason"),
    [
        pytest.param(ON_SERVICE, SERVICE, None, Reason.OPTED_OUT_OF_SERVICE, id="the service that is named"),
        pytest.param(ON_SERVICE, None, IN_POOL, Reason.OPTED_OUT_OF_SERVICE, id="the service that holds From"),
        pytest.param(Scope(ScopeKind.SENDER, IN_POOL), None, IN_POOL, Reason.OPTED_OUT_OF_SENDER, id="From"),
        pytest.param(Scope(ScopeKind.SENDER, IN_POOL), SERVICE, None, Reason.OPTED_OUT_OF_SENDER, id="one of the pool"),
        pytest.param(Scope(ScopeKind.ACCOUNT, ACCOUNT), None, IN_POOL, Reason.OPTED_OUT_OF_ACCOUNT, id="the account"),
        pytest.param(ON_SERVICE, None, ALONE, Reason.SENDER_NOT_PLACED, id="whatever, where From has no place yet"),
    ],
)
async def test_a_send_that_is_blocked_is_told_with_the_opt_out_and_its_event(office, scope, service_sid, from_, reason):
    first = await opt_out(office, scope)
    await opt_out(office, scope, reason="once more, which changes nothing")
    told = await send(office, service_sid, from_)

    assert isinstance(told.decision, Suppress)
    assert (reason, scope, first.event_id) == (told.decision.reason, told.decision.opt_out.scope, told.event.event_id)
    assert ("ada", "a letter", "added") == (told.event.actor, told.event.reason, told.event.change)
    assert ((ALONE,) if from_ == ALONE else (), 2) == (told.unplaced, told.settings_version)


async def test_the_event_of_an_opt_out_that_was_lifted_in_between_is_the_last_that_added_it(office):
    await opt_out(office, ON_SERVICE, reason="the first")
    await office.opt_outs.remove(read_whom(ACCOUNT, PHONE, None), None, office.by, "asked")
    last = await opt_out(office, ON_SERVICE, reason="the second")
    assert last.event_id == (await send(office, SERVICE)).event.event_id


async def test_a_send_by_a_sender_that_left_the_service_is_blocked_by_the_opt_out_of_its_former_service(office):
    event = await opt_out(office, ON_SERVICE)
    await saved(office, senders=[ALSO_IN_POOL])
    await office.services.save(ACCOUNT, OTHER, read_settings({"senders": [IN_POOL]}), office.by)
    told = await send(office, None, IN_POOL)

    assert (Reason.OPTED_OUT_OF_SERVICE, ON_SERVICE) == (told.decision.reason, told.decision.opt_out.scope)
    assert (event.event_id, ()) == (told.event.event_id, told.unplaced)


async def test_a_send_that_would_go_has_no_event(office):
    await opt_out(office, Scope(ScopeKind.SERVICE, OTHER))
    told = await send(office, SERVICE)
    assert (Forward(), None, ()) == (told.decision, told.event, told.unplaced)


async def test_an_opt_out_of_one_channel_is_none_of_another(office):
    await saved(office, senders=[IN_POOL, WHATSAPP])
    await opt_out(office, ON_SERVICE, f"whatsapp:{PHONE}")
    assert isinstance((await send(office, None, IN_POOL)).decision, Forward)
    assert isinstance((await send(office, None, WHATSAPP, f"whatsapp:{PHONE}")).decision, Suppress)
