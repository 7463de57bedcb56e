import subprocess
from pathlib import Path

import pytest

from tests.staging import ACCOUNT, TOKEN

SECRETS = "s3cret-" * 6


def test_check_prints_what_is_in_force_and_no_secret(run, place, monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", SECRETS)
    monkeypatch.setenv("GATEWAY_ADMIN_TOKEN", SECRETS)
    monkeypatch.setenv("GATEWAY_ACCOUNT__APP_URL", f"https://me:{SECRETS}@app.example/sms?key={SECRETS}")
    text, data = run("config", "check"), run("config", "check", "--json")
    assert (0, 0, "", "") == (text.status, data.status, text.err, data.err)
    for said in (text.out, data.out):
        assert (False, False) == (SECRETS in said, TOKEN in said)
    assert f"accounts[0].sid = {ACCOUNT}" in text.out.splitlines()
    assert "accounts[0].app_url = https://…@app.example/sms?…" in text.out.splitlines()
    assert ("(hidden)", ["(hidden)"]) == (data.json["secret"], data.json["accounts"][0]["auth_tokens"])


def test_check_says_when_there_is_no_account(run, place):
    place.settings.write_text("")
    ran = run("config", "check")
    assert (0, True) == (ran.status, ran.out.splitlines()[-1].startswith("accounts: there is none"))


def test_check_tells_each_fault_in_a_line_of_its_own(run, place, monkeypatch):
    place.settings.write_text('lisen = "x"\nlisten = "nowhere"\n')
    monkeypatch.setenv("GATEWAY_LISENT", "x")
    ran = run("config", "check")
    lines = ran.err.splitlines()
    assert (2, "", 3) == (ran.status, ran.out, len(lines))
    for name in ("lisen ", "listen:", "GATEWAY_LISENT"):
        assert 1 == sum(name in line for line in lines)


def test_other_commands_tell_the_first_fault_and_how_many_more(run, place):
    place.settings.write_text('lisen = "x"\nlisten = "nowhere"\n')
    ran = run("optouts", "list")
    assert (2, 1) == (ran.status, ran.err.count("\n"))
    assert ran.err.endswith("(and 1 more; see: gateway config check)\n")


def test_a_settings_file_that_is_named_must_be_there(run, place):
    ran = run("config", "check", "--config", str(place.folder / "other.toml"))
    assert (2, f"gateway: {place.folder}/other.toml: there is no such file\n") == (ran.status, ran.err)


def pem(folder: Path, *, password: bool) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=localhost", "-days", "1"]
    secret = ["-passout", "pass:x"] if password else ["-nodes"]
    subprocess.run([*command, "-keyout", key, "-out", certificate, *secret], check=True, capture_output=True)
    return certificate, key


@pytest.mark.parametrize(
    ("password", "status"),
    [pytest.param(False, 0, id="a pair"), pytest.param(True, 2, id="a key with a password, which nobody is asked for")],
)
def test_certificates_are_tried(run, place, password, status):
    certificate, key = pem(place.folder, password=password)
    place.write(more=f'[admin_tls]\ncertificate = "{certificate}"\nkey = "{key}"\n')
    ran = run("config", "check")
    assert (status, status == 2) == (ran.status, ran.err.startswith("gateway: admin_tls: certificate and key"))
