"""What makes settings unusable, each fault with its exact place and text."""

import json
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.folding import fold, fold_loosely
from gateway.messaging.intent import OPT_OUT_LANGUAGES
from gateway.messaging.keywords import KeywordSet, Matching, OptOutType, match_keyword
from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import ALWAYS_STOP, Fault, InvalidSettings, faults_of, read_settings
from gateway.messaging.opt_out_settings import DEFAULT_STANDARD, OptOutSettings, keyword_sets_of

REPLY = "You get no more messages from Acme."


def words(*keywords: str, reply: str = REPLY) -> dict[str, Any]:
    return {"keywords": list(keywords), "reply": reply}


def numbered(count: int) -> list[str]:
    return [f"word{number}" for number in range(count)]


def faults(given: Any) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        read_settings(given)
    assert "\n".join(map(str, refused.value.faults)) == str(refused.value)
    return [str(fault) for fault in refused.value.faults]


def standard(**sets: Any) -> dict[str, Any]:
    return {"standard": sets}


def in_mexico(**languages: Any) -> dict[str, Any]:
    return {"countries": {"MX": languages}}


# Twilio, Advanced Opt-Out: "the same keyword cannot be entered in two different languages for the same country"
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            in_mexico(
                en={"help": words("alto")},
                es={"opt_out": words("baja", "cancelar", "salir", "alto")},
            ),
            'countries.MX.es.opt_out.keywords[3]: "alto" is already in countries.MX.en.help',
            id="in another language and another type of a country",
        ),
        pytest.param(
            in_mexico(en={"opt_out": words("alto")}, es={"opt_out": words("ALTO")}),
            'countries.MX.es.opt_out.keywords[0]: "ALTO" is already in countries.MX.en.opt_out',
            id="in another language of a country, in another case",
        ),
        pytest.param(
            in_mexico(es={"opt_out": words("info"), "help": words("ＩＮＦＯ")}),
            'countries.MX.es.help.keywords[0]: "ＩＮＦＯ" is already in countries.MX.es.opt_out',
            id="in another type of one language, in full-width letters",
        ),
        pytest.param(
            in_mexico(es={"opt_out": words("baja", "Baja")}),
            'countries.MX.es.opt_out.keywords[1]: "Baja" is already in countries.MX.es.opt_out',
            id="twice in one set",
        ),
        pytest.param(
            standard(opt_in=words("info")) | {"languages": {"en": {"help": words("info2")}}},
            'standard.help.keywords[0]: "info" is already in standard.opt_in',
            id="in a preset that was not written over",
        ),
        pytest.param(
            {"languages": {"en": {"opt_out": words("quit")}}},
            'languages.en.opt_out.keywords[0]: "quit" is already in standard.opt_out',
            id="in a language and in the standard preset",
        ),
        pytest.param(
            {"languages": {"es": {"opt_out": words("baja")}, "pt": {"opt_out": words("baja")}}},
            'languages.pt.opt_out.keywords[0]: "baja" is already in languages.es.opt_out',
            id="in two languages valid everywhere",
        ),
        pytest.param(
            {"matching": "normalized", **in_mexico(es={"opt_out": words("bajá"), "help": words("ba-ja")})},
            'countries.MX.es.help.keywords[0]: "ba-ja" is the same as countries.MX.es.opt_out.keywords[0]'
            " under normalized matching",
            id="as people type it, in another type",
        ),
        pytest.param(
            {"matching": "normalized", **in_mexico(es={"opt_out": words("al-ta"), "opt_in": words("alta")})},
            'countries.MX.es.opt_in.keywords[0]: "alta" is the same as countries.MX.es.opt_out.keywords[0]'
            " under normalized matching",
            id="as people type it, an opt-in word, which would opt out",
        ),
        pytest.param(
            {"matching": "normalized", **standard(opt_out=words("hélp"))},
            'standard.opt_out.keywords[0]: "hélp" is the same as "help", which is reserved, under normalized matching',
            id="as people type it, a reserved word",
        ),
    ],
)
def test_a_keyword_belongs_to_one_language_and_one_type(given: dict[str, Any], expected: str) -> None:
    assert [expected] == faults(given)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(
            {
                "countries": {
                    "MX": {"es": {"opt_out": words("alto")}},
                    "DE": {"de": {"opt_in": words("alto")}},
                },
                "languages": {"it": {"help": words("alto")}},
            },
            id="another country, and what is valid everywhere",
        ),
        pytest.param(in_mexico(en={"opt_out": words("cancel", "quit")}), id="a preset word in a country"),
        pytest.param(
            {"matching": "normalized", **in_mexico(es={"opt_out": words("bajá", "baja", "ba-ja")})},
            id="three spellings of one word in one set under normalized matching",
        ),
        pytest.param(
            {"matching": "normalized", "languages": {"fr": {"opt_out": words("arrêt")}, "en": {"help": words("🛑")}}},
            id="an emoji as a keyword",
        ),
        pytest.param(in_mexico(es={"opt_out": words("bajá"), "help": words("ba-ja")}), id="two words, matched exactly"),
    ],
)
def test_the_same_keyword_may_stand_where_it_is_not_looked_up_together(given: dict[str, Any]) -> None:
    assert given.get("matching", "exact") == read_settings(given).matching


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            standard(help=words("Stop")),
            'standard.help.keywords[0]: "Stop" is reserved and always means STOP',
            id="stop as help",
        ),
        pytest.param(
            standard(opt_out=words("start")),
            'standard.opt_out.keywords[0]: "start" is reserved and always means START',
            id="start as opt-out",
        ),
        pytest.param(
            standard(help=words("ＵＮＳＴＯＰ")),
            'standard.help.keywords[0]: "ＵＮＳＴＯＰ" is reserved and always means START',
            id="unstop as help, in full-width letters",
        ),
        pytest.param(
            standard(opt_in=words("help")),
            'standard.opt_in.keywords[0]: "help" is reserved and always means HELP',
            id="help as opt-in",
        ),
        pytest.param(
            {"languages": {"de": {"opt_out": words("stop")}}},
            'languages.de.opt_out.keywords[0]: "stop" is reserved and belongs to standard; it works without being'
            " listed",
            id="stop in a language",
        ),
        pytest.param(
            in_mexico(es={"opt_out": words("baja")}, en={"opt_out": words("STOP")}),
            'countries.MX.en.opt_out.keywords[0]: "STOP" is reserved and belongs to countries.MX.es; it works without'
            " being listed",
            id="stop in a country's second language",
        ),
        *(
            pytest.param(
                standard(opt_in=words(f"{word.upper()}")) if word != "stop" else standard(opt_in=words("stop!")),
                f'standard.opt_in.keywords[0]: "{word.upper() if word != "stop" else "stop!"}" always means STOP and'
                " can mean nothing else",
                id=f"{word} as opt-in",
            )
            for word in sorted(ALWAYS_STOP)
        ),
        pytest.param(
            in_mexico(es={"help": words("can-cel")}),
            'countries.MX.es.help.keywords[0]: "can-cel" always means STOP and can mean nothing else',
            id="cancel as a country's help, with a hyphen",
        ),
        pytest.param(
            {"languages": {"fr": {"opt_in": words("énd")}}},
            'languages.fr.opt_in.keywords[0]: "énd" always means STOP and can mean nothing else',
            id="end as a language's opt-in, with an accent",
        ),
    ],
)
def test_reserved_and_legal_words_keep_their_meaning_and_owner(given: dict[str, Any], expected: str) -> None:
    assert expected in faults(given)


