"""What came in and what went out, in order, for those who want to compare to the byte."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KEPT = 100_000
"""Records of one kind that are kept; the oldest go first, so that a long run does not fill the memory."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """An API request as it stood on the wire; `status` is None while, or because, no answer was finished."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int | None = None

    @property
    def form(self) -> dict[str, str]:
        """The body read as a form; of a repeated field the last value."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class RecordedWebhook:
    """A webhook or status callback that the sandbox sent, and how it was answered."""

    kind: str
    """inbound, fallback, redirect, action or status."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    params: tuple[tuple[str, str], ...]
    status: int | None
    """HTTP status of the answer, None where there was none."""

    content_type: str | None
    content: bytes
    seconds: float
    error: str | None
    """Why the answer is of no use, with Twilio's debugger code in front, or None."""

    @property
    def body(self) -> str:
        """The answer's body as text."""
        return self.content.decode("utf-8", "replace")


_Record = TypeVar("_Record", bound="DataclassInstance")


class Journal(Generic[_Record]):
    """Records in order of arrival."""

    def __init__(self, tell: Callable[[], None] = lambda: None) -> None:
        self._tell = tell
        self._records: OrderedDict[int, _Record] = OrderedDict()
        self._next = 0

    @property
    def records(self) -> tuple[_Record, ...]:
        """All that is kept, oldest first."""
        return tuple(self._records.values())

    @property
    def added(self) -> int:
        """How many there have ever been."""
        return self._next

    def since(self, added: int) -> tuple[_Record, ...]:
        """Those that came after there had been so many."""
        return self.last(self._next - added)

    def last(self, count: int) -> tuple[_Record, ...]:
        """The newest ones, oldest first, at the cost of these alone."""
        return tuple(islice(reversed(self._records.values()), count))[::-1]

    def add(self, record: _Record) -> int:
        """Keep a record; gives the number under which it can be completed."""
        number = self._next
        self._next += 1
        self._records[number] = record
        if len(self._records) > KEPT:
            self._records.popitem(last=False)
        self._tell()
        return number

    def change(self, number: int, **changes: Any) -> None:
        """Complete a record that is still kept."""
        if number in self._records:
            self._records[number] = replace(self._records[number], **changes)
            self._tell()

    def clear(self) -> None:
        """Forget everything."""
        self._records.clear()
        self._tell()
