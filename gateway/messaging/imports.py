"""What one line of an imported list does to a recipient's opt-outs. Pure.

Of two that disagree the later date counts, as everywhere; a STOP without a date counts from the beginning of the
import, so that it comes after whatever the list knew before. An opt-in has to have a date. What is marked ``hold`` is
never lifted by a line of a file, and a line that marks it comes after every opt-in of the recipient's own.

The list keeps of each scope its last change alone. So an opt-in that finds nothing to lift leaves its date there, and
a STOP that stands already is dated anew by a later one: the order of the lines does not matter to what is in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.messaging.addresses import Address
from gateway.messaging.consent import Change
from gateway.messaging.late import OptIn, let_in_again
from gateway.messaging.optouts import OptOut, Scope, Source, wins
from gateway.messaging.pools import Pools
from gateway.messaging.values import value

# Looked up once: nearly every line asks for them, and an enumeration is slow to find its members (Python 3.11).
ADDED: Final = Change.ADDED
IMPORT: Final = Source.IMPORT
DECIDED_BY_PEOPLE: Final = frozenset({Source.OPERATOR, Source.API})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a line of a message log says beside the consent: the message, and the keyword in the form of matching."""

    message_sid: str | None = None
    sender: str | None = None
    service_sid: str | None = None
    keyword: str | None = None


@value
class ImportedConsent:
    """One line of a list: whose consent it is, whether it is an opt-out (``is_stop``) or an opt-in, what it covers, and
    since when (microseconds since 1970, UTC; None: it does not say).
    """

    recipient: Address
    is_stop: bool
    scopes: tuple[Scope, ...]
    at: int | None
    hold: bool = False
    reason: str | None = None
    evidence: Evidence | None = None


@value
class Judged:
    """What a line does: ``after`` are the opt-outs that it changes, as they are then, and ``scopes`` what is added or
    lifted of them. Where ``after`` is empty nothing changes, and ``change`` says why: it stays as it is, it is
    outdated by something later, or on hold. ``is_told``: there is a line of history to write.
    """

    change: Change
    scopes: tuple[Scope, ...] = ()
    after: tuple[OptOut, ...] = ()
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the lines of one import that began at ``began`` (microseconds since 1970, UTC).

    ``renews_undated``: the list has opt-ins as well, so that a STOP without a date is dated anew where it stands.
    """

    began: int
    pools: Pools
    renews_undated: bool = False

    def judge(self, consent: ImportedConsent, last: Mapping[Scope, OptOut], opt_ins: Iterable[OptIn] = ()) -> Judged:
        """What a line does. ``last`` holds the recipient's opt-outs, standing and lifted, by scope; ``opt_ins`` are the
        opt-in keywords of the history that are later than the line.
        """
        if consent.is_stop:
            judged = self._stop(consent, last, opt_ins)
        elif consent.evidence is None:
            judged = self._start(consent, last)
        else:
            return self._keyword_start(consent, last, opt_ins)
        return judged if judged.is_told or not judged.after else replace(judged, is_told=True)

    def _stop(self, consent: ImportedConsent, last: Mapping[Scope, OptOut], opt_ins: Iterable[OptIn]) -> Judged:
        at = self.began if consent.at is None or consent.at > self.began else consent.at
        if len(consent.scopes) == 1 and consent.scopes[0] not in last and not opt_ins:  # as nearly every line of a list
            [scope] = consent.scopes
            new = OptOut(scope, standing=True, effective_at=at, source=IMPORT, hold=consent.hold)
            return Judged(ADDED, consent.scopes, (new,), is_told=True)
        added, renewed, is_outdated = [], [], False
        for scope in consent.scopes:
            before = last.get(scope)
            if before is not None and before.standing:
                anew = self._renewed(consent, at, before)
                renewed += [anew] if anew != before else []
            elif before is None or wins(True, at, before) or self._comes_after(consent, before):
                since = at if before is None else max(at, before.effective_at)
                added.append(OptOut(scope, standing=True, effective_at=since, source=Source.IMPORT, hold=consent.hold))
            else:
                is_outdated = True
        kept = let_in_again(added, opt_ins, self.pools) if added and opt_ins else tuple(added)
        standing = tuple(opt_out.scope for opt_out in kept if opt_out.standing)
        after = (*kept, *renewed)
        if standing:
            return Judged(Change.ADDED, standing, after)
        return Judged(Change.OUTDATED if is_outdated or kept else Change.STAYS, (), after)

    def _renewed(self, consent: ImportedConsent, at: int, before: OptOut) -> OptOut:
        counts = consent.at is not None or self.renews_undated
        since = max(at, before.effective_at) if counts else before.effective_at
        return replace(before, effective_at=since, hold=before.hold or consent.hold)

    @staticmethod
    def _comes_after(consent: ImportedConsent, before: OptOut) -> bool:
        """Whether a line that is on hold comes after an opt-in: unless a person lifted it."""
        return consent.hold and before.source not in DECIDED_BY_PEOPLE

    @staticmethod
    def _start(consent: ImportedConsent, last: Mapping[Scope, OptOut]) -> Judged:
        at = consent.at or 0
        lifted, noted, why_not = [], [], Change.NOTHING
        for scope in consent.scopes:
            before = last.get(scope)
            after = OptOut(scope, standing=False, effective_at=at, source=Source.IMPORT)
            if before is None or (not before.standing and at > before.effective_at):
                noted.append(after)
            elif before.standing and before.hold:
                why_not = Change.HELD
            elif before.standing and wins(False, at, before):
                lifted.append(after)
            elif before.standing:
                why_not = Change.OUTDATED
        if lifted:
            return Judged(Change.LIFTED, tuple(opt_out.scope for opt_out in lifted), (*lifted, *noted))
        return Judged(Change.NOTHING if noted else why_not, (), tuple(noted))

    def _keyword_start(
        self, consent: ImportedConsent, last: Mapping[Scope, OptOut], opt_ins: Iterable[OptIn]
    ) -> Judged:
        """What an opt-in keyword of a message log does. As with one from a webhook its line of history is what tells
        older STOPs of it, so that no dates are left at scopes where it finds nothing.
        """
        judged = self._start(consent, {scope: last[scope] for scope in consent.scopes if scope in last})
        after = tuple(opt_out for opt_out in judged.after if opt_out.scope in last)
        change = Change.STAYS if judged.change is Change.NOTHING else judged.change
        said_to = consent.evidence.sender if consent.evidence is not None else None
        is_known = any(known.effective_at == consent.at and known.message.sender.wire == said_to for known in opt_ins)
        if is_known and not judged.scopes:
            return Judged(change)
        return Judged(judged.change, judged.scopes, after, is_told=True)
