import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.addresses import Address, Channel
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source
from gateway.messaging.policy import (
    Forward,
    Reason,
    Suppress,
    decide,
    has_unplaced,
    kept_at_former_senders,
    scopes_of_send,
    unplaced,
)
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender

ACCOUNT = "AC" + "a1" * 16
ANN = Address(Channel.PHONE, "+14155550100", "+14155550100")
# MG_ONE and MG_TWO share the number SHARED: two sources disagree about where it stands.
MG_ONE, MG_TWO, MG_NEW = "MG" + "1" * 32, "MG" + "2" * 32, "MG" + "9" * 32
IN_ONE, SHARED, IN_TWO = "+12025550101", "+12025550112", "+12025550102"
ALONE, NOT_PLACED = "+12025550108", "+12025550109"
POOLS = Pools(
    senders_of={MG_ONE: frozenset({IN_ONE, SHARED}), MG_TWO: frozenset({IN_TWO, SHARED})},
    placed=frozenset({MG_ONE, MG_TWO, IN_ONE, SHARED, IN_TWO, ALONE}),
)


def send(*, service: str | None = None, sender: str | None = None, fallback: str | None = None) -> OutboundMessage:
    return OutboundMessage(
        ACCOUNT,
        ANN,
        service,
        read_sender(sender, None) if sender else None,
        read_sender(fallback, None) if fallback else None,
    )


def of_service(sid: str) -> OptOut:
    return OptOut(Scope(ScopeKind.SERVICE, sid), True, 1, Source.KEYWORD)


def of_sender(key: str) -> OptOut:
    return OptOut(Scope(ScopeKind.SENDER, key), True, 1, Source.KEYWORD)


def of_account(sid: str = ACCOUNT) -> OptOut:
    return OptOut(Scope(ScopeKind.ACCOUNT, sid), True, 1, Source.KEYWORD)


def lifted(opt_out: OptOut) -> OptOut:
    return OptOut(opt_out.scope, False, 2, opt_out.source)


BY_SERVICE, BY_SENDER = Reason.OPTED_OUT_OF_SERVICE, Reason.OPTED_OUT_OF_SENDER


@pytest.mark.parametrize(
    ("message", "opt_out", "reason"),
    [
        pytest.param(send(sender=ALONE), of_sender(ALONE), BY_SENDER, id="the sender it names"),
        pytest.param(send(sender=IN_ONE), of_service(MG_ONE), BY_SERVICE, id="the service whose pool holds its sender"),
        pytest.param(send(sender=IN_ONE), of_sender(IN_ONE), BY_SENDER, id="its sender, though in a pool"),
        pytest.param(send(service=MG_ONE), of_service(MG_ONE), BY_SERVICE, id="the service it names"),
        pytest.param(send(service=MG_ONE), of_sender(IN_ONE), BY_SENDER, id="a sender of the pool it may pick from"),
        pytest.param(send(service=MG_ONE), of_sender(SHARED), BY_SENDER, id="another sender of that pool"),
        pytest.param(
            send(service=MG_ONE, sender=IN_ONE), of_service(MG_ONE), BY_SERVICE, id="the service named beside a sender"
        ),
        pytest.param(
            send(service=MG_ONE, sender=ALONE), of_sender(ALONE), BY_SENDER, id="the sender named beside a service"
        ),
        pytest.param(
            send(service=MG_ONE, sender=IN_TWO), of_service(MG_TWO), BY_SERVICE, id="the service of a strange sender"
        ),
        pytest.param(send(sender=SHARED), of_service(MG_ONE), BY_SERVICE, id="the first service of a shared sender"),
        pytest.param(send(sender=SHARED), of_service(MG_TWO), BY_SERVICE, id="the other service of a shared sender"),
        pytest.param(
            send(service=MG_ONE, fallback=ALONE), of_sender(ALONE), BY_SENDER, id="the fallback sender as a pair"
        ),
        pytest.param(
            send(service=MG_ONE, fallback=IN_TWO), of_service(MG_TWO), BY_SERVICE, id="the service of the fallback"
        ),
        pytest.param(
            send(service=MG_ONE, fallback=ALONE), of_sender(IN_ONE), BY_SENDER, id="the pool in spite of a fallback"
        ),
        pytest.param(send(sender=ALONE), of_account(), Reason.OPTED_OUT_OF_ACCOUNT, id="the account"),
        pytest.param(
            send(sender=NOT_PLACED), of_service(MG_TWO), Reason.SENDER_NOT_PLACED, id="a service, the sender not placed"
        ),
        pytest.param(
            send(sender=NOT_PLACED), of_sender(ALONE), Reason.SENDER_NOT_PLACED, id="any sender, the sender not placed"
        ),
        pytest.param(
            send(service=MG_NEW), of_sender(ALONE), Reason.SENDER_NOT_PLACED, id="any sender, the service not placed"
        ),
        pytest.param(
            send(service=MG_ONE, fallback=NOT_PLACED),
            of_service(MG_TWO),
            Reason.SENDER_NOT_PLACED,
            id="any service, the fallback not placed",
        ),
        pytest.param(send(sender=NOT_PLACED), of_sender(NOT_PLACED), BY_SENDER, id="its sender, though not placed"),
    ],
)
def test_a_send_is_blocked_by_an_opt_out_of(message: OutboundMessage, opt_out: OptOut, reason: Reason) -> None:
    assert Suppress(reason, opt_out) == decide(message, POOLS, [opt_out])
    assert Forward() == decide(message, POOLS, [lifted(opt_out)])


