"""Reading captures: all of it is checked before anything is done with it, and neither takes more memory for more lines.

Several files are one capture: parts of one, or those of several workers. Their traffic comes in the order in which it
came in; the state is that of the file which began first. A last line that was cut off, as by a kill or a full disk, is
a request that is missing; any other line that cannot be read is refused.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.capture.opening import UNREADABLE, opened, why_unreadable
from gateway.capture.records import Gap, Head, State, Traffic, WrongRecord, decode

LONGEST_LINE: Final = 8 * 1024 * 1024  # bytes; a request's form has one at most
# A line is written when its request has ended, so it may stand behind lines of requests that came later: by as much as
# a request may take, 30 seconds at Twilio and some.
OUT_OF_ORDER_BY: Final = 60 * 1_000_000  # microseconds
MOST_HELD: Final = 100_000


class WrongCapture(Exception):
    """A file is no capture that can be used; the text is ``FILE:LINE: what is wrong``, without any value of it."""


@dataclass(slots=True)
class Checked:
    """What a check found: lines by kind, what is missing, from when to when, and of which state."""

    heads: list[Head] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    first_at: int | None = None
    last_at: int | None = None
    state_in: Path | None = None
    accounts: set[str] = field(default_factory=set)

    @property
    def requests(self) -> int:
        """How many requests were captured."""
        return sum(self.counts[kind] for kind in ("send", "inbound", "status", "event"))

    @property
    def shows_numbers(self) -> bool:
        """Whether anybody's number can be read in it."""
        return any(head.numbers == "clear" for head in self.heads)


def check(paths: Sequence[Path]) -> Checked:
    """Read everything once. Raises `WrongCapture`."""
    found = Checked()
    _demand_once(paths)
    for path in paths:
        head = _check_file(path, found)
        began_first = all(head.at <= other.at for other in found.heads)
        found.heads.append(head)
        if head.part == 1 and (found.state_in is None or began_first):
            found.state_in = path
    return found


def state_of(path: Path) -> Iterator[State]:
    """The state that a checked file begins with."""
    for _, line in _lines(path):
        if isinstance(line, Traffic | Gap):
            return
        if not isinstance(line, Head):
            yield line


def traffic_of(paths: Iterable[Path]) -> Iterator[Traffic]:
    """The requests of checked files, in the order in which they came in."""
    return heapq.merge(*(_ordered(path) for path in paths), key=lambda record: record.at)


def _demand_once(paths: Iterable[Path]) -> None:
    """Refuse a file that is named twice, under whatever names: each of its requests would be played twice."""
    known: set[Path] = set()
    for path in paths:
        if path.resolve() in known:
            raise WrongCapture(f"{path}: it is named twice")
        known.add(path.resolve())


def _check_file(path: Path, found: Checked) -> Head:
    head: Head | None = None
    is_state_over = False
    for place, line in _lines(path):
        if isinstance(line, Head) is not (head is None):
            raise WrongCapture(f"{place}: a capture begins with one line whose record is head")
        if isinstance(line, Head):
            head = line
        elif isinstance(line, Gap):
            found.missing += line.missing
        elif isinstance(line, Traffic):
            is_state_over = True
            found.counts[line.record] += 1
            found.accounts.add(line.account_sid)
            found.first_at = min(line.at, found.first_at if found.first_at is not None else line.at)
            found.last_at = max(line.at, found.last_at if found.last_at is not None else line.at)
        elif is_state_over:
            raise WrongCapture(f"{place}: what was known at the beginning stands before the first request")
        else:
            found.counts[line.record] += 1
    if head is None:
        raise WrongCapture(f"{path}: it is empty; a capture begins with a line whose record is head")
    return head


def _lines(path: Path) -> Iterator[tuple[str, Head | State | Traffic | Gap]]:
    number = 0
    try:
        with opened(path) as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise WrongCapture(f"{path}:{number}: the line is longer than {LONGEST_LINE} bytes")
                yield f"{path}:{number}", _read(line, is_first=number == 1)
    except WrongRecord as error:
        raise WrongCapture(f"{path}:{number}: {error}") from None
    except UNREADABLE as error:
        raise WrongCapture(f"{path}: it cannot be read ({why_unreadable(error)})") from None


def _read(line: bytes, *, is_first: bool) -> Head | State | Traffic | Gap:
    """Raises `WrongRecord`."""
    try:
        return decode(line)
    except WrongRecord:
        if is_first or line.endswith(b"\n"):
            raise
        return Gap(at=0, missing=1)  # the last line, cut off


def _ordered(path: Path) -> Iterator[Traffic]:
    """A file's requests by when they came in; those that came in at once in the order of their lines."""
    held: list[tuple[int, int, Traffic]] = []
    newest = 0
    for number, (_, line) in enumerate(_lines(path)):
        if isinstance(line, Traffic):
            heapq.heappush(held, (line.at, number, line))
            newest = max(newest, line.at)
        while held and (held[0][0] < newest - OUT_OF_ORDER_BY or len(held) > MOST_HELD):
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]
