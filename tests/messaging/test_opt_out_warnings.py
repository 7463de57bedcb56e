from typing import Any

import pytest

from gateway.messaging.keywords import DEFAULT_WORDS, OptOutType
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_warnings import warnings_of

GOOD = "Acme: you get no more messages."
SHORTENED = "is a shared link shortener, which carriers filter; use a domain of your own"
PERSONAL = "a reply goes to everybody and holds no personal data"
TOLL_FREE, LONG_CODE, SHORT_CODE = "+18005550100", "+14155550100", "12345"


def warned(given: dict[str, Any], *senders: str) -> list[str]:
    return [str(warning) for warning in warnings_of(read_settings(given), senders)]


def with_reply(reply: str) -> dict[str, Any]:
    return {"countries": {"MX": {"es": {"help": {"keywords": ["ayuda"], "reply": reply}}}}}


def test_twilios_presets_are_good_as_they_are() -> None:
    assert [] == warned({}, LONG_CODE)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param("More at https://bit.ly/abc now", f"bit.ly {SHORTENED}", id="a shortener"),
        pytest.param("More at TinyURL.com.", f"TinyURL.com {SHORTENED}", id="in another case, at the end"),
        pytest.param("Acme (www.t.co/x), bye for now", f"t.co {SHORTENED}", id="with www"),
        pytest.param('Acme: see "cutt.ly": thank you', f"cutt.ly {SHORTENED}", id="in quotes"),
        pytest.param(
            "詳しくはbit.lyをご覧ください。よろしくお願いします。", f"bit.ly {SHORTENED}", id="among Japanese letters"
        ),
        pytest.param(
            "Dear {name}, you are out now.", f"it holds what looks like a placeholder; {PERSONAL}", id="{name}"
        ),
        pytest.param(
            "Dear {{ 1 }}, you are out now.", f"it holds what looks like a placeholder; {PERSONAL}", id="{{1}}"
        ),
        pytest.param(
            "Dear %NAME%, you are out now.", f"it holds what looks like a placeholder; {PERSONAL}", id="%NAME%"
        ),
        pytest.param(
            "Dear <your name>, you are out.", f"it holds what looks like a placeholder; {PERSONAL}", id="<name>"
        ),
        pytest.param(
            "Dear [customer], you are out.", f"it holds what looks like a placeholder; {PERSONAL}", id="[name]"
        ),
        pytest.param(
            "Your number 123-45-6789 is out.",
            f"it holds what looks like a social security number; {PERSONAL}",
            id="SSN",
        ),
        pytest.param(
            "Card 4111 1111 1111 1111 removed.", f"it holds what looks like a card number; {PERSONAL}", id="card"
        ),
        pytest.param(
            "Write to ann.b@gmail.com for help.", f"it holds what looks like a private e-mail; {PERSONAL}", id="e-mail"
        ),
        pytest.param("a" * 161, "it takes 2 segments (161 places in GSM-7)", id="two segments in GSM-7"),
        pytest.param("é" * 100 + "ç", "it takes 2 segments (101 places in UCS-2)", id="two segments in UCS-2"),
        pytest.param(
            "Bye from Acme, Ann!", "it has 19 characters; A2P 10DLC registers messages of at least 20", id="19"
        ),
    ],
)
def test_a_reply_is_warned_about(reply: str, expected: str) -> None:
    assert [f"countries.MX.es.help.reply: {expected}"] == warned(with_reply(reply))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("See https://acme.example/help now", id="a domain of one's own"),
        pytest.param("See https://habit.ly/stop for more", id="a domain that ends like a shortener"),
        pytest.param("See https://t.company/ for more.", id="a domain that begins like a shortener"),
        pytest.param("See https://acme.t.co.example/ now", id="a domain with a shortener inside"),
        pytest.param("Call us: 1-800-555-0100, toll-free", id="a phone number"),
        pytest.param("Call us: +49 1512 345 6789 0123", id="a long international number"),
        pytest.param("Write to help@acme.example, thanks", id="a company's e-mail"),
        pytest.param("100% of you get 50% off; reply STOP", id="per cents"),
        pytest.param("a" * 160, id="one segment in GSM-7"),
        pytest.param("停" * 70, id="one segment in UCS-2"),
        pytest.param("a" * 20, id="20 characters"),
    ],
)
def test_a_reply_is_not_warned_about(reply: str) -> None:
    assert [] == warned(with_reply(reply))


def test_each_reply_is_warned_about_once_wherever_it_counts() -> None:
    given = {"standard": {"help": {"keywords": [], "reply": "Acme."}}, **with_reply("Acme!")}

    assert ["standard.help.reply", "countries.MX.es.help.reply"] == [each.partition(": ")[0] for each in warned(given)]


def test_toll_free_senders_are_warned_about() -> None:
    text = (
        "standard.opt_out.reply: the pool has toll-free senders (2): the carrier answers STOP there, so that this reply"
        " is not shown, and only START and UNSTOP opt in again"
    )

    assert [text] == warned({}, TOLL_FREE, "+18885550100", LONG_CODE)


def words_without(*missing: str, **more: list[str]) -> dict[str, list[str]]:
    names = {"opt_out": OptOutType.STOP, "opt_in": OptOutType.START, "help": OptOutType.HELP}
    return {
        name: sorted(DEFAULT_WORDS[opt_out_type] - set(missing)) + more.get(name, [])
        for name, opt_out_type in names.items()
    }


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        pytest.param(words_without(), [], id="the same words"),
        pytest.param(
            words_without("stop", "start", "unstop", "help"), [], id="the reserved words, which need no listing"
        ),
        pytest.param(
            words_without(opt_out=["UNSUB", "Block"]),
            ["short_codes.12345.opt_out: its application lists words that the settings do not have: block, unsub"],
            id="more opt-out words",
        ),
        pytest.param(
            words_without("info", "yes"),
            [
                "short_codes.12345.opt_in: the settings have words that its application does not list: yes",
                "short_codes.12345.help: the settings have words that its application does not list: info",
            ],
            id="fewer opt-in and help words",
        ),
        pytest.param(
            words_without("quit", opt_out=["unsub"]),
            [
                "short_codes.12345.opt_out: its application lists words that the settings do not have: unsub",
                "short_codes.12345.opt_out: the settings have words that its application does not list: quit",
            ],
            id="others",
        ),
    ],
)
@pytest.mark.parametrize("senders", [pytest.param((SHORT_CODE,), id="in the pool"), pytest.param((), id="only stated")])
def test_a_short_codes_listed_words_are_compared(
    listed: dict[str, list[str]], expected: list[str], senders: tuple[str, ...]
) -> None:
    assert expected == warned({"short_codes": {SHORT_CODE: listed}}, *senders)


def test_words_of_languages_and_countries_count_when_a_short_code_is_compared() -> None:
    given = {
        "languages": {"fr": {"opt_out": {"keywords": ["ARRÊT"], "reply": GOOD}}},
        "countries": {"MX": {"es": {"opt_out": {"keywords": ["baja"], "reply": GOOD}}}},
        "short_codes": {SHORT_CODE: words_without(opt_out=["arrêt", "BAJA"])},
    }

    assert [] == warned(given, SHORT_CODE)


def test_a_short_code_whose_words_are_not_stated_is_warned_about() -> None:
    text = "short_codes.12345: the words that its application lists are not stated, so they cannot be compared"

    assert [text] == warned({}, SHORT_CODE, LONG_CODE)
