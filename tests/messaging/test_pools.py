from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.addresses import Address, Channel
from gateway.messaging.consent import ConsentChange, change_for
from gateway.messaging.handling import Handling, KeywordPolicy
from gateway.messaging.messages import InboundMessage, OutboundMessage
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source
from gateway.messaging.policy import Forward, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender

ONE, OTHER, NUMBER = "MG1", "MG2", "+12025550108"


def test_a_sender_that_two_sources_place_in_two_services_is_held_by_both() -> None:
    pools = Pools(senders_of={ONE: frozenset({NUMBER}), OTHER: frozenset({NUMBER, "12345"})})

    assert frozenset({ONE, OTHER}) == pools.services_of(NUMBER)


def test_a_sender_that_nobody_was_asked_about_has_no_place() -> None:
    assert (False, frozenset()) == (Pools().knows(NUMBER), Pools().services_of(NUMBER))


def test_a_sender_in_no_service_has_its_place_once_somebody_was_asked() -> None:
    assert Pools(placed=frozenset({NUMBER})).knows(NUMBER)


def test_a_sender_that_is_now_known_to_be_in_a_service_is_added_beside_what_was_known() -> None:
    before = Pools(7, {ONE: frozenset({"12345"})}, frozenset({"12345"}))

    assert Pools(7, {ONE: frozenset({"12345", NUMBER})}, frozenset({"12345", NUMBER})) == before.including(ONE, NUMBER)
    assert Pools(7, {ONE: frozenset({"12345"})}, frozenset({"12345"})) == before


# Pools that change under an opt-out: a life of one recipient, told in events, 10 seconds apart

ACCOUNT, ANN = "AC" + "a1" * 16, Address(Channel.PHONE, "+14155550100", "+14155550100")
SERVICES = ("MG" + "1" * 32, "MG" + "2" * 32)
SENDERS = ("+15005550006", "+15005550007", "+15005550008")
FIRST, SECOND_ONE, THIRD = SENDERS
TEN_SECONDS = 10_000_000


@dataclass
class Life:
    """The pools and the recipient's opt-outs, as the gateway keeps them."""

    now: int = 0
    held: dict[str, set[str]] = field(default_factory=lambda: {sid: set() for sid in SERVICES})
    left: dict[str, dict[str, int]] = field(default_factory=dict)
    opt_outs: dict[Scope, OptOut] = field(default_factory=dict)

    @property
    def pools(self) -> Pools:
        senders_of = {sid: frozenset(senders) for sid, senders in self.held.items()}
        return Pools(1, senders_of, frozenset({*SENDERS, *SERVICES}), self.left)

    def move(self, sender: str, *services: str) -> None:
        """The sender is in these services from now on, and in no other."""
        self.now += TEN_SECONDS
        for sid, senders in self.held.items():
            if sid in services:
                senders.add(sender)
                self.left.get(sender, {}).pop(sid, None)
            elif sender in senders:
                senders.remove(sender)
                self.left.setdefault(sender, {})[sid] = self.now

    def say(self, body: str, sender: str, *, names_service: bool = False) -> ConsentChange:
        """The recipient says something to a sender; the webhook may name the first service that holds it."""
        self.now += TEN_SECONDS
        named = next((sid for sid in SERVICES if sender in self.held[sid]), None) if names_service else None
        message = InboundMessage(ACCOUNT, "SM1", ANN, read_sender(sender, None), named, body)
        handling = Handling(KeywordPolicy(TwilioHandling.OFF))
        match = handling.match(message)
        assert match is not None
        change = change_for(message, match, handling, self.pools, self.opt_outs.values(), self.now)
        for scope in change.add:
            self.opt_outs[scope] = OptOut(scope, True, self.now, Source.KEYWORD)
        for opt_out in change.renew:
            self.opt_outs[opt_out.scope] = opt_out
        for scope in change.lift:
            self.opt_outs[scope] = OptOut(scope, False, self.now, Source.KEYWORD)
        return change

    def may_send(self, sender: str | None = None, service: str | None = None) -> bool:
        given = read_sender(sender, None) if sender else None
        send = OutboundMessage(ACCOUNT, ANN, service, given)
        return isinstance(decide(send, self.pools, self.opt_outs.values()), Forward)

    def blocked(self) -> set[str]:
        return {sender for sender in SENDERS if not self.may_send(sender)}


def a_life(*events: tuple[str, ...]) -> Life:
    life = Life()
    for what, sender, *services in events:
        if what == "move":
            life.move(sender, *services)
        else:
            life.say(what, sender)
    return life


MG1, MG2 = SERVICES


