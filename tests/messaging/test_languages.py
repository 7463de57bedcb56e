"""Real words of each language, in its own script, in a language set and in a country override."""

import unicodedata
from collections.abc import Callable

import pytest

from gateway.messaging.folding import fold
from gateway.messaging.keywords import Matching, OptOutType, match_keyword
from gateway.messaging.languages import BY_CODE, BY_KEY, LANGUAGES
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import OptOutSettings, keyword_sets_of

# By language code: an opt-out, an opt-in and a help word.
WORDS = {
    "af": ("staak", "begin", "hulp"),
    "ar": ("إيقاف", "اشتراك", "مساعدة"),
    "bn": ("বন্ধ", "শুরু", "সাহায্য"),
    "zh": ("退订", "订阅", "帮助"),
    "hr": ("odjava", "prijava", "pomoć"),
    "cs": ("odhlásit", "přihlásit", "pomoc"),
    "da": ("afmeld", "tilmeld", "hjælp"),
    "nl": ("afmelden", "aanmelden", "hulp"),
    "en": ("unsub", "subscribe", "assist"),
    "et": ("lõpeta", "alusta", "abi"),
    "fi": ("pysäytä", "aloita", "apua"),
    "fr": ("arrêt", "démarrer", "aide"),
    "de": ("aufhören", "anmelden", "hilfe"),
    "el": ("διακοπή", "έναρξη", "βοήθεια"),
    "he": ("הסר", "הצטרף", "עזרה"),
    "hi": ("रोकें", "शुरू", "सहायता"),
    "hu": ("leállít", "indít", "segítség"),
    "it": ("annulla", "iscrivimi", "aiuto"),
    "ja": ("配信停止", "登録", "ヘルプ"),
    "ko": ("수신거부", "수신동의", "도움말"),
    "lv": ("apturēt", "sākt", "palīdzība"),
    "lt": ("atšaukti", "pradėti", "pagalba"),
    "ms": ("berhenti", "mula", "bantuan"),
    "zsm": ("henti", "mulakan", "tolong"),
    "no": ("avmeld", "påmeld", "hjelp"),
    "pl": ("przestań", "zapisz", "pomoc"),
    "pt": ("sair", "começar", "ajuda"),
    "ru": ("стоп", "старт", "помощь"),
    "sk": ("odhlásiť", "prihlásiť", "pomoc"),
    "sl": ("odjava", "začni", "pomoč"),
    "es": ("baja", "alta", "ayuda"),
    "nr": ("jama", "thoma", "siza"),
    "st": ("emisa", "qala", "thusa"),
    "ss": ("yekela", "cala", "sita"),
    "sv": ("avsluta", "börja", "hjälp"),
    "ta": ("நிறுத்து", "தொடங்கு", "உதவி"),
    "tn": ("khutlisa", "simolola", "thusa"),
    "ts": ("yimisa", "sungula", "pfuna"),
    "ve": ("litsha", "thoma", "thusa"),
    "xh": ("yeka", "qala", "nceda"),
    "zu": ("misa", "qala", "siza"),
}
NAMES = dict(zip(("opt_out", "opt_in", "help"), OptOutType, strict=True))
HALF_WIDTH = str.maketrans({"ヘ": "ﾍ", "ル": "ﾙ", "プ": "ﾌﾟ"})
# What a phone or a person may make of a word without meaning another.
TYPED: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "in capitals": str.upper,
    "with a capital": str.title,
    "with white space around": lambda word: f" \u00a0{word}\u3000\r\n",
    "decomposed": lambda word: unicodedata.normalize("NFD", word),
    "composed": lambda word: unicodedata.normalize("NFC", word),
    "decomposed capitals": lambda word: unicodedata.normalize("NFD", word.upper()),
    "full-width": lambda word: "".join(chr(ord(char) + 0xFEE0) if "a" <= char <= "z" else char for char in word),
    "half-width": lambda word: word.translate(HALF_WIDTH),
    "between marks of direction": lambda word: f"\u2067{word}\u2069\u200f",
}


def settings_of(code: str, layer: str, matching: str = "exact") -> OptOutSettings:
    sets = {
        name: {"keywords": [word], "reply": f"The reply in {code} to {name}."}
        for name, word in zip(NAMES, WORDS[code], strict=True)
    }
    where = {"languages": {code: sets}} if layer == "languages" else {"countries": {"CH": {code: sets}}}
    return read_settings({"matching": matching, **where})


def test_there_are_the_41_languages_of_twilio_and_each_has_words_here() -> None:
    assert (41, 41, 41) == (len(LANGUAGES), len(BY_CODE), len(BY_KEY))
    assert set(WORDS) == set(BY_CODE)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        pytest.param("es", "SPANISH", id="one word"),
        pytest.param("st", "SOUTHERN_SOTHO", id="two words"),
        pytest.param("nr", "SOUTHERN_NDEBELE", id="the other of two words"),
        pytest.param("ms", "MALAY", id="Malay"),
        pytest.param("zsm", "MALAYSIAN", id="Malaysian, an entry of its own"),
        pytest.param("sl", "SLOVENE", id="Slovene, by Twilio's name"),
    ],
)
def test_a_language_has_twilios_key(code: str, key: str) -> None:
    assert (key, code) == (BY_CODE[code].key, BY_KEY[key].code)


@pytest.mark.parametrize("layer", [pytest.param(layer, id=layer) for layer in ("languages", "countries")])
@pytest.mark.parametrize("code", [pytest.param(each.code, id=each.name) for each in LANGUAGES])
def test_a_languages_words_are_found_however_they_are_typed(code: str, layer: str) -> None:
    sets = keyword_sets_of(settings_of(code, layer), "CH")
    place = f"languages.{code}" if layer == "languages" else f"countries.CH.{code}"

    for (name, opt_out_type), word in zip(NAMES.items(), WORDS[code], strict=True):
        expected = (opt_out_type, fold(word), f"{place}.{name}", f"The reply in {code} to {name}.")
        for how, typed in TYPED.items():
            match = match_keyword(typed(word), sets)
            assert match is not None, (word, how)
            assert expected == (match.opt_out_type, match.keyword, match.set_name, match.reply), (word, how)
        assert match_keyword(f"{word} {word}", sets) is None


@pytest.mark.parametrize("code", [pytest.param(each.code, id=each.name) for each in LANGUAGES])
def test_a_languages_words_count_nowhere_but_where_they_are_set(code: str) -> None:
    sets = keyword_sets_of(settings_of(code, "countries"), "AT")

    assert [None] * 3 == [match_keyword(word, sets) for word in WORDS[code]]


@pytest.mark.parametrize("code", [pytest.param(each.code, id=each.name) for each in LANGUAGES])
def test_a_languages_opt_out_word_is_found_as_people_type_and_its_opt_in_word_is_not_inferred(code: str) -> None:
    sets = keyword_sets_of(settings_of(code, "languages", "normalized"), None)
    opt_out, opt_in, help_word = WORDS[code]

    for opt_out_type, word in ((OptOutType.STOP, opt_out), (OptOutType.HELP, help_word)):
        match = match_keyword(f"“{word.upper()}”!", sets, Matching.NORMALIZED)
        assert match is not None
        assert (opt_out_type, fold(word)) == (match.opt_out_type, match.keyword)
    assert match_keyword(f"“{opt_in}”!", sets, Matching.NORMALIZED) is None
