import ast
import asyncio
import time
from pathlib import Path

import pytest

import gateway.sandbox
from gateway.sandbox import DEFAULT_SEEDS, Sandbox

ALONE = "+12025550108"


async def test_hundreds_of_requests_at_once_are_all_answered_and_delivered(sandbox, send):
    answers = await asyncio.gather(*(send(To=f"+1415555{n:04}", From=ALONE, Body=str(n)) for n in range(100, 400)))
    await sandbox.settle()

    assert {status for status, _ in answers} == {201}
    assert len({message["sid"] for _, message in answers}) == 300
    assert {message.status for message in sandbox.messages} == {"delivered"}
    assert [each.body for each in sandbox.phone("+14155550399").inbox] == ["399"]


async def test_stop_waits_for_nothing_that_is_under_way(seeds, app):
    app.answer_with(delay_seconds=30)
    sandbox = Sandbox(seeds)
    await sandbox.start()
    sandbox.point_webhooks_at(app.sms_url)
    sending = asyncio.create_task(sandbox.phone("+14155550100").send("Hello", to=ALONE))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await sandbox.stop()

    assert time.monotonic() - started < 10
    assert (await sending).webhook_error is not None


async def test_it_can_be_started_again(seeds, http):
    sandbox = Sandbox(seeds)
    for _ in range(2):
        async with sandbox, http.get(sandbox.url) as response:
            assert response.status == 200


async def test_a_taken_port_is_an_error_and_leaves_nothing_open(sandbox, seeds):
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        await Sandbox(seeds, port=port).start()


async def test_the_default_seeds_are_a_world_that_works(app):
    async with Sandbox() as sandbox:
        sandbox.point_webhooks_at(app.sms_url)
        for number in DEFAULT_SEEDS.numbers:
            sent = await sandbox.phone("+14155550100").send("Hello", to=number.number)
            assert sent.replies == ("Thanks, we got: Hello",)


async def test_a_waiting_inbox_fails_when_nothing_comes(sandbox):
    with pytest.raises(TimeoutError):
        await sandbox.phone("+14155550100").wait_for_messages(timeout_seconds=0.02)


def test_the_sandbox_imports_nothing_of_the_gateway_but_how_our_pages_look():
    for path in Path(gateway.sandbox.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            own = ("gateway.sandbox", "gateway.pages")
            foreign = [name for name in names if name.startswith("gateway") and not name.startswith(own)]
            assert foreign == [], path.name
