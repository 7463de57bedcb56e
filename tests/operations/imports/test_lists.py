"""What lines of lists mean, from the bytes of a file on."""

import io
from typing import Any

import pytest

from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.imports.batches import Batch, batches_of
from gateway.operations.imports.columns import list_columns, read_mapping
from gateway.operations.imports.errors import UnusableFile
from gateway.operations.imports.files import LineFile, format_of, guarded, unguarded
from gateway.operations.imports.lists import ListReader, Reading
from tests.staging import ACCOUNT, SERVICE

HERE = Scope(ScopeKind.SENDER, "+12025550101")
ALL = Scope(ScopeKind.ACCOUNT, ACCOUNT)
MG = Scope(ScopeKind.SERVICE, SERVICE)
JULY = 1_751_371_200_000_000  # 2025-07-01T12:00:00Z
DAY_END = JULY + 12 * 3_600_000_000 - 1
ANN = "+14155550100"


def read(text: str | bytes, *named: str, name: str = "x", size: int = 100, **more: Any) -> Batch:
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    lines = LineFile(file, format_of(file, name, None))
    reading = Reading(**{"account_sid": ACCOUNT, "region": "US", "scopes": (HERE,)} | more)
    form, names = format_of(file, name, None), read_mapping(named)
    reader = ListReader(reading, list_columns(lines.header, names), names if form == "jsonl" else None)
    [batch] = batches_of(lines.lines(), reader, lambda: size)
    return batch


def only(batch: Batch) -> tuple[Any, ...]:
    [(_, consent)] = batch.consents
    return consent.recipient.wire, consent.is_stop, consent.scopes, consent.at, consent.hold


UNDERSTOOD: list[Any] = [
    pytest.param(f"number\n{ANN}\n", (ANN, True, (HERE,), None, False), id="numbers alone"),
    pytest.param(f"Phone Number;Note\n{ANN};x\n", (ANN, True, (HERE,), None, False), id="another name and delimiter"),
    pytest.param(b"\xef\xbb\xbfnumber\r\n(415) 555-0100\r\n", (ANN, True, (HERE,), None, False), id="from Excel"),
    pytest.param(f"number\n'{ANN}\n", (ANN, True, (HERE,), None, False), id="guarded against formulas"),
    pytest.param(
        "number,channel\n+14155550100,whatsapp\n", (f"whatsapp:{ANN}", True, (ALL,), None, False), id="WhatsApp"
    ),
    pytest.param(f"number,date\n{ANN},2025-07-01T12:00:00Z\n", (ANN, True, (HERE,), JULY, False), id="a time"),
    pytest.param(f"number,date\n{ANN},2025-07-01 14:00:00+02:00\n", (ANN, True, (HERE,), JULY, False), id="an offset"),
    pytest.param(f"number,date\n{ANN},2025-07-01\n", (ANN, True, (HERE,), DAY_END, False), id="a day ends"),
    pytest.param(
        f"number,status,date\n{ANN},Opted-In,2025-07-01\n",
        (ANN, False, (HERE,), JULY - 12 * 3_600_000_000, False),
        id="an opt-in's day begins",
    ),
    pytest.param(f"number,service\n{ANN},{SERVICE}\n", (ANN, True, (MG,), None, False), id="a service"),
    pytest.param(f"number,hold\n{ANN},yes\n", (ANN, True, (HERE,), None, True), id="hold"),
    pytest.param(
        f"number,scope_kind,scope_id\n{ANN},account,{ACCOUNT}\n", (ANN, True, (ALL,), None, False), id="the account"
    ),
    pytest.param(
        f'{{"contact_id":"{ANN}","sender_id":"{SERVICE}","status":"opt-out","source":"website",'
        '"date_of_consent":"2025-07-01T12:00:00Z","correlation_id":"x"}\n',
        (ANN, True, (MG,), JULY, False),
        id="an item of Twilio's Consents API",
    ),
    pytest.param('{"number":14155550100,"hold":true}\n', (ANN, True, (HERE,), None, True), id="JSON's own kinds"),
]


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD)
def test_a_line_is_understood(text, expected):
    scopes = (ALL,) if expected[0].startswith("whatsapp") else (HERE,)
    assert expected == only(read(text, scopes=scopes))


