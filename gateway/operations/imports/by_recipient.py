"""The consents of a file by their recipients: in the order of the store's own keys each page of its lists is written
once, where in no order nearly each line touches pages of its own. Those of one recipient keep the file's order.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import orjson

from gateway.messaging.addresses import Address, Channel
from gateway.messaging.imports import Evidence, ImportedConsent
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.store.sorted_lines import SortedLines

MOST_KEPT: Final = 10_000  # of what consents cover: many have it in common
CHANNELS: Final = {str(channel): channel for channel in Channel}

Consents = tuple[tuple[int, ImportedConsent], ...]
"""Consents, each with the number of its line."""


class ByRecipient:
    """The consents of one file; what they are stays on disk, until `close`. Raises `StoreUnavailable` where there is no
    room for them.
    """

    def __init__(self) -> None:
        self._lines = SortedLines()
        self._written: dict[int, tuple[tuple[Scope, ...], str]] = {}
        self._read: dict[str, tuple[Scope, ...]] = {}

    def __len__(self) -> int:
        return self._lines.count

    def add(self, consents: Iterable[tuple[int, ImportedConsent]]) -> None:
        """Add what was read of the file."""
        self._lines.add([self._line(number, consent) for number, consent in consents])

    def sort(self) -> None:
        """Sort them; none may be added from then on."""
        self._lines.sort()

    def batches(self, place: int, size: Callable[[], int]) -> Iterator[Consents]:
        """All after the first ``place``, in batches of at most as many as ``size`` says before each."""
        while lines := self._lines.some(place, size()):
            place += len(lines)
            yield tuple([(line[2], self._consent(*line)) for line in lines])

    def close(self) -> None:
        """Drop them."""
        self._lines.close()

    def _line(self, number: int, consent: ImportedConsent) -> tuple[object, ...]:
        recipient, evidence = consent.recipient, consent.evidence
        key, wire = recipient.key, recipient.wire
        return (
            recipient.channel, key, number, None if wire == key else wire, consent.is_stop, self._scopes_in(consent),
            consent.at, consent.hold, consent.reason, evidence,
        )  # fmt: skip

    def _scopes_in(self, consent: ImportedConsent) -> str:
        """What a consent covers, in JSON: made once for all that have the very same object."""
        scopes = consent.scopes
        known = self._written.get(id(scopes))
        if known is None or known[0] is not scopes:
            if len(self._written) >= MOST_KEPT:
                self._written.clear()
            known = scopes, orjson.dumps([(str(scope.kind), scope.id) for scope in scopes]).decode()
            self._written[id(scopes)] = known
        return known[1]

    def _consent(
        self,
        channel: str,
        key: str,
        _: int,
        wire: str | None,
        is_stop: bool,
        written: str,
        at: int | None,
        hold: bool,
        reason: str | None,
        evidence: dict[str, str] | None,
    ) -> ImportedConsent:
        recipient = Address(CHANNELS.get(channel, channel), wire or key, key)
        scopes = self._read.get(written) or self._scopes_of(written)
        said = None if evidence is None else Evidence(**evidence)
        return ImportedConsent(recipient, is_stop, scopes, at, hold, reason, said)

    def _scopes_of(self, written: str) -> tuple[Scope, ...]:
        if len(self._read) >= MOST_KEPT:
            self._read.clear()
        scopes = self._read[written] = tuple(Scope(ScopeKind(kind), id_) for kind, id_ in orjson.loads(written))
        return scopes
