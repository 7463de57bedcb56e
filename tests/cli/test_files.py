"""``gateway optouts import`` and ``export``, from a file to a file."""

import csv
import io
import subprocess
import sys

import pytest

from tests.staging import ACCOUNT, ALONE, SERVICE, rows_of

LIST = """Phone,Kind,When,Why
+14155550100,opt-out,2025-07-01T12:00:00Z,"=1+1 by letter"
+14155550101,opt-out,2025-07-02T12:00:00Z,
nobody,opt-out,,
+14155550100,opt-in,2025-06-01,
whatsapp:+14155550102,opt-out,2025-07-03T12:00:00Z,
"""
MAPPED = ("--map", "number=Phone", "--map", "status=Kind", "--map", "date=When", "--map", "reason=Why")
STANDING = "SELECT recipient, scope_kind, scope_id, effective_at, hold FROM opt_outs WHERE standing ORDER BY 1, 2, 3"


SUBSCRIBED = (
    ("sinks", "add", "crm", "webhook", "--url", "https://crm.example.com/hook"),
    ("subscriptions", "add", "crm", "optout-gateway.consent.changed"),
)


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    return path


def test_a_list_goes_in_and_comes_out_and_in_again_to_the_same(place, store, run, given, tmp_path):
    report, url = tmp_path / "report.csv", f"sqlite:///{place.database}"
    arguments = ("optouts", "import", str(given), *MAPPED, "--account-wide", "--hold", "--report", str(report))
    dry = run(*arguments, "--dry-run", "--json")
    assert ({"read": 5, "added": 3, "held": 1, "refused": 1}, True) == (dry.json["counts"], dry.json["dry_run"])
    assert [] == rows_of(url, STANDING)
    report.unlink()
    ran = run(*arguments)
    assert (1, "added 3; held 1; read 5; refused 1\n") == (ran.status, ran.out)
    assert "1 lines cannot be read; --report FILE" in ran.err
    reported = list(csv.reader(report.read_text().splitlines()))
    assert [["line", "outcome", "reason"], ["4", "refused"], ["5", "held"]] == [
        reported[0], *(line[:2] for line in reported[1:])
    ]  # fmt: skip
    assert "nobody" not in report.read_text()
    assert "imported before" in run(*arguments).err

    run("optouts", "add", "+14155550103", "--service", SERVICE)
    run("optouts", "add", "+14155550104", "--sender", ALONE)
    standing = rows_of(url, STANDING)
    assert 5 == len(standing)
    for form, more in (("csv", ()), ("csv", ("--raw",)), ("jsonl", ())):
        written = tmp_path / f"out.{form}"
        assert 0 == run("optouts", "export", "--format", form, "--output", str(written), *more).status
        if form == "csv" and not more:
            cells = [cell for row in csv.reader(written.read_text().splitlines()) for cell in row]
            assert [] == [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]
        place.database.unlink()
        assert 0 == run("db", "upgrade").status
        assert 0 == run("optouts", "import", str(written)).status
        assert standing == rows_of(url, STANDING)


def test_consents_of_twilios_form_hold_what_twilio_can_take(place, store, run, given, tmp_path):
    run("optouts", "import", str(given), *MAPPED, "--sender", ALONE)
    run("optouts", "add", "+14155550103", "--account-wide")
    written = tmp_path / "out.jsonl"
    ran = run("optouts", "export", "--format", "consents", "--output", str(written))
    assert ran.err.startswith("gateway: 1 opt-outs are left out")
    [first, _] = written.read_text().splitlines()
    assert '"contact_id":"+14155550100"' in first
    assert all(part in first for part in (f'"sender_id":"{ALONE}"', '"status":"opt-out"', '"date_of_consent":"2025-'))
    again = run("optouts", "import", str(written), "--json")
    assert {"read": 2, "stays": 2} == again.json["counts"]


def test_standard_input_is_imported_and_standard_output_exported(place, store):
    command = [sys.executable, "-m", "gateway", "optouts"]
    given = "number\n+14155550100\n"
    ran = subprocess.run(
        [*command, "import", "-", "--sender", ALONE], input=given, capture_output=True, text=True, check=True
    )
    assert "added 1; read 1\n" == ran.stdout
    out = subprocess.run([*command, "export", "--raw"], capture_output=True, text=True, check=True).stdout
    assert ["+14155550100", "sender", ALONE] == list(csv.reader(io.StringIO(out)))[1][:3]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["import", "missing.csv"], "FILE: it cannot be opened", id="no file"),
        pytest.param(["import", "NAMES"], "number: no column is one", id="no number"),
        pytest.param(["import", "LIST"], "scope: say what the opt-outs cover", id="no scope"),
        pytest.param(["import", "LIST", "--map", "telephone=Phone"], "--map: write FIELD=COLUMN", id="no field"),
        pytest.param(["import", "LIST", "--format", "xml"], "--format: it is one of", id="no format"),
        pytest.param(["export", "--format", "xml"], "--format: it is one of", id="no form"),
        pytest.param(["export", "--output", "/no/where"], "--output: it cannot be written", id="nowhere"),
    ],
)
def test_what_cannot_be_used_is_named(place, store, run, given, arguments, named):
    names = given.with_name("names.csv")
    names.write_text("name\nann\n")
    paths = {"LIST": str(given), "NAMES": str(names)}
    ran = run("optouts", *(paths.get(argument, argument) for argument in arguments))
    assert (2, "", f"gateway: {named}") == (ran.status, ran.out, ran.err[: len(named) + 9])
    assert 1 == len(ran.err.splitlines())


def test_a_sub_account_has_a_list_of_its_own_and_no_token(place, store, run, given):
    place.settings.write_text(place.settings.read_text() + "subaccounts = true\n")
    sub = ("--account", "AC" + "5" * 32)
    assert "added 2" in run("optouts", "import", str(given), *MAPPED, "--sender", ALONE, *sub).out
    for command in (("optouts", "drift"), ("twilio", "mirror", "push")):
        ran = run(*command, *sub)
        assert (2, True) == (ran.status, ran.err.startswith("gateway: --account: a sub-account has a token"))


def test_all_or_nothing_says_so(place, store, run, given):
    ran = run("optouts", "import", str(given), *MAPPED, "--sender", ALONE, "--all-or-nothing")
    assert (1, True) == (ran.status, "nothing was imported: 2 lines cannot be read" in ran.err)
    assert ACCOUNT not in ran.err


def test_an_import_that_sinks_leave_no_room_for_ends_and_goes_on_untold(place, store, run, given, monkeypatch):
    monkeypatch.setattr("gateway.operations.imports.room.LOOK_AGAIN_SECONDS", 0.001)
    monkeypatch.setattr("gateway.operations.imports.room.PATIENCE", 3)
    place.write("\n[events]\nmost_owed = 4\n")
    for command in SUBSCRIBED:
        assert 0 == run(*command).status
    many = given.with_name("many.csv")
    many.write_text("number\n" + "".join(f"+1415555{number:04}\n" for number in range(9)))
    ended = run("optouts", "import", str(many), "--account-wide")
    assert (1, 1) == (ended.status, len(ended.err.splitlines()))
    assert "a sink is owed 2 events and takes none" in ended.err
    assert "--untold tells sinks nothing" in ended.err
    assert 2 == len(rows_of(f"sqlite:///{store}", STANDING)), "what was imported stays"
    went_on = run("optouts", "import", str(many), "--account-wide", "--untold")
    assert (0, "added 9; read 9\n") == (went_on.status, went_on.out)
    assert [(2,)] == rows_of(f"sqlite:///{store}", "SELECT count(*) FROM deliveries WHERE kind = 'event'")
