"""Messaging Services and their pools, asked of the sandbox over real HTTP."""

from dataclasses import replace

import pytest

from gateway.sandbox import DEFAULT_SEEDS, Sandbox, SandboxNumber, SandboxService
from gateway.twilio import services
from gateway.twilio.rest import NotAnswered
from gateway.twilio.services import read_services
from gateway.twilio.upstream import NotSent, Upstream

(ACCOUNT,) = DEFAULT_SEEDS.accounts
SID, TOKEN = ACCOUNT.sid, ACCOUNT.auth_tokens[0]
SERVICE = DEFAULT_SEEDS.services[0].sid


@pytest.fixture
async def sandbox():
    async with Sandbox(replace(DEFAULT_SEEDS, services=DEFAULT_SEEDS.services[:1])) as sandbox:
        yield sandbox


@pytest.fixture
async def twilio(sandbox):
    upstream = Upstream(sandbox.url)
    yield upstream
    upstream.close()


async def test_pools_are_read_with_the_keys_of_all_their_senders(sandbox, twilio):
    pool = sandbox.world.services[SERVICE]
    pool.senders += ["55501", "whatsapp:+12025550105"]
    pool.alpha_senders.append("ACME")

    pools = {service.sid: service.senders for service in await read_services(twilio, SID, TOKEN)}
    assert {SERVICE: {"+12025550101", "+12025550102", "55501", "whatsapp:+12025550105", "ACME"}} == {
        sid: {key if key != "acme" else "ACME" for key in keys} for sid, keys in pools.items()
    }


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000], ids=lambda size: f"{size} a page")
async def test_pools_are_read_over_all_their_pages(page_size, monkeypatch):
    monkeypatch.setattr(services, "PAGE_SIZE", page_size)
    numbers = [f"+1202555{number:04}" for number in range(200, 211)]
    given = {f"MG{number:032x}": numbers[number : 2 * number] for number in range(6)}
    seeds = replace(
        DEFAULT_SEEDS,
        numbers=tuple(SandboxNumber(SID, number) for number in numbers),
        services=tuple(SandboxService(sid, SID, senders=tuple(senders)) for sid, senders in given.items()),
    )
    async with Sandbox(seeds) as sandbox:
        upstream = Upstream(sandbox.url)
        pools = {service.sid: service.senders for service in await read_services(upstream, SID, TOKEN)}
        upstream.close()

    assert {sid: frozenset(senders) for sid, senders in given.items()} == pools


async def test_an_account_without_services_has_no_pools():
    async with Sandbox(replace(DEFAULT_SEEDS, services=())) as sandbox:
        upstream = Upstream(sandbox.url)
        assert () == await read_services(upstream, SID, TOKEN)
        upstream.close()


async def test_wrong_credentials_read_no_pools(twilio):
    with pytest.raises(NotAnswered, match="401 to a list of Services"):
        await read_services(twilio, SID, "wrong")


async def test_a_service_without_a_sid_is_told_as_not_answered(misbehave):
    body = b'{"meta": {"key": "services"}, "services": [{}]}'

    async def answer(peer, _):
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    upstream = Upstream((await misbehave(answer)).url)
    with pytest.raises(NotAnswered, match="form it is documented in"):
        await read_services(upstream, SID, TOKEN)
    upstream.close()


async def test_where_nobody_listens_nothing_is_read(sandbox, twilio):
    await sandbox.stop()
    with pytest.raises(NotSent):
        await read_services(twilio, SID, TOKEN)


def test_a_field_that_holds_no_sender_adds_none():
    assert [frozenset()] * 4 == [services._sender_key(field) for field in (None, 5, "", "no sender at all")]
