import asyncio
import time
from typing import Any

import aiohttp
import pytest

from gateway.sandbox import Fault, Sandbox

FORM = {"To": "+14155550100", "From": "+12025550108", "Body": "Hello"}


async def first_request(sandbox: Sandbox) -> None:
    """Wait until a request has come in."""
    for _ in range(1000):
        if sandbox.requests:
            return
        await asyncio.sleep(0.005)
    pytest.fail("no request came in")


async def post(http: aiohttp.ClientSession, url: str) -> tuple[int | str, Any]:
    """The status and body of a create, or the name of what broke it."""
    try:
        async with http.post(url, data=FORM) as response:
            return response.status, await response.json()
    except aiohttp.ClientError as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["reset", "hang", "truncate"])
async def test_a_broken_connection_leaves_the_message_created_or_not(sandbox, http, messages_url, kind, when, created):
    sandbox.inject(Fault(kind, seconds=0.05, when=when))
    outcome, _ = await post(http, messages_url())

    assert isinstance(outcome, str)
    assert created == len(sandbox.messages)
    assert sandbox.requests[0].status is None
    assert (await post(http, messages_url()))[0] == 201


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20500)])
async def test_a_status_is_in_twilios_form(sandbox, http, messages_url, status, code, when, created):
    sandbox.inject(Fault("status", status=status, retry_after=1, when=when))
    async with http.post(messages_url(), data=FORM) as response:
        error = await response.json()

    assert (status, code, status) == (response.status, error["code"], error["status"])
    assert response.headers["Retry-After"] == "1"
    assert created == len(sandbox.messages)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_delay_only_takes_time(sandbox, http, messages_url, when):
    sandbox.inject(Fault("delay", seconds=0.1, when=when))
    started = time.monotonic()
    status, _ = await post(http, messages_url())

    assert status == 201
    assert time.monotonic() - started >= 0.1


async def test_a_dripping_answer_arrives_whole(sandbox, http, messages_url):
    sandbox.inject(Fault("drip", seconds=0.1))
    started = time.monotonic()
    status, message = await post(http, messages_url())

    assert (status, message["status"]) == (201, "queued")
    assert time.monotonic() - started >= 0.1


async def test_a_fault_waits_for_a_request_that_fits(sandbox, http, messages_url):
    sandbox.inject(Fault("status", status=500, method="GET", path_prefix="/v1/"))
    status, _ = await post(http, messages_url())
    async with http.get(f"{sandbox.url}/v1/Services") as response:
        spoiled = response.status

    assert (201, 500) == (status, spoiled)
    assert sandbox.faults.waiting == ()


async def test_a_fault_is_used_up_by_its_times(sandbox, http, messages_url):
    sandbox.inject(Fault("status", status=500, times=2))
    answers = [(await post(http, messages_url()))[0] for _ in range(3)]

    assert answers == [500, 500, 201]


async def test_a_fault_without_times_stays_until_it_is_cleared(sandbox, http, messages_url):
    sandbox.inject(Fault("status", status=500, times=None))
    answers = [(await post(http, messages_url()))[0] for _ in range(3)]
    sandbox.clear_faults()
    answers.append((await post(http, messages_url()))[0])

    assert answers == [500, 500, 500, 201]


async def test_a_hanging_request_is_let_go_when_the_faults_are_cleared(sandbox, http, messages_url):
    sandbox.inject(Fault("hang", seconds=60, times=None))
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(post(http, messages_url()))
        await first_request(sandbox)
        sandbox.clear_faults()

    assert isinstance(hanging.result()[0], str)


async def test_stop_does_not_wait_for_hanging_requests(sandbox, http, messages_url):
    sandbox.inject(Fault("hang", seconds=60))
    async with asyncio.TaskGroup() as group:
        group.create_task(post(http, messages_url()))
        await first_request(sandbox)
        started = time.monotonic()
        await sandbox.stop()

    assert time.monotonic() - started < 10
