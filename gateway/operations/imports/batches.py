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
    """Some lines that were read: their consents, each with the line's number, what could not be read, what was counted,
    and where the next begins.
    """

    consents: tuple[tuple[int, ImportedConsent], ...]
    refused: tuple[Reported, ...]
    counts: Counter[str]
    position: int
    line: int


def batches_of(lines: Iterator[Line], reader: Reader, size: Callable[[], int]) -> Iterator[Batch]:
    """The lines in batches of at most as many as ``size`` says before each."""
    while some := list(islice(lines, size())):
        consents, refused, counts = [], [], Counter({READ: len(some)})
        for line in some:
            try:
                consent = _read(line, reader)
            except Refused as error:
                refused.append(Reported(line.number, REFUSED, str(error)))
                continue
            if consent is None:
                counts[NO_CONSENT] += 1
            else:
                consents.append((line.number, consent))
        if refused:
            counts[REFUSED] = len(refused)
        yield Batch(tuple(consents), tuple(refused), counts, some[-1].after, some[-1].ends)


def _read(line: Line, reader: Reader) -> ImportedConsent | None:
    if line.fault is not None:
        raise Refused(line.fault)
    return reader.read(line.fields)
