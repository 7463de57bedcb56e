import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.folding import fold, fold_loosely

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
# What goes wrong together: cased and accented letters, marks, Turkish i, ligatures, kana, jamo, emoji and their parts.
AWKWARD = st.text(
    alphabet="iIİıßſﬆǰςΣά\u0345\u0301\u0307\u0323\u034f\u200d\u200b\ufe0f\u20e3🏽👍ℹ™ⓈＳｽﾟプ\u3099각 \u00a0-‐・._!“”１",
    max_size=12,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("StOp", "stop", id="case"),
        pytest.param(" \t\r\n\u00a0\u2003\u3000stop\u202f\n", "stop", id="outer white space of every kind"),
        pytest.param("Ｓｔｏｐ", "stop", id="full-width letters"),
        pytest.param("ｽﾄｯﾌﾟ", "ストップ", id="half-width katakana, its voicing mark apart"),
        pytest.param("ARRE\u0302T", "arrêt", id="an accent as a mark of its own"),
        pytest.param("STRASSE", "strasse", id="what a sharp s becomes in capitals"),
        pytest.param("straße", "strasse", id="a sharp s"),
        pytest.param("ΤΕΛΟΣ", "τελοσ", id="a sigma in capitals"),
        pytest.param("τέλος", "τέλοσ", id="a final sigma; the accent stays"),
        pytest.param("İPTAL", "iptal", id="a Turkish dotted I"),
        pytest.param("ıptal", "iptal", id="a Turkish dotless i"),
        pytest.param("fı\u0301n", "fín", id="an accent on a dotless i"),
        pytest.param("sto\u034fp", "stop", id="a grapheme joiner"),
        pytest.param("\u3164stop\u3164", "stop", id="Hangul fillers, which show as blanks"),
        pytest.param("停\U000e0100止", "停止", id="a variation of a Chinese sign"),
        pytest.param("\u2067הסר\u2069", "הסר", id="marks of direction"),
        pytest.param("می\u200cخواهم", "میخواهم", id="a zero-width non-joiner"),
        pytest.param("stop please", "stop please", id="inner spaces stay"),
        pytest.param("STOP.", "stop.", id="punctuation stays"),
        pytest.param("\u200b \u00ad", "", id="nothing that shows"),
    ],
)
def test_exact_folding_undoes_what_a_person_does_not_see(text: str, folded: str) -> None:
    assert folded == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("STOP.", "stop", id="a full stop"),
        pytest.param("“stop”", "stop", id="quotes"),
        pytest.param("«Arrêt»", "arret", id="quotes and an accent"),
        pytest.param("Opt out", "optout", id="an inner space"),
        pytest.param("opt-out!!", "optout", id="a hyphen and exclamation marks"),
        pytest.param("opt\u2011out", "optout", id="a hyphen that does not break"),
        pytest.param("OPT – OUT", "optout", id="a dash between spaces"),
        pytest.param("ARRÊT", "arret", id="an accent"),
        pytest.param("¡Baja!", "baja", id="marks on both sides"),
        pytest.param("´stop´", "stop", id="accents typed for quotes"),
        pytest.param("stop 🛑", "stop", id="an emoji"),
        pytest.param("👍🏽 stop 👨‍👩‍👧 🇲🇽", "stop", id="emoji with skin tones, joined, and flags"),
        pytest.param("help ℹ️", "help", id="an emoji that is a letter"),
        pytest.param("stop 1️⃣ ™️", "stop", id="a keycap and a trade mark as emoji"),
        pytest.param("ДІАКОПИ́", "діакопи", id="a Cyrillic accent"),
        pytest.param("ΔΙΑΚΟΠΗ", "διακοπη", id="Greek capitals have no accent"),
        pytest.param("διακοπή", "διακοπη", id="and small letters lose theirs"),
        pytest.param("إِيقاف", "إيقاف", id="an Arabic vowel; a letter's hamza stays"),
        pytest.param("停止！", "停止", id="full-width punctuation"),
        pytest.param("バグ", "バグ", id="Japanese voicing is no accent"),
        pytest.param("बंद।", "बंद", id="an Indic vowel sign stays, its full stop goes"),
        pytest.param("நிறுத்து", "நிறுத்து", id="Tamil marks stay"),
        pytest.param("수신-거부", "수신거부", id="Korean with a hyphen"),
        pytest.param("st.op", "st.op", id="inner punctuation stays"),
        pytest.param("stop2", "stop2", id="a digit stays"),
        pytest.param("🛑!", "", id="nothing but emoji"),
    ],
)
def test_loose_folding_undoes_how_people_type(text: str, folded: str) -> None:
    assert folded == fold_loosely(text)


@settings(max_examples=100, deadline=None)
@given(st.one_of(ANY_TEXT, AWKWARD))
def test_folding_what_is_folded_changes_nothing_in_either_form(text: str) -> None:
    assert fold(text) == fold(fold(text))
    assert fold_loosely(text) == fold_loosely(fold_loosely(text))


@settings(max_examples=100, deadline=None)
@given(st.one_of(ANY_TEXT, AWKWARD))
def test_a_text_is_folded_loosely_as_its_canonical_equivalents_are(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert fold(composed) == fold(decomposed)
    assert fold_loosely(composed) == fold_loosely(decomposed)


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
def test_what_folds_alike_exactly_folds_alike_loosely(text: str) -> None:
    assert fold_loosely(text.upper()) == fold_loosely(text)
    assert fold_loosely(f"\u00a0{text}\n") == fold_loosely(text)
