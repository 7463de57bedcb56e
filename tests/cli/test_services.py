import asyncio
import getpass
import io
import sys

import pytest

from gateway.cli.services_output import tell_known, tell_senders
from gateway.operations.json_forms import known_as_json
from gateway.operations.services import KnownService
from gateway.store.records import TwilioService
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, OTHER_ACCOUNT, SERVICE, rows_of

pytestmark = pytest.mark.usefixtures("store")

OTHER = "MG" + "b2" * 16
REPLY = "Acme: baja confirmada. Responda ALTA para volver."
ONE = f'[services.{SERVICE}]\nname = "Alerts"\n[services.{SERVICE}.languages.es.opt_out]\nkeywords = ["BAJA"]\n'
ONE += f'reply = "{REPLY}"\n'
TWO = ONE + f"[services.{OTHER}]\nenabled = true\n"


@pytest.fixture
def file(tmp_path):
    """A file with some text in it."""

    def write(text: str | bytes, name: str = "services.toml") -> str:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


@pytest.fixture
def imported(run, file):
    """Import a text; gives what was said."""

    def import_text(text: str = ONE, *arguments: str):
        ran = run("services", "import", file(text), *arguments)
        assert (0, "") == (ran.status, ran.err)
        return ran

    return import_text


def versions_in(place) -> list[tuple]:
    query = "SELECT service_sid, version, change FROM service_versions ORDER BY service_sid, version"
    return rows_of(f"sqlite:///{place.database}", query)


# Looking


def test_a_list_of_nothing_is_its_heading(run):
    assert ["SERVICE", "ADVANCED", "OPT-OUT", "SENDERS", "INCOMING", "NAME"] == run("services", "list").out.split()[:6]
    (stated,) = run("services", "list", "--json").json_lines
    assert (SERVICE, None, [IN_POOL]) == (stated["service_sid"], stated["settings"], stated["senders"])


def test_services_are_listed_with_their_state(run, imported):
    imported(TWO)
    _, one, two = run("services", "list").out.splitlines()
    assert [SERVICE, "draft,", "version", "1", "1", "unknown", "Alerts"] == one.split()
    assert [OTHER, "enabled,", "version", "1", "0", "unknown"] == two.split()
    told = run("services", "list", "--json").json_lines
    assert [(SERVICE, False, 1, "Alerts"), (OTHER, True, 1, "")] == [
        (t["service_sid"], t["enabled"], t["version"], t["name"]) for t in told
    ]


def test_a_service_is_shown_as_a_file_that_can_be_imported(run, imported, file):
    imported()
    shown = run("services", "show", SERVICE)
    assert [f"# {SERVICE} Alerts", "# Advanced Opt-Out: draft, version 1", f"# Senders: {IN_POOL}"] == (
        shown.out.splitlines()[:3]
    )
    assert "nothing changes" in imported(shown.out).out
    told = run("services", "show", SERVICE, "--json").json
    assert {"keywords": ["BAJA"], "reply": REPLY} == told["settings"]["languages"]["es"]["opt_out"]
    assert (SERVICE, "Alerts", False, 1, [IN_POOL], None) == (
        told["service_sid"], told["name"], told["enabled"], told["version"], told["senders"], told["drops_incoming"]
    )  # fmt: skip


def test_a_service_that_nobody_knows_is_shown_as_what_it_would_be(run, imported):
    shown = run("services", "show", OTHER)
    assert (0, "") == (shown.status, shown.err)
    assert "# Senders: none is known; see: gateway services sync" in shown.out
    assert "# Advanced Opt-Out: nothing is set" in shown.out
    assert [] == [line for line in imported(shown.out, "--dry-run").out.splitlines() if "warning" in line]


def test_an_older_version_is_shown(run, imported):
    imported()
    imported(ONE.replace("BAJA", "ALTO"))
    assert ("BAJA" in run("services", "show", SERVICE, "--version", "1").out) is True
    assert "ALTO" in run("services", "show", SERVICE).out
    told = run("services", "show", SERVICE, "--version", "1", "--json").json
    assert (SERVICE, 1, False, "imported", getpass.getuser(), "operator", "import of services.toml", 1) == (
        told["service_sid"], told["version"], told["enabled"], told["change"], told["actor"], told["role"],
        told["reason"], told["settings_version"],
    )  # fmt: skip
    assert ["BAJA"] == told["settings"]["languages"]["es"]["opt_out"]["keywords"]


