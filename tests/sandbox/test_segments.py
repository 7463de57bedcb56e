import pytest

from gateway.sandbox.segments import segments_of


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("a" * 160, 1, id="one full GSM-7"),
        pytest.param("a" * 161, 2, id="two GSM-7"),
        pytest.param("€" * 80, 1, id="extended takes two places"),
        pytest.param("€" * 81, 2, id="extended over one"),
        pytest.param("я" * 70, 1, id="one full UCS-2"),
        pytest.param("я" * 71, 2, id="two UCS-2"),
        pytest.param("😀" * 35, 1, id="surrogate pairs"),
    ],
)
def test_how_many_sms_a_text_fills(text, segments):
    assert segments == segments_of(text)