def test_the_words_that_always_stop_are_those_of_the_fcc_and_the_carriers() -> None:
    assert {"stop", "quit", "end", "revoke", "optout", "cancel", "unsubscribe", "stopall"} == ALWAYS_STOP


def test_reserved_words_may_be_listed_where_they_belong() -> None:
    given = standard(opt_out=words("stop", "baja"), opt_in=words("START", "unstop"), help=words("help"))

    assert {} == read_settings(given | in_mexico(es={"opt_out": words("Stop", "baja")})).short_codes


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        pytest.param("opt out", '"opt out" holds white space; a keyword is one word', id="an inner space"),
        pytest.param(" baja", '" baja" holds white space; a keyword is one word', id="an outer space"),
        pytest.param("ba\u00a0ja", '"ba\u00a0ja" holds white space; a keyword is one word', id="a no-break space"),
        pytest.param("", '"" must have 1 to 34 visible characters', id="nothing"),
        pytest.param("\u200b\u00ad", '"\u200b\u00ad" must have 1 to 34 visible characters', id="nothing that shows"),
        pytest.param("a" * 35, f'"{"a" * 35}" must have 1 to 34 visible characters', id="35 characters"),
        pytest.param("baja,alto", '"baja,alto" holds a comma; write each keyword as an item of its own', id="a comma"),
        pytest.param("ba\x00ja", "it holds a control character, which no message can carry", id="a NUL"),
        pytest.param("\ud83d", "it holds a control character, which no message can carry", id="half an emoji"),
    ],
)
def test_a_keyword_is_one_word_that_shows(keyword: str, expected: str) -> None:
    assert [f"standard.opt_out.keywords[1]: {expected}"] == faults(standard(opt_out=words("baja", keyword)))