def test_versions_are_listed_newest_first(run, imported):
    imported()
    assert 0 == run("services", "enable", SERVICE, "--reason", "checked by legal").status
    heading, newest, oldest = run("services", "versions", SERVICE).out.splitlines()
    assert ["VERSION", "WHEN", "CHANGE", "ENABLED", "BY", "REASON"] == heading.split()
    number, _, _, *more = newest.split(maxsplit=6)
    assert ["2", "enabled", "yes", getpass.getuser(), "checked by legal"] == [number, *more]
    assert "imported" in oldest
    told = run("services", "versions", SERVICE, "--json").json_lines
    assert [(2, "enabled"), (1, "imported")] == [(t["version"], t["change"]) for t in told]
    assert ("", 0) == (run("services", "versions", OTHER, "--json").out, run("services", "versions", OTHER).status)


def test_what_differs_between_two_versions(run, imported):
    imported()
    imported(
        ONE.replace("BAJA", "ALTO") + "[services." + SERVICE + '.languages.es.help]\nreply = "Acme: ayuda aquí, ya."\n'
    )
    said = run("services", "diff", SERVICE, "1", "2")
    place = "languages.es.opt_out.keywords"
    assert {f'- {place} "BAJA": listed', f'+ {place} "ALTO": listed'} <= set(said.out.splitlines())
    assert '+ languages.es.help.reply: "Acme: ayuda aquí, ya."' in said.out
    told = run("services", "diff", SERVICE, "2", "1", "--json").json_lines
    assert {"place": f'{place} "ALTO"', "before": "listed", "after": None} in told
    assert ("nothing differs\n", "") == (
        run("services", "diff", SERVICE, "1", "1").out, run("services", "diff", SERVICE, "1", "1", "--json").out
    )  # fmt: skip


# Changing


def test_an_import_says_what_changes(run, imported, place):
    trial = imported(TWO, "--dry-run").out
    assert f"{SERVICE}: would be version 1, a draft: Advanced Opt-Out is not enabled\n" in trial
    assert f"{OTHER}: would be version 1, in force\n" in trial
    assert '  + name: "Alerts"\n' in trial
    assert [] == versions_in(place)
    assert trial.replace("would be ", "") == imported(TWO).out
    assert f"{SERVICE}: nothing changes\n{OTHER}: nothing changes\n" == imported(TWO).out
    assert [(SERVICE, 1, "imported"), (OTHER, 1, "imported")] == versions_in(place)


def test_an_import_in_json(run, imported):
    told = [line["version"] for line in imported(TWO, "--json").json_lines]
    assert [1, 1] == told
    (told, _) = imported(TWO.replace("BAJA", "ALTO"), "--json", "--dry-run").json_lines
    assert (SERVICE, True, True, 2, False, []) == (
        told["service_sid"], told["dry_run"], told["changes"], told["version"], told["enabled"], told["warnings"]
    )  # fmt: skip
    place = "languages.es.opt_out.keywords"
    assert [
        {"place": f'{place} "BAJA"', "before": "listed", "after": None},
        {"place": f'{place} "ALTO"', "before": None, "after": "listed"},
    ] == told["differences"]


def test_a_warning_is_told_and_hinders_nothing(imported, place):
    said = imported(ONE.replace(REPLY, "Adios."))
    assert "  warning: languages.es.opt_out.reply: it has 6 characters; A2P 10DLC registers" in said.out
    assert 1 == len(versions_in(place))


def test_a_new_order_alone_is_told(imported):
    imported(ONE.replace('"BAJA"', '"BAJA", "ALTO"'))
    said = imported(ONE.replace('"BAJA"', '"ALTO", "BAJA"'))
    expected = f"{SERVICE}: version 2, a draft: Advanced Opt-Out is not enabled\n  the order of keywords or languages\n"
    assert expected == said.out


