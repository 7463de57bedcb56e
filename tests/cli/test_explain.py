import getpass

import pytest

from tests.staging import ACCOUNT, ALONE, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE, WHATSAPP

pytestmark = pytest.mark.usefixtures("store")

ON_SERVICE = {"kind": "service", "id": SERVICE}
BY_SERVICE = ("--service", SERVICE)


def lines(text: str) -> dict[str, str]:
    return {line[:13].strip(): line[13:] for line in text.splitlines()}


def test_a_send_that_would_go(run):
    ran = run("explain", "--to", "(415) 555-0100", "--from-sender", IN_POOL)
    assert (0, "", ["send", "reason", "settings"]) == (ran.status, ran.err, list(lines(ran.out)))
    assert ("would go", "no_opt_out", "version 0 of the account's") == tuple(lines(ran.out).values())
    assert {
        "forwarded": True,
        "enforced": True,
        "reason": "no_opt_out",
        "opt_out": None,
        "event": None,
        "unplaced": [],
        "settings_version": 0,
    } == run("explain", "--to", PHONE, *BY_SERVICE, "--json").json


def test_a_send_that_would_not_go_with_the_opt_out_and_its_evidence(run):
    added = run("optouts", "add", PHONE, *BY_SERVICE, "--reason", "a letter", "--json").json
    ran = run("explain", "--to", PHONE, "--from-sender", "(202) 555-0101")
    told = lines(ran.out)
    assert (0, "would be held back with error 21610", "opted_out_of_service") == (
        ran.status,
        told["send"],
        told["reason"],
    )
    assert told["opt-out"].startswith(f"service:{SERVICE} since 20")
    assert told["opt-out"].endswith(" (operator)")
    assert f"by {getpass.getuser()}, reason a letter" == told["evidence"]
    found = run("explain", "--to", PHONE, "--from-sender", IN_POOL, "--json").json
    assert (False, "opted_out_of_service", ON_SERVICE, "operator", False) == (
        found["forwarded"], found["reason"], found["opt_out"]["scope"], found["opt_out"]["source"],
        found["opt_out"]["hold"],
    )  # fmt: skip
    assert (added["event_id"], "added", "a letter") == (
        found["event"]["event_id"], found["event"]["change"], found["event"]["reason"]
    )  # fmt: skip


