"""What a keyword does: the tables of the rules, each cell a row."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.addresses import read_recipient
from gateway.messaging.consent import Change, ConsentChange, change_for
from gateway.messaging.handling import Handling, KeywordPolicy, UnmanagedSenders, handling_of
from gateway.messaging.keywords import KeywordMatch, OptOutType
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import WRITTEN, TwilioHandling
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source
from gateway.messaging.policy import Forward, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender
from gateway.messaging.services import MessagingService

ACCOUNT = "AC" + "a1" * 16
SERVICE, OTHER_SERVICE = "MG" + "1" * 32, "MG" + "2" * 32
ANN, ANN_IN_JAMAICA = "+14155550100", "+18765550100"
ALONE, IN_POOL, ALSO_IN_POOL, ELSEWHERE = "+12025550108", "+15005550006", "+15005550007", "+15005550008"
FREE, FREE_IN_POOL = "+18005550100", "+18885550100"
NOT_PLACED = "+12025550109"
SHORT, WHATSAPP = "12345", "whatsapp:+15005550006"

POOLS = Pools(
    senders_of={
        SERVICE: frozenset({IN_POOL, ALSO_IN_POOL, FREE_IN_POOL}),
        OTHER_SERVICE: frozenset({ELSEWHERE}),
    },
    placed=frozenset(
        {SERVICE, OTHER_SERVICE, ALONE, IN_POOL, ALSO_IN_POOL, ELSEWHERE, FREE, FREE_IN_POOL, SHORT, WHATSAPP}
    ),
)

STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

SECOND = 1_000_000
EARLIER = 1_790_000_000 * SECOND
NOW = EARLIER + 60 * SECOND

OFF = KeywordPolicy(TwilioHandling.OFF)
BY_TWILIO, BY_AOO = KeywordPolicy(TwilioHandling.DEFAULT), KeywordPolicy(TwilioHandling.AOO)


def inbound(
    body: str,
    *,
    to: str = ALONE,
    sender: str = ANN,
    service: str | None = None,
    opt_out_type: OptOutType | None = None,
) -> InboundMessage:
    recipient = read_recipient(sender, None)
    return InboundMessage(ACCOUNT, "SM" + "0" * 32, recipient, read_sender(to, None), service, body, opt_out_type)


def service(sid: str = SERVICE) -> Scope:
    return Scope(ScopeKind.SERVICE, sid)


def sender(key: str) -> Scope:
    return Scope(ScopeKind.SENDER, key)


def standing(*scopes: Scope, at: int = EARLIER, source: Source = Source.KEYWORD, hold: bool = False) -> list[OptOut]:
    return [OptOut(scope, True, at, source, hold) for scope in scopes]


def lifted(*scopes: Scope, at: int = EARLIER) -> list[OptOut]:
    return [OptOut(scope, False, at, Source.KEYWORD) for scope in scopes]


def change(
    message: InboundMessage,
    opt_outs: Iterable[OptOut] = (),
    policy: KeywordPolicy = OFF,
    pools: Pools = POOLS,
    at: int = NOW,
) -> ConsentChange:
    handling = Handling(policy)
    match = handling.match(message)
    assert match is not None
    return change_for(message, match, handling, pools, opt_outs, at)


def told(result: ConsentChange) -> tuple[Change, str | None]:
    return result.change, result.confirmation


OPTED_OUT = standing(sender(ALONE))


@pytest.mark.parametrize(
    ("body", "opt_outs", "expected"),
    [
        pytest.param("STOP", [], (Change.ADDED, STOP_REPLY), id="STOP of somebody not opted out"),
        pytest.param("QUIT", [], (Change.ADDED, STOP_REPLY), id="another opt-out word"),
        pytest.param("STOP", lifted(sender(ALONE)), (Change.ADDED, STOP_REPLY), id="STOP after an opt-in"),
        pytest.param("STOP", OPTED_OUT, (Change.STAYS, None), id="STOP again"),
        pytest.param("START", [], (Change.NOTHING, None), id="START of somebody not opted out"),
        pytest.param("YES", lifted(sender(ALONE)), (Change.NOTHING, None), id="YES after an opt-in"),
        pytest.param("START", OPTED_OUT, (Change.LIFTED, START_REPLY), id="START of somebody opted out"),
        pytest.param("YES", OPTED_OUT, (Change.LIFTED, START_REPLY), id="YES of somebody opted out"),
        pytest.param("UNSTOP", OPTED_OUT, (Change.LIFTED, START_REPLY), id="UNSTOP of somebody opted out"),
        pytest.param("HELP", [], (Change.NOTHING, HELP_REPLY), id="HELP of somebody not opted out"),
        pytest.param("INFO", lifted(sender(ALONE)), (Change.NOTHING, HELP_REPLY), id="INFO after an opt-in"),
        pytest.param("HELP", OPTED_OUT, (Change.NOTHING, None), id="HELP of somebody opted out"),
    ],
)
def test_what_a_keyword_does_and_is_answered(body: str, opt_outs: list[OptOut], expected: object) -> None:
    assert expected == told(change(inbound(body), opt_outs))


@pytest.mark.parametrize(
    ("policy", "body", "opt_outs", "expected"),
    [
        pytest.param(
            replace(OFF, reply_when_not_opted_out=True),
            "START",
            [],
            (Change.NOTHING, START_REPLY),
            id="START confirmed",
        ),
        pytest.param(
            replace(OFF, help_when_opted_out=True), "HELP", OPTED_OUT, (Change.NOTHING, HELP_REPLY), id="HELP answered"
        ),
        pytest.param(
            replace(OFF, reply_when_not_opted_out=True, help_when_opted_out=True),
            "STOP",
            OPTED_OUT,
            (Change.STAYS, None),
            id="STOP still confirmed once only",
        ),
    ],
)
def test_an_account_may_have_it_otherwise(
    policy: KeywordPolicy, body: str, opt_outs: list[OptOut], expected: object
) -> None:
    assert expected == told(change(inbound(body), opt_outs, policy))


def test_a_change_names_the_keyword_its_set_and_its_source_as_evidence() -> None:
    result = change(inbound(" ＱＵＩＴ\u200b"))

    assert (OptOutType.STOP, "quit", "default.STOP", Source.KEYWORD) == (
        result.opt_out_type,
        result.keyword,
        result.keyword_set,
        result.source,
    )


# Whom it covers


@pytest.mark.parametrize(
    ("message", "pools", "scopes"),
    [
        pytest.param(inbound("STOP"), POOLS, (sender(ALONE),), id="a sender in no service: the sender"),
        pytest.param(
            inbound("STOP", to=IN_POOL), POOLS, (service(), sender(IN_POOL)), id="a pool's sender: service and sender"
        ),
        pytest.param(
            inbound("STOP", to=IN_POOL, service=SERVICE),
            Pools(),
            (service(), sender(IN_POOL)),
            id="a sender whose service only the webhook tells",
        ),
        pytest.param(
            inbound("STOP", to=IN_POOL, service=OTHER_SERVICE),
            POOLS,
            (service(SERVICE), service(OTHER_SERVICE), sender(IN_POOL)),
            id="sources that disagree: the union",
        ),
        pytest.param(
            inbound("STOP", to=NOT_PLACED), POOLS, (sender(NOT_PLACED),), id="a sender not placed: the sender"
        ),
        pytest.param(
            inbound("STOP", to=WHATSAPP, sender=f"whatsapp:{ANN}"), POOLS, (sender(WHATSAPP),), id="a WhatsApp sender"
        ),
    ],
)
def test_a_stop_covers_each_service_that_holds_the_sender_and_the_sender(
    message: InboundMessage, pools: Pools, scopes: tuple[Scope, ...]
) -> None:
    result = change(message, pools=pools)

    assert (Change.ADDED, scopes, ()) == (result.change, result.add, result.lift)


def test_a_stop_adds_what_is_missing_and_is_not_confirmed_to_somebody_already_opted_out() -> None:
    result = change(inbound("STOP", to=IN_POOL), standing(service()))

    assert (Change.ADDED, (sender(IN_POOL),), None) == (result.change, result.add, result.confirmation)


EVERYTHING = standing(
    service(), sender(IN_POOL), sender(ALSO_IN_POOL), sender(FREE_IN_POOL), service(OTHER_SERVICE), sender(ALONE)
)


@pytest.mark.parametrize(
    ("message", "opt_outs", "scopes"),
    [
        pytest.param(
            inbound("START", to=IN_POOL),
            EVERYTHING,
            (service(), sender(IN_POOL), sender(ALSO_IN_POOL)),
            id="to a pool's sender: the service and the pool, toll-free excepted",
        ),
        pytest.param(
            inbound("START", to=IN_POOL, service=SERVICE),
            standing(service()),
            (service(),),
            id="only what stands",
        ),
        pytest.param(inbound("START"), EVERYTHING, (sender(ALONE),), id="to a sender in no service: the sender"),
        pytest.param(
            inbound("UNSTOP", to=FREE_IN_POOL),
            EVERYTHING,
            (service(), sender(IN_POOL), sender(ALSO_IN_POOL), sender(FREE_IN_POOL)),
            id="to the toll-free sender itself: that one too",
        ),
        pytest.param(
            inbound("START", to=IN_POOL, sender=ANN_IN_JAMAICA),
            EVERYTHING,
            (service(), sender(IN_POOL), sender(ALSO_IN_POOL), sender(FREE_IN_POOL)),
            id="toll-free too for a phone whose carrier has no toll-free rule",
        ),
    ],
)
def test_an_opt_in_lifts_the_service_and_its_pools_senders(
    message: InboundMessage, opt_outs: list[OptOut], scopes: tuple[Scope, ...]
) -> None:
    result = change(message, opt_outs)

    assert (Change.LIFTED, (), set(scopes), START_REPLY) == (
        result.change,
        result.add,
        set(result.lift),
        result.confirmation,
    )
    assert len(scopes) == len(result.lift)


def test_an_opt_in_lifts_nothing_of_a_service_that_the_webhook_does_not_name() -> None:
    """The sender moved: what was said to its old service stands, and so does the block while both are believed."""
    result = change(inbound("START", to=IN_POOL, service=OTHER_SERVICE), EVERYTHING)

    assert (Change.LIFTED, {service(OTHER_SERVICE), sender(IN_POOL)}) == (result.change, set(result.lift))
    assert result.confirmation is None


@pytest.mark.parametrize("source", [pytest.param(source, id=source.value) for source in Source])
def test_an_opt_in_lifts_an_opt_out_of_every_source_unless_it_is_held(source: Source) -> None:
    free = change(inbound("START"), standing(sender(ALONE), source=source))
    held = change(inbound("START"), standing(sender(ALONE), source=source, hold=True))

    assert (Change.LIFTED, (sender(ALONE),), START_REPLY) == (free.change, free.lift, free.confirmation)
    assert (Change.HELD, (), None) == (held.change, held.lift, held.confirmation)


@pytest.mark.parametrize(
    ("message", "opt_outs", "lift", "confirmation"),
    [
        pytest.param(
            inbound("START", to=IN_POOL),
            standing(service(), hold=True) + standing(sender(IN_POOL)),
            (sender(IN_POOL),),
            None,
            id="not where the service is held",
        ),
        pytest.param(
            inbound("START", to=IN_POOL),
            standing(sender(ALSO_IN_POOL), hold=True) + standing(service(), sender(IN_POOL)),
            (service(), sender(IN_POOL)),
            START_REPLY,
            id="where only another sender of the pool is held",
        ),
        pytest.param(
            inbound("START"),
            standing(Scope(ScopeKind.ACCOUNT, ACCOUNT), sender(ALONE)),
            (sender(ALONE),),
            None,
            id="not where the account stays opted out of",
        ),
    ],
)
def test_an_opt_in_is_confirmed_only_where_a_send_would_now_be_forwarded(
    message: InboundMessage, opt_outs: list[OptOut], lift: tuple[Scope, ...], confirmation: str | None
) -> None:
    result = change(message, opt_outs)

    assert (Change.LIFTED, lift, confirmation) == (result.change, result.lift, result.confirmation)


def test_an_unplaced_sender_is_covered_by_every_opt_out_and_its_start_lifts_none_of_the_others() -> None:
    result = change(inbound("START", to=NOT_PLACED), standing(sender(ALONE)))

    assert (Change.STAYS, (), None) == (result.change, result.lift, result.confirmation)


def test_help_to_an_unplaced_sender_gets_no_reply_while_any_opt_out_stands() -> None:
    assert (Change.NOTHING, None) == told(change(inbound("HELP", to=NOT_PLACED), standing(sender(ALONE))))


# Toll-free senders, where a carrier handles STOP, START and UNSTOP itself


@pytest.mark.parametrize(
    ("body", "recipient", "expected"),
    [
        pytest.param("STOP", ANN, (Change.ADDED, None), id="STOP: the carrier answers"),
        pytest.param("stop", "+16045550100", (Change.ADDED, None), id="stop from Canada: the carrier answers"),
        pytest.param("STOP", "+15550001111", (Change.ADDED, None), id="STOP from a +1 number of no country"),
        pytest.param("UNSUBSCRIBE", ANN, (Change.ADDED, STOP_REPLY), id="another opt-out word: our reply"),
        pytest.param("STOP", ANN_IN_JAMAICA, (Change.ADDED, STOP_REPLY), id="STOP from Jamaica: our reply"),
        pytest.param("STOP", "+442079460018", (Change.ADDED, STOP_REPLY), id="STOP from abroad: our reply"),
    ],
)
def test_a_stop_to_a_toll_free_sender(body: str, recipient: str, expected: object) -> None:
    assert expected == told(change(inbound(body, to=FREE, sender=recipient)))


@pytest.mark.parametrize(
    ("body", "recipient", "expected"),
    [
        pytest.param("START", ANN, (Change.LIFTED, START_REPLY), id="START lifts, with our reply"),
        pytest.param("Unstop", ANN, (Change.LIFTED, START_REPLY), id="UNSTOP lifts, with our reply"),
        pytest.param("YES", ANN, (Change.STAYS, None), id="YES lifts nothing"),
        pytest.param("YES", ANN_IN_JAMAICA, (Change.LIFTED, START_REPLY), id="YES from Jamaica lifts"),
    ],
)
def test_an_opt_in_to_a_toll_free_sender(body: str, recipient: str, expected: object) -> None:
    assert expected == told(change(inbound(body, to=FREE, sender=recipient), standing(sender(FREE))))


def test_yes_to_a_toll_free_sender_does_not_even_lift_its_service() -> None:
    result = change(inbound("YES", to=FREE_IN_POOL), standing(service(), sender(FREE_IN_POOL)))

    assert (Change.STAYS, ()) == (result.change, result.lift)


def test_start_to_one_toll_free_sender_does_not_lift_another() -> None:
    pools = Pools(senders_of={SERVICE: frozenset({FREE, FREE_IN_POOL})}, placed=frozenset({SERVICE, FREE}))
    result = change(inbound("START", to=FREE), standing(service(), sender(FREE), sender(FREE_IN_POOL)), pools=pools)

    assert (service(), sender(FREE)) == result.lift


# Who else is handling keywords


@pytest.mark.parametrize("policy", [pytest.param(BY_TWILIO, id="default"), pytest.param(BY_AOO, id="aoo")])
@pytest.mark.parametrize(
    ("body", "opt_outs", "expected"),
    [
        pytest.param("STOP", [], Change.ADDED, id="STOP"),
        pytest.param("START", OPTED_OUT, Change.LIFTED, id="START"),
        pytest.param("HELP", [], Change.NOTHING, id="HELP"),
    ],
)
def test_where_twilio_handles_keywords_they_are_recorded_and_not_answered(
    policy: KeywordPolicy, body: str, opt_outs: list[OptOut], expected: object
) -> None:
    assert (expected, None) == told(change(inbound(body), opt_outs, policy))


@pytest.mark.parametrize(
    "policy", [pytest.param(each, id=each.twilio_handling.value) for each in (OFF, BY_TWILIO, BY_AOO)]
)
@pytest.mark.parametrize(
    ("body", "opt_out_type", "opt_outs", "expected"),
    [
        pytest.param("STOP", "STOP", [], (Change.ADDED, OptOutType.STOP, "stop"), id="a word we know too"),
        pytest.param("genug", "STOP", [], (Change.ADDED, OptOutType.STOP, ""), id="an opt-out word only Twilio knows"),
        pytest.param(
            "los", "START", OPTED_OUT, (Change.LIFTED, OptOutType.START, ""), id="an opt-in word only it knows"
        ),
        pytest.param("hilfe", "HELP", [], (Change.NOTHING, OptOutType.HELP, ""), id="a help word only it knows"),
        pytest.param(
            "STOP", "START", OPTED_OUT, (Change.LIFTED, OptOutType.START, "stop"), id="a word it means otherwise"
        ),
    ],
)
def test_twilios_own_opt_out_type_is_taken_at_its_word_and_not_answered(
    policy: KeywordPolicy, body: str, opt_out_type: OptOutType, opt_outs: list[OptOut], expected: object
) -> None:
    result = change(inbound(body, opt_out_type=opt_out_type), opt_outs, policy)

    assert expected == (result.change, result.opt_out_type, result.keyword)
    assert (Source.TWILIO, None) == (result.source, result.confirmation)


@pytest.mark.parametrize(
    ("to", "recipient"),
    [pytest.param(SHORT, ANN, id="short code"), pytest.param(WHATSAPP, f"whatsapp:{ANN}", id="WhatsApp sender")],
)
def test_keywords_on_unmanaged_senders_are_recorded_without_reply_or_ignored(to: str, recipient: str) -> None:
    ignore = replace(OFF, unmanaged_senders=UnmanagedSenders.IGNORE)
    message = inbound("STOP", to=to, sender=recipient)

    assert (Change.ADDED, None) == told(change(message))
    assert (Change.STAYS, None) == told(change(message, standing(sender(to))))
    assert (Change.NOTHING, None) == told(change(replace(message, body="HELP")))
    assert (Change.LIFTED, None) == told(change(replace(message, body="START"), standing(sender(to))))
    assert Handling(ignore).match(message) is None


@pytest.mark.parametrize(
    ("to", "recipient"),
    [
        pytest.param(ALONE, ANN, id="long code"),
        pytest.param(FREE, ANN, id="toll-free"),
        pytest.param("rcs:brand", f"rcs:{ANN}", id="RCS"),
    ],
)
def test_keywords_on_managed_senders_count_whatever_is_done_with_unmanaged_ones(to: str, recipient: str) -> None:
    ignore = replace(OFF, unmanaged_senders=UnmanagedSenders.IGNORE)

    assert Handling(ignore).match(inbound("STOP", to=to, sender=recipient)) is not None


@pytest.mark.parametrize("body", [pytest.param("Stop please", id="a sentence"), pytest.param("", id="nothing")])
def test_what_is_no_keyword_changes_nothing(body: str) -> None:
    assert Handling(OFF).match(inbound(body)) is None


# Opt-in words of our own, and Advanced Opt-Out by kind of sender


def ours(opt_out_type: OptOutType, word: str, reply: str) -> dict[str, Any]:
    return {WRITTEN[opt_out_type]: {"keywords": [word], "reply": reply}}


OUR_STOP, OUR_START, OUR_HELP = "Acme: adiós.", "Acme: ¡hola!", "Acme: 800."
OUR_SETS = (
    ours(OptOutType.STOP, "baja", OUR_STOP)
    | ours(OptOutType.START, "alta", OUR_START)
    | ours(OptOutType.HELP, "ayuda", OUR_HELP)
)
SENDERS = {
    "long code": (IN_POOL, ANN),
    "short code": (SHORT, ANN),
    "toll-free": (FREE_IN_POOL, ANN),
    "toll-free, from Jamaica": (FREE_IN_POOL, ANN_IN_JAMAICA),
    "WhatsApp": (WHATSAPP, f"whatsapp:{ANN}"),
    "RCS": ("rcs:brand", f"rcs:{ANN}"),
}


def in_service(
    message: InboundMessage,
    opt_outs: Iterable[OptOut] = (),
    handling: TwilioHandling = TwilioHandling.OFF,
    **given: Any,
) -> ConsentChange:
    """What a keyword to an enabled service with sets of its own does."""
    enabled = MessagingService(SERVICE, 5, True, read_settings({"standard": OUR_SETS, **given}))
    message = replace(message, service_sid=SERVICE)
    found = handling_of(message, KeywordPolicy(handling), POOLS, {SERVICE: enabled})
    match = found.match(message)
    assert match is not None
    return change_for(message, match, found, POOLS, opt_outs, NOW)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind) for kind in SENDERS])
@pytest.mark.parametrize(
    ("body", "is_out", "change_", "reply"),
    [
        pytest.param("baja", False, Change.ADDED, OUR_STOP, id="an opt-out word"),
        pytest.param("stop", False, Change.ADDED, OUR_STOP, id="STOP"),
        pytest.param("baja", True, Change.STAYS, None, id="an opt-out word again"),
        pytest.param("stop", True, Change.STAYS, None, id="STOP again"),
        pytest.param("alta", False, Change.NOTHING, OUR_START, id="our opt-in word of somebody new: a welcome"),
        pytest.param("start", False, Change.NOTHING, None, id="START of somebody not opted out"),
        pytest.param("alta", True, Change.LIFTED, OUR_START, id="our opt-in word"),
        pytest.param("unstop", True, Change.LIFTED, OUR_START, id="UNSTOP"),
        pytest.param("ayuda", False, Change.NOTHING, OUR_HELP, id="our help word"),
        pytest.param("help", True, Change.NOTHING, None, id="HELP of somebody opted out"),
    ],
)
def test_in_an_enabled_service_a_keyword_does_on_every_kind_of_sender(
    kind: str, body: str, *, is_out: bool, change_: Change, reply: str | None
) -> None:
    to, recipient = SENDERS[kind]
    if kind == "short code" and change_ is Change.STAYS:
        reply = OUR_STOP  # its carriers want each one answered
    if kind == "toll-free" and body == "stop":
        reply = None  # the carrier answers
    if kind == "toll-free" and body == "alta" and is_out:
        change_, reply = Change.STAYS, None  # the carrier lifts by START and UNSTOP alone
    key = read_sender(to, None).key
    opted_out = standing(service(), sender(key)) if is_out else []
    result = in_service(inbound(body, to=to, sender=recipient), opted_out)

    assert (change_, reply, 5) == (result.change, result.confirmation, result.version)
    assert (change_ is Change.ADDED) == ({service(), sender(key)} == set(result.add))
    assert (change_ is Change.LIFTED) == ({service(), sender(key)} == set(result.lift))
    assert () == result.lift_at_twilio


@pytest.mark.parametrize(
    ("given", "body", "is_out", "reply"),
    [
        pytest.param({"reply_when_not_opted_out": True}, "start", False, OUR_START, id="START confirmed all the same"),
        pytest.param({"help_when_opted_out": True}, "help", True, OUR_HELP, id="HELP answered all the same"),
        pytest.param({"relay": "drop"}, "baja", False, OUR_STOP, id="confirmed where nothing is relayed"),
        pytest.param({"matching": "normalized"}, "¡BAJA!", False, OUR_STOP, id="as people type"),
    ],
)
def test_a_service_may_have_it_otherwise(given: dict[str, Any], body: str, *, is_out: bool, reply: str) -> None:
    opted_out = standing(service(), sender(IN_POOL)) if is_out else []

    assert reply == in_service(inbound(body, to=IN_POOL), opted_out, **given).confirmation


def test_stop_as_people_type_it_is_not_what_a_toll_free_carrier_answers() -> None:
    result = in_service(inbound("STOP.", to=FREE_IN_POOL), matching="normalized")

    assert (Change.ADDED, OUR_STOP) == told(result)


DEFAULT, AOO = TwilioHandling.DEFAULT, TwilioHandling.AOO
BY_SERVICE = (Scope(ScopeKind.SERVICE, SERVICE),)


@pytest.mark.parametrize(
    ("handling", "to", "body", "is_out", "expected", "lifted_at"),
    [
        pytest.param(DEFAULT, IN_POOL, "stop", False, (Change.ADDED, None), (), id="STOP: Twilio answered"),
        pytest.param(DEFAULT, IN_POOL, "cancel", False, (Change.ADDED, None), (), id="its word that we left out"),
        pytest.param(DEFAULT, IN_POOL, "baja", False, (Change.ADDED, OUR_STOP), (), id="our word: ours to answer"),
        pytest.param(DEFAULT, IN_POOL, "start", True, (Change.LIFTED, None), (), id="START: Twilio lifted"),
        pytest.param(
            DEFAULT, IN_POOL, "alta", True, (Change.LIFTED, OUR_START), BY_SERVICE, id="our opt-in word: lifted there"
        ),
        pytest.param(
            DEFAULT, IN_POOL, "alta", False, (Change.NOTHING, OUR_START), BY_SERVICE, id="and where only Twilio blocks"
        ),
        pytest.param(DEFAULT, IN_POOL, "ayuda", False, (Change.NOTHING, OUR_HELP), (), id="our help word"),
        pytest.param(DEFAULT, IN_POOL, "help", False, (Change.NOTHING, None), (), id="HELP: Twilio answered"),
        pytest.param(DEFAULT, SHORT, "stop", False, (Change.ADDED, OUR_STOP), (), id="a short code is ours to answer"),
        pytest.param(DEFAULT, FREE_IN_POOL, "start", True, (Change.LIFTED, None), (), id="START to a toll-free sender"),
        pytest.param(
            DEFAULT, FREE_IN_POOL, "alta", True, (Change.STAYS, None), (), id="our word to one, lifted nowhere"
        ),
        pytest.param(DEFAULT, FREE_IN_POOL, "baja", False, (Change.ADDED, OUR_STOP), (), id="our opt-out word to one"),
        pytest.param(AOO, IN_POOL, "baja", False, (Change.ADDED, None), (), id="aoo: kept, not answered"),
        pytest.param(AOO, SHORT, "stop", False, (Change.ADDED, None), (), id="aoo on a short code too"),
        pytest.param(AOO, IN_POOL, "start", True, (Change.LIFTED, None), (), id="aoo: START kept"),
    ],
)
def test_who_answers_and_lifts_beside_twilio(
    handling: TwilioHandling,
    to: str,
    body: str,
    *,
    is_out: bool,
    expected: tuple[Change, str | None],
    lifted_at: tuple[Scope, ...],
) -> None:
    opted_out = standing(service(), sender(to)) if is_out else []
    result = in_service(inbound(body, to=to), opted_out, handling)

    assert (expected, lifted_at) == (told(result), result.lift_at_twilio)


def test_whatsapp_has_no_block_at_twilio_to_lift() -> None:
    result = in_service(inbound("alta", to=WHATSAPP, sender=f"whatsapp:{ANN}"), standing(service()), DEFAULT)

    assert (Change.LIFTED, OUR_START, ()) == (result.change, result.confirmation, result.lift_at_twilio)


@pytest.mark.parametrize("handling", [pytest.param(each, id=each.value) for each in TwilioHandling])
@pytest.mark.parametrize(
    ("said", "is_out", "change_"),
    [
        pytest.param(OptOutType.STOP, False, Change.ADDED, id="STOP"),
        pytest.param(OptOutType.START, True, Change.LIFTED, id="START"),
        pytest.param(OptOutType.HELP, False, Change.NOTHING, id="HELP"),
    ],
)
def test_in_an_enabled_service_twilios_own_word_is_kept_and_never_answered_or_lifted_again(
    said: OptOutType, handling: TwilioHandling, *, is_out: bool, change_: Change
) -> None:
    opted_out = standing(service(), sender(IN_POOL)) if is_out else []
    result = in_service(inbound("ayuda", to=IN_POOL, opt_out_type=said), opted_out, handling)

    assert (change_, said, Source.TWILIO) == (result.change, result.opt_out_type, result.source)
    assert (None, ()) == (result.confirmation, result.lift_at_twilio)


def test_a_start_lifts_a_pools_other_sender_even_where_its_own_was_never_blocked() -> None:
    """STOP went to a number before it came into the pool: a send that may pick from the pool is blocked by it."""
    result = change(inbound("START", to=IN_POOL), standing(sender(ALSO_IN_POOL)))

    assert (Change.LIFTED, (sender(ALSO_IN_POOL),), START_REPLY) == (result.change, result.lift, result.confirmation)


def test_a_start_is_nothing_where_only_a_pools_other_sender_is_held() -> None:
    result = change(inbound("START", to=IN_POOL), standing(sender(ALSO_IN_POOL), hold=True))

    assert (Change.NOTHING, (), None) == (result.change, result.lift, result.confirmation)


def test_stop_again_to_a_service_does_not_let_a_sender_in_that_left_it() -> None:
    left = replace(
        POOLS, senders_of={SERVICE: frozenset({IN_POOL})}, left={ALSO_IN_POOL: {SERVICE: EARLIER + 10 * SECOND}}
    )
    before = standing(service(), sender(IN_POOL))
    result = change(inbound("STOP", to=IN_POOL), before, pools=left)

    assert (Change.STAYS, None) == told(result)
    assert {
        OptOut(service(), True, NOW, Source.KEYWORD),
        OptOut(sender(IN_POOL), True, NOW, Source.KEYWORD),
        OptOut(sender(ALSO_IN_POOL), True, EARLIER, Source.KEYWORD),
    } == set(result.renew)


def test_a_start_to_a_sender_that_moved_lifts_what_its_former_service_left_there() -> None:
    moved = Pools(
        senders_of={OTHER_SERVICE: frozenset({IN_POOL})},
        placed=POOLS.placed,
        left={IN_POOL: {SERVICE: EARLIER + SECOND}},
    )
    result = change(inbound("START", to=IN_POOL), standing(service()), pools=moved)

    assert (Change.LIFTED, (sender(IN_POOL),), START_REPLY) == (result.change, result.lift, result.confirmation)


# Which of two events counts


@pytest.mark.parametrize(
    ("body", "opt_outs", "at", "expected"),
    [
        pytest.param("START", OPTED_OUT, EARLIER - SECOND, (Change.OUTDATED, None), id="a START that comes late"),
        pytest.param("START", OPTED_OUT, EARLIER, (Change.OUTDATED, None), id="a START at the moment of the STOP"),
        pytest.param(
            "START",
            OPTED_OUT,
            EARLIER + SECOND - 1,
            (Change.OUTDATED, None),
            id="a START within the second of the STOP",
        ),
        pytest.param("START", OPTED_OUT, EARLIER + SECOND, (Change.LIFTED, START_REPLY), id="a START a second after"),
        pytest.param(
            "STOP", lifted(sender(ALONE)), EARLIER - SECOND, (Change.OUTDATED, None), id="a STOP that comes late"
        ),
        pytest.param(
            "STOP",
            lifted(sender(ALONE)),
            EARLIER - SECOND + 1,
            (Change.ADDED, STOP_REPLY),
            id="a STOP within the second before the START",
        ),
        pytest.param(
            "STOP", lifted(sender(ALONE)), EARLIER, (Change.ADDED, STOP_REPLY), id="a STOP at the moment of the START"
        ),
    ],
)
def test_the_later_keyword_counts_and_within_a_second_stop_wins(
    body: str, opt_outs: list[OptOut], at: int, expected: object
) -> None:
    result = change(inbound(body), opt_outs, at=at)

    assert expected == told(result)
    assert (expected[0] in {Change.ADDED, Change.LIFTED}) == bool(result.add + result.lift)


def test_a_start_between_two_opt_outs_lifts_only_the_older_and_is_not_confirmed() -> None:
    opt_outs = standing(sender(IN_POOL)) + standing(service(), at=NOW + SECOND)
    result = change(inbound("START", to=IN_POOL), opt_outs)

    assert (Change.LIFTED, (sender(IN_POOL),), None) == (result.change, result.lift, result.confirmation)


# Properties, whatever the pools and the list

NUMBERS = (ALONE, IN_POOL, ALSO_IN_POOL, FREE, FREE_IN_POOL)
scopes = st.sampled_from([*map(sender, NUMBERS), service(), service(OTHER_SERVICE)])
lists = st.dictionaries(scopes, st.tuples(st.booleans(), st.booleans())).map(
    lambda kept: [OptOut(scope, stands, EARLIER, Source.KEYWORD, hold) for scope, (stands, hold) in kept.items()]
)
known_pools = st.dictionaries(st.sampled_from([SERVICE, OTHER_SERVICE]), st.frozensets(st.sampled_from(NUMBERS))).map(
    lambda held: Pools(0, held, frozenset({*NUMBERS, SERVICE, OTHER_SERVICE}))
)
messages = st.builds(
    lambda to, named: inbound("", to=to, service=named),
    st.sampled_from(NUMBERS),
    st.sampled_from([None, SERVICE, OTHER_SERVICE]),
)


def after(opt_outs: list[OptOut], result: ConsentChange) -> list[OptOut]:
    kept = {opt_out.scope: opt_out for opt_out in opt_outs}
    kept |= {scope: OptOut(scope, True, NOW, result.source) for scope in result.add}
    kept |= {opt_out.scope: opt_out for opt_out in result.renew}
    kept |= {scope: OptOut(scope, False, NOW, result.source) for scope in result.lift}
    return list(kept.values())


def may_send(message: InboundMessage, pools: Pools, opt_outs: list[OptOut], *, by_service: bool = False) -> bool:
    named = None if by_service else message.sender
    send = OutboundMessage(ACCOUNT, message.recipient, message.service_sid if by_service else None, named)
    return isinstance(decide(send, pools, opt_outs), Forward)


@settings(max_examples=200, deadline=None)
@given(messages, known_pools, lists)
def test_after_a_stop_nothing_leaves_from_the_sender_nor_from_its_service(
    message: InboundMessage, pools: Pools, opt_outs: list[OptOut]
) -> None:
    left = after(opt_outs, change(replace(message, body="STOP"), opt_outs, pools=pools))

    assert not may_send(message, pools, left)
    assert message.service_sid is None or not may_send(message, pools, left, by_service=True)
    assert not may_send(message, Pools(placed=pools.placed), left), "the sender moved out of its services"


@settings(max_examples=200, deadline=None)
@given(messages, known_pools, lists, st.sampled_from(["START", "YES", "UNSTOP"]))
def test_an_opt_in_is_answered_exactly_when_it_opened_the_sender(
    message: InboundMessage, pools: Pools, opt_outs: list[OptOut], body: str
) -> None:
    result = change(replace(message, body=body), opt_outs, pools=pools)
    left = after(opt_outs, result)
    if message.service_sid:
        pools = pools.including(message.service_sid, message.sender.key)

    assert (bool(result.lift) and may_send(message, pools, left)) == (result.confirmation is not None)
    assert not {opt_out.scope for opt_out in opt_outs if opt_out.standing and opt_out.hold} & set(result.lift)
    assert () == result.add


@settings(max_examples=100, deadline=None)
@given(messages, known_pools, lists, st.sampled_from(["STOP", "START", "HELP"]))
def test_a_keyword_that_comes_twice_changes_the_list_once(
    message: InboundMessage, pools: Pools, opt_outs: list[OptOut], body: str
) -> None:
    message = replace(message, body=body)
    first = change(message, opt_outs, pools=pools)
    second = change(message, after(opt_outs, first), pools=pools, at=NOW + 2 * SECOND)

    assert ((), ()) == (second.add, second.lift)


def test_the_match_is_what_counts_and_not_the_body() -> None:
    match = KeywordMatch(OptOutType.STOP, "genug", "custom.STOP", "Tschüss.", "genug")
    result = change_for(inbound("Genug"), match, Handling(OFF), POOLS, [], NOW)

    assert (Change.ADDED, "genug", "custom.STOP", "Tschüss.") == (
        result.change,
        result.keyword,
        result.keyword_set,
        result.confirmation,
    )
