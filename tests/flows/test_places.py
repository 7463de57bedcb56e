"""Which service holds which sender: what is learned of it, when, and what is done while nobody can say."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError
from structlog.testing import capture_logs

from gateway.sandbox import Fault, Sandbox, SandboxNumber
from gateway.sandbox.state import Service, number_from
from gateway.settings import SettingsError, load
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    PHONE,
    SERVICE,
    TOKEN,
    TOLL_FREE,
    Answered,
    Gateway,
    StartGateway,
    inbound,
)

OTHER_SERVICE = "MG" + "b2" * 16
NEVER_SEEN = tuple(f"+1202555012{digit}" for digit in range(6))
KEYS = {
    "Services": "services",
    "PhoneNumbers": "phone_numbers",
    "ShortCodes": "short_codes",
    "AlphaSenders": "alpha_senders",
    "ChannelSenders": "senders",
}


class ServiceLists:
    """Twilio's lists of services and pools; ``numbers_page`` stands for the page of the pool's numbers."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.numbers_page: dict[str, Any] | None = None

    async def answer(self, request: web.BaseRequest) -> web.Response:
        resource = request.path.rpartition("/")[2]
        items: dict[str, list[dict[str, str]]] = {
            "Services": [{"sid": SERVICE}],
            "PhoneNumbers": [{"phone_number": IN_POOL}, {"phone_number": ALSO_IN_POOL}],
        }
        self.asked += resource == "PhoneNumbers"
        page = {"meta": {"key": KEYS[resource], "next_page_url": None}, KEYS[resource]: items.get(resource, [])}
        if resource == "PhoneNumbers" and self.numbers_page is not None:
            page = self.numbers_page
        return web.json_response(page)


