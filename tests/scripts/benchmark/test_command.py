"""`scripts/bench` in its short forms, without wrk: every chapter once, and what it refuses."""

import atexit
import gc
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from scripts.benchmark import __main__ as command
from scripts.benchmark import load, machine, profiled, sends, sides, upstream, watched
from scripts.benchmark.alternating import Subject, Wrong, alternate
from scripts.benchmark.bench import Bench
from scripts.benchmark.chapters import latency, lists, memory, pauses, profile, side_by_side, stops, workers
from scripts.benchmark.deadline import Deadline
from scripts.benchmark.results import CPU, P99
from scripts.benchmark.stores import stores
from tests.staging import TOKEN

PROCESSES_SECONDS = 180
NAMES = (sides.GATEWAY, sides.BARE)


@pytest.fixture
def without_wrk(monkeypatch):
    """Python makes the load, which wrk would make for a second at least."""
    monkeypatch.setattr(load, "found", lambda program: None)


@pytest.fixture
def short(tmp_path, without_wrk):
    """A run of the gateway and the bare pass-through, as short as it can be."""
    certificate, key = machine.certificate(tmp_path)
    deadline = Deadline(1_000)  # a busy machine is to leave nothing out
    with (
        upstream.running(tmp_path, certificate, key) as twilio,
        stores("sqlite", tmp_path, deadline, tmp_path / "kept") as sqlite,
    ):
        yield Bench(tmp_path, twilio, {"sqlite": sqlite}, deadline, NAMES, 1, 0.3, opt_outs=(1_000, 3_000), quick=True)


@pytest.mark.timeout(PROCESSES_SECONDS)
def test_sides_are_measured_in_turn_and_only_the_gateway_refuses(short):
    measured = side_by_side.measured(short)
    assert () == measured.left_out
    assert [(case, side) for case in ("0%", "100%") for side in NAMES] == [
        (line.names["Blocked"], line.names["Side"]) for line in measured.lines
    ]
    assert all(line.figures[CPU][0] > 0 for line in measured.lines)
    gateway = measured.lines[0].figures
    assert 0 < gateway["check, µs"][0] < gateway[CPU][0]


@pytest.mark.timeout(PROCESSES_SECONDS)
def test_a_side_that_does_not_refuse_what_it_must_ends_the_run(short):
    requests = sends.written(short.folder / "requests", sends.Mix(1_000, 1.0))
    scene = short.scene("sqlite")
    with sides.running(sides.BARE, scene) as bare, pytest.raises(Wrong, match="sends 0 were refused"):
        alternate([Subject({"Side": "bare"}, bare, requests, 1.0, 4)], 1, 0.3)


@pytest.mark.timeout(PROCESSES_SECONDS)
def test_stops_at_a_fixed_rate_are_all_committed(short, monkeypatch):
    monkeypatch.setattr(stops, "RATE", 20)
    monkeypatch.setattr(stops, "QUICK_SECONDS", 1.0)
    (line,) = stops.measured(short).lines
    assert line.figures[P99][0] > 0


@pytest.mark.long
@pytest.mark.timeout(PROCESSES_SECONDS)
def test_every_chapter_has_its_figures(short, monkeypatch):
    monkeypatch.setattr(memory, "CONNECTIONS", 50)
    monkeypatch.setattr(profile, "SECONDS", 2.0)
    monkeypatch.setattr(profile, "LEAST_SHARE", 0.0)
    monkeypatch.setattr(latency, "LEAST_SECONDS", 1.0)
    monkeypatch.setattr(latency, "LEAST_SENDS", 1)
    whole = Bench(**{name: getattr(short, name) for name in short.__slots__} | {"quick": False})
    assert ["1", "2"] == [line.names["Workers"] for line in workers.measured(whole).lines]
    late = latency.measured(whole, 30.0, "as asked for")
    assert {latency.STRAIGHT, *NAMES} == {line.names["Side"] for line in late.lines}
    assert all(line.figures["p50, ms"][0] >= 50 for line in late.lines)
    assert list(NAMES) == [line.names["Side"] for line in memory.measured(whole).lines]
    assert ["1,000", "3,000"] == [line.names["Opt-outs"] for line in pauses.measured(whole).lines]
    profiled = profile.measured(whole).lines
    assert "gateway/flows/outbound.py" in {line.names["Module"] for line in profiled}
    assert 100 == pytest.approx(sum(line.figures[profile.SHARE][0] for line in profiled))
    listed = lists.measured(whole).lines
    assert 6 == len(listed)
    assert all(line.figures[lists.MEMORY][0] > 10 for line in listed if line.names["Blocked"] == "0%")


