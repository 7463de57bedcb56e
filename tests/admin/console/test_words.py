"""How the console says what the admin API tells."""

import pytest

from gateway.admin.console.words import why


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("default.STOP, keyword stop", "STOP, Twilio’s default words: keyword “stop”"),
        ("countries.MX.es.opt_out, keyword alto", "Opt-out, MX override, Spanish: keyword “alto”"),
        ("standard.help, keyword info, please", "Help, standard: keyword “info, please”"),
        ("stop_added", "STOP: opted out"),
        ("1 try: no answer, keyword or not", "1 try: no answer, keyword or not"),
    ],
)
def test_why_something_happened_is_said_in_words(reason: str, said: str) -> None:
    assert said == why(reason)
