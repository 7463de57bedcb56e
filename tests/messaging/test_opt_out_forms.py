import tomllib
from typing import Any

import pytest

from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import InvalidSettings, read_settings
from gateway.messaging.opt_out_settings import DEFAULT_STANDARD, OptOutSettings

TOML = """
name = "Alerts"
senders = ["+14155550100", "12345"]
twilio_handling = "default"
relay = "drop"
app_url = "https://app.example/sms"
app_fallback_url = "https://app.example/late"
use_inbound_webhook_on_number = true
matching = "normalized"
intent = "off"
reply_when_not_opted_out = true
help_when_opted_out = false

[standard.opt_out]
keywords = ["quit", "STOP"]
reply = "You get no more messages."

[languages.st.help]
keywords = ["thusa"]
reply = "Letsetsa 0800."

[countries.MX.es.opt_out]
keywords = ["baja", "alto"]
reply = "No recibirá más mensajes."

[countries.MX.en.opt_in]
keywords = ["subscribe"]
reply = "You are back."

[short_codes.12345]
opt_out = ["STOP", "quit"]
"""
READ = read_settings(tomllib.loads(TOML))
ROWS = {
    "keywords": [
        {"keyword_type": "STOP.ALL", "message_type": "ALL", "keywords": ["quit", "STOP"]},
        {"keyword_type": "START.ALL", "message_type": "ALL", "keywords": ["yes"]},
        {"keyword_type": "HELP.ALL", "message_type": "ALL", "keywords": ["info"]},
        {"keyword_type": "HELP.SOUTHERN_SOTHO", "message_type": "ALL", "keywords": ["thusa"]},
        {"keyword_type": "STOP.SPANISH", "message_type": "MX", "keywords": ["baja", "alto"]},
        {"keyword_type": "START.ENGLISH", "message_type": "MX", "keywords": ["subscribe"]},
    ],
    "messages": [
        {"keyword_type": "STOP.ALL", "message_type": "ALL", "message": "You get no more messages."},
        {"keyword_type": "START.ALL", "message_type": "ALL", "message": DEFAULT_STANDARD.opt_in.reply},  # type: ignore[union-attr]  # there is one
        {"keyword_type": "HELP.ALL", "message_type": "ALL", "message": DEFAULT_STANDARD.help.reply},  # type: ignore[union-attr]  # there is one
        {"keyword_type": "HELP.SOUTHERN_SOTHO", "message_type": "ALL", "message": "Letsetsa 0800."},
        {"keyword_type": "STOP.SPANISH", "message_type": "MX", "message": "No recibirá más mensajes."},
        {"keyword_type": "START.ENGLISH", "message_type": "MX", "message": "You are back."},
    ],
}


def test_plain_values_are_what_was_written_with_twilios_presets_beside() -> None:
    written = tomllib.loads(TOML)
    presets = plain(OptOutSettings())["standard"]
    written["standard"] = {
        "opt_out": written["standard"]["opt_out"],
        **{key: presets[key] for key in ("opt_in", "help")},
    }
    written["short_codes"]["12345"] |= {"opt_in": [], "help": []}

    assert written == plain(READ)
    assert READ == read_settings(plain(READ))


def test_what_is_not_set_is_not_written() -> None:
    assert {"relay", "use_inbound_webhook_on_number", "matching", "intent", "standard"} == set(plain(OptOutSettings()))


def test_the_order_of_a_countrys_languages_survives_both_forms() -> None:
    turned = plain(READ)
    turned["countries"]["MX"] = dict(reversed(turned["countries"]["MX"].items()))
    read = read_settings(turned)

    for again in (read_settings(plain(read)), read_two_axes(two_axes(read), read)):
        assert (["en", "es"], ["es", "en"]) == (list(again.countries["MX"]), list(READ.countries["MX"]))


def test_the_two_axes_are_those_of_twilios_model_and_read_back() -> None:
    assert ROWS == two_axes(READ)
    assert READ == read_two_axes(ROWS, READ)


