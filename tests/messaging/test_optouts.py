from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Shadow, Source, adopted, as_counted, wins

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND


def standing(at: int) -> OptOut:
    return OptOut(Scope(ScopeKind.SENDER, "+12025550108"), True, at, Source.KEYWORD)


def lifted(at: int) -> OptOut:
    return OptOut(Scope(ScopeKind.SENDER, "+12025550108"), False, at, Source.KEYWORD)


def held(at: int) -> OptOut:
    return replace(standing(at), hold=True)


@pytest.mark.parametrize(
    ("is_stop", "after", "last", "wins_over_it"),
    [
        pytest.param(True, 0, None, True, id="a STOP where nothing was"),
        pytest.param(False, 0, None, True, id="a START where nothing was"),
        pytest.param(True, 2 * SECOND, lifted(NOON), True, id="a later STOP"),
        pytest.param(False, 2 * SECOND, standing(NOON), True, id="a later START"),
        pytest.param(True, -2 * SECOND, lifted(NOON), False, id="a STOP that comes late"),
        pytest.param(False, -2 * SECOND, standing(NOON), False, id="a START that comes late"),
        pytest.param(True, -SECOND + 1, lifted(NOON), True, id="a STOP less than a second before a START"),
        pytest.param(True, 0, lifted(NOON), True, id="a STOP at the very moment of a START"),
        pytest.param(False, 0, standing(NOON), False, id="a START at the very moment of a STOP"),
        pytest.param(False, SECOND - 1, standing(NOON), False, id="a START less than a second after a STOP"),
        pytest.param(False, SECOND, standing(NOON), True, id="a START a whole second after a STOP"),
        pytest.param(True, -SECOND, lifted(NOON), False, id="a STOP a whole second before a START"),
    ],
)
def test_the_later_event_wins_and_within_a_second_stop_wins(
    is_stop: bool, after: int, last: OptOut | None, wins_over_it: bool
) -> None:
    assert wins_over_it == wins(is_stop, NOON + after, last)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True), st.integers(0, 20), st.permutations(range(5)))
def test_of_one_start_and_its_stops_the_order_of_arrival_changes_nothing(
    stops: list[int], start: int, order: list[int]
) -> None:
    """Times are seconds here, so that any two are apart by a whole one or equal."""
    events = [(True, at) for at in stops] + [(False, start)]
    arriving = [events[index] for index in order if index < len(events)]
    last = None
    for is_stop, at in arriving:
        if wins(is_stop, at * SECOND, last):
            last = standing(at * SECOND) if is_stop else lifted(at * SECOND)

    assert last is not None
    assert (max(stops) >= start) == last.standing


def test_a_scope_reads_as_its_kind_and_what_it_covers() -> None:
    assert "sender:+12025550108" == str(Scope(ScopeKind.SENDER, "+12025550108"))


NEVER = lifted(0)  # a line that shadow mode made is lifted as of 1970


@pytest.mark.parametrize(
    ("line", "is_stop", "after", "expected"),
    [
        pytest.param(NEVER, True, 0, True, id="a STOP where nothing was"),
        pytest.param(standing(NOON), False, 2 * SECOND, False, id="a later START"),
        pytest.param(standing(NOON), False, -2 * SECOND, True, id="an operator's later opt-out outdates a START"),
        pytest.param(lifted(NOON), True, -2 * SECOND, False, id="an operator's later lift outdates a STOP"),
        pytest.param(lifted(NOON), True, 2 * SECOND, True, id="a STOP after a lift"),
        pytest.param(held(NOON), False, 2 * SECOND, True, id="no START lifts what is on hold"),
    ],
)
def test_what_was_said_in_shadow_mode_counts_when_adopted_and_only_then(
    line: OptOut, is_stop: bool, after: int, expected: bool
) -> None:
    with_shadow = replace(line, shadow=Shadow(is_stop, NOON + after, Source.TWILIO))
    assert line.standing is as_counted([with_shadow], enforced=True)[0].standing
    after_it = adopted(with_shadow)
    assert (expected, None, line.hold and expected) == (after_it.standing, after_it.shadow, after_it.hold)
    assert (after_it,) == as_counted([with_shadow], enforced=False), "in shadow mode it counts as if it were adopted"
    assert after_it == adopted(after_it)
