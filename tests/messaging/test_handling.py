"""Whose keywords count for a message, and how they are handled, by service, sender and country."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.messaging.addresses import read_recipient
from gateway.messaging.handling import (
    Handling,
    KeywordPolicy,
    UnmanagedSenders,
    country_of,
    handling_of,
    is_default_word,
    is_enforced,
    read_body,
)
from gateway.messaging.intent import OPT_OUT_LANGUAGES
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, Matching, OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import Enforcement, IntentMode, TwilioHandling
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender
from gateway.messaging.services import MessagingService, enforcements_of

ACCOUNT = "AC" + "a1" * 16
ENABLED, DRAFT, OTHER = "MG" + "1" * 32, "MG" + "2" * 32, "MG" + "3" * 32
NUMBER, SHARED, ALONE = "+15005550006", "+15005550007", "+12025550108"
MEXICAN, AMERICAN = "+525512345678", "+14155550100"

OFF = KeywordPolicy(TwilioHandling.OFF)
POOLS = Pools(
    senders_of={
        ENABLED: frozenset({NUMBER, SHARED}),
        DRAFT: frozenset({"+15005550009"}),
        OTHER: frozenset({SHARED}),
    }
)


def words(*keywords: str, reply: str = "Adiós.") -> dict[str, Any]:
    return {"keywords": list(keywords), "reply": reply}


def a_service(sid: str, *, enabled: bool = True, version: int = 3, **given: Any) -> MessagingService:
    return MessagingService(sid, version, enabled, read_settings(given))


IN_MEXICO: dict[str, Any] = {
    "countries": {"MX": {"es": {"opt_out": words("baja"), "opt_in": words("alta"), "help": words("ayuda")}}},
    "languages": {"fr": {"opt_out": words("arrêt", reply="Au revoir.")}},
}
SERVICES = {
    ENABLED: a_service(ENABLED, **IN_MEXICO),
    DRAFT: a_service(DRAFT, enabled=False, matching="normalized", intent="off", **IN_MEXICO),
}


def inbound(
    body: str = "stop",
    *,
    sender: str = MEXICAN,
    to: str = NUMBER,
    service: str | None = None,
    said: OptOutType | None = None,
    country: str | None = None,
) -> InboundMessage:
    recipient = read_recipient(sender, None)
    return InboundMessage(ACCOUNT, "SM" + "0" * 32, recipient, read_sender(to, None), service, body, said, country)


def handled(
    message: InboundMessage, policy: KeywordPolicy = OFF, services: dict[str, MessagingService] = SERVICES
) -> Handling:
    return handling_of(message, policy, POOLS, services)


# Which service, which sets


@pytest.mark.parametrize(
    ("message", "set_name"),
    [
        pytest.param(inbound("baja"), "countries.MX.es.opt_out", id="by the pool that holds the sender"),
        pytest.param(inbound("baja", to=ALONE, service=ENABLED), "countries.MX.es.opt_out", id="by the webhook's word"),
        pytest.param(inbound("baja", sender="rcs:+525512345678"), "countries.MX.es.opt_out", id="over RCS"),
        pytest.param(
            inbound("baja", sender="whatsapp:+5215512345678", to="whatsapp:+15005550006", service=ENABLED),
            "countries.MX.es.opt_out",
            id="over WhatsApp, in the old Mexican writing",
        ),
        pytest.param(inbound("stop"), "countries.MX.es.opt_out", id="a reserved word in the recipient's country"),
        pytest.param(inbound("stop", sender=AMERICAN), "standard.opt_out", id="a reserved word elsewhere"),
        pytest.param(inbound("arrêt", sender=AMERICAN), "languages.fr.opt_out", id="a language, wherever"),
        pytest.param(inbound("stop", to=ALONE), "default.STOP", id="a sender in no service: the default words"),
        pytest.param(inbound("stop", service=DRAFT), "default.STOP", id="a service not enabled: the default words"),
        pytest.param(
            inbound("stop", service=OTHER), "default.STOP", id="a service without settings, though in the pool of one"
        ),
    ],
)
def test_the_sets_that_count_are_those_of_the_messages_service(message: InboundMessage, set_name: str) -> None:
    match = handled(message).match(message)

    assert match is not None
    assert set_name == match.set_name


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(inbound("baja", sender=AMERICAN), id="a country's word from another country"),
        pytest.param(inbound("baja", to=ALONE), id="a service's word to a sender in no service"),
        pytest.param(inbound("baja", service=DRAFT), id="a word of a draft"),
        pytest.param(inbound("STOP.", service=DRAFT), id="as people type, by a draft"),
        pytest.param(inbound("baja ya"), id="a word more"),
    ],
)
def test_it_is_no_keyword(message: InboundMessage) -> None:
    assert handled(message).match(message) is None


def test_a_draft_has_no_version_in_force_and_an_enabled_service_has() -> None:
    for message, enabled, version in ((inbound(), True, 3), (inbound(service=DRAFT), False, None)):
        handling = handled(message)
        assert (enabled, version) == (handling.is_advanced, handling.version)
    assert (False, None, None) == (
        handled(inbound(to=ALONE)).is_advanced,
        handled(inbound(to=ALONE)).version,
        handled(inbound(to=ALONE)).service,
    )


def test_a_draft_leaves_the_accounts_ways_as_they_are() -> None:
    given: dict[str, Any] = {
        "reply_when_not_opted_out": True,
        "help_when_opted_out": True,
        "matching": "normalized",
        "intent": "off",
    }
    draft, enabled = (a_service(DRAFT, enabled=on, **given) for on in (False, True))
    message = inbound(service=DRAFT)

    assert Handling(OFF, DEFAULT_KEYWORD_SETS, Matching.EXACT, draft) == handled(message, services={DRAFT: draft})
    now = handled(message, services={DRAFT: enabled})
    assert (Matching.NORMALIZED, True, True, IntentMode.OFF) == (
        now.matching,
        now.policy.reply_when_not_opted_out,
        now.policy.help_when_opted_out,
        now.policy.intent,
    )


@pytest.mark.parametrize("other_enabled", [pytest.param(True, id="enabled"), pytest.param(False, id="not enabled")])
@pytest.mark.parametrize(
    ("body", "sid"),
    [
        pytest.param("baja", ENABLED, id="the one for which it is an opt-out"),
        pytest.param("weg", OTHER, id="the other one for which it is an opt-out"),
    ],
)
def test_of_two_services_that_hold_a_sender_that_counts_which_the_body_opts_out_of(
    body: str, sid: str, *, other_enabled: bool
) -> None:
    other = a_service(OTHER, enabled=other_enabled, languages={"de": {"opt_out": words("weg")}})
    services = {ENABLED: a_service(ENABLED, **IN_MEXICO), OTHER: other}
    message = inbound(body, to=SHARED)
    handling = handled(message, services=services)

    if sid == OTHER and not other_enabled:
        assert handling.match(message) is None
    else:
        assert handling.service is not None
        assert sid == handling.service.sid


def test_of_two_services_the_enabled_one_counts_where_the_body_is_no_opt_out() -> None:
    services = {
        ENABLED: a_service(ENABLED, enabled=False),
        OTHER: a_service(OTHER, languages={"de": {"help": words("hilfe")}}),
    }

    assert services[OTHER] == handled(inbound("hilfe", to=SHARED), services=services).service


# The recipient's country


@pytest.mark.parametrize(
    ("sender", "told", "country"),
    [
        pytest.param("+14155550100", None, "US", id="California"),
        pytest.param("+16045550100", "US", "CA", id="Canada, whatever Twilio guesses"),
        pytest.param("+18765550100", "US", "JM", id="Jamaica, whatever Twilio guesses"),
        pytest.param("+5215512345678", None, "MX", id="Mexico"),
        pytest.param("whatsapp:+5511912345678", None, "BR", id="Brazil over WhatsApp"),
        pytest.param("rcs:+33612345678", None, "FR", id="France over RCS"),
        pytest.param("+15550001111", "CA", "CA", id="a number of no country, by Twilio's guess"),
        pytest.param("+15550001111", None, None, id="a number of no country, without a guess"),
        pytest.param("messenger:ann", "MX", "MX", id="no number, by Twilio's guess"),
    ],
)
def test_the_recipients_country_is_the_numbers_and_twilios_guess_only_where_that_does_not_tell(
    sender: str, told: str | None, country: str | None
) -> None:
    assert country == country_of(inbound(sender=sender, country=told))


# Who else is handling keywords


@pytest.mark.parametrize(
    ("of_service", "of_sender", "expected"),
    [
        pytest.param(None, None, "off", id="the account's"),
        pytest.param("default", None, "default", id="the service's before the account's"),
        pytest.param(None, "aoo", "aoo", id="the sender's before the account's"),
        pytest.param("default", "aoo", "aoo", id="the sender's before the service's"),
    ],
)
@pytest.mark.parametrize("enabled", [pytest.param(True, id="enabled"), pytest.param(False, id="not enabled")])
def test_twilio_handling_is_that_of(
    of_service: str | None, of_sender: str | None, expected: str, *, enabled: bool
) -> None:
    policy = replace(OFF, senders={NUMBER: TwilioHandling(of_sender)} if of_sender else None)
    services = {ENABLED: a_service(ENABLED, enabled=enabled, twilio_handling=of_service)}

    assert expected == handled(inbound(), policy, services).policy.twilio_handling


def test_twilio_handling_of_a_sender_counts_in_no_service_too() -> None:
    policy = replace(OFF, senders={ALONE: TwilioHandling.DEFAULT})

    assert TwilioHandling.DEFAULT is handled(inbound(to=ALONE), policy).policy.twilio_handling


# Twilio's default handling has acted on its own words before the webhook came (Twilio, STOP filtering).
@pytest.mark.parametrize(
    ("handling", "to", "body", "expected"),
    [
        pytest.param("off", NUMBER, "cancel", None, id="a word taken out, where nobody else acts on it"),
        pytest.param("default", NUMBER, "Cancel", "default.STOP", id="an opt-out word taken out: Twilio has blocked"),
        pytest.param("default", NUMBER, "yes", "default.START", id="an opt-in word taken out: Twilio has lifted"),
        pytest.param("default", NUMBER, "info", "default.HELP", id="a help word taken out: Twilio has answered"),
        pytest.param("default", NUMBER, "baja", "standard.opt_out", id="a word only we know"),
        pytest.param("default", NUMBER, "stop", "standard.opt_out", id="a word both know"),
        pytest.param("default", NUMBER, "cancel it", None, id="no keyword at all"),
        pytest.param("default", "12345", "cancel", None, id="a short code, on which Twilio does not act"),
        pytest.param("default", "whatsapp:+15005550006", "cancel", None, id="WhatsApp, where it does not either"),
        pytest.param("aoo", NUMBER, "cancel", None, id="Advanced Opt-Out at Twilio says nothing of it"),
        pytest.param("aoo", NUMBER, "baja", "standard.opt_out", id="an opt-out word of ours is kept in any case"),
        pytest.param("aoo", NUMBER, "alta", None, id="an opt-in word of ours that Twilio says nothing of"),
        pytest.param("aoo", NUMBER, "ayuda", None, id="a help word of ours that Twilio says nothing of"),
        pytest.param("aoo", NUMBER, "start", "standard.opt_in", id="an opt-in word Twilio knows in any case"),
    ],
)
def test_what_twilio_acts_on_is_a_keyword_whatever_our_sets_say(
    handling: str, to: str, body: str, expected: str | None
) -> None:
    standard = {"opt_out": words("baja"), "opt_in": words("alta"), "help": words("ayuda")}
    services = {ENABLED: a_service(ENABLED, twilio_handling=handling, standard=standard)}
    message = inbound(body, to=to, service=ENABLED, sender=MEXICAN if ":" not in to else f"whatsapp:{MEXICAN}")
    match = handled(message, services=services).match(message)

    assert expected == (match.set_name if match else None)


@pytest.mark.parametrize("handling", [pytest.param(each, id=each.value) for each in TwilioHandling])
@pytest.mark.parametrize("said", [pytest.param(each, id=each.value) for each in OptOutType])
def test_twilios_own_word_on_the_webhook_is_taken_whatever_ours_is(said: OptOutType, handling: TwilioHandling) -> None:
    message = inbound("baja", said=said)
    match = handled(message, replace(OFF, twilio_handling=handling)).match(message)

    assert match is not None
    assert (said, "twilio.OptOutType", "") == (match.opt_out_type, match.set_name, match.reply)


@pytest.mark.parametrize(
    ("body", "is_default"),
    [
        pytest.param("YES", True, id="a default word"),
        pytest.param("Unstop", True, id="a reserved word"),
        pytest.param("alta", False, id="a word only we know"),
    ],
)
def test_a_default_word_is_one_that_twilios_handling_knows(body: str, *, is_default: bool) -> None:
    message = inbound(body)
    match = handled(message).match(message)

    assert match is not None
    assert is_default == is_default_word(match)


def test_as_people_type_it_a_default_word_is_not_one_that_twilio_knows() -> None:
    services = {ENABLED: a_service(ENABLED, matching="normalized")}
    message = inbound("“STOP”.")
    match = handled(message, services=services).match(message)

    assert match is not None
    assert (OptOutType.STOP, "stop", False) == (match.opt_out_type, match.keyword, is_default_word(match))


# Senders whose keywords Twilio leaves to the customer

IGNORE = replace(OFF, unmanaged_senders=UnmanagedSenders.IGNORE)


@pytest.mark.parametrize(
    ("to", "sender", "alone"),
    [
        pytest.param("+15005550006", AMERICAN, True, id="long code"),
        pytest.param("+18005550100", AMERICAN, True, id="toll-free"),
        pytest.param("rcs:brand", f"rcs:{AMERICAN}", True, id="RCS"),
        pytest.param("12345", AMERICAN, False, id="short code"),
        pytest.param("whatsapp:+15005550006", f"whatsapp:{AMERICAN}", False, id="WhatsApp"),
        pytest.param("ACME", AMERICAN, False, id="alphanumeric"),
        pytest.param("messenger:acme", "messenger:ann", False, id="another channel"),
    ],
)
def test_ignored_keywords_count_in_an_enabled_service_and_on_senders_that_twilio_handles(
    to: str, sender: str, *, alone: bool
) -> None:
    message = inbound("stop", to=to, sender=sender)
    by_themselves = handling_of(message, IGNORE, Pools(), {}).match(message)
    in_service = replace(message, service_sid=ENABLED)

    assert alone == (by_themselves is not None)
    assert handled(in_service, IGNORE).match(in_service) is not None
    assert handling_of(message, OFF, Pools(), {}).match(message) is not None


# What is handed on


def test_a_service_that_drops_relays_nothing_even_as_a_draft() -> None:
    for enabled in (True, False):
        services = {ENABLED: a_service(ENABLED, enabled=enabled, relay="drop")}
        message = inbound()
        assert not handled(message, services=services).relays
        assert handled(message, services=services).match(message) is not None
    assert handled(inbound()).relays
    assert handled(inbound(to=ALONE)).relays


# Bodies that are no keyword but ask to stop

ASKING = "please stop texting me"


def reading_of(body: str, intent: str) -> tuple[bool, bool]:
    settings = SERVICES[ENABLED].settings.model_copy(update={"intent": IntentMode(intent)})
    services = {ENABLED: replace(SERVICES[ENABLED], settings=settings)}
    reading = read_body(inbound(body), OFF, POOLS, services)
    return reading.match is not None, reading.intent is not None


def test_a_body_that_asks_to_stop_is_for_review_and_changes_nothing_unless_the_service_says_so() -> None:
    assert (False, True) == reading_of(ASKING, "review")
    assert (False, False) == reading_of(ASKING, "off")
    assert ("en" in OPT_OUT_LANGUAGES, True) == reading_of(ASKING, "opt_out")
    assert (True, False) == reading_of("baja", "review")
    assert (False, False) == reading_of("thank you", "review")


ON, SHADOW = Enforcement.ON, Enforcement.SHADOW


@pytest.mark.parametrize(
    ("senders", "service", "account", "services", "stated", "expected"),
    [
        pytest.param([NUMBER], None, ON, {}, {}, True, id="the account"),
        pytest.param([NUMBER], None, SHADOW, {}, {}, False, id="the account in shadow mode"),
        pytest.param([NUMBER], ENABLED, ON, {ENABLED: SHADOW}, {}, False, id="the service that is named"),
        pytest.param([NUMBER], None, ON, {ENABLED: SHADOW}, {}, False, id="the service that holds the sender"),
        pytest.param([ALONE], None, ON, {ENABLED: SHADOW}, {}, True, id="a sender of no service"),
        pytest.param([SHARED], None, ON, {ENABLED: SHADOW}, {}, True, id="of two that hold it one is on"),
        pytest.param([SHARED], None, SHADOW, {ENABLED: ON}, {}, True, id="of two that hold it one says on"),
        pytest.param([NUMBER], ENABLED, ON, {ENABLED: SHADOW}, {NUMBER: ON}, True, id="the sender comes first"),
        pytest.param([NUMBER], None, ON, {}, {NUMBER: SHADOW}, False, id="the sender alone"),
        pytest.param([NUMBER, ALONE], None, ON, {}, {NUMBER: SHADOW}, True, id="its fallback sender is on"),
        pytest.param([], ENABLED, ON, {ENABLED: SHADOW}, {}, False, id="a service without a sender"),
        pytest.param([], ENABLED, ON, {ENABLED: SHADOW}, {SHARED: ON}, True, id="whose pool holds one that is on"),
        pytest.param([], OTHER, ON, {ENABLED: SHADOW}, {}, True, id="another service"),
    ],
)
def test_shadow_mode_is_only_where_all_that_may_count_says_so(
    senders: list[str],
    service: str | None,
    account: Enforcement,
    services: dict[str, Enforcement],
    stated: dict[str, Enforcement],
    expected: bool,
) -> None:
    policy = KeywordPolicy(TwilioHandling.OFF, enforcement=account, senders_enforcement=stated)
    known = {sid: a_service(sid, enforcement=own) for sid, own in services.items()}
    assert expected is is_enforced(senders, service, policy, POOLS, enforcements_of(known))