@pytest.mark.parametrize(
    ("message", "opt_out"),
    [
        pytest.param(send(sender=ALONE), of_sender(IN_ONE), id="another sender"),
        pytest.param(send(sender=ALONE), of_service(MG_ONE), id="a service that does not hold its sender"),
        pytest.param(send(service=MG_ONE), of_service(MG_TWO), id="another service that shares a sender"),
        pytest.param(send(service=MG_ONE), of_sender(IN_TWO), id="a sender of another pool"),
        pytest.param(
            send(service=MG_ONE, sender=IN_ONE), of_sender(SHARED), id="a pool's other sender, when one is named"
        ),
        pytest.param(send(service=MG_ONE), of_account("AC" + "b2" * 16), id="another account"),
        pytest.param(send(sender=ALONE), OptOut(Scope(ScopeKind.SERVICE, ALONE), True, 1, Source.API), id="a namesake"),
    ],
)
def test_a_send_is_not_blocked_by_an_opt_out_of(message: OutboundMessage, opt_out: OptOut) -> None:
    assert Forward(Reason.NO_OPT_OUT) == decide(message, POOLS, [opt_out])


def test_an_unplaced_sender_is_free_for_somebody_without_an_opt_out() -> None:
    assert Forward() == decide(send(sender=NOT_PLACED), POOLS, [])


def test_in_shadow_mode_the_decision_is_the_same_and_says_that_it_is_not_enforced() -> None:
    opt_out = of_sender(ALONE)

    assert Suppress(BY_SENDER, opt_out, enforced=False) == decide(send(sender=ALONE), POOLS, [opt_out], enforced=False)
    assert Forward(enforced=False) == decide(send(sender=IN_ONE), POOLS, [opt_out], enforced=False)


@pytest.mark.parametrize(
    ("message", "names"),
    [
        pytest.param(send(sender=ALONE), (), id="a sender that has its place, in no service"),
        pytest.param(send(service=MG_ONE), (), id="a service whose pool is known"),
        pytest.param(send(sender=NOT_PLACED), (NOT_PLACED,), id="a sender"),
        pytest.param(send(service=MG_NEW, sender=NOT_PLACED), (NOT_PLACED, MG_NEW), id="a sender and its service"),
        pytest.param(send(service=MG_ONE, fallback=NOT_PLACED), (NOT_PLACED,), id="a fallback sender"),
    ],
)
def test_what_of_a_send_has_no_place_yet(message: OutboundMessage, names: tuple[str, ...]) -> None:
    assert (names, bool(names)) == (unplaced(message, POOLS), has_unplaced(message, POOLS))


