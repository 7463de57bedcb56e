"""The example files of Messaging Services: imported as they are, without a warning, and each word of them tried."""

import tomllib
from pathlib import Path

import pytest

from gateway.cli.opened import run as run_opened
from gateway.messaging.addresses import read_recipient
from gateway.messaging.keywords import RESERVED, OptOutType
from gateway.messaging.opt_out_settings import WRITTEN
from gateway.messaging.segments import Encoding, segments_of
from gateway.operations.json_forms import body_as_json
from gateway.settings import from_environment
from tests.staging import ACCOUNT

pytestmark = pytest.mark.usefixtures("store")

CONFIG = Path(__file__).parents[2] / "config"
WORLD, UNITED_STATES = CONFIG / "services.example.toml", CONFIG / "services.us.example.toml"
FIRST, SECOND, THIRD = (f"MG{number:032}" for number in (1, 2, 3))
AMERICAN = "+14155550100"
PHONES = {
    "MX": "+525512345678",
    "ES": "+34612345678",
    "CA": "+14165550123",
    "BR": "+5511912345678",
    "SE": "+46701234567",
}
TYPES = {name: opt_out_type for opt_out_type, name in WRITTEN.items()}
EXAMPLES = [pytest.param(WORLD, [FIRST, SECOND], id="the world"), pytest.param(UNITED_STATES, [THIRD], id="the US")]


def sets_of(service: dict):
    """Each keyword set with its name, and whose phone it counts for."""
    layers = [("standard", AMERICAN, service["standard"])]
    layers += [(f"languages.{code}", AMERICAN, sets) for code, sets in service.get("languages", {}).items()]
    for country, languages in service.get("countries", {}).items():
        layers += [(f"countries.{country}.{code}", PHONES[country], sets) for code, sets in languages.items()]
    return [(f"{place}.{name}", phone, name, of) for place, phone, sets in layers for name, of in sets.items()]


@pytest.mark.parametrize(("file", "services"), EXAMPLES)
def test_an_example_is_imported_as_it_is_without_a_warning_first_as_a_trial(run, file, services):
    trial = run("services", "import", str(file), "--dry-run", "--json")
    assert (0, "") == (trial.status, trial.err)
    assert [(sid, True, [], 1, False) for sid in services] == [
        (told["service_sid"], told["changes"], told["warnings"], told["version"], told["enabled"])
        for told in trial.json_lines
    ]
    assert "MG0" not in run("services", "list").out, "a trial saves nothing"

    real = run("services", "import", str(file))
    assert (0, "", False) == (real.status, real.err, "warning" in real.out)
    assert [f"{sid}: version 1, a draft: Advanced Opt-Out is not enabled" for sid in services] == [
        line for line in real.out.splitlines() if line.startswith("MG")
    ]
    again = run("services", "import", str(file), "--json")
    assert [False] * len(services) == [told["changes"] for told in again.json_lines]


def explained(place, asked: list[tuple[str, str, str]]) -> list[dict]:
    """What ``keywords test BODY --service SID --from PHONE --json`` says of many bodies, with the store opened once."""

    async def work(opened) -> list[dict]:
        account = opened.directory.demand(ACCOUNT)
        told = []
        for body, sid, phone in asked:
            recipient = read_recipient(phone, None)
            told.append(body_as_json(await opened.explain.body(account, body, recipient=recipient, service_sid=sid)))
        return told

    return run_opened(from_environment(place.settings), work)


