"""Deactivated numbers, read from the sandbox's file as from Twilio's."""

from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from functools import partial
from ipaddress import ip_network

import pytest

from gateway.directory import Account, Directory
from gateway.flows.deactivations import Deactivations
from gateway.messaging.addresses import Channel
from gateway.messaging.deactivation import Deactivated
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import RecipientKey, Scope, ScopeKind
from gateway.operations.actors import Actor
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.sandbox import Sandbox
from gateway.store import Store
from gateway.twilio.deactivations import read_number
from gateway.twilio.products import MESSAGING
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Origins, Upstreams
from gateway.web.client import AppClient, AppUnreachable
from gateway.web.guard import Guard
from tests.staging import ACCOUNT, PHONE, SERVICE, TOKEN, Clock, rows_of

ANN = Actor("ann")
ON_SERVICE = Scope(ScopeKind.SERVICE, SERVICE)
HELD = Scope(ScopeKind.SENDER, "+12025550199")
KEY = RecipientKey(ACCOUNT, Channel.PHONE, PHONE)
DAY_SECONDS = 86_400
LOOPBACK = Guard((ip_network("127.0.0.0/8"),), ((1, 65535),))
WHOM = read_whom(ACCOUNT, PHONE, None)
NEW_OWNER = read_whom(ACCOUNT, "+14155550101", None)


@pytest.fixture
async def store(database_url: str, clock: Clock) -> AsyncIterator[Store]:
    opened = Store(database_url, clock)
    await opened.open(serving=False)
    yield opened
    await opened.close()


class Desk:
    """What reads the files, by one policy."""

    def __init__(self, store: Store, sandbox: Sandbox, clock: Clock, policy: Deactivated, guard: Guard | None) -> None:
        self.upstreams = Upstreams(partial(Upstream), Origins(sandbox.url, sandbox.url, sandbox.url))
        keywords = KeywordPolicy(TwilioHandling.OFF)
        self.account = Account(ACCOUNT, (TOKEN,), keywords, deactivated=policy)
        messaging = self.upstreams.to(MESSAGING, self.account.origins)
        self.client = AppClient.open(guard)
        directory = Directory([self.account], store, lambda _: messaging, clock)
        self.flow = Deactivations(directory, store, self.upstreams, self.client, clock)
        self.opt_outs = OptOutOperations(store, directory.pools, clock)

    async def close(self) -> None:
        self.upstreams.close()
        await self.client.close()


def yesterday(clock: Clock) -> str:
    return (date(1970, 1, 1) + timedelta(microseconds=clock()) - timedelta(days=1)).isoformat()


@pytest.fixture
async def desk_by(store: Store, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(policy: Deactivated, guard: Guard | None = LOOPBACK) -> Desk:
        made.append(Desk(store, sandbox, clock, policy, guard))
        return made[-1]

    yield make
    for desk in made:
        await desk.close()


async def standing(store: Store) -> set[Scope]:
    return {opt_out.scope for opt_out in (await store.find_opt_outs(KEY)).standing}


async def test_a_deactivated_number_is_flagged_once_and_expires_where_the_policy_says_so(
    store: Store, sandbox: Sandbox, clock: Clock, desk_by: Callable[..., Desk]
) -> None:
    desk = desk_by(Deactivated.FLAG)
    await desk.opt_outs.add(WHOM, ON_SERVICE, ANN)
    await desk.opt_outs.add(WHOM, HELD, ANN, hold=True)
    clock.advance(DAY_SECONDS)
    await desk.opt_outs.add(NEW_OWNER, ON_SERVICE, ANN)
    sandbox.set_deactivations(yesterday(clock), ("4155550100", "+14155550101", "no number", "+14155559999"))

    for _ in range(2):
        await desk.flow.read(desk.account)
    assert {ON_SERVICE, HELD} == await standing(store)
    told = [(event.event_type, event.change, event.scopes) for event in await store.history_of(KEY)]
    assert [("STOP", "added"), ("STOP", "added"), ("DEACTIVATED", "flagged")] == [each[:2] for each in told]
    assert 1 == len(await store.history_of(NEW_OWNER.key)), "who opted out since then owns it now"

    clock.advance(DAY_SECONDS)
    sandbox.set_deactivations(yesterday(clock), (PHONE,))
    expiring = desk_by(Deactivated.EXPIRE)
    await expiring.flow.read(expiring.account)
    assert {HELD} == await standing(store)
    last = (await store.history_of(KEY))[-1]
    assert ("DEACTIVATED", "lifted", (ON_SERVICE,), "deactivations") == (
        last.event_type, last.change, last.scopes, last.source
    )  # fmt: skip


async def test_an_erased_persons_number_is_not_written_down_again(
    store: Store, sandbox: Sandbox, clock: Clock, desk_by: Callable[..., Desk], database_url: str
) -> None:
    desk = desk_by(Deactivated.EXPIRE)
    await desk.opt_outs.add(WHOM, ON_SERVICE, ANN)
    await store.write(lambda transaction: transaction.erase(KEY))
    clock.advance(DAY_SECONDS)
    sandbox.set_deactivations(yesterday(clock), (PHONE,))
    await desk.flow.read(desk.account)
    assert (set(), 2) == (await standing(store), len(await store.history_of(KEY)))
    assert PHONE not in str([rows_of(database_url, f"SELECT * FROM {name}") for name in ("opt_outs", "consent_events")])  # noqa: S608


async def test_missed_days_are_made_up_for_and_a_day_without_a_file_is_waited_for(
    store: Store, sandbox: Sandbox, clock: Clock, desk_by: Callable[..., Desk]
) -> None:
    desk = desk_by(Deactivated.FLAG)
    await desk.opt_outs.add(WHOM, ON_SERVICE, ANN)
    await desk.flow.read(desk.account)
    assert None is await store.value(f"deactivations {ACCOUNT}"), "there is no file yet"
    days = []
    for _ in range(3):
        days.append(yesterday(clock))
        sandbox.set_deactivations(days[-1], ())
        await desk.flow.read(desk.account) if len(days) == 1 else None
        clock.advance(DAY_SECONDS)
    await desk.flow.read(desk.account)
    assert days[-1] == await store.value(f"deactivations {ACCOUNT}")
    asked = [request.target for request in sandbox.requests if "/v1/Deactivations" in request.target]
    assert [days[0], *days[:3]] == [target.rpartition("=")[2] for target in asked][:4]


async def test_a_file_is_read_from_no_address_that_the_guard_refuses(
    sandbox: Sandbox, clock: Clock, desk_by: Callable[..., Desk]
) -> None:
    sandbox.set_deactivations(yesterday(clock), (PHONE,))
    desk = desk_by(Deactivated.FLAG, None)
    with pytest.raises(AppUnreachable, match="refused"):
        await desk.flow.read(desk.account)
    await desk.flow.read_or_say()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("+14155550100", "+14155550100", id="in full"),
        pytest.param("14155550100\r", "+14155550100", id="without plus, with a carriage return"),
        pytest.param('"4155550100"', "+14155550100", id="national, quoted"),
        pytest.param("phone_number", None, id="a heading"),
        pytest.param("+441632960000", None, id="no American number"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_line_is_read_as_an_american_number_or_not_at_all(line: str, expected: str | None) -> None:
    assert expected == read_number(line)
