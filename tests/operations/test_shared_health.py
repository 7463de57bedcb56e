"""What several workers know together of whom they depend on."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from gateway.operations.process_health import GapHealth, ProcessHealth, Tally, UpstreamHealth, read_health
from gateway.operations.shared_health import SharedHealth

URL = "https://api.twilio.com"
ONE = ProcessHealth(
    since=100,
    upstreams={URL: UpstreamHealth(7, 150, {"connect": 1}, 120, "connect", 1, 2, 256)},
    seen={"AC1 webhooks": Tally(3, 140)},
    unsigned={"event_streams": Tally(1, 130)},
    gaps={"AC1": GapHealth("no connection", 110, 0, None)},
)
OTHER = ProcessHealth(
    since=90,
    upstreams={
        URL: UpstreamHealth(5, 145, {"connect": 2, "tls": 1}, 149, "tls", 0, 1, 256),
        "https://messaging.twilio.com": UpstreamHealth(0, None, {}, None, None, 0, 0, 256),
    },
    seen={"AC1 webhooks": Tally(1, 141), "AC2 webhooks": Tally(1, 99)},
    failed={"AC2 webhooks": Tally(1, 99)},
    gaps={"AC1": GapHealth(None, None, 2, 95)},
)


def test_two_processes_are_added_up_and_of_moments_the_later_counts() -> None:
    both = ONE.plus(OTHER)
    assert (90, 2) == (both.since, both.processes)
    assert UpstreamHealth(12, 150, {"connect": 3, "tls": 1}, 149, "tls", 1, 3, 512) == both.upstreams[URL]
    assert {"AC1 webhooks": Tally(4, 141), "AC2 webhooks": Tally(1, 99)} == both.seen
    assert {"AC2 webhooks": Tally(1, 99)} == both.failed
    assert {"event_streams": Tally(1, 130)} == both.unsigned
    assert {"AC1": GapHealth("no connection", 110, 2, 95)} == both.gaps
    assert both == OTHER.plus(ONE)


def test_what_a_process_wrote_is_read_as_it_was_and_anything_else_is_not() -> None:
    assert ONE.plus(OTHER) == read_health(ONE.plus(OTHER).to_json())
    for content in (b"", b"{", b"[]", b'{"since": "x"}', ONE.to_json()[:-9]):
        assert read_health(content) is None, content


async def _written(health: SharedHealth, file: Path) -> None:
    running = asyncio.create_task(health.run())
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(file.exists):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_each_worker_tells_of_all_and_a_dead_ones_successor_goes_on_from_its_counts(tmp_path: Path) -> None:
    first, second = SharedHealth(lambda: ONE, tmp_path, 1), SharedHealth(lambda: OTHER, tmp_path, 2)
    await _written(first, tmp_path / "health-1.json")
    await _written(second, tmp_path / "health-2.json")
    assert ONE.plus(OTHER) == first.now() == second.now()

    (tmp_path / "health-3.json").write_bytes(b"half of")  # a worker that was killed on its way counts for nothing
    new = replace(ONE, since=200, upstreams={URL: UpstreamHealth(1, 210, {}, None, None, 1, 0, 256)})
    successor = SharedHealth(lambda: new, tmp_path, 1)
    told = successor.now()
    assert (2, 90) == (told.processes, told.since)
    assert (1 + 7 + 5, 210) == (told.upstreams[URL].answered, told.upstreams[URL].answered_at)
    assert (1 + 0, 0 + 1, 512) == (told.upstreams[URL].in_use, told.upstreams[URL].idle, told.upstreams[URL].most)
    await _written(successor, tmp_path / "health-1.json")


async def test_one_process_alone_writes_nothing(tmp_path: Path) -> None:
    alone = SharedHealth(lambda: ONE)
    await alone.run()
    assert (ONE, []) == (alone.now(), os.listdir(tmp_path))


async def test_a_folder_that_has_gone_keeps_nobody_from_telling(tmp_path: Path) -> None:
    health = SharedHealth(lambda: ONE, tmp_path / "gone", 1)
    running = asyncio.create_task(health.run())
    await asyncio.sleep(0)
    assert (ONE, False) == (health.now(), running.done())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