def test_nothing_is_begun_that_there_is_no_time_for(tmp_path):
    nothing = Bench(tmp_path, upstream.Upstream(1, 2, tmp_path), {"sqlite": None}, Deadline(0), NAMES, 3, 1.0)  # type: ignore[dict-item]
    for chapter in (workers, stops, memory, pauses, profile, side_by_side, lists):
        told = chapter.measured(nothing)
        assert () == told.lines
        assert told.left_out


def test_a_stop_is_signed_as_twilio_signs_it():
    head, _, body = stops.stop(8080, 15_000_000_001).partition(b"\r\n\r\n")
    signature = head.partition(b"X-Twilio-Signature: ")[2].partition(b"\r\n")[0].decode()
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert ("STOP", "+15000000001") == (fields["Body"], fields["From"])
    assert RequestValidator(TOKEN).validate("http://127.0.0.1:8080/inbound", fields, signature)


def test_the_gateway_that_is_watched_tells_of_its_pauses(tmp_path):
    file = tmp_path / "pauses.json"
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "scripts.benchmark.watched", file, "--help"], check=True, capture_output=True)
    told = pauses.Pauses.read(file)
    assert len(told.generations) == len(told.began) == len(told.took) > 0
    assert told == told.within(began, time.monotonic())
    assert pauses.Pauses((), (), ()) == told.within(0.0, began)


def test_a_watch_tells_young_collections_from_full_ones(tmp_path, monkeypatch):
    at_the_end: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", at_the_end.append)
    watched.watch(tmp_path / "file")
    gc.collect(0)
    gc.collect(2)
    at_the_end[0]()
    generations, _, took = json.loads((tmp_path / "file").read_text())
    assert {0, 2} <= set(generations)
    assert all(seconds >= 0 for seconds in took)


def test_a_sample_counts_for_the_innermost_module_of_ours():
    code = "def work(then):\n    return then()"
    scope: dict[str, Any] = {}
    exec(compile(code, "/lib/gateway/flows/check.py", "exec"), scope)  # noqa: S102 - a module's frame, made here
    outer: dict[str, Any] = {}
    exec(compile(code, "/lib/gateway/cli/serve.py", "exec"), outer)  # noqa: S102
    ask = lambda: profiled.module_of(sys._getframe())  # noqa: E731 - a library's frame, called by ours
    assert "gateway/flows/check.py" == outer["work"](lambda: scope["work"](ask))
    assert profiled.LOOP == outer["work"](ask)


def test_small_shares_of_the_time_are_told_together():
    told = profile.lines(Counter({"a": 996, "b": 3, "c": 1}))
    assert [("a", 99.6), ("the rest", pytest.approx(0.4))] == [
        (line.names["Module"], line.figures[profile.SHARE][0]) for line in told
    ]


def test_pauses_are_told_by_kind():
    told = pauses.Pauses((0, 1, 2), (1.0, 2.0, 3.0), (0.001, 0.002, 0.010)).figures(1_000)
    assert {pauses.YOUNG: 2.0, pauses.FULL: 10.0, pauses.LONGEST: 10.0, pauses.SHARE: 13.0} == pytest.approx(told)


def test_a_gateway_that_told_nothing_of_its_pauses_is_noticed(tmp_path):
    with pytest.raises(Wrong, match="told nothing"):
        pauses.Pauses.read(tmp_path / "missing")


@pytest.mark.parametrize(
    ("told", "arguments"),
    [
        pytest.param((("sqlite",), 1.0, 2), ["--quick"], id="quick"),
        pytest.param((("sqlite", "postgresql"), 1.5, 3), [], id="whole"),
        pytest.param((("postgresql",), 5.0, 3), ["--minutes", "60", "--engine", "postgresql"], id="long"),
        pytest.param((("sqlite",), 0.5, 1), ["--quick", "--seconds", "0.5", "--rounds", "1"], id="as asked for"),
    ],
)
def test_how_long_to_measure_hangs_on_the_time_that_there_is(told, arguments):
    given = command.read(arguments)
    assert told == (given.engines, given.seconds, given.rounds)


@pytest.mark.parametrize("wrong", ["few", "0", "-5,10", "1,,2"])
def test_lengths_of_the_list_are_numbers(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        command.read([f"--opt-outs={wrong}"])
    assert 2 == ended.value.code
    assert "--opt-outs" in capsys.readouterr().err