@pytest.mark.parametrize(
    "keyword",
    [
        pytest.param("x", id="one letter"),
        pytest.param("a" * 34, id="34 letters"),
        pytest.param("退", id="one sign"),
        pytest.param("می\u200cخواهم", id="a zero-width non-joiner inside"),
        pytest.param("opt-out2", id="a hyphen and a digit"),
    ],
)
def test_a_keyword_may_be(keyword: str) -> None:
    assert (keyword,) == read_settings(standard(opt_out=words(keyword))).standard.opt_out.keywords  # type: ignore[union-attr]  # it was given


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("", "it must have 1 to 320 characters; it has 0", id="nothing"),
        pytest.param(" \n ", "it must have 1 to 320 characters; it has 0", id="white space"),
        pytest.param("a" * 321, "it must have 1 to 320 characters; it has 321", id="321 characters"),
        pytest.param("Bye\x00.", "it holds a control character, which no message can carry", id="a NUL"),
        pytest.param("Bye\ud83d", "it holds a control character, which no message can carry", id="half an emoji"),
    ],
)
def test_a_reply_has_1_to_320_characters_that_can_be_sent(reply: str, expected: str) -> None:
    given = in_mexico(es={"opt_out": words("baja", reply=reply)})

    assert [f"countries.MX.es.opt_out.reply: {expected}"] == faults(given)


@pytest.mark.parametrize(
    "reply", [pytest.param(".", id="one character"), pytest.param("👍" * 320, id="320 emoji, lines among them")]
)
def test_a_reply_may_be(reply: str) -> None:
    assert reply == read_settings(standard(help=words(reply=reply))).standard.help.reply  # type: ignore[union-attr]  # it was given


def test_a_set_has_at_most_20_keywords_beside_the_reserved_ones() -> None:
    most = standard(opt_in=words("start", "UNSTOP", *numbered(20)))
    more = standard(opt_in=words("start", *numbered(21)))

    assert 22 == len(read_settings(most).standard.opt_in.keywords)  # type: ignore[union-attr]  # it was given
    assert ["standard.opt_in.keywords: there are 21; at most 20 beside the reserved ones"] == faults(more)