# Senders that moved: what a service's opt-out did while it held them goes on

SECOND = 1_000_000
STOPPED_AT, LEFT_AT = 100 * SECOND, 200 * SECOND
MOVED = Pools(
    senders_of={MG_ONE: frozenset({IN_ONE}), MG_TWO: frozenset({SHARED})},
    placed=POOLS.placed,
    left={SHARED: {MG_ONE: LEFT_AT}},
)


def at(seconds: int, scope: Scope, *, standing: bool = True, hold: bool = False) -> OptOut:
    return OptOut(scope, standing, seconds * SECOND, Source.KEYWORD, hold)


ONE, THE_MOVED = Scope(ScopeKind.SERVICE, MG_ONE), Scope(ScopeKind.SENDER, SHARED)


@pytest.mark.parametrize(
    ("message", "opt_outs", "is_blocked"),
    [
        pytest.param(send(sender=SHARED), [at(100, ONE)], True, id="by the opt-out of the service that held it"),
        pytest.param(send(service=MG_TWO), [at(100, ONE)], True, id="a send that may pick it"),
        pytest.param(send(service=MG_TWO, sender=SHARED), [at(100, ONE)], True, id="a send that names both"),
        pytest.param(send(service=MG_ONE, fallback=SHARED), [at(100, ONE)], True, id="a send that falls back to it"),
        pytest.param(send(sender=SHARED), [at(200, ONE)], True, id="by an opt-out at the instant it left"),
        pytest.param(send(sender=SHARED), [at(201, ONE)], False, id="not by an opt-out after it left"),
        pytest.param(send(sender=SHARED), [at(100, ONE, standing=False)], False, id="not by one that was lifted"),
        pytest.param(
            send(sender=SHARED),
            [at(100, ONE), at(101, THE_MOVED, standing=False)],
            False,
            id="not after an opt-in to it",
        ),
        pytest.param(
            send(sender=SHARED), [at(100, ONE), at(99, THE_MOVED, standing=False)], True, id="an opt-in before it"
        ),
        pytest.param(
            send(sender=SHARED),
            [at(100, ONE), at(100, THE_MOVED, standing=False)],
            True,
            id="an opt-in within the second, where STOP wins",
        ),
        pytest.param(send(sender=ALONE), [at(100, ONE)], False, id="not another sender"),
    ],
)
def test_a_sender_that_left_a_service_is_blocked(
    message: OutboundMessage, opt_outs: list[OptOut], *, is_blocked: bool
) -> None:
    decision = decide(message, MOVED, opt_outs)

    assert is_blocked == isinstance(decision, Suppress)
    assert not is_blocked or Suppress(Reason.OPTED_OUT_OF_SERVICE, opt_outs[0]) == decision


@pytest.mark.parametrize(
    ("opt_outs", "kept"),
    [
        pytest.param([at(100, ONE)], [at(100, THE_MOVED)], id="what blocks it, at its date"),
        pytest.param([at(100, ONE, hold=True)], [at(100, THE_MOVED, hold=True)], id="and its hold"),
        pytest.param([at(201, ONE)], [], id="nothing of an opt-out after it left"),
        pytest.param([at(100, ONE), at(50, THE_MOVED)], [], id="nothing where it stands by itself"),
        pytest.param(
            [at(100, ONE), at(50, THE_MOVED, standing=False)], [at(100, THE_MOVED)], id="what came after an opt-in"
        ),
        pytest.param([at(100, ONE), at(150, THE_MOVED, standing=False)], [], id="nothing that an opt-in undid"),
        pytest.param([], [], id="nothing where nothing stands"),
    ],
)
def test_before_a_services_opt_out_is_dated_anew_its_former_senders_keep(
    opt_outs: list[OptOut], kept: list[OptOut]
) -> None:
    last = {opt_out.scope: opt_out for opt_out in opt_outs}

    assert tuple(kept) == kept_at_former_senders(MG_ONE, MOVED, last)
    assert () == kept_at_former_senders(MG_TWO, MOVED, last)


