"""The sentences of Twilio's documents, by the pure rules: what a keyword does, what can be set, what is warned of.

The same rows of `tests.sentences` go over HTTP in tests/flows/test_advanced_opt_out.py.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from gateway.messaging.addresses import read_recipient, region_of
from gateway.messaging.consent import ConsentChange, change_for
from gateway.messaging.handling import KeywordPolicy, Reading, read_body
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS
from gateway.messaging.languages import LANGUAGES
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import InvalidSettings, read_settings
from gateway.messaging.opt_out_settings import OptOutSettings, TwilioHandling
from gateway.messaging.opt_out_warnings import warnings_of
from gateway.messaging.optouts import OptOut, Scope
from gateway.messaging.policy import Suppress, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender
from gateway.messaging.services import MessagingService
from tests.sentences import (
    ANNOUNCED,
    BOTH,
    COUNTRIES,
    DRAFT,
    IN_PRESET,
    LEAN,
    LONE,
    POOL_SHORT_CODE,
    POOL_TOLL_FREE,
    PRESET,
    RCS,
    ROWS,
    SENDERS_OF,
    SERVICE_OF,
    SPARSE,
    SPOKEN,
    STARTED,
    STOP_WORDS,
    TUTORIAL,
    Document,
    Row,
    keyword_set,
    reply_of,
)
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, SERVICE, WHATSAPP

SECOND: Final = 1_000_000  # microseconds
POOLS: Final = Pools(
    senders_of={sid: frozenset(senders) for sid, senders in SENDERS_OF.items()},
    placed=frozenset({*SENDERS_OF, *SERVICE_OF, *LONE}),
)
SERVICES: Final = {
    SERVICE: MessagingService(SERVICE, 2, True, read_settings(SPOKEN)),
    DRAFT: MessagingService(DRAFT, 1, False, read_settings(SPOKEN)),
    PRESET: MessagingService(PRESET, 1, True, read_settings({})),
    LEAN: MessagingService(LEAN, 1, True, read_settings(SPARSE)),
}
OFF: Final = KeywordPolicy(TwilioHandling.OFF)
REPLIES_BY_DEFAULT: Final = {each.name: each.reply for each in DEFAULT_KEYWORD_SETS}


class Conversation:
    """One phone and what it wrote to one sender: each body is read, and its change kept, a minute after the last."""

    def __init__(self, phone: str, sender: str) -> None:
        channel = "whatsapp:" if sender.startswith("whatsapp:") else "rcs:" if sender.startswith("rcs:") else ""
        self.phone = read_recipient(f"{channel}{phone}", None)
        self.sender = read_sender(sender, None)
        self.opt_outs: dict[Scope, OptOut] = {}
        self.now = 1_790_000_000 * SECOND

    def hear(self, body: str) -> tuple[Reading, ConsentChange | None]:
        self.now += 60 * SECOND
        service = SERVICE_OF.get(self.sender.wire)
        message = InboundMessage(ACCOUNT, "SM" + "0" * 32, self.phone, self.sender, service, body, None)
        reading = read_body(message, OFF, POOLS, SERVICES)
        if reading.match is None:
            return reading, None
        change = change_for(message, reading.match, reading.handling, POOLS, self.opt_outs.values(), self.now)
        for scope in change.scopes:
            self.opt_outs[scope] = OptOut(scope, scope in change.add, self.now, change.source)
        return reading, change

    def is_blocked(self, by: str, phone: str | None = None) -> bool:
        """Whether a send by a sender or a service is held back."""
        recipient = self.phone if phone is None else read_recipient(phone, None)
        opt_outs = self.opt_outs.values() if recipient.channel == self.phone.channel else ()
        if by in SENDERS_OF:
            send = OutboundMessage(ACCOUNT, recipient, by, None)
        else:
            send = OutboundMessage(ACCOUNT, recipient, None, read_sender(by, None))
        return isinstance(decide(send, POOLS, opt_outs), Suppress)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_a_keyword_does_what_the_documents_say(row: Row) -> None:
    heard = row.heard
    phone = Conversation(COUNTRIES[heard.country].format(100), heard.to)
    for body in heard.before:
        phone.hear(body)
    reading, change = phone.hear(heard.body)
    assert heard.means == (reading.match.opt_out_type if reading.match else None)
    assert answer_of(heard.answered_by) == (change.confirmation if change else None)
    routes = [heard.to, *filter(None, [SERVICE_OF.get(heard.to)])]
    assert [heard.blocked] * len(routes) == [phone.is_blocked(by) for by in routes]
    strangers = {ALONE, IN_PRESET} - {heard.to}
    assert not any(phone.is_blocked(by) for by in strangers), "others may still write"


@pytest.mark.parametrize("pattern", [pytest.param(each, id=country) for country, each in COUNTRIES.items()])
def test_the_phones_of_the_rows_are_in_their_countries(pattern: str) -> None:
    numbers = [pattern.format(number) for number in (100, 999)]
    assert [country for country, each in COUNTRIES.items() if each == pattern] * 2 == [*map(region_of, numbers)]


def test_every_language_of_the_list_has_a_word() -> None:
    assert {language.code for language in LANGUAGES} == set(STOP_WORDS)


# What takes more than one message


def test_an_opt_out_by_whatsapp_covers_whatsapp_alone() -> None:
    """Getting Started: "opted-out of further WhatsApp messaging … will not generalize to SMS"."""
    phone = Conversation("+14155550100", WHATSAPP)
    phone.hear("STOP")
    assert [True, True] == [phone.is_blocked(by) for by in (WHATSAPP, SERVICE)]
    assert [False, False] == [phone.is_blocked(by, "+14155550100") for by in (IN_POOL, SERVICE)]


@pytest.mark.parametrize("to", [IN_POOL, ALSO_IN_POOL, POOL_SHORT_CODE, RCS, POOL_TOLL_FREE])
def test_an_opt_out_covers_every_sender_of_the_pool(to: str) -> None:
    """Tutorial: "Twilio checks this list before sending any future outgoing messages"."""
    phone = Conversation("+14155550100", to)
    phone.hear("BAJA")
    pool = [sender for sender in SENDERS_OF[SERVICE] if sender != WHATSAPP]
    assert [True] * len(pool) == [phone.is_blocked(by) for by in pool]
    assert [False] * len(LONE) == [phone.is_blocked(by) for by in LONE]


def test_a_wish_to_stop_in_other_words_is_noticed() -> None:
    """Announcement: "to easily revoke permission by any reasonable means"."""
    reading, change = Conversation("+14155550100", IN_POOL).hear("please stop texting me")
    assert (None, None) == (reading.match, change)
    assert reading.intent is not None


# What can be configured

OVER = [f"word{number}" for number in range(21)]


def language(*keywords: str, name: str = "opt_out") -> dict[str, Any]:
    return {name: keyword_set("a set", *keywords)}


def replying(reply: str) -> dict[str, Any]:
    return {"standard": {"opt_out": {"keywords": [], "reply": reply}}}


# (who says so, the sentence, the settings, the places of its faults)
CONFIGURED: Final[tuple[tuple[tuple[Document, ...], str, Mapping[str, Any], list[str]], ...]] = (
    (BOTH, "Edit the Standard Opt-Out keywords", {"standard": language("halt")}, []),
    (BOTH, "Add language-specific Opt-Out keywords", {"languages": {"es": language("baja")}}, []),
    (BOTH, "Add Country Code Opt-Out keywords", {"countries": {"MX": {"es": language("baja")}}}, []),
    (BOTH, "separated by commas", {"standard": language("halt,end")}, ["standard.opt_out.keywords[0]"]),
    (
        BOTH,
        'the reserved Opt-out keyword "stop"',
        {"standard": language("stop", name="help")},
        ["standard.help.keywords[0]"],
    ),
    (BOTH, '"start" is reserved', {"standard": language("Start")}, ["standard.opt_out.keywords[0]"]),
    (BOTH, '"unstop" is reserved', {"standard": language("UNSTOP", name="help")}, ["standard.help.keywords[0]"]),
    (BOTH, '"help" is reserved', {"standard": language("help", name="opt_in")}, ["standard.opt_in.keywords[0]"]),
    (
        (TUTORIAL,),
        "supports the following spoken languages",
        {"languages": {"tlh": language("mev")}},
        ["languages.tlh"],
    ),
    (BOTH, "you must select at least one language", {"countries": {"MX": {}}}, ["countries.MX"]),
    (
        BOTH,
        "if you wish to localize the behavior further, you can add another language",
        {"countries": {"MX": {"es": language("alto"), "en": language("leave")}}},
        [],
    ),
    (
        BOTH,
        "all keywords in a country, across all languages, need to be unique",
        {"countries": {"MX": {"es": {**language("alto"), **language("Alto", name="help")}}}},
        ["countries.MX.es.help.keywords[0]"],
    ),
    (
        BOTH,
        "the same keyword can't be entered in two different languages for the same country",
        {"countries": {"MX": {"es": language("baja", "alto"), "en": language("leave", "ALTO")}}},
        ["countries.MX.en.opt_out.keywords[1]"],
    ),
    (
        BOTH,
        "for the same country",
        {
            "countries": {"MX": {"es": language("alto")}, "ES": {"es": language("alto")}},
            "languages": {"es": language("alto")},
        },
        [],
    ),
    ((STARTED,), "a maximum length of 320 characters", replying("x" * 320), []),
    ((STARTED,), "a maximum length of 320 characters", replying("x" * 321), ["standard.opt_out.reply"]),
    ((STARTED,), "a maximum length of 320 characters", replying(""), ["standard.opt_out.reply"]),
    ((ANNOUNCED,), "up to 20 custom keywords", {"standard": language(*OVER[:20], name="opt_in")}, []),
    (
        (ANNOUNCED,),
        "up to 20 custom keywords",
        {"standard": language(*OVER, name="opt_in")},
        ["standard.opt_in.keywords"],
    ),
    (
        (ANNOUNCED,),
        "up to 20 custom opt-out keywords (in addition to ‘STOP’)",
        {"standard": language("stop", *OVER[:20])},
        [],
    ),
    ((ANNOUNCED,), "up to 20 custom opt-out keywords", {"standard": language(*OVER)}, ["standard.opt_out.keywords"]),
)


@pytest.mark.parametrize(
    ("given", "places"),
    [
        pytest.param(given, places, id=f"{document}: “{sentence}” ({', '.join(places) or 'can be saved'})")
        for documents, sentence, given, places in CONFIGURED
        for document in documents
    ],
)
def test_what_can_be_configured_is_what_the_documents_say(given: Mapping[str, Any], places: list[str]) -> None:
    assert places == faults_of(given)


def faults_of(given: Mapping[str, Any]) -> list[str]:
    try:
        read_settings(given)
    except InvalidSettings as error:
        return [fault.place for fault in error.faults]
    return []


def test_settings_can_be_taken_out_and_put_in_again() -> None:
    """Getting Started: "There are also no options for exporting and/or importing configurations". Here there are."""
    saved = read_settings(SPOKEN)
    assert saved == read_settings(plain(saved))
    assert saved == read_two_axes(two_axes(saved), OptOutSettings())


REGISTERED: Final = {"short_codes": {POOL_SHORT_CODE: {"opt_out": ["ende"]}}}

# (who says so, the sentence, the settings, a word of the warning)
WARNED: Final[tuple[tuple[tuple[Document, ...], str, Mapping[str, Any], str], ...]] = (
    (BOTH, "Personally Identifiable Information (PII)", replying("Goodbye, {first_name}."), "placeholder"),
    (BOTH, "Personally Identifiable Information (PII)", replying("Ask ann.lee@gmail.com why."), "e-mail"),
    ((STARTED,), "not to use a shared URL shortener", replying("You are out. See https://bit.ly/3xYz"), "shortener"),
    ((STARTED,), "keeping your responses as concise as possible", replying("You are out. " * 14), "segments"),
    ((STARTED,), "We do not recommend using Advanced Opt-Out with Toll-Free numbers", {}, "toll-free"),
    (BOTH, "confirm that the keywords … exactly match the stop-words", REGISTERED, "ende"),
    (BOTH, "matches any keyword … that you specified when obtaining a short code", {}, "not stated"),
)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param(given, word, id=f"{document}: “{sentence}” ({word})")
        for documents, sentence, given, word in WARNED
        for document in documents
    ],
)
def test_what_the_documents_advise_against_is_warned_of(given: Mapping[str, Any], word: str) -> None:
    assert [] != [warning for warning in warnings_of(read_settings(given), SENDERS_OF[SERVICE]) if word in warning.text]


def answer_of(place: str | None) -> str | None:
    """The text that stands for the place of a keyword set."""
    return None if place is None else REPLIES_BY_DEFAULT.get(place, reply_of(place))
