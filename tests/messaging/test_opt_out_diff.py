from copy import deepcopy
from typing import Any

import pytest

from gateway.messaging.opt_out_diff import differences
from gateway.messaging.opt_out_forms import plain
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import OptOutSettings

BEFORE: dict[str, Any] = {
    "name": "Alerts",
    "senders": ["+14155550100"],
    "languages": {"fr": {"help": {"keywords": ["aide"], "reply": "Aide."}}},
    "countries": {
        "MX": {
            "es": {"opt_out": {"keywords": ["baja", "alto"], "reply": "Adiós."}},
            "en": {"opt_out": {"keywords": ["quit"], "reply": "Bye."}},
        }
    },
}


def changed(*path: str, to: Any = None) -> OptOutSettings:
    """The settings with one place set to another value, or without it."""
    given = deepcopy(BEFORE)
    at = given
    for key in path[:-1]:
        at = at[key]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return read_settings(given)


MEXICO = BEFORE["countries"]["MX"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(changed("name", to="Alerts"), [], id="nothing"),
        pytest.param(changed("name", to="News"), ['~ name: "Alerts" → "News"'], id="a value"),
        pytest.param(changed("name"), ['- name: "Alerts"'], id="a value that went"),
        pytest.param(
            changed("twilio_handling", to="off"), ['+ twilio_handling: "off"'], id="a value that was not set before"
        ),
        pytest.param(
            changed("help_when_opted_out", to=True), ["+ help_when_opted_out: true"], id="a truth that was not set"
        ),
        pytest.param(
            changed("senders", to=["+14155550101"]),
            ['- senders "+14155550100": listed', '+ senders "+14155550101": listed'],
            id="an item for another",
        ),
        pytest.param(
            changed("countries", "MX", "es", "opt_out", "keywords", to=["alto", "baja", "salir"]),
            ['+ countries.MX.es.opt_out.keywords "salir": listed'],
            id="one more item, in another order",
        ),
        pytest.param(
            changed("countries", "MX", "es", "opt_out", "reply", to="Hasta luego."),
            ['~ countries.MX.es.opt_out.reply: "Adiós." → "Hasta luego."'],
            id="a reply",
        ),
        pytest.param(
            changed("languages"),
            ['- languages.fr.help.keywords "aide": listed', '- languages.fr.help.reply: "Aide."'],
            id="a language",
        ),
        pytest.param(
            changed("countries", to={"MX": dict(reversed(MEXICO.items()))}),
            ["~ countries.MX primary language: es → en"],
            id="the language that owns the reserved words",
        ),
        pytest.param(
            changed("countries", to={"MX": {"es": MEXICO["es"]}, "DE": {"de": MEXICO["en"]}}),
            [
                '- countries.MX.en.opt_out.keywords "quit": listed',
                '- countries.MX.en.opt_out.reply: "Bye."',
                '+ countries.DE.de.opt_out.keywords "quit": listed',
                '+ countries.DE.de.opt_out.reply: "Bye."',
                "+ countries.DE primary language: de",
            ],
            id="a country that came and a language that went",
        ),
    ],
)
def test_settings_differ_in(after: OptOutSettings, expected: list[str]) -> None:
    found = differences(read_settings(BEFORE), after)

    assert expected == [str(difference) for difference in found]
    assert {difference.place for difference in found} == {
        difference.place for difference in differences(after, read_settings(BEFORE))
    }


def test_against_nothing_everything_is_new_or_gone() -> None:
    settings = read_settings(BEFORE)
    new, gone = differences(None, settings), differences(settings, None)

    assert ({"+"}, {"-"}, ()) == (
        {str(each)[0] for each in new},
        {str(each)[0] for each in gone},
        differences(None, None),
    )
    assert [each.place for each in new] == [each.place for each in gone]
    assert {place.split(".")[0].split(" ")[0] for place in (each.place for each in new)} == set(plain(settings))