# A tiny model, in other terms than the code: a send is the set of ways it can leave, each a sender with its services.

SIDS, NUMBERS = (MG_ONE, MG_TWO, MG_NEW), (IN_ONE, SHARED, IN_TWO, ALONE, NOT_PLACED)
ALL_SCOPES = (
    Scope(ScopeKind.ACCOUNT, ACCOUNT),
    *(Scope(ScopeKind.SERVICE, sid) for sid in SIDS),
    *(Scope(ScopeKind.SENDER, number) for number in NUMBERS),
)
numbers = st.sampled_from(NUMBERS)
some_pools = st.builds(
    lambda held, placed: Pools(0, held, placed),
    st.dictionaries(st.sampled_from(SIDS), st.frozensets(numbers)),
    st.frozensets(st.sampled_from(SIDS + NUMBERS)),
)
sends = st.one_of(
    st.builds(lambda sender: send(sender=sender), numbers),
    st.builds(
        lambda service, sender, fallback: send(service=service, sender=sender, fallback=fallback),
        st.sampled_from(SIDS),
        st.none() | numbers,
        st.none() | numbers,
    ),
)
blocklists = st.dictionaries(st.sampled_from(ALL_SCOPES), st.booleans()).map(
    lambda standing: [OptOut(scope, stands, 1, Source.KEYWORD) for scope, stands in standing.items()]
)


def model_blocks(message: OutboundMessage, pools: Pools, opt_outs: list[OptOut]) -> bool:
    refused = {str(opt_out.scope) for opt_out in opt_outs if opt_out.standing}
    named = {sender.key for sender in (message.sender, message.fallback_sender) if sender}
    if refused and not ({message.service_sid} - {None} | named) <= pools.placed:
        return True
    if f"account:{ACCOUNT}" in refused or f"service:{message.service_sid}" in refused:
        return True
    picked = set() if message.sender else set(pools.senders_of.get(message.service_sid or "", ()))
    if any(f"sender:{number}" in refused for number in named | picked):
        return True
    return any(f"service:{sid}" in refused for sid in SIDS if named & set(pools.senders_of.get(sid, ())))


@settings(max_examples=400, deadline=None)
@given(sends, some_pools, blocklists)
def test_the_decision_agrees_with_a_model_that_looks_at_every_way_out(
    message: OutboundMessage, pools: Pools, opt_outs: list[OptOut]
) -> None:
    decision = decide(message, pools, opt_outs)

    assert model_blocks(message, pools, opt_outs) == isinstance(decision, Suppress)
    if isinstance(decision, Suppress):
        assert decision.opt_out in opt_outs
        assert decision.opt_out.standing


@settings(max_examples=100, deadline=None)
@given(sends, some_pools, st.sampled_from(SIDS), numbers)
def test_knowing_one_more_sender_of_a_pool_takes_no_scope_away(
    message: OutboundMessage, pools: Pools, sid: str, number: str
) -> None:
    assert scopes_of_send(message, pools) <= scopes_of_send(message, pools.including(sid, number))


def test_of_several_opt_outs_the_same_is_told_in_whatever_order_they_are_read():
    scopes = [Scope(ScopeKind.ACCOUNT, ACCOUNT), Scope(ScopeKind.SERVICE, MG_ONE), Scope(ScopeKind.SENDER, IN_ONE)]
    opt_outs = [OptOut(scope, standing=True, effective_at=1, source=Source.KEYWORD) for scope in scopes]
    for given_in in (opt_outs, opt_outs[::-1]):
        decision = decide(send(service=MG_ONE), POOLS, given_in)
        assert isinstance(decision, Suppress)
        assert (Reason.OPTED_OUT_OF_ACCOUNT, opt_outs[0]) == (decision.reason, decision.opt_out)
