"""Commands run in this process against a store of their own, or as real processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.cli import status_of
from tests.staging import ACCOUNT, IN_POOL, SERVICE, TOKEN, free_port

SETTINGS = f"""
listen = "127.0.0.1:{{listen}}"
admin_listen = "127.0.0.1:{{admin}}"
database_url = "{{database}}"

[twilio]
api_url = "http://127.0.0.1:{{twilio}}"
messaging_url = "http://127.0.0.1:{{twilio}}"
sync_seconds = 0
gap_seconds = 0

[[accounts]]
sid = "{ACCOUNT}"
auth_tokens = ["{TOKEN}"]
twilio_handling = "off"
default_region = "US"
services = [{{{{sid = "{SERVICE}", senders = ["{IN_POOL}"]}}}}]
"""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [orjson.loads(line) for line in self.out.splitlines()]


@dataclass
class Place:
    """A folder with settings; the keys of ``given`` are those of `SETTINGS`."""

    folder: Path
    given: dict[str, object]

    @property
    def settings(self) -> Path:
        return self.folder / "gateway.toml"

    @property
    def database(self) -> Path:
        return self.folder / "gateway.db"

    def write(self, more: str = "", **given: object) -> None:
        self.given |= given
        if isinstance(given.get("database"), Path):
            self.given["database"] = f"sqlite:///{given['database']}"
        self.settings.write_text(SETTINGS.format(**self.given) + more)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for variable in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(variable)
    place = Place(tmp_path, {"twilio": free_port()})
    place.write(listen=free_port(), admin=free_port(), database=place.database)
    monkeypatch.setenv("GATEWAY_CONFIG", str(place.settings))
    return place


@pytest.fixture
def store(place: Place, prepared_sqlite: Path) -> Path:
    shutil.copy(prepared_sqlite, place.database)
    return place.database


@pytest.fixture
def run(place: Place, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process."""

    def run_command(*arguments: str) -> Ran:
        capsys.readouterr()
        status = status_of(arguments)
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return run_command


@pytest.fixture
def start(place: Place) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command as a process of its own."""
    started = []

    def start_command(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gateway", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start_command
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
