"""Lines that were read, some at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from gateway.messaging.imports import ImportedConsent
from gateway.operations.imports.files import Line
from gateway.operations.imports.lists import Refused

READ: Final = "read"
REFUSED: Final = "refused"
NO_CONSENT: Final = "no_consent"


@dataclass(frozen=True, slots=True)
class Reported:
    """A line that did not take effect: its number, how it ended (``refused``, ``outdated``, ``held``), and why."""

    line: int
    outcome: str
    reason: str


Report = Callable[[Reported], None]


class Reader(Protocol):
    """Reads the lines of one kind of file."""

    @property
    def has_opt_ins(self) -> bool:
        """Whether lines can be opt-ins."""
        ...

    def read(self, fields: Mapping[str, object]) -> ImportedConsent | None:
        """The consent of a line; None where it is about none. Raises `Refused`."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines that were read: their consents, each with the line's number, what could not be read, and what was
    counted.
    """

    consents: tuple[tuple[int, ImportedConsent], ...]
    refused: tuple[Reported, ...]
    counts: Counter[str]


def batches_of(lines: Iterator[Line], reader: Reader, size: Callable[[], int]) -> Iterator[Batch]:
    """The lines in batches of at most as many as ``size`` says before each. Of a line only its consent is kept, however
    long it is.
    """
    while (batch := _batch(islice(lines, size()), reader)) is not None:
        yield batch


def _batch(lines: Iterator[Line], reader: Reader) -> Batch | None:
    """One batch of all of these lines; None where there are none."""
    consents, refused, read = [], [], 0
    for line in lines:
        read += 1
        if line.fault is not None:
            refused.append(Reported(line.number, REFUSED, line.fault))
            continue
        try:
            consent = reader.read(line.fields)
        except Refused as error:
            refused.append(Reported(line.number, REFUSED, str(error)))
            continue
        if consent is not None:
            consents.append((line.number, consent))
    if not read:
        return None
    counts = {READ: read, REFUSED: len(refused), NO_CONSENT: read - len(refused) - len(consents)}
    some = Counter({outcome: count for outcome, count in counts.items() if count})
    return Batch(tuple(consents), tuple(refused), some)
