"""Memory of connections on which nothing happens."""

import contextlib
import socket
import time
from typing import Final

from scripts.benchmark import load, sends, sides
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.results import Chapter, Line

TITLE: Final = "Memory of idle connections"
EXPLAINED: Final = (
    "{count:,} connections of apps, each kept open after one send. Memory is what a process holds alone, with its part "
    "of what it shares (PSS), once the same number of sends has gone over one connection."
)
CONNECTIONS: Final = 2_000
SETTLE_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 10.0
MEASURED: Final = (sides.GATEWAY, sides.BARE)
BEFORE: Final = "before, MB"
EACH: Final = "each connection, KB"
SECONDS: Final = 25.0


def measured(bench: Bench) -> Chapter:
    """The gateway and the bare pass-through. Raises `NotStarted`, `Wrong`."""
    explained = EXPLAINED.format(count=CONNECTIONS)
    if bench.quick or not bench.deadline.allows(SECONDS + START_SECONDS):
        return Chapter(TITLE, explained, (), ("all of it",))
    sent = [sends.request(each, "gateway") for each in sends.recipients(sends.Mix(FEW, 0.0))[:CONNECTIONS]]
    requests = bench.folder / "requests"
    load.write_requests(requests, sent)
    lines = []
    for name in MEASURED:
        scene = bench.scene(bench.engine)
        with sides.running(name, scene) as side:
            load.keep_in_flight(side.port, requests, 64, 1.0)
            lines.append(Line({"Side": name}, measure(side, sent)))
        bench.done_with(scene)
    return Chapter(TITLE, explained, tuple(lines))


def measure(side: sides.Running, sent: list[bytes]) -> dict[str, tuple[float, ...]]:
    """What a side holds before, in MB, and for each idle connection more, in KB."""
    with socket.create_connection(("127.0.0.1", side.port), timeout=ANSWER_SECONDS) as only:
        for request in sent:
            _ask(only, request)
    time.sleep(SETTLE_SECONDS)
    before = side.process.memory()
    with contextlib.ExitStack() as undo:
        for request in sent:
            idle = undo.enter_context(socket.create_connection(("127.0.0.1", side.port), timeout=ANSWER_SECONDS))
            _ask(idle, request)
        time.sleep(SETTLE_SECONDS)
        after = side.process.memory()
    return {BEFORE: (before / 1e6,), EACH: ((after - before) / len(sent) / 1e3,)}


def _ask(connection: socket.socket, request: bytes) -> None:
    """Send, and read one answer with a Content-Length to its end. Raises `Wrong`."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 201 "):
        raise Wrong(f"a send was answered {head[9:12].decode()}")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _more(connection)


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise Wrong("a connection was closed before the answer to a send was whole")
    return received
