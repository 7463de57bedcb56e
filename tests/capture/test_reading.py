"""Captures are checked line by line, and read in the order in which things happened, from several files."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.capture.reading import OUT_OF_ORDER_BY, WrongCapture, check, state_of, traffic_of
from gateway.capture.records import Head, Line, OptOut, Traffic, decode, encode
from gateway.messaging.optouts import ScopeKind, Source

ACCOUNT = "AC" + "a1" * 16
HEAD = Head(source="gateway", at=1, numbers="pseudonyms", bodies="pseudonyms")
OPT_OUT = OptOut(
    account_sid=ACCOUNT, channel="phone", recipient="+1", scope_kind=ScopeKind.SENDER, scope_id="+2",
    source=Source.KEYWORD, effective_at=1,
)  # fmt: skip


def send(at: int, **more: object) -> Traffic:
    given_fields = {"record": "send", "at": at, "account_sid": ACCOUNT, "path": "/x"} | more
    return Traffic.model_validate(given_fields)


def written(path: Path, lines: Sequence[Line | bytes]) -> Path:
    path.write_bytes(b"".join(line if isinstance(line, bytes) else encode(line) for line in lines))
    return path


texts = st.text(max_size=20)
records = st.builds(
    send,
    st.integers(0, 2**50),
    fields=st.lists(st.tuples(texts, texts), max_size=4),
    blocked=st.sampled_from([None, "sync"]),
    outcome=st.one_of(st.none(), texts),
    confirmation=st.one_of(st.none(), texts),
    status=st.one_of(st.none(), st.integers(100, 599)),
    scope=st.one_of(st.none(), st.tuples(texts, texts)),
)


@given(records)
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_as_it_was(record: Traffic) -> None:
    line = encode(record)
    assert record == decode(line)
    assert 1 == line.count(b"\n")


WRONG = {
    "empty": ([], ": it is empty"),
    "no head": ([send(1)], ":1: a capture begins with one line whose record is head"),
    "two heads": ([HEAD, HEAD], ":2: a capture begins with one line whose record is head"),
    "another version": (
        [encode(HEAD).replace(b'n":2,', b'n":3,')],
        ":1: version: this gateway reads versions 1 to 2;",
    ),
    "no JSON": ([HEAD, b"{\n"], ":2: it is not JSON"),
    "an unknown key": ([HEAD, encode(send(1)).replace(b'"path"', b'"way"')], ":2: path: Field required"),
    "an unknown record": ([HEAD, b'{"record":"call"}\n'], ":2: "),
    "state behind traffic": ([HEAD, send(1), OPT_OUT], ":3: what was known at the beginning"),
    "cut off and gone on with": ([HEAD, encode(send(1))[:-9] + b"\n", send(2)], ":2: it is not JSON"),
    "nothing but a head that was cut off": ([encode(HEAD)[:-9]], ":1: it is not JSON"),
    "no gzip behind its beginning": ([b"\x1f\x8b\x08nothing"], ": it cannot be read ("),
    "gzip that ends in the middle": (
        [gzip.compress(encode(HEAD) + encode(send(1)))[:-20]],
        ": it cannot be read (its compressed data ends in the middle)",
    ),
}


@pytest.mark.parametrize(("lines", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_file_that_cannot_be_used_is_told_by_line_and_field(
    lines: Sequence[Line | bytes], said: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongCapture) as told:
        check([written(tmp_path / "capture.jsonl", lines)])
    assert f"{tmp_path}/capture.jsonl{said}" in str(told.value)
    assert ACCOUNT not in str(told.value)


def test_requests_come_in_the_order_in_which_they_came_in(tmp_path: Path) -> None:
    late = OUT_OF_ORDER_BY // 2
    one = written(tmp_path / "1", [HEAD, OPT_OUT, send(late), send(10), send(3 * late)])
    second = HEAD.model_copy(update={"part": 2, "at": 5})
    two = written(tmp_path / "2", [second, send(11), send(2 * late)])
    assert [10, 11, late, 2 * late, 3 * late] == [record.at for record in traffic_of([two, one])]
    checked = check([two, one])
    assert (5, one, 10, 3 * late) == (checked.requests, checked.state_in, checked.first_at, checked.last_at)
    assert [OPT_OUT] == list(state_of(one))


def test_a_last_line_that_was_cut_off_is_a_request_that_is_missing(tmp_path: Path) -> None:
    for name, left in (("1", -1), ("2", -9), ("3", 1)):
        file = written(tmp_path / name, [HEAD, send(1), encode(send(2))[:left]])
        is_whole = left == -1  # its newline alone is missing
        checked = check([file])
        assert (1 + is_whole, int(not is_whole)) == (checked.requests, checked.missing)
        assert [1, 2][: 1 + is_whole] == [record.at for record in traffic_of([file])]


def test_files_may_be_compressed_of_several_versions_and_by_clocks_that_disagree(tmp_path: Path) -> None:
    of_version_1 = encode(HEAD).replace(b'n":2,', b'n":1,')
    back = 10 * OUT_OF_ORDER_BY
    one = written(tmp_path / "1", [of_version_1, OPT_OUT, send(back), send(5), send(back + 1)])
    two = tmp_path / "2.gz"
    two.write_bytes(gzip.compress(encode(HEAD) + encode(send(7)) + encode(send(2**62))))
    checked = check([one, two])
    assert (5, [1, 2], 5, 2**62) == (
        checked.requests, [head.version for head in checked.heads], checked.first_at, checked.last_at,
    )  # fmt: skip
    assert {5, 7, back, back + 1, 2**62} == {record.at for record in traffic_of([one, two])}


def test_a_file_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    file, link = written(tmp_path / "1", [HEAD]), tmp_path / "2"
    link.symlink_to(file)
    with pytest.raises(WrongCapture, match="it is named twice"):
        check([file, link])
