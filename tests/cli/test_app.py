import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command

import gateway
from gateway.cli.app import app
from gateway.cli.failures import status_after


def test_version_is_the_packages(run):
    assert (0, f"gateway {gateway.__version__}\n") == (run("--version").status, run("--version").out)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("serve", "--help"), ("optouts", "remove", "--help")])
def test_help_is_no_error(run, arguments):
    ran = run(*arguments)
    assert (0, "", True) == (ran.status, ran.err, "Usage" in ran.out)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(("frob",), "No such command 'frob'; see: gateway --help", id="no such command"),
        pytest.param(("optouts",), "Missing command; see: gateway optouts --help", id="half a command"),
        pytest.param(("--frob",), "No such option: --frob; see: gateway --help", id="no such option"),
        pytest.param(
            ("serve", "now"), "Got unexpected extra argument(s) (now); see: gateway serve --help", id="too much"
        ),
    ],
)
def test_usage_errors_are_one_line(run, arguments, expected):
    ran = run(*arguments)
    assert (2, "", f"gateway: {expected}\n") == (ran.status, ran.out, ran.err)


def test_a_fault_of_ours_is_one_line_without_its_text(capsys):
    with pytest.raises(ValueError, match="token") as raised:
        raise ValueError("+14155550100\nand a token")
    assert 1 == status_after(raised.value)
    said = capsys.readouterr().err
    assert (1, True, False) == (said.count("\n"), "ValueError" in said, "token" in said)


def test_db_upgrade_makes_a_store_and_tells_its_revision(run, place):
    first, again = run("db", "upgrade"), run("db", "upgrade", "--json")
    assert (0, 0, True) == (first.status, again.status, place.database.exists())
    assert f"the store is at revision {again.json['revision']}\n" == first.out


@pytest.mark.parametrize(
    ("body", "opt_out_type", "folded"),
    [
        pytest.param(" Stop\n", "STOP", "stop", id="a keyword with white space around it"),
        pytest.param("ＳＴＯＰ", "STOP", "stop", id="full-width letters"),
        pytest.param("unstop", "START", "unstop", id="an opt-in"),
        pytest.param("Info", "HELP", "info", id="help"),
        pytest.param("Stop please", None, "stop please", id="no keyword"),
    ],
)
def test_keywords_test_says_what_a_body_means(run, body, opt_out_type, folded):
    told = run("keywords", "test", body, "--json").json
    assert (opt_out_type, folded) == (told["opt_out_type"], told["folded"])
    is_answered = opt_out_type in {"STOP", "HELP"}  # a default opt-in word of somebody who is in is not
    assert is_answered == (told["reply"] is not None)
    assert repr(folded) in run("keywords", "test", body).out


def test_keywords_test_refuses_what_is_no_text(run):
    ran = run("keywords", "test", "stop\udcff")
    assert (2, 1) == (ran.status, ran.err.count("\n"))


@pytest.mark.parametrize(("arguments", "once"), [(("demo",), False), (("demo", "--once"), True)])
def test_demo_ends_with_the_demos_status(run, monkeypatch, arguments, once):
    monkeypatch.setattr("gateway.demo.run", lambda *, once, **_: 7 if once else 8)
    assert (7 if once else 8) == run(*arguments).status


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("[[numbers]]\nnummer = '+1'", "numbers/0/nummer: unknown field"),
        ("numbers = 3", "numbers: a list is expected"),
        ("[[numbers", "the file cannot be read"),
        ("accounts = []", "accounts: a gateway knows the accounts"),
        (None, "cannot be read: No such file"),
    ],
    ids=["unknown key", "wrong shape", "no TOML", "accounts", "no file"],
)
def test_a_seed_file_that_cannot_be_used_is_refused_before_anything_starts(run, tmp_path, written, complaint):
    path = tmp_path / "seeds.toml"
    if written is not None:
        path.write_text(written, "utf-8")
    ran = run("demo", "--seed-file", str(path))
    assert (2, 1) == (ran.status, ran.err.count("\n"))
    assert complaint in ran.err


def test_python_dash_m_gateway_is_the_command():
    command = [sys.executable, "-m", "gateway", "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert f"gateway {gateway.__version__}\n" == ran.stdout


def test_every_command_takes_a_settings_file_and_prints_json_if_it_prints_data(run):
    group: Any = get_command(app)
    commands: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        commands |= {f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command}
    options = {name: {option for one in command.params for option in one.opts} for name, command in commands.items()}
    assert {"demo"} == {name for name, given in options.items() if "--config" not in given}
    its_output_is_a_file = {"services export"}
    assert {"demo", "serve"} | its_output_is_a_file == {
        name for name, given in options.items() if "--json" not in given
    }