def test_an_import_from_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ONE.encode()), encoding="latin-1"))
    assert (0, "") == (run("services", "import", "-", "--reason", "tidied").status, "")
    assert "tidied" == run("services", "versions", SERVICE, "--json").json["reason"]


def test_an_import_from_standard_input_is_named_so(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x = 1")))
    ran = run("services", "import", "-")
    assert (2, "") == (ran.status, ran.out)
    assert ran.err.startswith("gateway: standard input: x: it is not one of account, services\n")


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(imported, place):
    imported("\ufeff" + ONE.replace("\n", "\r\n"))
    assert [(SERVICE, 1, "imported")] == versions_in(place)


def test_enable_and_disable(run, imported):
    imported()
    assert f"{SERVICE}: would be version 2, in force\n  ~ enabled: false → true\n" == (
        run("services", "enable", SERVICE, "--dry-run").out
    )
    assert f"{SERVICE}: version 2, in force\n  ~ enabled: false → true\n" == run("services", "enable", SERVICE).out
    assert f"{SERVICE}: nothing changes\n" == run("services", "enable", SERVICE).out
    assert not run("services", "enable", SERVICE, "--json").json["changes"]
    trial = run("services", "disable", SERVICE, "--reason", "an incident", "--dry-run", "--json").json
    assert (3, False, True) == (trial["version"], trial["enabled"], trial["dry_run"])
    assert "version 3, a draft" in run("services", "disable", SERVICE, "--reason", "an incident").out
    assert "an incident" == run("services", "versions", SERVICE, "--json").json_lines[0]["reason"]


def test_disabling_what_was_never_set_writes_nothing(run, place):
    ran = run("services", "disable", OTHER, "--reason", "why")
    assert (0, f"{OTHER}: nothing changes\n") == (ran.status, ran.out)
    assert [] == versions_in(place)


def test_restore(run, imported):
    imported()
    imported(ONE.replace("BAJA", "ALTO"))
    assert "would be version 3" in run("services", "restore", SERVICE, "1", "--dry-run").out
    assert 3 == run("services", "restore", SERVICE, "1", "--json", "--reason", "better").json["version"]
    assert "BAJA" in run("services", "show", SERVICE).out
    assert "nothing changes" in run("services", "restore", SERVICE, "1").out


# Writing out


def test_what_is_exported_can_be_imported_elsewhere_and_is_exported_to_the_same_text(run, imported, place, tmp_path):
    imported(TWO)
    exported = run("services", "export").out
    assert f'account = "{ACCOUNT}"' in exported
    place.write(database=tmp_path / "other.db")
    assert 0 == run("db", "upgrade").status
    assert [True, True] == [told["changes"] for told in imported(exported, "--json").json_lines]
    assert exported == run("services", "export").out
    assert "nothing changes" in imported(exported).out


def test_an_export_of_some(run, imported):
    imported(TWO)
    assert (SERVICE in run("services", "export", OTHER).out, OTHER in run("services", "export", OTHER).out) == (
        False,
        True,
    )
    ran = run("services", "export", OTHER, "MG" + "0" * 32)
    assert (1, "") == (ran.status, ran.out)
    assert ran.err.startswith(f"gateway: MG{'0' * 32}: nothing is set for it")


def test_keyword_sets_go_out_and_in_on_twilios_two_axes(run, imported, file):
    imported()
    rows = run("services", "export", SERVICE, "--two-axes")
    assert {"keyword_type": "STOP.SPANISH", "message_type": "ALL", "keywords": ["BAJA"]} in rows.json["keywords"]
    back = run("services", "import", file(rows.out, "rows.json"), "--two-axes", "--service", SERVICE)
    assert (0, f"{SERVICE}: nothing changes\n") == (back.status, back.out)
    changed = rows.out.replace("BAJA", "ALTO")
    told = run(
        "services", "import", file(changed, "rows.json"), "--two-axes", "--service", SERVICE, "--json"
    ).json_lines
    assert [(2, 2)] == [(t["version"], len(t["differences"])) for t in told]
    assert 'name = "Alerts"' in run("services", "show", SERVICE).out, "what is not in the rows stays"
    assert changed == run("services", "export", SERVICE, "--two-axes").out


# What cannot be used


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("show", "MG1"), "MG…: it is not MG and 32 hexadecimal digits in lower case", id="no SID"),
        pytest.param(("show", SERVICE.replace("a", "A")), "MG…: it is not MG and 32", id="a SID in upper case"),
        pytest.param(("show", ACCOUNT), "MG…: it is not MG and 32", id="an account's SID"),
        pytest.param(("show",), "Missing argument 'MG…'; see: gateway services show --help", id="no service"),
        pytest.param(("show", SERVICE, "--version", "7"), "--version: the service has no version 7", id="no version"),
        pytest.param(("show", SERVICE, "--version", "0"), "Invalid value for '--version'", id="version 0"),
        pytest.param(("diff", SERVICE, "1", "2"), "VERSION: the service has no version 1", id="nothing to compare"),
        pytest.param(("diff", SERVICE, "one", "2"), "Invalid value for 'VERSION'", id="no number"),
        pytest.param(("restore", SERVICE, "1"), "VERSION: the service has no version 1", id="nothing to restore"),
        pytest.param(("versions", "MG1"), "MG…: it is not MG and 32", id="versions of no SID"),
        pytest.param(("enable", "x"), "MG…: it is not MG and 32", id="enable no SID"),
        pytest.param(("enable", SERVICE, "--reason", "a\nb"), "--reason: it must be one line", id="two lines"),
        pytest.param(("disable", SERVICE), "Missing option '--reason'", id="disabled without a reason"),
        pytest.param(("disable", SERVICE, "--reason", " "), "--reason: it must be one line", id="an empty reason"),
        pytest.param(("export", "MG1"), "MG…: it is not MG and 32", id="export of no SID"),
        pytest.param(("export", "--two-axes"), "--two-axes: it holds one service; name it", id="nothing on two axes"),
        pytest.param(("import", "/nowhere/x.toml"), "FILE: it cannot be read (No such file", id="no file"),
        pytest.param(("import", "/"), "FILE: it cannot be read (Is a directory", id="a folder"),
        pytest.param(("import",), "Missing argument 'FILE'", id="no file named"),
        pytest.param(("list", "--account", "AC1"), "--account: it is not AC and 32", id="no account's SID"),
        pytest.param(("list", "--account", OTHER_ACCOUNT), "--account: the settings do not have", id="no such account"),
        pytest.param(("sync", "--account", OTHER_ACCOUNT), "--account: the settings do not have", id="sync of another"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_names_it(run, arguments, expected):
    ran = run("services", *arguments)
    assert (2, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")


@pytest.mark.parametrize(
    ("content", "arguments", "expected"),
    [
        pytest.param("x", (), "services.toml: it is not TOML: ", id="no TOML"),
        pytest.param(b"\xff\xfe", (), "FILE: it is not UTF-8", id="no UTF-8"),
        pytest.param(
            f'account = "{OTHER_ACCOUNT}"\n{ONE}', (), "services.toml: account: it is another account", id="account"
        ),
        pytest.param("", (), "services.toml: services: name at least one", id="an empty file"),
        pytest.param(
            ONE.replace('["BAJA"]', '["BAJA", "start"]'),
            (),
            f'services.toml: services.{SERVICE}.languages.es.opt_out.keywords[1]: "start" is reserved and always means',
            id="a reserved word",
        ),
        pytest.param(
            ONE, ("--service", SERVICE), "--service: a TOML file names its services itself", id="TOML, service"
        ),
        pytest.param("{}", ("--two-axes",), "--service: say whose rows these are", id="two axes, no service"),
        pytest.param("{}", ("--two-axes", "--service", "MG1"), "--service: it is not MG and 32", id="two axes, no SID"),
        pytest.param("{", ("--two-axes", "--service", SERVICE), "services.toml: it is not JSON: ", id="no JSON"),
        pytest.param(
            "{}", ("--two-axes", "--service", SERVICE), "services.toml: the two-axis form is", id="not its form"
        ),
        pytest.param(ONE, ("--reason", ""), "--reason: it must be one line", id="an empty reason"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_nothing_is_saved(run, file, place, content, arguments, expected):
    ran = run("services", "import", file(content), *arguments)
    assert (2, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")
    assert [] == versions_in(place)


def test_of_three_services_of_which_one_is_wrong_none_is_saved_and_every_fault_has_its_line(run, file, place):
    bad = TWO + f'[services.MG{"0" * 32}]\nrelay = "none"\nmatching = "loose"\n'
    ran = run("services", "import", file(bad))
    assert (2, "") == (ran.status, ran.out)
    place_of_it = f"gateway: services.toml: services.MG{'0' * 32}"
    assert [f"{place_of_it}.relay", f"{place_of_it}.matching"] == [
        line.rpartition(": ")[0] for line in ran.err.splitlines()
    ]
    assert [] == versions_in(place)


def test_two_axes_hold_one_service(run, imported):
    imported(TWO)
    ran = run("services", "export", "--two-axes")
    assert (2, "gateway: --two-axes: it holds one service; name it\n") == (ran.status, ran.err)


def test_of_several_accounts_one_must_be_named(run, place, file):
    place.write(more=f'[[accounts]]\nsid = "{OTHER_ACCOUNT}"\nauth_tokens = ["x"]\ntwilio_handling = "off"\n')
    ran = run("services", "import", file(ONE))
    assert (2, "gateway: --account: the settings have 2 accounts; say which\n") == (ran.status, ran.err)
    assert 0 == run("services", "import", file(ONE), "--account", OTHER_ACCOUNT).status
    assert [False, True] == [
        SERVICE in run("services", "export", "--account", account).out for account in (ACCOUNT, OTHER_ACCOUNT)
    ]


def test_a_name_at_twilio_cannot_break_out_of_its_line(run):
    known = KnownService(SERVICE, None, TwilioService(SERVICE, "Pool\nenabled = true", False, False), frozenset())
    assert [f"# {SERVICE} Pool enabled = true"] == [line for line in tell_senders(known) if SERVICE in line]
    assert "\n" not in tell_known(known)
    assert "Pool\nenabled = true" == known_as_json(known)["name"]


# Twilio


def test_sync_with_twilio_away_is_one_line_and_changes_nothing(run, place):
    ran = run("services", "sync")
    assert (1, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("gateway: Twilio: ")
    assert ran.err.endswith("; nothing was changed\n")
    tables = ("SELECT account_sid FROM pool_senders", "SELECT account_sid FROM placements")
    queries = (*tables, "SELECT account_sid FROM twilio_services", "SELECT account_sid FROM accounts")
    assert [[]] * 4 == [rows_of(f"sqlite:///{place.database}", query) for query in queries]


async def test_sync_reads_services_and_senders_from_twilio(sandbox, run, place):
    place.write(twilio=sandbox.url.rpartition(":")[2])
    ran = await asyncio.to_thread(run, "services", "sync", "--json")
    assert (0, "") == (ran.status, ran.err)
    (told,) = ran.json_lines
    assert (SERVICE, "Pool", sorted([IN_POOL, ALSO_IN_POOL]), None) == (
        told["service_sid"], told["name"], told["senders"], told["version"]
    )  # fmt: skip
    assert told["drops_incoming"] is not None
    assert ALONE not in told["senders"]
    shown = await asyncio.to_thread(run, "services", "sync")
    assert (0, 2, "Pool") == (shown.status, len(shown.out.splitlines()), shown.out.split()[-1])


async def test_a_refusal_by_twilio_is_one_line_and_changes_nothing(sandbox, run, place):
    place.write(twilio=sandbox.url.rpartition(":")[2])
    place.settings.write_text(place.settings.read_text().replace('auth_tokens = ["', 'auth_tokens = ["x'))
    ran = await asyncio.to_thread(run, "services", "sync")
    assert (1, "gateway: Twilio: Twilio answered 401 to a list of Services; nothing was changed\n") == (
        ran.status,
        ran.err,
    )
    assert [] == rows_of(f"sqlite:///{place.database}", "SELECT * FROM twilio_services")