def test_a_sender_that_nobody_placed_is_told(run):
    run("optouts", "add", PHONE, *BY_SERVICE)
    told = lines(run("explain", "--to", PHONE, "--from-sender", ALONE).out)
    assert ("sender_not_placed", f"{ALONE}: covered by every opt-out until Twilio was asked") == (
        told["reason"], told["not placed"]
    )  # fmt: skip
    found = run("explain", "--to", PHONE, *BY_SERVICE, "--from-sender", ALONE, "--json").json
    assert [ALONE] == found["unplaced"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("--to", PHONE), "--service, --from-sender: say what sends", id="nothing that sends"),
        pytest.param(BY_SERVICE, "Missing option '--to'; see: gateway explain --help", id="no recipient"),
        pytest.param(("--to", "nobody", *BY_SERVICE), "--to: it holds", id="no number"),
        pytest.param(("--to", PHONE, "--service", "MG1"), "--service: it is not MG and 32", id="no service's SID"),
        pytest.param(("--to", PHONE, "--from-sender", "@"), "--from-sender: ", id="no sender"),
        pytest.param(
            ("--to", PHONE, "--from-sender", WHATSAPP),
            "--from-sender: it is on the channel whatsapp, --to on phone",
            id="two channels",
        ),
        pytest.param(
            ("--to", PHONE, *BY_SERVICE, "--account", OTHER_ACCOUNT), "--account: the settings do not", id="account"
        ),
    ],
)
def test_what_cannot_be_used_is_one_line_that_names_it(run, arguments, expected):
    ran = run("explain", *arguments)
    assert (2, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")


# keywords test, with a store


@pytest.fixture
def spanish(run, store, tmp_path):
    """A service with Spanish words, in force."""
    text = f"""
[services.{SERVICE}]
enabled = true
matching = "normalized"
[services.{SERVICE}.languages.es.opt_out]
keywords = ["BAJA"]
reply = "Acme: baja confirmada. Responda ALTA para volver."
[services.{SERVICE}.languages.es.opt_in]
keywords = ["ALTA"]
reply = "Acme: ¡qué alegría! Responda BAJA para cancelar cuando quiera, sin más, y así se hará."
"""
    (tmp_path / "es.toml").write_text(text, "utf-8")
    assert 0 == run("services", "import", str(tmp_path / "es.toml")).status


@pytest.mark.usefixtures("spanish")
def test_a_keyword_of_a_service_in_lines_and_in_json(run):
    ran = run("keywords", "test", "¡ba-já!", *BY_SERVICE, "--from", "+52 55 1234 5678", "--to", IN_POOL)
    assert (0, "") == (ran.status, ran.err)
    assert {
        "folded": "'¡ba-já!'",
        "as typed": "'baja'",
        "keyword": "STOP",
        "keyword set": f"languages.es.opt_out of {SERVICE}, version 1, as people type 'baja'",
        "country": "MX",
        "change": f"added: service:{SERVICE}, sender:{IN_POOL}",
        "reply": "Acme: baja confirmada. Responda ALTA para volver.  (1 segment, GSM-7)",
    } == lines(ran.out)
    assert {
        "folded": "baja",
        "loosely_folded": "baja",
        "opt_out_type": "STOP",
        "keyword_set": "languages.es.opt_out",
        "keyword": "baja",
        "matching": "exact",
        "country": "MX",
        "sender": IN_POOL,
        "service_sid": SERVICE,
        "version": 1,
        "advanced_opt_out": True,
        "twilio_handling": "off",
        "change": "added",
        "scopes": [ON_SERVICE, {"kind": "sender", "id": IN_POOL}],
        "reply": "Acme: baja confirmada. Responda ALTA para volver.",
        "segments": 1,
        "encoding": "GSM-7",
        "asks_to_stop": None,
        "remarks": [],
        "lifted_at_twilio": [],
        "relayed": True,
        "enforced": True,
        "why": "no set of the recipient's country has the word; sets of languages count in every country",
    } == run("keywords", "test", "Baja", *BY_SERVICE, "--from", "+525512345678", "--json").json


@pytest.mark.usefixtures("spanish")
def test_a_reply_outside_of_the_gsm_alphabet_takes_more_segments(run):
    told = lines(run("keywords", "test", "alta", "--to", IN_POOL).out)
    assert told["reply"].endswith("  (2 segments, UCS-2)")
    assert "no recipient was named: explained for somebody of no country who is not opted out" == told["remark"]


@pytest.mark.usefixtures("spanish")
def test_a_body_that_is_no_keyword(run):
    told = lines(run("keywords", "test", "alta!", *BY_SERVICE, "--from", PHONE).out)
    assert ("none: the message is relayed like any other", "US") == (told["keyword"], told["country"])
    found = run("keywords", "test", "please stop texting me", *BY_SERVICE, "--from", PHONE, "--json").json
    assert (None, None, [], None) == (found["opt_out_type"], found["change"], found["scopes"], found["reply"])
    assert found["asks_to_stop"]


@pytest.mark.usefixtures("spanish")
def test_what_somebody_is_opted_out_of_counts_and_nothing_is_written(run):
    assert 0 == run("optouts", "add", PHONE, *BY_SERVICE).status
    history = run("optouts", "history", PHONE, "--json").out
    told = run("keywords", "test", "help", *BY_SERVICE, "--from", PHONE, "--json").json
    assert ("nothing", None) == (told["change"], told["reply"])
    assert "none" == lines(run("keywords", "test", "help", *BY_SERVICE, "--from", PHONE).out)["reply"]
    assert history == run("optouts", "history", PHONE, "--json").out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("--service", "MG1"), "--service: it is not MG and 32", id="no service's SID"),
        pytest.param(("--from", "nobody"), "--from: it holds", id="no number"),
        pytest.param(("--to", "@"), "--to: ", id="no sender"),
        pytest.param(
            ("--to", WHATSAPP, "--from", PHONE),
            "--to: it is on the channel whatsapp, --from on phone",
            id="two channels",
        ),
        pytest.param((*BY_SERVICE, "--account", "AC1"), "--account: it is not AC and 32", id="no account's SID"),
    ],
)
def test_what_cannot_be_used_with_keywords_test_is_one_line_that_names_it(run, arguments, expected):
    ran = run("keywords", "test", "stop", *arguments)
    assert (2, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")


def test_with_nothing_but_a_body_neither_settings_nor_a_store_are_needed(run, store, place):
    store.unlink()
    place.settings.unlink()
    told = lines(run("keywords", "test", "Stop").out)
    assert ("STOP", "default.STOP", "added") == (told["keyword"], told["keyword set"], told["change"])


def test_an_account_alone_asks_for_that_account(run):
    ran = run("keywords", "test", "stop", "--account", OTHER_ACCOUNT)
    assert (2, "") == (ran.status, ran.out)
    assert "off" == run("keywords", "test", "stop", "--account", ACCOUNT, "--json").json["twilio_handling"]
