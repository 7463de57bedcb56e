"""What one line of a list does, and that the order of the lines does not matter."""

from itertools import permutations

import pytest

from gateway.messaging.addresses import Address
from gateway.messaging.imports import Evidence, ImportedConsent, Judge
from gateway.messaging.late import OptIn
from gateway.messaging.messages import InboundMessage
from gateway.messaging.optouts import OptOut, Scope, ScopeKind, Source
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender

ANN = Address("phone", "+14155550100", "+14155550100")
HERE = Scope(ScopeKind.SENDER, "+12025550101")
BEGAN, SECOND = 1_000_000_000_000, 1_000_000
EARLY, LATE = BEGAN - 90 * SECOND, BEGAN - 30 * SECOND


def line(status: str, at: int | None, *, hold: bool = False) -> ImportedConsent:
    return ImportedConsent(ANN, status == "stop", (HERE,), at, hold)


def known(standing: bool, at: int, source: Source = Source.KEYWORD, *, hold: bool = False) -> OptOut:
    return OptOut(HERE, standing, at, source, hold)


STOP, START = "stop", "start"
LINES = [
    pytest.param(None, line(STOP, EARLY), "added", (True, EARLY), id="a STOP of somebody nobody knows"),
    pytest.param(None, line(STOP, None), "added", (True, BEGAN), id="without a date it counts from the import"),
    pytest.param(None, line(STOP, BEGAN + 9), "added", (True, BEGAN), id="of the future it counts from the import"),
    pytest.param(known(False, LATE), line(STOP, EARLY), "outdated", None, id="a later opt-in is known"),
    pytest.param(known(False, EARLY), line(STOP, LATE), "added", (True, LATE), id="an earlier opt-in is known"),
    pytest.param(known(False, LATE), line(STOP, None), "added", (True, BEGAN), id="undated, it wins"),
    pytest.param(known(False, BEGAN + 2 * SECOND), line(STOP, None), "outdated", None, id="but not against what came"),
    pytest.param(known(True, LATE), line(STOP, EARLY), "stays", None, id="an older one changes nothing"),
    pytest.param(known(True, EARLY), line(STOP, LATE), "stays", (True, LATE), id="a later one dates anew"),
    pytest.param(known(True, EARLY), line(STOP, None), "stays", None, id="an undated one does not"),
    pytest.param(known(True, LATE), line(STOP, EARLY, hold=True), "stays", (True, LATE), id="but it marks hold"),
    pytest.param(known(False, LATE), line(STOP, EARLY, hold=True), "added", (True, LATE), id="hold beats an opt-in"),
    pytest.param(
        known(False, LATE, Source.OPERATOR), line(STOP, EARLY, hold=True), "outdated", None, id="but no operator's lift"
    ),
    pytest.param(known(True, EARLY), line(START, LATE), "lifted", (False, LATE), id="a later opt-in lifts"),
    pytest.param(known(True, LATE), line(START, EARLY), "outdated", None, id="an earlier one does not"),
    pytest.param(known(True, LATE), line(START, LATE), "outdated", None, id="nor one of the same second"),
    pytest.param(known(True, EARLY, hold=True), line(START, LATE), "held", None, id="nor what is on hold"),
    pytest.param(None, line(START, LATE), "nothing", (False, LATE), id="one that finds nothing leaves its date"),
    pytest.param(known(False, LATE), line(START, EARLY), "nothing", None, id="and nothing where one is known"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "given", "change", "after"), LINES)
def test_what_a_line_does(before, given, change, after):
    judged = Judge(BEGAN, Pools()).judge(given, {HERE: before} if before is not None else {})
    left = [(opt_out.standing, opt_out.effective_at) for opt_out in judged.after]
    assert (change, [after] if after else [], bool(after)) == (judged.change, left, judged.is_told)
    assert all(opt_out.hold == (given.hold or bool(before and before.hold)) for opt_out in judged.after)


HISTORY = (line(STOP, EARLY), line(START, LATE - SECOND), line(STOP, LATE + SECOND), line(START, BEGAN - 5 * SECOND))


def test_the_order_of_dated_lines_does_not_matter():
    ends = set()
    for lines in permutations(HISTORY):
        last: dict[Scope, OptOut] = {}
        for each in lines:
            last.update((opt_out.scope, opt_out) for opt_out in Judge(BEGAN, Pools(), True).judge(each, last).after)
        ends.add((last[HERE].standing, last[HERE].effective_at))
    assert {(False, BEGAN - 5 * SECOND)} == ends


def test_an_undated_stop_wins_in_whatever_order_where_the_list_has_opt_ins():
    for lines in permutations((line(STOP, None), line(START, LATE))):
        last = {HERE: known(True, EARLY)}
        for each in lines:
            last.update((opt_out.scope, opt_out) for opt_out in Judge(BEGAN, Pools(), True).judge(each, last).after)
        assert (True, BEGAN) == (last[HERE].standing, last[HERE].effective_at)


def test_a_later_opt_in_of_the_history_keeps_a_stop_from_counting():
    said = OptIn(InboundMessage("AC", "", ANN, read_sender(HERE.id, None), None, "start"), "start", LATE)
    judge = Judge(BEGAN, Pools())
    assert ("outdated", (), False) == (
        (judged := judge.judge(line(STOP, EARLY), {}, [said])).change, judged.scopes, judged.after[0].standing,
    )  # fmt: skip
    assert "added" == judge.judge(line(STOP, LATE + SECOND), {}, [said]).change


def test_an_opt_in_keyword_of_a_log_is_told_once_even_if_it_lifts_nothing():
    heard = ImportedConsent(ANN, False, (HERE,), LATE, evidence=Evidence("SM1", HERE.id, None, "start"))
    judge = Judge(BEGAN, Pools())
    first = judge.judge(heard, {})
    assert (True, ()) == (first.is_told, first.after)
    said = OptIn(InboundMessage("AC", "", ANN, read_sender(HERE.id, None), None, "start"), "start", LATE)
    assert not judge.judge(heard, {}, [said]).is_told
