"""An older STOP that is learned late, against opt-ins that are known already."""

from dataclasses import replace

import pytest

from gateway.messaging.addresses import read_recipient
from gateway.messaging.consent import Change, change_for
from gateway.messaging.handling import Handling, KeywordPolicy
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, match_keyword
from gateway.messaging.late import OptIn, let_in_again, settled
from gateway.messaging.messages import InboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender

ACCOUNT, SERVICE = "AC" + "a1" * 16, "MG" + "a1" * 16
HERE, BESIDE, ALONE, TOLL_FREE = "+12025550101", "+12025550102", "+12025550103", "+18005550104"
POOLS = Pools(
    senders_of={SERVICE: frozenset({HERE, BESIDE, TOLL_FREE})}, placed=frozenset({HERE, BESIDE, ALONE, TOLL_FREE})
)
HANDLING = Handling(KeywordPolicy(TwilioHandling.OFF))
SECOND = 1_000_000
SAID = 100 * SECOND


def said(body: str, sender: str = HERE, service: str | None = SERVICE) -> InboundMessage:
    return InboundMessage(
        ACCOUNT, "SM" + "0" * 32, read_recipient("+14155550100", None), read_sender(sender, None), service, body
    )


def opt_in(sender: str = HERE, after: float = 5, word: str = "start", service: str | None = SERVICE) -> OptIn:
    return OptIn(said(word, sender, service), word, SAID + int(after * SECOND))


def of_service() -> Scope:
    return Scope(ScopeKind.SERVICE, SERVICE)


def of(sender: str) -> Scope:
    return Scope(ScopeKind.SENDER, sender)


def stopped_late(opt_ins: list[OptIn], sender: str = HERE, service: str | None = SERVICE) -> tuple[Change, set[Scope]]:
    """What a STOP came to, and which scopes stand after it."""
    message = said("STOP", sender, service)
    match = match_keyword("STOP", DEFAULT_KEYWORD_SETS)
    assert match is not None
    change, after = settled(change_for(message, match, HANDLING, POOLS, (), SAID), SAID, opt_ins, POOLS)
    assert set(change.add) == {opt_out.scope for opt_out in after if opt_out.standing}
    assert (change.confirmation is None) == (not change.add or sender == TOLL_FREE)
    return change.change, set(change.add)


BOTH = {of_service(), of(HERE)}


@pytest.mark.parametrize(
    ("opt_ins", "change", "standing"),
    [
        pytest.param([], Change.ADDED, BOTH, id="none"),
        pytest.param([opt_in()], Change.OUTDATED, set(), id="one to the same sender"),
        pytest.param([opt_in(BESIDE)], Change.OUTDATED, set(), id="one to another sender of the pool"),
        pytest.param([opt_in(ALONE, service=None)], Change.ADDED, BOTH, id="one to a sender elsewhere"),
        pytest.param([opt_in(after=0.9)], Change.ADDED, BOTH, id="one within the second"),
        pytest.param([opt_in(after=1)], Change.OUTDATED, set(), id="one a second later"),
        pytest.param([opt_in(after=-5)], Change.ADDED, BOTH, id="one before"),
        pytest.param([opt_in(service=None)], Change.OUTDATED, set(), id="one that named no service"),
        pytest.param([opt_in(service="MG" + "b2" * 16)], Change.ADDED, {of_service()}, id="one in another service"),
        pytest.param([opt_in(TOLL_FREE, word="yes")], Change.ADDED, BOTH, id="YES to a toll-free number"),
        pytest.param([opt_in(TOLL_FREE)], Change.OUTDATED, set(), id="START to a toll-free number"),
        pytest.param([opt_in(after=9), opt_in(after=0.5)], Change.OUTDATED, set(), id="two, in any order"),
    ],
)
def test_what_is_left_of_a_stop_depends_on_later_opt_ins(opt_ins, change, standing):
    assert (change, standing) == stopped_late(opt_ins)


def test_a_toll_free_number_stays_opted_out_until_it_is_written_to():
    assert (Change.ADDED, {of(TOLL_FREE)}) == stopped_late([opt_in(HERE)], TOLL_FREE)


def test_what_was_let_in_again_is_dated_by_the_opt_in():
    added = OptOut(of(HERE), standing=True, effective_at=SAID, source=Source.KEYWORD)
    [after] = let_in_again([added], [opt_in(after=9), opt_in(after=5)], POOLS)
    assert replace(added, standing=False, effective_at=SAID + 9 * SECOND) == after


def test_what_is_on_hold_stays():
    held = OptOut(of(HERE), standing=True, effective_at=SAID, source=Source.OPERATOR, hold=True)
    assert (held,) == let_in_again([held], [opt_in()], POOLS)
