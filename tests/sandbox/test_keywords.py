import pytest

from gateway.sandbox import SandboxKeywordSet
from gateway.sandbox.keywords import DEFAULT_SETS, HELP_REPLY, START_REPLY, STOP_REPLY, match

SETS = (
    SandboxKeywordSet("STOP", ("END",), "Bye."),
    SandboxKeywordSet("START", ("JOIN",), "Welcome."),
    SandboxKeywordSet("STOP", ("BAJA", "END"), "Adiós.", language="es"),
    SandboxKeywordSet("STOP", ("BAJA",), "Adiós, México.", country="MX", language="es"),
    SandboxKeywordSet("HELP", ("AIDE",), "De l’aide.", country="CA", language="fr"),
)


@pytest.mark.parametrize(
    ("region", "body", "reply"),
    [
        pytest.param("MX", "baja", "Adiós, México.", id="the country's set comes first"),
        pytest.param("US", "Baja", "Adiós.", id="then the language's, in any country"),
        pytest.param("MX", "end", "Adiós.", id="before the standard set"),
        pytest.param("MX", "join", "Welcome.", id="a country without a match falls through to the standard set"),
        pytest.param("US", "AIDE", None, id="another country's word"),
        pytest.param("CA", " aide\n", "De l’aide.", id="white space around it"),
        pytest.param("MX", "stop", "Bye.", id="a reserved word, with the standard reply"),
        pytest.param("US", "unstop", "Welcome.", id="the other reserved opt-in word"),
        pytest.param("US", "HELP", HELP_REPLY, id="a reserved word without a standard reply has the default one"),
        pytest.param("US", "yes", None, id="a default word that was taken away"),
        pytest.param("US", "end it", None, id="not the whole body"),
    ],
)
def test_which_set_answers(region, body, reply):
    matched = match(SETS, region, body)

    assert reply == (None if matched is None else matched.reply)


@pytest.mark.parametrize(
    ("words", "keyword_type", "reply"),
    [
        ("STOP UNSUBSCRIBE END QUIT STOPALL REVOKE OPTOUT CANCEL", "STOP", STOP_REPLY),
        ("START YES UNSTOP", "START", START_REPLY),
        ("HELP INFO", "HELP", HELP_REPLY),
    ],
)
def test_twilios_default_words_and_replies(words, keyword_type, reply):
    for word in words.split():
        matched = match(DEFAULT_SETS, "US", word.title())
        assert matched is not None, word
        assert (keyword_type, reply) == (matched.keyword_type, matched.reply)
