import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.folding import fold
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, KeywordSet, Matching, OptOutType, match_keyword

STOP_WORDS = ("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel")
START_WORDS = ("start", "yes", "unstop")
HELP_WORDS = ("help", "info")
STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

MEANING = {
    **dict.fromkeys(STOP_WORDS, (OptOutType.STOP, STOP_REPLY)),
    **dict.fromkeys(START_WORDS, (OptOutType.START, START_REPLY)),
    **dict.fromkeys(HELP_WORDS, (OptOutType.HELP, HELP_REPLY)),
}

# What a phone may put around or between letters without the person seeing it.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\u2066\u2069\ufeff\u00ad\ufe0f"
BLANK = " \t\r\n\u00a0\u2003\u202f\u3000"


@pytest.mark.parametrize("word", [pytest.param(word, id=word) for word in MEANING])
def test_each_default_keyword_has_twilios_type_and_reply_word_for_word(word: str) -> None:
    match = match_keyword(word.upper(), DEFAULT_KEYWORD_SETS)

    assert match is not None
    assert (*MEANING[word], word) == (match.opt_out_type, match.reply, match.keyword)


def test_the_default_sets_hold_these_words_and_no_others() -> None:
    listed = [keyword for keyword_set in DEFAULT_KEYWORD_SETS for keyword in keyword_set.keywords]

    assert sorted(MEANING) == sorted(listed)


@pytest.mark.parametrize(
    ("opt_out_type", "reserved"),
    [
        pytest.param(OptOutType.STOP, ("stop",), id="only stop among the opt-out words"),
        pytest.param(OptOutType.START, ("start", "unstop"), id="start and unstop among the opt-in words"),
        pytest.param(OptOutType.HELP, ("help",), id="only help among the help words"),
    ],
)
def test_reserved_words_work_in_a_set_that_does_not_list_them(
    opt_out_type: OptOutType, reserved: tuple[str, ...]
) -> None:
    (default,) = (each for each in DEFAULT_KEYWORD_SETS if each.opt_out_type is opt_out_type)
    custom = KeywordSet("custom", opt_out_type, ("baja",), "Bien.", default.reserved)

    assert reserved == default.reserved
    assert ["Bien."] * len(reserved) == [match.reply for word in reserved if (match := match_keyword(word, (custom,)))]


def test_the_first_set_that_holds_the_word_gives_the_reply() -> None:
    country = KeywordSet("country", OptOutType.STOP, ("baja",), "Hasta luego.", ("stop",))

    assert [("country", "Hasta luego."), ("country", "Hasta luego."), ("default.STOP", STOP_REPLY)] == [
        (match.set_name, match.reply)
        for body in ("BAJA", "STOP", "QUIT")
        if (match := match_keyword(body, (country, *DEFAULT_KEYWORD_SETS)))
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("sTop", id="mixed case"),
        pytest.param("  STOP \r\n", id="outer white space"),
        pytest.param("\u00a0STOP\u3000", id="outer white space beyond ASCII"),
        pytest.param("ＳＴＯＰ", id="full-width letters"),
        pytest.param("ⓈⓉⓄⓅ", id="circled letters"),
        pytest.param("𝐒𝐓𝐎𝐏", id="mathematical bold letters"),
        pytest.param("ﬆop", id="a ligature"),
        pytest.param("ſtop", id="a long s"),
        pytest.param("S\u200bT\u200dO\u2060P\ufeff", id="zero-width marks"),
        pytest.param("\u202eSTOP\u202c\u200f", id="bidi marks"),
        pytest.param("STO\u00adP", id="a soft hyphen"),
        pytest.param("STOP\ufe0f", id="a variation selector"),
    ],
)
def test_what_a_person_sees_as_stop_is_stop(body: str) -> None:
    match = match_keyword(body, DEFAULT_KEYWORD_SETS)

    assert match is not None
    assert (OptOutType.STOP, "stop") == (match.opt_out_type, match.keyword)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("QUİT", id="capital dotted I"),
        pytest.param("QUI\u0307T", id="capital dotted I in two code points"),
        pytest.param("qui\u0307t", id="capital dotted I made small by a phone"),
        pytest.param("quıt", id="small dotless i"),
        pytest.param("QUIT", id="plain I"),
        pytest.param("qu𝚤t", id="mathematical dotless i"),
    ],
)
def test_a_turkish_i_is_an_i(body: str) -> None:
    assert "quit" == fold(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Stop please", id="a word more"),
        pytest.param("please stop", id="a word before"),
        pytest.param("STOP STOP", id="the word twice"),
        pytest.param("STOP.", id="a full stop"),
        pytest.param("“stop”", id="quotes"),
        pytest.param("stop!", id="an exclamation mark"),
        pytest.param("stop 🛑", id="an emoji"),
        pytest.param("S T O P", id="spaces between the letters"),
        pytest.param("opt out", id="opt out in two words"),
        pytest.param("opt-out", id="opt out with a hyphen"),
        pytest.param("unsub", id="a shortened word"),
        pytest.param("ARRET", id="another language"),
        pytest.param("stóp", id="an accent"),
        pytest.param("ѕtop", id="a Cyrillic letter that looks alike"),
        pytest.param("", id="nothing"),
        pytest.param(" \u200b ", id="nothing that shows"),
    ],
)
def test_a_body_is_a_keyword_only_as_a_whole(body: str) -> None:
    assert match_keyword(body, DEFAULT_KEYWORD_SETS) is None


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(text) == fold(fold(text))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("iIİıjsSſßtéÉ\u0307\u0301\u0323\u0345ςσ \u00a0")))
def test_canonically_equal_texts_fold_alike(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert fold(composed) == fold(decomposed)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_folds_to_small_letters_without_outer_space(text: str) -> None:
    assert text.strip().lower() == fold(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_disguised_keyword_still_means_what_it_means(data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(sorted(MEANING)))
    disguised = "".join(
        data.draw(st.sampled_from([letter, letter.upper(), chr(ord(letter) + 0xFEE0)]))
        + data.draw(st.text(alphabet=INVISIBLE, max_size=2))
        for letter in word
    )
    outside = st.text(alphabet=BLANK + INVISIBLE, max_size=3)
    match = match_keyword(data.draw(outside) + disguised + data.draw(outside), DEFAULT_KEYWORD_SETS)

    assert match is not None
    assert (*MEANING[word], word) == (match.opt_out_type, match.reply, match.keyword)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(alphabet="stopSTOPyeshlnfiqu .!", max_size=9),
        st.builds("{}{}{}".format, st.sampled_from(" .x"), st.sampled_from(sorted(MEANING)), st.sampled_from(" !s")),
    )
)
def test_plain_bodies_match_exactly_when_they_are_a_listed_word(body: str) -> None:
    match = match_keyword(body, DEFAULT_KEYWORD_SETS)

    assert MEANING.get(body.strip().lower()) == ((match.opt_out_type, match.reply) if match else None)


