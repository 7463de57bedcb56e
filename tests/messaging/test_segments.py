import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.segments import GSM_BASIC, GSM_EXTENDED, Encoding, Segments, segments_of

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", Segments(GSM, 0, 1), id="nothing"),
        pytest.param("STOP", Segments(GSM, 4, 1), id="a word"),
        pytest.param("a" * 160, Segments(GSM, 160, 1), id="160 letters"),
        pytest.param("a" * 161, Segments(GSM, 161, 2), id="161 letters"),
        pytest.param("a" * 306, Segments(GSM, 306, 2), id="twice 153"),
        pytest.param("a" * 307, Segments(GSM, 307, 3), id="one more than twice 153"),
        pytest.param("a" * 320, Segments(GSM, 320, 3), id="the longest reply"),
        pytest.param("é" * 160, Segments(GSM, 160, 1), id="accents that GSM has"),
        pytest.param(
            "@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¡¤\r\n", Segments(GSM, 43, 1), id="what GSM has beside ASCII"
        ),
        pytest.param("€", Segments(GSM, 2, 1), id="an extension character takes two places"),
        pytest.param("€" * 80, Segments(GSM, 160, 1), id="80 of them"),
        pytest.param("€" * 81, Segments(GSM, 162, 2), id="81 of them"),
        pytest.param("a" * 159 + "€", Segments(GSM, 161, 2), id="one at the edge of a single segment"),
        pytest.param("a" * 152 + "€" + "a" * 152, Segments(GSM, 306, 3), id="one that would be split at 153"),
        pytest.param("a" * 151 + "€" + "a" * 153, Segments(GSM, 306, 2), id="one that just fits before 153"),
        pytest.param("[x]{y}\\^~|\f", Segments(GSM, 20, 1), id="all the others"),
        pytest.param("ç", Segments(UCS, 1, 1), id="a small c with a cedilla, which GSM has not"),
        pytest.param("`", Segments(UCS, 1, 1), id="a backtick"),
        pytest.param("\t", Segments(UCS, 1, 1), id="a tab"),
        pytest.param("Don’t", Segments(UCS, 5, 1), id="a curly apostrophe"),
        pytest.param("停" * 70, Segments(UCS, 70, 1), id="70 signs"),
        pytest.param("停" * 71, Segments(UCS, 71, 2), id="71 signs"),
        pytest.param("停" * 134, Segments(UCS, 134, 2), id="twice 67"),
        pytest.param("停" * 135, Segments(UCS, 135, 3), id="one more than twice 67"),
        pytest.param("a" * 70 + "停", Segments(UCS, 71, 2), id="one sign makes the whole text UCS-2"),
        pytest.param("€" * 70 + "停", Segments(UCS, 71, 2), id="where a euro takes one place"),
        pytest.param("👍", Segments(UCS, 2, 1), id="an emoji takes two places"),
        pytest.param("👍" * 35, Segments(UCS, 70, 1), id="35 emoji"),
        pytest.param("👍" * 36, Segments(UCS, 72, 2), id="36 emoji, 33 to a segment"),
        pytest.param("👍" * 66, Segments(UCS, 132, 2), id="66 emoji"),
        pytest.param("👍" * 67, Segments(UCS, 134, 3), id="67 emoji would fit only if one were split"),
        pytest.param("👨‍👩‍👧", Segments(UCS, 8, 1), id="a family, joined"),
    ],
)
def test_a_text_takes_these_places_and_segments(text: str, expected: Segments) -> None:
    assert expected == segments_of(text)


def test_the_alphabet_has_the_127_characters_of_the_default_table_and_ten_of_the_extension() -> None:
    assert (127, 10, frozenset()) == (len(GSM_BASIC), len(GSM_EXTENDED), GSM_BASIC & GSM_EXTENDED)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="a€停👍", min_size=1, max_size=320))
def test_segments_hold_the_places_and_no_more_than_one_is_lost_at_each_edge(text: str) -> None:
    found = segments_of(text)
    single, joined = (160, 153) if found.encoding is GSM else (70, 67)

    if found.count == 1:
        assert found.places <= single
    else:
        assert found.places > single
        assert (found.count - 1) * (joined - 1) < found.places <= found.count * joined
