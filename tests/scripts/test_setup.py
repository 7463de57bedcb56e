"""The shell scripts, the lock files and the layout of the repository."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_LOCK = ROOT / "config/requirements.lock"
DEV_LOCK = ROOT / "config/requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SHELL_SCRIPTS = sorted(
    path
    for folder in ("scripts", ".ci")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes()[:80])
)

TRACKED_AT_THE_TOP = {
    ".ci", "README.md", "config", "docs", "gateway", "pyproject.toml", "scripts", "tests",
}  # fmt: skip


def canonical(name: str) -> str:
    """Return the form of a distribution's name that is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required_name(requirement: str) -> str:
    """Return the canonical name in a requirement such as `sqlalchemy[asyncio]>=2.1`."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return canonical(match.group())


def pins(lock: Path) -> dict[str, str]:
    """Return each pinned name with everything that stands in its entry."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    return {canonical(entry.partition("==")[0]): entry for entry in entries}


def versions(lock: Path) -> dict[str, str]:
    return {name: entry.partition("==")[2].split()[0] for name, entry in pins(lock).items()}


# --- scripts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_executable_and_parses(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_a_script_stops_at_the_first_error(script: Path) -> None:
    assert "set -euo pipefail" in script.read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the set-up script and the locks alone, so that this one's .venv stays as it is."""
    root = tmp_path / "checkout"
    (root / "scripts").mkdir(parents=True)
    (root / "config").mkdir()
    shutil.copy(ROOT / "scripts/setup", root / "scripts/setup")
    for file in (RUNTIME_LOCK, DEV_LOCK):
        shutil.copy(file, root / "config")
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def set_up_with(checkout: Path, python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up with `python`, the text of a shell script, as the only Python there is."""
    fake = checkout / "fake-python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    return subprocess.run(
        [checkout / "scripts/setup", *arguments],
        env={**os.environ, "PYTHON": str(fake)},
        capture_output=True,
        text=True,
        check=False,
    )


TOO_OLD = "exit 1"
WITHOUT_VENV = 'case $2 in *ensurepip*) exit 1 ;; *executable*) echo "$0" ;; esac'


@pytest.mark.parametrize(
    ("python", "said"),
    [
        pytest.param(TOO_OLD, "Python 3.11 or later is needed", id="too old"),
        pytest.param(WITHOUT_VENV, "apt-get install python3-venv", id="without the module venv"),
    ],
)
def test_a_python_that_does_not_fit_is_told_in_one_paragraph(checkout: Path, python: str, said: str) -> None:
    done = set_up_with(checkout, python)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (checkout / ".venv").exists()


def test_an_unknown_kind_of_environment_is_a_usage_error(checkout: Path) -> None:
    done = set_up_with(checkout, TOO_OLD, "everything")
    assert done.returncode == 64
    assert "usage: scripts/setup" in done.stderr


# --- locks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", [RUNTIME_LOCK, DEV_LOCK], ids=lambda path: path.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    assert [] == [name for name, entry in pins(lock).items() if "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", [RUNTIME_LOCK, DEV_LOCK], ids=lambda path: path.name)
def test_a_lock_names_no_place(lock: Path) -> None:
    pattern = re.compile(r"://|--(extra-)?index|--find-links|--trusted-host|\s/[a-z]|file:")
    assert [] == [line for line in lock.read_text().splitlines() if pattern.search(line)]


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        pytest.param(RUNTIME_LOCK, PROJECT["project"]["dependencies"], id="runtime"),
        pytest.param(RUNTIME_LOCK, PROJECT["build-system"]["requires"], id="build backend"),
        pytest.param(DEV_LOCK, PROJECT["project"]["optional-dependencies"]["dev"], id="dev"),
    ],
)
def test_every_dependency_is_locked(lock: Path, requirements: list[str]) -> None:
    assert set() == {required_name(requirement) for requirement in requirements} - pins(lock).keys()


def test_the_dev_lock_is_the_runtime_lock_and_more() -> None:
    runtime, dev = versions(RUNTIME_LOCK), versions(DEV_LOCK)
    assert runtime == {name: version for name, version in dev.items() if name in runtime}


# --- layout -------------------------------------------------------------------------------------------------


def test_the_top_of_the_repository_holds_only_what_belongs_there() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],  # the checkout may belong to another user
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    top = {path.partition("/")[0] for path in listing.stdout.split("\0") if path}
    assert set() == {name for name in top if name not in TRACKED_AT_THE_TOP and not name.startswith(".")}
