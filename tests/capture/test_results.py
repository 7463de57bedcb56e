"""What a replay has found is kept in a file, from which it goes on."""

from pathlib import Path

import pytest

from gateway.capture.callbacks import Sent
from gateway.capture.decisions import Decision
from gateway.capture.records import Traffic
from gateway.capture.results import Results, WrongState
from tests.staging import ACCOUNT

RUN = "0123456789abcdef"
RECORD = Traffic.model_validate({"record": "inbound", "at": 1, "account_sid": ACCOUNT, "path": "/inbound"})
STOP, REPEATED = Decision("stop_added", "Bye"), Decision("repeated")


def test_all_of_it_is_kept_and_read_again(tmp_path: Path) -> None:
    results = Results(RUN, "of these files")
    results.answered(0, RECORD, STOP, Decision("no keyword"), 0.01)
    results.failed(2, RECORD, "no answer in time")
    results.left_out(1, RECORD, "it cannot be played")
    results.callbacks.note("SM1", Sent("SM2", "/status/x"))
    results.keep(tmp_path / "state")
    again = Results.kept_in(tmp_path / "state", "of these files")
    assert again is not None
    assert (results.report(), 3, results.callbacks) == (again.report(), again.handled, again.callbacks)
    assert {"inbound": {"played": 2, "compared": 1, "different": 1, "no answer": 1, "left out": 1}} == again.kinds
    assert None is Results.kept_in(tmp_path / "nothing", "of these files")


@pytest.mark.parametrize("kept", [b"", b"{}", b"[1]", b"\xff"])
def test_a_file_that_is_no_state_is_refused(kept: bytes, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(kept)
    with pytest.raises(WrongState, match="it is no state of a replay"):
        Results.kept_in(tmp_path / "state", "of these files")


def test_what_a_kill_took_away_and_comes_as_a_repetition_is_not_compared(tmp_path: Path) -> None:
    results = Results(RUN, "")
    results.answered(0, RECORD, STOP, REPEATED, 0.01)
    assert 1 == results.differences.total, "within one run it is a difference"
    results.keep(tmp_path / "state")
    again = Results.kept_in(tmp_path / "state", "")
    assert again is not None
    again.answered(1, RECORD, STOP, REPEATED, 0.01)
    again.answered(2, RECORD, REPEATED, REPEATED, 0.01)
    assert (1, 2, 1) == (again.differences.total, again.differences.compared, again.differences.not_compared)
