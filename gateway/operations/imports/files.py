"""A file of lines, read in constant memory: CSV with a header, or one JSON object a line.

A line of it is known by the number of the text line at which it begins.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

import orjson

from gateway.messaging.values import value
from gateway.operations.imports.columns import shown
from gateway.operations.imports.errors import UnusableFile

MOST_LINE_BYTES: Final = 1024 * 1024
MOST_COLUMNS: Final = 200
DELIMITERS: Final = ",;\t"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
WIDE: Final = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
GUARD: Final = "'"
FORMULA: Final = frozenset("=+-@\t\r") | {GUARD}
"""What a text may begin with that a spreadsheet takes for a formula, and the sign that guards it."""

FORMATS: Final = ("csv", "jsonl")


@value
class Line:
    """One line: the number of the text line at which it begins (1 is the first), and its columns; or why it has none
    that can be read.
    """

    number: int
    fields: Mapping[str, object]
    fault: str | None = None


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of all of a file, in hexadecimal."""
    file.seek(0)
    digest = hashlib.sha256()
    while some := file.read(MOST_LINE_BYTES):
        digest.update(some)
    return digest.hexdigest()


def format_of(file: BinaryIO, name: str, wanted: str | None) -> str:
    """What a file is: as is said, else by its name, else by its first sign. Raises `UnusableFile`."""
    if wanted is not None:
        if wanted not in FORMATS:
            raise UnusableFile(f"format: it is one of {', '.join(FORMATS)}")
        return wanted
    if name.lower().endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if name.lower().endswith((".csv", ".tsv")):
        return "csv"
    file.seek(0)
    return "jsonl" if file.read(1024).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{") else "csv"


class LineFile:
    """A file of lines that can be read more than once."""

    def __init__(self, file: BinaryIO, form: str) -> None:
        """Read the header; raises `UnusableFile`."""
        self._file = file
        self._form = form
        self._line = 0  # how many text lines were read
        self.header: tuple[str, ...] = ()
        self._delimiter = ","
        self._rewind()
        if form == "csv":
            self._read_header()
        else:
            self._look_at_first()

    def lines(self) -> Iterator[Line]:
        """The lines behind the header, from the first. Raises `UnusableFile`."""
        self._rewind()
        return self._csv_lines() if self._form == "csv" else self._json_lines()

    # CSV

    def _read_header(self) -> None:
        first = self._peek()
        self._delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(self._texts(), delimiter=self._delimiter, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise UnusableFile("header: the first line is no CSV") from error
        self.header = tuple(unguarded(column.strip()) for column in header)
        if not any(self.header) or len(self.header) > MOST_COLUMNS:
            raise UnusableFile("header: the first line has to name the columns")
        named = [column for column in self.header if column]
        twice = sorted({column for column in named if named.count(column) > 1})
        if twice:
            raise UnusableFile(f"header: the column {shown(twice[0])!r} stands twice")

    def _csv_lines(self) -> Iterator[Line]:
        reader = csv.reader(self._texts(), delimiter=self._delimiter, strict=True)
        header, width = self.header, len(self.header)
        next(reader, None)  # the header, which could be read
        while True:
            began = self._line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                fault = f"it is no CSV up to line {self._line}: look for a quote"
                yield Line(began, {}, fault)
                continue
            if len(cells) > width and any(cells[width:]):
                yield Line(began, {}, f"it has {len(cells)} cells, the header {width}")
            elif any(cells):
                yield Line(began, dict(zip(header, cells, strict=False)))

    # JSON

    def _look_at_first(self) -> None:
        try:
            first = orjson.loads(self._peek())
        except orjson.JSONDecodeError:
            first = None
        if isinstance(first, list):
            raise UnusableFile("format: it is one JSON list; write one object a line (JSONL)")
        self.header = tuple(first) if isinstance(first, dict) else ()

    def _json_lines(self) -> Iterator[Line]:
        for text in self._texts():
            if not text.strip():
                continue
            number = self._line
            try:
                given = orjson.loads(text)
            except orjson.JSONDecodeError:
                given = None
            if isinstance(given, dict):
                yield Line(number, given)
            else:
                yield Line(number, {}, "it is not one JSON object")

    # Text

    def _rewind(self) -> None:
        self._line = 0
        self._file.seek(0)
        start = self._file.read(3)
        if start.startswith(WIDE):
            raise UnusableFile("format: the file is UTF-16; save it as CSV in UTF-8")
        self._file.seek(3 if start == BYTE_ORDER_MARK else 0)

    def _peek(self) -> str:
        here = self._file.tell()
        line = self._file.readline(MOST_LINE_BYTES)
        self._file.seek(here)
        return line.decode("utf-8", "surrogateescape")

    def _texts(self) -> Iterator[str]:
        """Text lines; bytes that are no UTF-8 become surrogates, for whoever reads a value to refuse."""
        while line := self._file.readline(MOST_LINE_BYTES):
            self._line += 1
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                raise UnusableFile(f"line {self._line}: it has more than {MOST_LINE_BYTES} bytes")
            yield line.decode("utf-8", "surrogateescape")


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what could be one is written behind an apostrophe (OWASP, CSV
    Injection). `unguarded` takes it away again.
    """
    return f"{GUARD}{text}" if text[:1] in FORMULA and text else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` may have written."""
    return cell[1:] if cell[:1] == GUARD and cell[1:2] in FORMULA and len(cell) > 1 else cell