def test_each_set_has_a_limit_of_its_own() -> None:
    sets = {name: words(*(f"{name}{word}" for word in numbered(20))) for name in ("opt_out", "opt_in", "help")}

    assert 3 == len(list(read_settings(in_mexico(es=sets)).countries["MX"]["es"].by_type()))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"countries": {"MX": {}}},
            "countries.MX: a country override has at least one language; add one or remove the country",
            id="a country without a language",
        ),
        pytest.param(
            in_mexico(es={}),
            "countries.MX.es: it has no keyword set; add opt_out, opt_in, help, or remove it",
            id="a country's language without a set",
        ),
        pytest.param(
            {"languages": {"es": {}}},
            "languages.es: it has no keyword set; add opt_out, opt_in, help, or remove it",
            id="a language without a set",
        ),
        pytest.param(
            {"countries": {"XX": {"es": {"opt_out": words("baja")}}}},
            "countries.XX: 'XX' is not an ISO 3166 country code in capitals",
            id="a country that there is not",
        ),
        pytest.param(
            {"countries": {"mx": {"es": {"opt_out": words("baja")}}}},
            "countries.mx: 'mx' is not an ISO 3166 country code in capitals; did you mean MX?",
            id="a country in small letters",
        ),
        pytest.param(
            {"countries": {"German": {"de": {"opt_out": words("weg")}}}},
            "countries.German: 'German' is not an ISO 3166 country code in capitals",
            id="a language for a country",
        ),
        pytest.param(
            {"languages": {"Spanish": {"opt_out": words("baja")}}},
            "languages.Spanish: 'Spanish' is not the code of one of the languages; did you mean es?",
            id="a language by its name",
        ),
        pytest.param(
            in_mexico(ES={"opt_out": words("baja")}),
            "countries.MX.ES: 'ES' is not the code of one of the languages; did you mean es?",
            id="a language in capitals",
        ),
        pytest.param(
            {"languages": {"tr": {"opt_out": words("iptal")}}},
            "languages.tr: 'tr' is not the code of one of the languages",
            id="a language that Twilio does not list",
        ),
        pytest.param(
            {"short_codes": {"12": {}}},
            "short_codes.12: it is not a short code of 3 to 8 digits",
            id="a short code that is none",
        ),
        pytest.param(
            {"short_codes": {"12345": {"help": ["info", "\x00"]}}},
            "short_codes.12345.help[1]: it is not a word that shows",
            id="a short code's word that is none",
        ),
        pytest.param(
            {"senders": ["+14155550100", "4155550101"]},
            "senders[1]: it is no sender (it has no country calling code; write it in full, with + and the country's"
            " code); write a number in full",
            id="a sender that cannot be read",
        ),
        pytest.param({"name": "a" * 65}, "name: it must be one line of at most 64 characters", id="a long name"),
        pytest.param({"name": "a\nb"}, "name: it must be one line of at most 64 characters", id="a name of two lines"),
        *(
            pytest.param(
                {"app_fallback_url": url},
                "app_fallback_url: it must be an http or https URL without a fragment (#…)",
                id=f"a URL {what}",
            )
            for what, url in {
                "of nothing": "",
                "without a scheme": "example.com/sms",
                "of another scheme": "ftp://example.com",
                "without a host": "https:///sms",
                "with a fragment": "https://example.com/#x",
                "with a port that is none": "https://example.com:99999",
                "with a space before": " https://example.com",
                "with a line feed": "https://exa\nmple.com",
                "with a NUL": "https://example.com/\x00",
            }.items()
        ),
    ],
)
def test_what_the_service_has_must_exist(given: dict[str, Any], expected: str) -> None:
    assert [expected] == faults(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"naem": ""}, "naem: 'naem' is not a setting; did you mean name?", id="a setting"),
        pytest.param({"zzz": ""}, "zzz: 'zzz' is not a setting", id="a setting like no other"),
        pytest.param(
            {"standard": {"optout": words()}},
            "standard.optout: 'optout' is not a setting; did you mean opt_out?",
            id="a type",
        ),
        pytest.param(
            in_mexico(es={"help": {"keyword": [], "reply": REPLY}}),
            "countries.MX.es.help.keyword: 'keyword' is not a setting; did you mean keywords?",
            id="a part of a set",
        ),
        pytest.param(
            {"short_codes": {"12345": {"optout": []}}},
            "short_codes.12345.optout: 'optout' is not a setting; did you mean opt_out?",
            id="a part of a short code",
        ),
        pytest.param(standard(help={"keywords": []}), "standard.help.reply: it is missing", id="no reply"),
        pytest.param(
            standard(help={"keywords": "a,b", "reply": REPLY}),
            "standard.help.keywords: it must be a list",
            id="keywords in one text",
        ),
        pytest.param(
            in_mexico(es={"help": {"keywords": ["a", False], "reply": REPLY}}),
            "countries.MX.es.help.keywords[1]: it must be text",
            id="NO, as YAML reads it",
        ),
        pytest.param(standard(help="x"), "standard.help: it must be a table", id="a text for a set"),
        pytest.param({"countries": {"MX": []}}, "countries.MX: it must be a table", id="a list"),
        pytest.param({"relay": "no"}, "relay: it should be 'all' or 'drop'", id="a mode that there is not"),
        pytest.param(
            {"twilio_handling": "on"}, "twilio_handling: it should be 'off', 'default' or 'aoo'", id="a handling"
        ),
        pytest.param({"matching": 1}, "matching: it should be 'exact' or 'normalized'", id="a matching"),
        pytest.param(
            {"help_when_opted_out": "yes"}, "help_when_opted_out: it must be true or false", id="a text for a truth"
        ),
        pytest.param([], "it must be a table", id="no settings at all"),
    ],
)
def test_what_has_the_wrong_shape_is_told_at_its_place(given: Any, expected: str) -> None:
    assert [expected] == faults(given)


