"""Inbound STOPs: how soon Twilio has its 2xx, after which the opt-out is committed, while the app behind is dead."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from scripts.benchmark import load, sides
from scripts.benchmark.alternating import Wrong
from scripts.benchmark.bench import FEW, START_SECONDS, Bench
from scripts.benchmark.results import CPU, P50, P99, Chapter, Line
from scripts.campaigns.fleet import progress
from tests.staging import ALONE, TOKEN, inbound, rows_of

TITLE: Final = "A STOP, committed"
EXPLAINED: Final = (
    "Signed webhooks of phones that write STOP, one of its own each, at a fixed rate; latencies count from when each "
    "was due. The app behind takes connections and never answers. Afterwards every acknowledged STOP is looked for in "
    "the store."
)
RATE: Final = 200
RATES: Final = (50, 100, RATE)
SECONDS: Final = 3.0
QUICK_SECONDS: Final = 2.0
FIRST_PHONE: Final = 15_000_000_000


def measured(bench: Bench) -> Chapter:
    """Each rate on every engine. Raises `Wrong`, `NotStarted`."""
    lines: list[Line] = []
    left_out: list[str] = []
    rates, seconds, rounds = ((RATE,), QUICK_SECONDS, 1) if bench.quick else (RATES, SECONDS, bench.rounds)
    for engine in bench.stores:
        if not bench.deadline.allows(START_SECONDS + len(rates) * rounds * (seconds + 1.0)):
            left_out.append(engine)
            continue
        with _dead_app() as app_url, _gateway(bench, engine, app_url) as (scene, side):
            stops = Stops(bench.folder / "stops", scene, side)
            stops.ask(rates[0], 1.0)  # warms up
            for rate in rates:
                made = [stops.ask(rate, seconds) for _ in range(rounds)]
                lines.append(_line(engine, rate, made))
                progress(f"{engine}, {rate} STOPs a second: p99 {made[-1][1].p99:.1f} ms")
    return Chapter(TITLE, EXPLAINED, tuple(lines), tuple(left_out))


class Stops:
    """Webhooks that a gateway is sent, each phone's once in a run."""

    def __init__(self, path: Path, scene: sides.Scene, side: sides.Running) -> None:
        self._path = path
        self._scene = scene
        self._side = side
        self._sent = 0

    def ask(self, a_second: float, seconds: float) -> tuple[float, load.Load]:
        """Send so many a second for so long; gives the CPU of each in µs. Raises `Wrong` when one is not committed."""
        count = int(a_second * seconds)
        first = FIRST_PHONE + self._sent
        load.write_requests(self._path, [stop(self._side.port, number) for number in range(first, first + count)])
        self._sent += count
        before = self._side.process.cpu_seconds()
        made = load.keep_pace(self._side.port, self._path, a_second, seconds, once=True)
        used = self._side.process.cpu_seconds() - before
        kept = rows_of(self._scene.database_url, "SELECT count(*) FROM opt_outs WHERE source = 'keyword'")[0][0]
        if made.broken or made.refused or kept != self._sent:
            raise Wrong(f"of {self._sent} STOPs {kept} are committed; {made.refused} refused, {made.broken} broken")
        return used / count * 1e6, made


def stop(port: int, phone: int) -> bytes:
    """The webhook of a phone that writes STOP, signed as Twilio does."""
    fields = inbound("STOP", f"{phone:x}", From=f"+{phone}", To=ALONE)
    signature = RequestValidator(TOKEN).compute_signature(f"http://127.0.0.1:{port}/inbound", fields)
    body = urlencode(fields).encode()
    head = (
        f"POST /inbound HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"I-Twilio-Idempotency-Token: {phone:x}\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextlib.contextmanager
def _dead_app() -> Iterator[str]:
    """The address of an app that takes connections, as the kernel does for it, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/sms"


@contextlib.contextmanager
def _gateway(bench: Bench, engine: str, app_url: str) -> Iterator[tuple[sides.Scene, sides.Running]]:
    settings = {
        "GATEWAY_ACCOUNT__APP_URL": app_url,
        "GATEWAY_APPS__ALLOW_PRIVATE": "127.0.0.0/8",
        "GATEWAY_APPS__ALLOW_PORTS": "1-65535",
    }
    scene = replace(bench.scene(engine, FEW), settings=settings)
    with sides.running(sides.GATEWAY, scene) as side:
        yield scene, side
    bench.done_with(scene)


def _line(engine: str, rate: int, made: list[tuple[float, load.Load]]) -> Line:
    figures = {
        CPU: tuple(cpu for cpu, _ in made),
        P50: tuple(each.p50 for _, each in made),
        P99: tuple(each.p99 for _, each in made),
    }
    return Line({"Engine": engine, "STOPs a second": str(rate)}, figures)
