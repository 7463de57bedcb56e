from typing import Any

import pytest
from pydantic import ValidationError

from gateway.messaging.keywords import KeywordMatch, Matching, OptOutType, match_keyword
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import (
    DEFAULT_STANDARD,
    IntentMode,
    OptOutSettings,
    RelayMode,
    keyword_sets_of,
    stated_senders,
)


def words(*keywords: str, reply: str) -> dict[str, Any]:
    return {"keywords": list(keywords), "reply": reply}


# Mexico: Spanish first (all three types), English after it. Canada: French with opt-out alone. French is valid
# everywhere, with Spanish.
GIVEN: dict[str, Any] = {
    "standard": {
        "opt_out": words("quit", reply="Standard: bye."),
        "opt_in": words("yes", reply="Standard: hello."),
        "help": words("info", reply="Standard: help."),
    },
    "languages": {
        "fr": {"opt_out": words("arrêt", "fin", reply="Français : au revoir."), "help": words("aide", reply="Aide.")},
        "es": {"opt_out": words("baja", reply="Español: adiós.")},
    },
    "countries": {
        "MX": {
            "es": {
                "opt_out": words("baja", "alto", reply="México: adiós."),
                "opt_in": words("alta", reply="México: hola."),
                "help": words("ayuda", reply="México: ayuda."),
            },
            "en": {"opt_out": words("quit", reply="Mexico: bye."), "opt_in": words("yes", reply="Mexico: hello.")},
        },
        "CA": {"fr": {"opt_out": words("arrêt", reply="Canada : au revoir.")}},
    },
}
SETTINGS = read_settings(GIVEN)


def found(body: str, country: str | None) -> KeywordMatch | None:
    return match_keyword(body, keyword_sets_of(SETTINGS, country))


@pytest.mark.parametrize(
    ("country", "body", "set_name", "reply"),
    [
        pytest.param("MX", "BAJA", "countries.MX.es.opt_out", "México: adiós.", id="a country before a language"),
        pytest.param("MX", "Quit", "countries.MX.en.opt_out", "Mexico: bye.", id="a country before the standard"),
        pytest.param("MX", "yes", "countries.MX.en.opt_in", "Mexico: hello.", id="in the language of the keyword"),
        pytest.param("MX", "alta", "countries.MX.es.opt_in", "México: hola.", id="in the other one"),
        pytest.param("MX", "fin", "languages.fr.opt_out", "Français : au revoir.", id="falls through to a language"),
        pytest.param("MX", "info", "standard.help", "Standard: help.", id="falls through to the standard"),
        pytest.param("MX", "stop", "countries.MX.es.opt_out", "México: adiós.", id="STOP is the first language's"),
        pytest.param("MX", "START", "countries.MX.es.opt_in", "México: hola.", id="START is the first language's"),
        pytest.param("MX", "unstop", "countries.MX.es.opt_in", "México: hola.", id="UNSTOP is the first language's"),
        pytest.param("MX", "HELP", "countries.MX.es.help", "México: ayuda.", id="HELP is the first language's"),
        pytest.param("CA", "Arrêt", "countries.CA.fr.opt_out", "Canada : au revoir.", id="a country of one set"),
        pytest.param("CA", "stop", "countries.CA.fr.opt_out", "Canada : au revoir.", id="whose STOP is its own"),
        pytest.param("CA", "start", "standard.opt_in", "Standard: hello.", id="and whose START is the standard's"),
        pytest.param("CA", "help", "standard.help", "Standard: help.", id="and HELP too"),
        pytest.param("CA", "quit", "standard.opt_out", "Standard: bye.", id="with the standard's words"),
        pytest.param("AR", "baja", "languages.es.opt_out", "Español: adiós.", id="a language in any country"),
        pytest.param("AR", "arrêt", "languages.fr.opt_out", "Français : au revoir.", id="any language in any country"),
        pytest.param("AR", "stop", "standard.opt_out", "Standard: bye.", id="STOP is the standard's elsewhere"),
        pytest.param(None, "unstop", "standard.opt_in", "Standard: hello.", id="no country that anybody knows"),
        pytest.param(None, "baja", "languages.es.opt_out", "Español: adiós.", id="and its languages"),
    ],
)
def test_the_country_comes_before_languages_and_these_before_the_standard(
    country: str | None, body: str, set_name: str, reply: str
) -> None:
    match = found(body, country)

    assert match is not None
    assert (set_name, reply) == (match.set_name, match.reply)


@pytest.mark.parametrize(
    ("country", "body"),
    [
        pytest.param("AR", "alto", id="a country's word in another country"),
        pytest.param(None, "alta", id="a country's word of a phone of no country"),
        pytest.param("MX", "cancel", id="a preset that was taken out"),
        pytest.param("mx", "alto", id="a country in small letters, which is none"),
    ],
)
def test_a_word_counts_only_where_it_is_set(country: str | None, body: str) -> None:
    assert None is found(body, country)


def test_the_first_language_owns_reserved_words_whichever_it_is() -> None:
    turned = dict(reversed(GIVEN["countries"]["MX"].items()))
    settings = read_settings({**GIVEN, "countries": {"MX": turned}})
    names = [
        match.set_name
        for body in ("stop", "start", "help")
        if (match := match_keyword(body, keyword_sets_of(settings, "MX")))
    ]

    assert ["countries.MX.en.opt_out", "countries.MX.en.opt_in", "standard.help"] == names


def test_settings_begin_as_twilios_service_does() -> None:
    fresh = OptOutSettings()

    assert (Matching.EXACT, IntentMode.REVIEW, RelayMode.ALL) == (fresh.matching, fresh.intent, fresh.relay)
    assert (None, None, None) == (fresh.twilio_handling, fresh.reply_when_not_opted_out, fresh.help_when_opted_out)
    assert DEFAULT_STANDARD == fresh.standard


def test_the_presets_leave_reserved_words_to_be_known_and_lose_none() -> None:
    lists = {name: keywords.keywords for _, name, keywords in DEFAULT_STANDARD.by_type()}

    assert {
        "opt_out": ("unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"),
        "opt_in": ("yes",),
        "help": ("info",),
    } == lists
    types = {
        word: match.opt_out_type
        for word in ("stop", "unstop", "start", "help")
        if (match := match_keyword(word, keyword_sets_of(OptOutSettings(), "US")))
    }
    assert {
        "stop": OptOutType.STOP,
        "unstop": OptOutType.START,
        "start": OptOutType.START,
        "help": OptOutType.HELP,
    } == types


def test_a_standard_set_that_is_not_there_never_takes_the_reserved_words_away() -> None:
    bare = OptOutSettings.model_validate({"standard": {}})

    assert DEFAULT_STANDARD == bare.having_standard().standard
    assert keyword_sets_of(OptOutSettings(), "US") == keyword_sets_of(bare, "US")


def test_stated_senders_are_known_by_their_keys() -> None:
    settings = read_settings(
        {"senders": ["+1 (415) 555-0100", "12345", "whatsapp:+5215512345678", "ACME", "rcs:Brand"]}
    )

    assert {"+14155550100", "12345", "whatsapp:+525512345678", "acme", "rcs:brand"} == stated_senders(settings)


def test_settings_do_not_change_once_they_are_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SETTINGS.name = "other"  # type: ignore[misc]  # that is the point