def test_opt_out_by_intent_is_offered_only_where_a_language_is_recognised_surely_enough() -> None:
    expected = () if OPT_OUT_LANGUAGES else (Fault("intent", ""),)

    found = tuple(faults_of(OptOutSettings.model_validate({"intent": "opt_out"}).having_standard()))
    assert [fault.place for fault in expected] == [fault.place for fault in found]


def test_every_fault_is_told_at_once() -> None:
    given = {
        "name": "\n",
        **standard(opt_out=words("opt out", reply="")),
        **in_mexico(es={"help": words("stop")}),
    }

    assert ["name", "standard.opt_out.reply", "standard.opt_out.keywords[0]", "countries.MX.es.help.keywords[0]"] == [
        fault.partition(": ")[0] for fault in faults(given)
    ]


def test_standard_sets_that_are_not_written_are_twilios_presets() -> None:
    read = read_settings(standard(opt_out=words("baja")))

    assert (("baja",), DEFAULT_STANDARD.opt_in, DEFAULT_STANDARD.help) == (
        read.standard.opt_out.keywords,  # type: ignore[union-attr]  # it was given
        read.standard.opt_in,
        read.standard.help,
    )


# Properties of every configuration that can be used

REAL_WORDS = (
    "baja",
    "ALTA",
    "ayuda",
    "Arrêt",
    "arret",
    "STOPP",
    "börja",
    "停止",
    "開始",
    "ﾍﾙﾌﾟ",
    "стоп",
    "إيقاف",
    "הסר",
)
DEFAULT = ("yes", "info", "cancel", "QUIT", "end", "stop", "start", "unstop", "help")
NEARLY = ("stóp", "hélp", "stárt", "ＳＴＯＰ", "ＨＥＬＰ", "un-stop", "sto-p", "h.elp", "help!", "START.")
LIKELY = st.sampled_from((*REAL_WORDS, *DEFAULT, *NEARLY, "İptal", "ıptal", "ß", "ss", "x"))
SET_OF_WORDS = st.fixed_dictionaries(
    {"keywords": st.lists(LIKELY, max_size=5), "reply": st.sampled_from([REPLY, "Adiós.", "ありがとう"])}
)
SETS = st.dictionaries(st.sampled_from(["opt_out", "opt_in", "help"]), SET_OF_WORDS, min_size=1)
BY_LANGUAGE = st.dictionaries(st.sampled_from(["es", "en", "fr", "ja"]), SETS, min_size=1, max_size=3)
WRITTEN_DOWN: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"matching": st.sampled_from(["exact", "normalized"])},
    optional={
        "standard": SETS,
        "languages": BY_LANGUAGE,
        "countries": st.dictionaries(st.sampled_from(["MX", "US", "CA", "JM"]), BY_LANGUAGE, min_size=1, max_size=2),
    },
)
COUNTRIES = (None, "MX", "US", "CA", "JM", "DE")


def mended(given: dict[str, Any]) -> OptOutSettings:
    """Settings without the keywords that a fault names: each fault of a keyword says exactly where it stands."""
    given = deepcopy(given)
    while True:
        try:
            return read_settings(given)
        except InvalidSettings as refused:
            for place in sorted((fault.place for fault in refused.faults), reverse=True):
                path, _, position = place.removesuffix("]").rpartition("[")
                at: Any = given
                for part in path.split("."):
                    at = at[part]
                del at[int(position)]


PLAIN_STANDARD = {name: words() for name in ("opt_out", "opt_in", "help")}


def with_standard_sets(given: dict[str, Any]) -> dict[str, Any]:
    return given | {"standard": PLAIN_STANDARD | given.get("standard", {})}


valid = WRITTEN_DOWN.map(with_standard_sets).map(mended)
CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.casefold)
FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def outcome(body: str, sets: tuple[KeywordSet, ...], matching: Matching) -> tuple[Any, ...] | None:
    match = match_keyword(body, sets, matching)
    return None if match is None else (match.opt_out_type, match.keyword, match.set_name, match.reply)