def test_the_two_axes_say_nothing_of_the_rest_which_is_kept() -> None:
    fresh = read_two_axes(ROWS, OptOutSettings())

    assert (READ.standard, READ.languages, READ.countries) == (fresh.standard, fresh.languages, fresh.countries)
    assert ("", (), {}) == (fresh.name, fresh.senders, fresh.short_codes)


def test_rows_without_standard_sets_bring_twilios_presets() -> None:
    assert DEFAULT_STANDARD == read_two_axes({"keywords": [], "messages": []}, READ).standard


def row(keyword_type: Any = "STOP.SPANISH", message_type: Any = "MX", **more: Any) -> dict[str, Any]:
    return {"keyword_type": keyword_type, "message_type": message_type, **(more or {"keywords": ["baja"]})}


AXES = "keyword_type: it must be STOP, START or HELP, a dot, and ALL or a language"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [], "the two-axis form is an object with the lists 'keywords' and 'messages'", id="a list for the object"
        ),
        pytest.param(
            {"keywords": []}, "the two-axis form is an object with the lists 'keywords' and 'messages'", id="half of it"
        ),
        pytest.param(
            {"keywords": {}, "messages": []}, "keywords: it must be a list of rows", id="an object for a list"
        ),
        pytest.param(
            {"keywords": ["x"], "messages": []}, "keywords[0]: a row must be an object", id="a text for a row"
        ),
        pytest.param(
            {"keywords": [row(keywords=[], reply="x")], "messages": []},
            "keywords[0]: a row has keyword_type, keywords, message_type",
            id="a row with more",
        ),
        pytest.param(
            {"keywords": [], "messages": [row()]},
            "messages[0]: a row has keyword_type, message, message_type",
            id="a keyword row among the messages",
        ),
        pytest.param({"keywords": [row("STOP")], "messages": []}, f"keywords[0].{AXES}", id="no language"),
        pytest.param({"keywords": [row("HALT.ALL")], "messages": []}, f"keywords[0].{AXES}", id="no such type"),
        pytest.param({"keywords": [row("STOP.TURKISH")], "messages": []}, f"keywords[0].{AXES}", id="no such language"),
        pytest.param({"keywords": [row("stop.SPANISH")], "messages": []}, f"keywords[0].{AXES}", id="small letters"),
        pytest.param({"keywords": [row(None)], "messages": []}, f"keywords[0].{AXES}", id="nothing"),
        pytest.param(
            {"keywords": [row("STOP.ALL")], "messages": []},
            "keywords[0].keyword_type: a country override names a language, as STOP.SPANISH",
            id="a country without a language",
        ),
        pytest.param(
            {"keywords": [row(), row()], "messages": [row(message="Adiós.")]},
            "keywords[1]: the same keyword_type and message_type stand twice",
            id="a row twice",
        ),
        pytest.param(
            {"keywords": [row()], "messages": []}, "countries.MX.es.opt_out.reply: it is missing", id="no message to it"
        ),
        pytest.param(
            {"keywords": [row(message_type="mx")], "messages": [row(message_type="mx", message="Adiós.")]},
            "countries.mx: 'mx' is not an ISO 3166 country code in capitals; did you mean MX?",
            id="no such country",
        ),
        pytest.param(
            {"keywords": [row(keywords=["help"])], "messages": [row(message="Adiós.")]},
            'countries.MX.es.opt_out.keywords[0]: "help" is reserved and always means HELP',
            id="a rule that is broken",
        ),
    ],
)
def test_rows_that_cannot_be_read_are_told_at_their_place(rows: Any, expected: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        read_two_axes(rows, OptOutSettings())

    assert expected == str(refused.value)


def test_a_message_without_keywords_is_a_set_of_the_reserved_words() -> None:
    read = read_two_axes({"keywords": [], "messages": [row("HELP.ALL", "ALL", message="Call us.")]}, OptOutSettings())

    assert ((), "Call us.") == (read.standard.help.keywords, read.standard.help.reply)  # type: ignore[union-attr]  # it was given
