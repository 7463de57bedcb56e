"""A push of lifts beside somebody who opts out meanwhile."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest

from gateway.directory import Account
from gateway.events.mirror import TwilioMirror
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.second_sources import SecondSources
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.mirror import MirrorOperations, Wanted
from gateway.operations.optouts import read_whom
from gateway.sandbox import Message, Sandbox
from gateway.twilio.consents import ConsentItem, TooMany
from gateway.twilio.upstream import OutcomeUnknown, Upstream
from gateway.twilio.upstreams import Origins, Upstreams
from tests.operations.conftest import BY, Office
from tests.staging import ACCOUNT, ALONE, PHONE

SCOPE = Scope(ScopeKind.SENDER, ALONE)
ALSO = "+14155550199"


class Interrupted(TwilioMirror):
    """Twilio as a mirror, where something happens while a lift is on its way."""

    meanwhile: list[Callable[[], object]]

    async def tell(self, account: Account, items: Sequence[ConsentItem]) -> dict[int, str]:
        if self.meanwhile and not items[0].is_stop:
            happened = self.meanwhile.pop(0)()
            if happened is not None:
                await happened  # type: ignore[misc]
        return await super().tell(account, items)


@pytest.fixture
async def mirror(office: Office, sandbox: Sandbox) -> AsyncIterator[Interrupted]:
    upstreams = Upstreams(Upstream, Origins(sandbox.url, sandbox.url, sandbox.url))
    office.directory._messaging = lambda _: upstreams.to("messaging")
    mirror = Interrupted(office.directory, upstreams, every_seconds=0)
    mirror.meanwhile = []
    yield mirror
    upstreams.close()


@pytest.fixture
async def push(office: Office, mirror: Interrupted) -> Callable[[], object]:
    """Push until it ends; gives the counts."""
    store = office.store
    recorder = KeywordRecorder(office.directory, store, office.clock)
    sources = SecondSources(office.directory, store, recorder, Fingerprints(b"x" * 32), None, office.clock)
    operations = MirrorOperations(
        office.directory, store, sources, mirror._upstreams, mirror, office.clock, pause_seconds=0
    )

    async def pushed() -> object:
        return [state async for state in operations.push(office.account, Wanted())][-1].counts

    return pushed


async def opt_out(office: Office, phone: str = PHONE) -> None:
    await office.opt_outs.add(read_whom(ACCOUNT, phone, None), SCOPE, BY)


async def lifted(office: Office, phone: str = PHONE) -> None:
    await opt_out(office, phone)
    office.clock.advance(-60)  # Twilio takes no time that is still to come
    await office.opt_outs.remove(read_whom(ACCOUNT, phone, None), SCOPE, BY, "asked for it")


def consents(sandbox: Sandbox) -> list[tuple[str | None, str | None]]:
    return [(r.item.contact_id, r.item.status) for call in sandbox.consent_calls for r in call.results]


async def test_who_opts_out_while_a_lift_is_on_its_way_is_told_right_after_it(office, mirror, push, sandbox):
    await lifted(office)
    await lifted(office, ALSO)
    mirror.meanwhile.append(lambda: opt_out(office))
    assert {"lifted": 2, "told": 1} == await push()
    *lifts, last = consents(sandbox)
    assert ({(PHONE, "opt-in"), (ALSO, "opt-in")}, (PHONE, "opt-out")) == (set(lifts), last)


async def test_a_push_that_was_broken_off_at_a_lift_tells_first_who_opted_out(office, mirror, push, sandbox):
    await lifted(office)

    async def break_off() -> None:
        raise OutcomeUnknown("the connection broke")

    mirror.meanwhile.append(break_off)
    with pytest.raises(OutcomeUnknown):
        await push()
    await opt_out(office)
    assert {"told": 1} == await push()
    assert [(PHONE, "opt-out")] == consents(sandbox)
    assert {"told": 1} == await push()


async def test_a_call_that_was_one_too_many_is_made_again_by_what_is_known_then(office, mirror, push, sandbox):
    await lifted(office)

    async def one_too_many() -> None:
        await opt_out(office)
        raise TooMany("it was")

    mirror.meanwhile.append(one_too_many)
    assert {} == await push()
    assert [] == consents(sandbox)
    assert {"told": 1} == await push()


async def test_a_stop_that_only_twilio_got_meanwhile_keeps_a_lift_back(office, mirror, push, sandbox):
    office.clock.advance(-3_600)
    phones = [f"+1415555{number:04}" for number in range(200, 226)]
    for phone in phones:
        await opt_out(office, phone)
        await office.opt_outs.remove(read_whom(ACCOUNT, phone, None), SCOPE, BY, "asked for it")

    async def only_twilio_gets_a_stop() -> None:
        sid, now = "SM" + "5" * 32, datetime.now(UTC)
        stop = Message(sid, ACCOUNT, ALONE, "STOP", "inbound", "received", phones[-1], created=now, sent=now)
        sandbox.world.messages[sid] = stop
        office.clock.advance(120)

    mirror.meanwhile.append(only_twilio_gets_a_stop)
    assert {"lifted": 25, "left_blocked": 1} == await push()
    assert (phones[-1], "opt-in") not in consents(sandbox)