@settings(max_examples=50, deadline=None)
@given(valid)
def test_no_usable_settings_and_no_country_lose_stop_start_unstop_or_help(read: OptOutSettings) -> None:
    for country in COUNTRIES:
        sets = keyword_sets_of(read, country)
        for word, opt_out_type in (("stop", "STOP"), ("start", "START"), ("unstop", "START"), ("help", "HELP")):
            for body in (word, word.upper(), f" {word.title()}\n", f"\u200b{word}\u00a0"):
                match = match_keyword(body, sets, read.matching)
                assert match is not None
                assert (opt_out_type, word) == (match.opt_out_type, match.keyword)
        for word in ALWAYS_STOP:
            match = match_keyword(word, sets, read.matching)
            assert match is None or match.opt_out_type is OptOutType.STOP


@settings(max_examples=50, deadline=None)
@given(valid)
def test_under_normalized_matching_stop_and_help_are_found_as_people_type(read: OptOutSettings) -> None:
    for country in COUNTRIES:
        sets = keyword_sets_of(read, country)
        for body in ("STOP.", "“stop”", "S T O P", "stop 🛑"):
            match = match_keyword(body, sets, Matching.NORMALIZED)
            assert match is not None
            assert match.opt_out_type is OptOutType.STOP
        if read.matching is Matching.NORMALIZED and not read.countries:
            match = match_keyword("“help”!!", sets, Matching.NORMALIZED)
            assert match is not None
            assert match.opt_out_type is OptOutType.HELP


@settings(max_examples=50, deadline=None)
@given(valid, st.sampled_from(COUNTRIES), st.data())
def test_case_white_space_and_unicode_form_never_change_the_outcome(
    read: OptOutSettings, country: str | None, data: st.DataObject
) -> None:
    sets = keyword_sets_of(read, country)
    body = data.draw(LIKELY)
    form = data.draw(st.sampled_from(FORMS))
    cased = data.draw(st.sampled_from(CASES))(body)
    around = st.text(alphabet=" \t\n\u00a0\u3000\u200b\ufeff", max_size=3)
    typed = data.draw(around) + unicodedata.normalize(form, cased) + data.draw(around)

    assert outcome(body, sets, read.matching) == outcome(typed, sets, read.matching)


@settings(max_examples=50, deadline=None)
@given(valid, st.sampled_from(COUNTRIES), LIKELY, st.text(alphabet=" .!-“”'🛑\u0301", max_size=3))
def test_an_opt_in_is_never_inferred(read: OptOutSettings, country: str | None, word: str, more: str) -> None:
    sets = keyword_sets_of(read, country)
    opt_in = {fold(each) for one in sets if one.opt_out_type is OptOutType.START for each in one.keywords}

    for body in (word + more, more + word):
        match = match_keyword(body, sets, Matching.NORMALIZED)
        if match is not None and match.opt_out_type is OptOutType.START:
            assert fold(body) in opt_in | {"start", "unstop"}


@settings(max_examples=50, deadline=None)
@given(valid, st.sampled_from(COUNTRIES), LIKELY)
def test_what_matches_exactly_matches_the_same_when_it_is_also_compared_as_people_type(
    read: OptOutSettings, country: str | None, body: str
) -> None:
    sets = keyword_sets_of(read, country)
    exact = outcome(body, sets, Matching.EXACT)

    assert exact is None or exact == outcome(body, sets, Matching.NORMALIZED)
    if exact is None and (loose := outcome(body, sets, Matching.NORMALIZED)) is not None:
        assert fold_loosely(loose[1]) == fold_loosely(body)


@settings(max_examples=50, deadline=None)
@given(valid)
def test_reading_what_was_written_gives_the_same_settings_in_the_same_order(read: OptOutSettings) -> None:
    again = read_settings(json.loads(json.dumps(plain(read))))
    by_axes = read_two_axes(json.loads(json.dumps(two_axes(read))), read)

    assert (read, read) == (again, by_axes)
    for country in COUNTRIES:
        assert keyword_sets_of(read, country) == keyword_sets_of(again, country) == keyword_sets_of(by_axes, country)