@pytest.fixture
async def lists() -> AsyncIterator[ServiceLists]:
    lists = ServiceLists()
    runner = web.ServerRunner(web.Server(lists.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    lists.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield lists
    await runner.cleanup()


def readings(sandbox: Sandbox) -> int:
    """How often the account's pools were read."""
    return len([r for r in sandbox.requests if r.method == "GET" and r.target.startswith("/v1/Services?")])


async def code_of(gateway: Gateway, **form: str) -> int | None:
    """The error's code of a send to the phone; None when it went out."""
    answered = await gateway.send(To=PHONE, Body="x", **form)  # type: ignore[arg-type]
    return None if answered.status == 201 else int(answered.json["code"])


async def test_start_to_a_sender_that_moved_lifts_nothing_of_the_service_it_left(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    someone = "+14155550999"
    await gateway.webhook(inbound("HELP", "01", from_=someone, To=IN_POOL, MessagingServiceSid=SERVICE))
    sandbox.world.services[SERVICE].senders.remove(IN_POOL)
    sandbox.world.services[OTHER_SERVICE] = Service(OTHER_SERVICE, ACCOUNT, "Other", senders=[IN_POOL])
    await gateway.webhook(inbound("STOP", "02", To=ALSO_IN_POOL, MessagingServiceSid=SERVICE))
    gateway.clock.advance(2)
    await gateway.webhook(inbound("START", "03", To=IN_POOL, MessagingServiceSid=OTHER_SERVICE))
    assert 21610 == await code_of(gateway, from_=ALSO_IN_POOL)
    assert 21610 == await code_of(gateway, MessagingServiceSid=SERVICE)
    assert None is await code_of(gateway, MessagingServiceSid=OTHER_SERVICE)


async def test_stop_to_a_sender_that_nobody_placed_covers_the_service_that_twilio_names(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.webhook(inbound("STOP", To=IN_POOL))
    assert 1 == readings(sandbox)
    scopes = {(kind, scope) for kind, scope in gateway.rows("SELECT scope_kind, scope_id FROM opt_outs")}
    assert {("service", SERVICE), ("sender", IN_POOL)} == scopes
    assert 21610 == await code_of(gateway, from_=ALSO_IN_POOL)
    assert 21610 == await code_of(gateway, MessagingServiceSid=SERVICE)
    assert None is await code_of(gateway, from_=ALONE)


# Pools that an app changes through the gateway


async def add_to_pool(gateway: Gateway, sandbox: Sandbox, number: str) -> Answered:
    url = f"{gateway.url}/v1/Services/{SERVICE}/PhoneNumbers"
    return await gateway.post(url, f"PhoneNumberSid={sandbox.world.numbers[number].sid}", auth=(ACCOUNT, TOKEN))


async def test_a_number_added_to_a_service_is_covered_at_once_by_its_opt_outs(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.webhook(inbound("STOP", To=IN_POOL, MessagingServiceSid=SERVICE))
    assert None is await code_of(gateway, from_=ALONE)
    assert 201 == (await add_to_pool(gateway, sandbox, ALONE)).status
    assert 21610 == await code_of(gateway, from_=ALONE)
    assert None is await code_of(gateway, from_=TOLL_FREE)


async def test_a_reading_that_began_before_the_change_is_not_taken_for_a_new_one(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.webhook(inbound("STOP", To=IN_POOL, MessagingServiceSid=SERVICE))
    assert None is await code_of(gateway, from_=ALONE)
    gateway.clock.advance(11)
    last_list = f"/v1/Services/{SERVICE}/ChannelSenders"
    sandbox.inject(Fault(kind="delay", seconds=0.8, times=1, method="GET", path_prefix=last_list))
    placing = asyncio.create_task(code_of(gateway, from_=TOLL_FREE))
    async with asyncio.timeout(20):
        while not any(request.target.startswith(last_list) for request in sandbox.requests[-1:]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert 201 == (await add_to_pool(gateway, sandbox, ALONE)).status
    assert 21610 == await code_of(gateway, from_=ALONE)
    await placing


async def test_while_a_changed_pool_cannot_be_read_every_opt_out_covers_every_sender(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await gateway.webhook(inbound("STOP", To=IN_POOL, MessagingServiceSid=SERVICE))
    assert [None, None] == [await code_of(gateway, from_=number) for number in (ALONE, TOLL_FREE)]
    sandbox.inject(Fault(kind="status", status=500, times=None, method="GET", path_prefix="/v1/Services"))
    assert 201 == (await add_to_pool(gateway, sandbox, ALONE)).status
    assert [21610, 21610] == [await code_of(gateway, from_=number) for number in (ALONE, TOLL_FREE)]
    sandbox.clear_faults()
    gateway.clock.advance(11)
    assert [21610, None] == [await code_of(gateway, from_=number) for number in (ALONE, TOLL_FREE)]


# What Twilio's lists say

BROKEN_PAGES = [
    pytest.param({"meta": {"key": "phone_numbers", "next_page_url": None}}, id="without its items"),
    pytest.param({"meta": {"key": "phone_numbers"}, "phone_numbers": None}, id="its items are null"),
    pytest.param({"meta": {"key": "phone_numbers"}, "phone_numbers": {}}, id="its items are no list"),
    pytest.param({"meta": {"next_page_url": None}, "phone_numbers": []}, id="without the key of its items"),
    pytest.param({}, id="empty object"),
]


@pytest.mark.parametrize("page", BROKEN_PAGES)
async def test_a_page_that_lacks_its_items_empties_no_pool(
    start_gateway: StartGateway, sandbox: Sandbox, lists: ServiceLists, page: dict[str, Any]
) -> None:
    twilio = {"api_url": sandbox.url, "messaging_url": lists.url, "sync_seconds": 0}
    gateway = await start_gateway(twilio=twilio)
    await gateway.webhook(inbound("STOP", To=IN_POOL))
    assert 21610 == await code_of(gateway, from_=ALSO_IN_POOL)
    lists.numbers_page, asked = page, lists.asked
    gateway.clock.advance(11)
    assert 21610 == await code_of(gateway, from_=NEVER_SEEN[0]), "it can be placed nowhere"
    assert asked < lists.asked, "the pool was read again"
    assert 21610 == await code_of(gateway, from_=ALSO_IN_POOL)


async def test_one_reading_of_the_pools_places_every_number_never_seen_before(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    for number in NEVER_SEEN:
        sandbox.world.numbers[number] = number_from(SandboxNumber(ACCOUNT, number))
    await gateway.webhook(inbound("STOP", To=TOLL_FREE))
    assert [None] * 6 == [await code_of(gateway, from_=number) for number in NEVER_SEEN]
    assert 1 == readings(sandbox)


# Senders as they are written


@pytest.mark.parametrize("short_code", ["1234567", "12345678"])
async def test_short_codes_of_seven_and_eight_digits_are_senders(gateway: Gateway, short_code: str) -> None:
    assert 200 == (await gateway.webhook(inbound("STOP", To=short_code))).status
    assert 21610 == await code_of(gateway, from_=short_code)


async def test_a_short_code_with_a_space_in_it_is_refused(gateway: Gateway, sandbox: Sandbox) -> None:
    answered = await gateway.send(To=PHONE, from_="55 501", Body="x")
    assert (400, 21212) == (answered.status, answered.json["code"])
    assert [] == [request for request in sandbox.requests if request.method == "POST"]


# What the settings state


async def test_the_same_service_twice_in_an_account_is_refused(start_gateway: StartGateway) -> None:
    services = [{"sid": SERVICE, "senders": [IN_POOL]}, {"sid": SERVICE, "senders": [ALSO_IN_POOL]}]
    with pytest.raises(ValidationError, match="the same sid stands twice"):
        await start_gateway(account={"services": services})


def test_the_same_service_twice_in_the_file_is_refused(tmp_path: Path) -> None:
    section = f"[[accounts.services]]\nsid = {json.dumps(SERVICE)}\n"
    file = tmp_path / "gateway.toml"
    account = f'[[accounts]]\nsid = "{ACCOUNT}"\nauth_tokens = ["{TOKEN}"]\ntwilio_handling = "off"\n'
    file.write_text(account + section + section, "utf-8")
    with pytest.raises(SettingsError, match="the same sid stands twice"):
        load(file, {})


# Where the list itself is


async def test_a_gateway_says_once_that_it_made_the_store(
    start_gateway: StartGateway, database_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    is_file = database_url.startswith("sqlite:///")
    empty = f"sqlite:///{tmp_path}/none_yet.db" if is_file else str(request.getfixturevalue("postgres_url"))
    said = []
    for _ in range(2):
        with capture_logs() as logs:
            gateway = await start_gateway(database_url=empty)
            await gateway.service.stop()
        said.append([line["log_level"] for line in logs if line["event"] == "store_created"])
    assert [["warning"], []] == said