@pytest.mark.parametrize(
    ("events", "blocked"),
    [
        pytest.param([("stop", FIRST)], {FIRST}, id="STOP to a sender in no service"),
        pytest.param([("stop", FIRST), ("move", FIRST, MG1)], {FIRST}, id="which joins a service later"),
        pytest.param(
            [("move", FIRST, MG1), ("move", SECOND_ONE, MG1), ("stop", FIRST)],
            {FIRST, SECOND_ONE},
            id="STOP to one of a pool",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("move", SECOND_ONE, MG1), ("stop", FIRST), ("move", SECOND_ONE, MG2)],
            {FIRST, SECOND_ONE},
            id="another of the pool moves",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("move", SECOND_ONE, MG1), ("stop", FIRST), ("move", SECOND_ONE)],
            {FIRST, SECOND_ONE},
            id="another of the pool is removed",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("stop", FIRST), ("move", FIRST, MG2)], {FIRST}, id="the sender itself moves"
        ),
        pytest.param(
            [("move", FIRST, MG1), ("stop", FIRST), ("move", FIRST), ("move", SECOND_ONE, MG1)],
            {FIRST, SECOND_ONE},
            id="another joins what was opted out of",
        ),
        pytest.param(
            [("move", FIRST, MG1, MG2), ("move", SECOND_ONE, MG1), ("move", THIRD, MG2), ("stop", FIRST)],
            {FIRST, SECOND_ONE, THIRD},
            id="STOP to a sender in two services covers both",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("move", SECOND_ONE, MG1), ("move", SECOND_ONE, MG2), ("stop", FIRST)],
            {FIRST},
            id="STOP after another left does not follow it",
        ),
        pytest.param(
            [
                ("move", FIRST, MG1),
                ("move", SECOND_ONE, MG1),
                ("stop", FIRST),
                ("move", SECOND_ONE, MG2),
                ("stop", FIRST),
            ],
            {FIRST, SECOND_ONE},
            id="STOP said again after another moved lets nobody in",
        ),
        pytest.param(
            [
                ("move", FIRST, MG1),
                ("move", SECOND_ONE, MG1),
                ("stop", FIRST),
                ("move", SECOND_ONE, MG2),
                ("start", SECOND_ONE),
            ],
            {FIRST},
            id="START to one that moved lets that one in",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("stop", FIRST), ("move", FIRST, MG2), ("start", FIRST), ("move", SECOND_ONE, MG1)],
            {SECOND_ONE},
            id="and leaves its former service as it was",
        ),
        pytest.param(
            [("move", FIRST, MG1), ("move", SECOND_ONE, MG1), ("stop", FIRST), ("start", SECOND_ONE)],
            set(),
            id="START to another of the pool lifts all of it",
        ),
    ],
)
def test_after_these_events_these_senders_are_blocked(events: list[tuple[str, ...]], blocked: set[str]) -> None:
    assert blocked == a_life(*events).blocked()


senders, subsets = st.sampled_from(SENDERS), st.lists(st.sampled_from(SERVICES), unique=True, max_size=2)
events = st.one_of(
    st.tuples(st.just("stop"), senders, st.booleans()),
    st.tuples(st.just("start"), senders, st.booleans()),
    st.tuples(st.just("move"), senders, subsets),
    st.tuples(st.just("move"), senders, subsets),
)


def happens(life: Life, what: str, sender: str, more: bool | Iterable[str]) -> ConsentChange | None:
    if isinstance(more, bool):
        return life.say(what, sender, names_service=more)
    life.move(sender, *more)
    return None


@settings(max_examples=100, deadline=None)
@given(st.lists(events, min_size=3, max_size=10))
def test_nothing_but_a_start_lets_anybody_in(told: list[tuple[str, str, bool | list[str]]]) -> None:
    """No move, removal or join, and no further STOP, lets a blocked sender send, unless a START lifted its opt-out
    after the last STOP that covered it; a service that was opted out of stays so whatever becomes of its pool, until
    a START to a sender of it.
    """
    life, let_in, opted_out = Life(), set[str](), set[str]()
    for what, sender, more in told:
        before, held_by = life.blocked(), {sid for sid in SERVICES if sender in life.held[sid]}
        change = happens(life, what, sender, more)
        if what == "stop":
            covered = {sender} | {mate for sid in held_by for mate in life.held[sid]}
            let_in -= covered
            opted_out |= held_by
            assert covered <= life.blocked()
        elif what == "start" and change is not None:
            let_in |= {scope.id for scope in change.lift if scope.kind is ScopeKind.SENDER}
            opted_out -= {scope.id for scope in change.lift}
            if not more:
                assert life.may_send(sender)
        if what != "start":
            assert before - let_in <= life.blocked()
        assert not any(life.may_send(service=sid) for sid in opted_out)


@settings(max_examples=60, deadline=None)
@given(st.lists(events.filter(lambda event: event[0] != "stop"), max_size=6))
def test_without_a_stop_nobody_is_ever_blocked(told: list[tuple[str, str, bool | list[str]]]) -> None:
    life = Life()
    for event in told:
        happens(life, *event)

    assert set() == life.blocked()
    assert all(life.may_send(service=sid) for sid in SERVICES)