def test_a_json_line_says_what_it_says_whatever_the_first_one_left_out():
    batch = read(f'{{"number":"{ANN}"}}\n{{"number":"{ANN}","date":"2025-07-01T12:00:00Z","hold":true}}\n{{"x":1}}\n')
    assert [(None, False), (JULY, True)] == [(consent.at, consent.hold) for _, consent in batch.consents]
    assert ["number: it is missing"] == [refused.reason for refused in batch.refused]


def test_columns_are_mapped_by_name():
    batch = read(f"Customer,Since,Kind\n{ANN},2025-07-01,stop\n", "number=Customer", "date=Since", "status=Kind")
    assert (ANN, True, (HERE,), DAY_END, False) == only(batch)


def test_digits_are_numbers_in_full_where_that_is_said():
    assert "+447700900123" == only(read("number\n447700900123\n", in_full=True))[0]


REFUSED: list[Any] = [
    pytest.param("number\nann\n", "number: ", id="no number"),
    pytest.param("number\n1.41556E+10\n", "number: a spreadsheet has rounded it", id="rounded by a spreadsheet"),
    pytest.param("number\n447700900123\n", "number: it has no +", id="of another country, without plus"),
    pytest.param(f"number,status\n{ANN},maybe\n", "status: ", id="neither opt-out nor opt-in"),
    pytest.param(f"number,status\n{ANN},\n", "status: ", id="no status"),
    pytest.param(f"number,status\n{ANN},opt-in\n", "date: an opt-in counts by its date", id="an opt-in without date"),
    pytest.param(f"number,date\n{ANN},01/31/2025\n", "date: write it as", id="a date of two readings"),
    pytest.param(f"number,hold\n{ANN},perhaps\n", "hold: ", id="no truth"),
    pytest.param(f"number,service\n{ANN},MG1\n", "service: ", id="no service"),
    pytest.param(f"number,sender\n{ANN},whatsapp:+12025550105\n", "sender: it is on another channel", id="channels"),
    pytest.param(f"number,account\n{ANN},AC{'0' * 32}\n", "account: ", id="another account"),
    pytest.param(f"number\n{ANN},1,2\n", "it has 3 cells", id="too many cells"),
    pytest.param(f'number,reason\n{ANN},"x\n{ANN},y\n', "it is no CSV up to line 3", id="a quote left open"),
    pytest.param(b"number,reason\n+14155550100,\xff\n", "reason: it is not UTF-8", id="not UTF-8"),
    pytest.param('{"number":"+14155550100"}\n[]\n', "it is not one JSON object", id="no object"),
    pytest.param('{"number":["+1"]}\n', "number: it is no text", id="no text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_line_is_refused_with_the_reason_and_without_the_number(text, reason):
    [refused] = read(text).refused
    assert refused.reason.startswith(reason)
    assert "415555" not in refused.reason


UNUSABLE: list[Any] = [
    pytest.param("", (), "header: ", id="empty"),
    pytest.param(f"{ANN}\n{ANN}\n", (), "number: no column is one", id="no header"),
    pytest.param("number,number\n", (), "header: the column 'number' stands twice", id="a column twice"),
    pytest.param("a,b\n", ("number=c",), "map: the file has no column 'c'", id="no such column"),
    pytest.param("a\n", ("phone=a",), "map: write FIELD=COLUMN", id="no such field"),
    pytest.param("[1]\n", (), "number: no column", id="a JSON list"),
    pytest.param("number\n".encode("utf-16"), (), "format: the file is UTF-16", id="UTF-16"),
    pytest.param("number\n" + "1" * (1 << 20), (), "line 2: it has more than", id="no end of a line"),
]


@pytest.mark.parametrize(("text", "named", "reason"), UNUSABLE)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(text, named, reason):
    with pytest.raises(UnusableFile, match=f"^{reason.replace('+', '.')}"):
        read(text, *named)


def test_a_line_is_numbered_where_it_begins_each_time_a_file_is_read():
    text = f'number,reason\n{ANN},"two\nlines"\n\n+14155550101,x\nbad,y\n+14155550102,\n'.encode()
    file = io.BytesIO(text)
    lines = LineFile(file, "csv")
    for _ in range(2):
        assert [2, 5, 6, 7] == [line.number for line in lines.lines()]


@pytest.mark.parametrize("text", ["+1", "=1+1", "-x", "@x", "'", "'+1", "''", "\tx", "x", "", "1'"])
def test_a_guarded_cell_is_no_formula_and_means_the_same(text):
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert text == unguarded(guarded(text))
