import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.request
from base64 import b64encode
from contextlib import suppress
from typing import Any

import orjson
import pytest

from tests.staging import ACCOUNT, TOKEN

TOKEN_LINE = "the admin token, shown this once"


class Serving:
    """A running `gateway serve`, whose lines on standard error are read up to the one that says it started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append(line.rstrip("\n"))
            if '"event":"started"' in line:
                self.started = orjson.loads(line)
                return
        raise AssertionError(f"it did not start: {self.lines}")

    def end(self, *signals: signal.Signals) -> int:
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.2)
        out, err = self.process.communicate(timeout=30)
        assert "" == out
        self.lines += err.splitlines()
        return self.process.returncode


def status_at(url: str, **headers: str) -> int:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310 - our own listener
        return int(answer.status)


def test_serve_answers_until_a_signal_logs_its_start_and_end_alone_and_shows_its_token_at_the_first_start(start, place):
    place.write(more="[logs]\nlevel = 'info'\n")
    ended = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        serving = ended[number] = Serving(start("serve"))
        assert 200 == status_at(f"http://{serving.started['admin_listen']}/readyz")
        for token in [line.rpartition(" ")[2] for line in serving.lines if TOKEN_LINE in line]:
            metrics = f"http://{serving.started['admin_listen']}/metrics"
            assert 200 == status_at(metrics, Authorization=f"Bearer {token}")
        assert 0 == serving.end(number)
        assert f"127.0.0.1:{place.given['listen']}" == serving.started["listen"]
        assert f"127.0.0.1:{place.given['listen']}" == serving.started["webhook_listen"]
        assert f"127.0.0.1:{place.given['admin']}" == serving.started["admin_listen"]
    events = [
        [orjson.loads(line)["event"] for line in serving.lines if line.startswith("{")] for serving in ended.values()
    ]
    assert [["store_created", "started", "stopped"], ["started", "stopped"]] == events
    said = [[line for line in serving.lines if not line.startswith("{")] for serving in ended.values()]
    assert [(1, 1), (0, 0)] == [(len(lines), str(lines).count(TOKEN_LINE)) for lines in said]
    assert TOKEN not in str([serving.lines for serving in ended.values()])


@pytest.fixture
def hanging(place):
    """An upstream that takes a call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place.write(twilio=server.getsockname()[1])
        yield server


def send_that_hangs(serving: Serving, server: socket.socket) -> tuple[threading.Thread, socket.socket]:
    """Begin a send, and return once the upstream has it."""

    def send() -> None:
        credentials = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        url = f"http://{serving.started['listen']}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        body = b"To=%2B14155550100&From=%2B12025550101&Body=x"
        with (
            suppress(OSError),
            urllib.request.urlopen(
                urllib.request.Request(url, data=body, headers={"Authorization": f"Basic {credentials}"})
            ),
        ):
            pass

    thread = threading.Thread(target=send)
    thread.start()
    connection, _ = server.accept()
    return thread, connection


@pytest.mark.parametrize(
    ("signals", "status", "most_seconds"),
    [
        pytest.param([signal.SIGTERM], 0, 10.0, id="one signal ends it in time though a send hangs"),
        pytest.param([signal.SIGTERM] * 2, 128 + signal.SIGTERM, 2.0, id="a second signal ends it at once"),
    ],
)
def test_a_send_under_way_does_not_keep_it_from_ending(start, hanging, signals, status, most_seconds):
    serving = Serving(start("serve"))
    thread, connection = send_that_hangs(serving, hanging)
    began = time.monotonic()
    assert status == serving.end(*signals)
    assert most_seconds > time.monotonic() - began
    connection.close()
    thread.join()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("key", ["listen", "admin_listen", "webhook_listen"])
def test_an_address_in_use_is_one_line_and_exit_1(run, monkeypatch, key, workers):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv(f"GATEWAY_{key.upper()}", f"127.0.0.1:{port}")
        ended = run("serve", "--workers", str(workers))
    said = [line for line in ended.err.splitlines() if TOKEN_LINE not in line and "store_created" not in line]
    expected = f"gateway: {key}: cannot listen on 127.0.0.1:{port} (Address already in use); free it or set {key}"
    assert (1, "", [expected]) == (ended.status, ended.out, said)


def test_a_token_made_by_a_start_that_failed_is_shown_all_the_same(start, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place.write(admin=taken.getsockname()[1])
        _, err = start("serve").communicate(timeout=40)
    assert 1 == err.count(TOKEN_LINE)


def newer_schema(place: Any) -> None:
    with sqlite3.connect(place.database) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    database.close()


def somebody_elses(place: Any) -> None:
    with sqlite3.connect(place.database) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    database.close()


def no_database(place: Any) -> None:
    place.database.write_bytes(b"not a database, " * 100)


def no_folder(place: Any) -> None:
    place.write(database=place.folder / "nowhere" / "gateway.db")


def no_certificate(place: Any) -> None:
    place.write(more='[tls]\ncertificate = "no.pem"\nkey = "no.pem"\n')


def no_such_key(place: Any) -> None:
    place.write(more="lisen = 1\n")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("spoil", "status", "named"),
    [
        pytest.param(newer_schema, 1, "revision 9999", id="a schema of a later version"),
        pytest.param(somebody_elses, 1, "database of its own", id="a database of somebody else"),
        pytest.param(no_database, 1, "database_url", id="a file that is no database"),
        pytest.param(no_folder, 1, "database_url", id="a folder that is not there"),
        pytest.param(no_certificate, 2, "tls.certificate", id="a certificate that is not there"),
        pytest.param(no_such_key, 2, "lisen", id="a key that does not exist"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(run, place, spoil, status, named, workers):
    spoil(place)
    ended = run("serve", "--workers", str(workers))
    assert (status, "", 1) == (ended.status, ended.out, ended.err.count("\n"))
    assert named in ended.err


@pytest.mark.parametrize("workers", ["0", "65", "two"])
def test_a_number_of_workers_that_cannot_be_is_refused(run, place, workers):
    ended = run("serve", "--workers", workers)
    assert (2, "", 1) == (ended.status, ended.out, ended.err.count("\n"))
    assert "--workers" in ended.err


def test_the_number_of_workers_can_be_set_and_the_option_comes_before_it(start, place, monkeypatch):
    monkeypatch.setenv("GATEWAY_WORKERS", "2")
    serving = Serving(start("serve"))
    assert 0 == serving.end(signal.SIGTERM)
    alone = Serving(start("serve", "--workers", "1"))
    assert 0 == alone.end(signal.SIGTERM)
    assert (2, None) == (serving.started["workers"], alone.started.get("workers"))
