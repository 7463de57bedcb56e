"""The load: in flight by wrk and by Python, and at a fixed rate, where latencies count from when a send was due."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from scripts.benchmark import load, machine

STALL_SECONDS = 0.5


@contextmanager
def answering(status_of: Callable[[bytes], int], server: type[HTTPServer] = ThreadingHTTPServer) -> Iterator[int]:
    """A server on a port of its own; ``status_of`` gets the body of each request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = status_of(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with server(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving.server_address[1]
        serving.shutdown()


def requests(count: int) -> list[bytes]:
    bodies = [str(number).encode() for number in range(count)]
    return [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies]


@pytest.fixture(params=["wrk", "python"])
def generator(request, monkeypatch):
    """Each program that keeps sends in flight; Python is taken where wrk is not found."""
    if request.param == "wrk" and machine.found("wrk") is None:
        pytest.skip("wrk is not installed")
    if request.param == "python":
        monkeypatch.setattr(load, "found", lambda program: None)
    return request.param


def test_sends_are_kept_in_flight_and_refusals_counted(generator, tmp_path):
    load.write_requests(tmp_path / "requests", requests(100))
    with answering(lambda body: 400 if int(body) % 2 else 201) as port:
        made = load.keep_in_flight(port, tmp_path / "requests", 4, 1.0)
    assert generator == load.generator()
    assert made.requests > 10
    assert 0 == made.broken
    assert made.refused == pytest.approx(made.requests / 2, abs=5)
    assert 0 < made.p50 <= made.p99


def test_a_paced_load_sends_each_request_once_and_in_order(tmp_path):
    seen: list[int] = []

    def note(body: bytes) -> int:
        seen.append(int(body))
        return 200

    load.write_requests(tmp_path / "requests", requests(60))
    with answering(note) as port:
        made = load.keep_pace(port, tmp_path / "requests", 100, 0.5, once=True)
    assert set(range(50)) == set(seen)
    assert 50 == len(seen)
    assert (40, 0, 0) == (made.requests, made.refused, made.broken)  # the first fifth warms up


def test_a_side_that_stands_still_is_charged_for_all_that_were_due_meanwhile(tmp_path):
    lock = threading.Lock()

    def stall_once(body: bytes) -> int:
        with lock:  # whoever comes meanwhile waits too, each on a connection of its own
            if body == b"100":
                time.sleep(STALL_SECONDS)
        return 201

    load.write_requests(tmp_path / "requests", requests(200))
    with answering(stall_once) as port:
        made = load.keep_pace(port, tmp_path / "requests", 100, 2.0, once=True)
    # One of 160 would not be seen at the 99th of a hundred: the sends that came into the stall are.
    assert made.p99 > 0.8 * STALL_SECONDS * 1e3
    assert (160, 0) == (made.requests, made.broken)


def test_a_paced_load_without_enough_requests_says_so(tmp_path):
    load.write_requests(tmp_path / "requests", requests(10))
    with pytest.raises(load.NotMade, match="fewer requests than sends"):
        load.keep_pace(1, tmp_path / "requests", 100, 1.0, once=True)


def test_what_nobody_answers_is_broken(tmp_path):
    load.write_requests(tmp_path / "requests", requests(10))
    with pytest.raises(load.NotMade, match="Connection refused"):
        load.keep_pace(machine.free_port(), tmp_path / "requests", 10, 0.5)