# As people type

NORMALIZED = Matching.NORMALIZED
FRENCH = KeywordSet("fr", OptOutType.STOP, ("arrêt",), "Au revoir.")
SETS = (FRENCH, *DEFAULT_KEYWORD_SETS)


@pytest.mark.parametrize(
    ("body", "opt_out_type", "keyword"),
    [
        pytest.param("STOP.", OptOutType.STOP, "stop", id="a full stop"),
        pytest.param("“stop”", OptOutType.STOP, "stop", id="quotes"),
        pytest.param("stop!!! 🛑", OptOutType.STOP, "stop", id="exclamation marks and an emoji"),
        pytest.param("Opt out", OptOutType.STOP, "optout", id="a space inside"),
        pytest.param("opt-out", OptOutType.STOP, "optout", id="a hyphen inside"),
        pytest.param("Stop all.", OptOutType.STOP, "stopall", id="another space inside"),
        pytest.param("ARRÊT", OptOutType.STOP, "arrêt", id="an accent as it is set"),
        pytest.param("ARRET", OptOutType.STOP, "arrêt", id="the same without the accent"),
        pytest.param("(Arrêt)", OptOutType.STOP, "arrêt", id="in brackets"),
        pytest.param("Help?", OptOutType.HELP, "help", id="a question mark"),
        pytest.param("in fo", OptOutType.HELP, "info", id="a help word with a space"),
        pytest.param("Start", OptOutType.START, "start", id="an opt-in as it stands"),
    ],
)
def test_normalized_matching_finds_opt_out_and_help_words_as_people_type(
    body: str, opt_out_type: OptOutType, keyword: str
) -> None:
    match = match_keyword(body, SETS, NORMALIZED)

    assert match is not None
    assert (opt_out_type, keyword, fold(body)) == (match.opt_out_type, match.keyword, match.folded)
    assert (fold(body) == keyword) == (match.matching is Matching.EXACT)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("START.", id="an opt-in with a full stop"),
        pytest.param("“yes”", id="an opt-in in quotes"),
        pytest.param("un stop", id="an opt-in with a space"),
        pytest.param("Yes!", id="an opt-in with an exclamation mark"),
        pytest.param("stop please", id="a word more"),
        pytest.param("stop stop", id="the word twice"),
        pytest.param("stopp", id="a letter more"),
        pytest.param("st.op", id="punctuation inside"),
        pytest.param("...", id="punctuation alone"),
        pytest.param("👍", id="an emoji alone"),
        pytest.param("", id="nothing"),
    ],
)
def test_normalized_matching_infers_no_opt_in_and_no_sentence(body: str) -> None:
    assert match_keyword(body, SETS, NORMALIZED) is None


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="startyesunop .!-\u0301ÉST\u200b", max_size=9))
def test_an_opt_in_is_found_only_in_a_body_that_is_exactly_one(body: str) -> None:
    match = match_keyword(body, SETS, NORMALIZED)

    assert (fold(body) in START_WORDS) == (match is not None and match.opt_out_type is OptOutType.START)