@pytest.mark.parametrize(("file", "services"), EXAMPLES)
def test_each_keyword_of_an_example_means_what_its_set_says_and_is_answered_by_it(run, place, file, services):
    written = tomllib.loads(file.read_text("utf-8"))["services"]
    assert services == list(written)
    assert 0 == run("services", "import", str(file)).status
    assert {0} == {run("services", "enable", sid).status for sid in services}
    asked, expected = [], []
    for sid, service in written.items():
        for set_name, phone, name, keyword_set in sets_of(service):
            for keyword in keyword_set["keywords"]:
                is_silent = keyword == "YES"  # a default opt-in word of somebody who is in
                asked.append((keyword.title(), sid, phone))
                expected.append((set_name, TYPES[name], None if is_silent else keyword_set["reply"]))
    told = explained(place, asked)
    assert expected == [(each["keyword_set"], each["opt_out_type"], each["reply"]) for each in told]
    assert len(asked) > 14

    for (body, sid, phone), each in list(zip(asked, told, strict=True))[:: len(asked) // 5]:
        assert each == run("keywords", "test", body, "--service", sid, "--from", phone, "--json").json


@pytest.mark.parametrize(
    ("phone", "body", "set_name"),
    [
        pytest.param("MX", "stop", "countries.MX.es.opt_out", id="reserved words are the primary language's"),
        pytest.param("CA", "STOP", "countries.CA.en.opt_out", id="of two languages the first is primary"),
        pytest.param("CA", "Arrêt", "countries.CA.fr.opt_out", id="as people type it"),
        pytest.param("SE", "stopp!", "countries.SE.sv.opt_out", id="a word of two languages, here"),
        pytest.param("MX", "STOPP", "languages.de.opt_out", id="a word of two languages, elsewhere"),
        pytest.param("BR", "baja", "languages.es.opt_out", id="another language than the country's"),
        pytest.param("SE", "QUIT", "standard.opt_out", id="what a country does not know falls through"),
        pytest.param("MX", "配信 停止。", "languages.ja.opt_out", id="Japanese as people type it"),
        pytest.param("ES", "إِلغاء", "languages.ar.opt_out", id="Arabic with a vowel mark"),
    ],
)
def test_the_example_of_many_countries_teaches_what_it_says(run, phone, body, set_name):
    assert 0 == run("services", "import", str(WORLD)).status
    assert 0 == run("services", "enable", FIRST).status
    told = run("keywords", "test", body, "--service", FIRST, "--from", PHONES[phone], "--json").json
    assert set_name == told["keyword_set"]


def test_canadian_short_codes_are_answered_as_their_carriers_want():
    canada = tomllib.loads(WORLD.read_text("utf-8"))["services"][FIRST]["countries"]["CA"]
    assert {"END", "QUIT", "CANCEL", "UNSUBSCRIBE", "UNSUB"} <= set(canada["en"]["opt_out"]["keywords"])
    assert (["ARRET"], ["AIDE"]) == (canada["fr"]["opt_out"]["keywords"], canada["fr"]["help"]["keywords"])
    assert "INFO" in canada["en"]["help"]["keywords"]
    assert [] == [of["reply"] for sets in canada.values() for of in sets.values() if len(of["reply"]) > 160]


FCC = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")  # 47 CFR 64.1200(a)(10)
CTIA = ("STOP", "END", "CANCEL", "UNSUBSCRIBE", "QUIT")
AS_TYPED = ("Opt-Out!", "OPTOUT", "“Stop.”", "un subscribe")


def test_the_us_example_knows_the_words_of_the_fcc_and_the_ctia(run, place):
    assert 0 == run("services", "import", str(UNITED_STATES)).status
    assert 0 == run("services", "enable", THIRD).status
    stops = dict.fromkeys((*FCC, *CTIA, *AS_TYPED), "STOP")
    others = {"HELP": "HELP", "INFO": "HELP", "help?": "HELP", "START": "START", "Unstop": "START", "start!": None}
    expected = {**stops, **others, "opt-out please": None}
    told = explained(place, [(body, THIRD, AMERICAN) for body in expected])
    assert expected == {body: each["opt_out_type"] for body, each in zip(expected, told, strict=True)}


def test_the_us_examples_replies_have_what_carriers_look_for():
    service = tomllib.loads(UNITED_STATES.read_text("utf-8"))["services"][THIRD]
    for name, _, kind, of in sets_of(service):
        reply, segments = of["reply"], segments_of(of["reply"])
        assert (Encoding.GSM_7, 1) == (segments.encoding, segments.count), name
        assert 20 <= len(reply) <= 160, name
        assert reply.startswith("Acme Alerts: "), f"{name}: the program"
        assert "help.acme.example" in reply, f"{name}: a contact"
        if kind != "opt_out":
            assert ("Reply STOP" in reply) or ("Responda BAJA" in reply), f"{name}: how to opt out"
            assert "Msg&data rates may apply" in reply or "Pueden aplicar tarifas" in reply, name
    assert (True, "normalized", "review") == (service["help_when_opted_out"], service["matching"], service["intent"])


def test_the_us_examples_short_code_lists_every_word_that_works():
    service = tomllib.loads(UNITED_STATES.read_text("utf-8"))["services"][THIRD]
    for opt_out_type in OptOutType:
        name = WRITTEN[opt_out_type]
        works = {word.upper() for word in RESERVED[opt_out_type]}
        works |= {word for *_, kind, of in sets_of(service) if kind == name for word in of["keywords"]}
        assert works == set(service["short_codes"]["55501"][name])


@pytest.mark.parametrize("file", [WORLD, UNITED_STATES], ids=lambda file: file.name)
def test_an_example_can_be_imported_with_every_line_switched_on(run, file, tmp_path):
    lines = file.read_text("utf-8").replace("AC" + "0" * 32, ACCOUNT).splitlines()
    switched_on = [line[1:] if line[:1] == "#" and line[1:2].isalpha() else line for line in lines]
    (tmp_path / "on.toml").write_text("\n".join(switched_on), "utf-8")
    ran = run("services", "import", str(tmp_path / "on.toml"), "--dry-run")
    assert (0, "") == (ran.status, ran.err)
