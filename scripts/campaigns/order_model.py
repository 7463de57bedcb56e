"""Who is opted out of what, by a reading of its own: nothing of the gateway's rules or store is used here.

Of each scope only two instants count: that of its latest opt-out and that of its latest opt-in, in whatever order they
were learned. It is opted out if the opt-in is not at least a second later. All times are microseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

SECOND: Final = 1_000_000
STOPS: Final = frozenset({"stop", "cancel", "unsubscribe"})
STARTS: Final = frozenset({"start", "unstop", "yes"})
CARRIERS_STARTS: Final = frozenset({"start", "unstop"})
NEVER: Final = -(10**18)

Scope = tuple[str, str]
"""``service`` or ``sender``, and which."""


@dataclass
class Standing:
    """The latest opt-out and opt-in of one scope."""

    out_at: int = NEVER
    in_at: int = NEVER

    @property
    def is_out(self) -> bool:
        """Whether it is opted out."""
        return self.out_at != NEVER and self.in_at < self.out_at + SECOND


@dataclass
class Model:
    """Consent of any number of phones towards senders, some of which stand in a service (``pools``)."""

    pools: Mapping[str, frozenset[str]]
    toll_free: frozenset[str]
    _phones: dict[str, dict[Scope, Standing]] = field(default_factory=dict)
    _heard: set[str] = field(default_factory=set)

    def hear(self, message: str, phone: str, sender: str, body: str, at: int) -> None:
        """A message became known, to count from then; only the first time counts."""
        if message in self._heard:
            return
        self._heard.add(message)
        word = body.strip().casefold()
        if word in STOPS:
            for sid in self._services(sender):
                self.opt_out(phone, ("service", sid), at)
            self.opt_out(phone, ("sender", sender), at)
        elif word in STARTS and (sender not in self.toll_free or word in CARRIERS_STARTS):
            for scope in self._let_in(sender):
                standing = self._of(phone, scope)
                standing.in_at = max(standing.in_at, at)

    def opt_out(self, phone: str, scope: Scope, at: int) -> None:
        """Somebody opted out of a scope."""
        standing = self._of(phone, scope)
        standing.out_at = max(standing.out_at, at)

    def lift(self, phone: str, scope: Scope, at: int) -> None:
        """An operator lifts what stands; what is known until then counts no more."""
        if self.is_out(phone, scope):
            self._phones[phone][scope] = Standing(in_at=at)

    def is_out(self, phone: str, scope: Scope) -> bool:
        """Whether a phone is opted out of a scope."""
        return self._of(phone, scope).is_out

    def scopes_out(self, phone: str) -> set[Scope]:
        """All that a phone is opted out of."""
        return {scope for scope, standing in self._phones.get(phone, {}).items() if standing.is_out}

    def forbids(self, phone: str, sender: str) -> bool:
        """Whether a message from a sender to a phone has to be held back."""
        scopes: list[Scope] = [("sender", sender), *(("service", sid) for sid in self._services(sender))]
        return any(self.is_out(phone, scope) for scope in scopes)

    def _services(self, sender: str) -> Iterable[str]:
        return [sid for sid, senders in self.pools.items() if sender in senders]

    def _let_in(self, sender: str) -> set[Scope]:
        scopes: set[Scope] = {("sender", sender)}
        for sid in self._services(sender):
            scopes |= {("service", sid), *(("sender", other) for other in self.pools[sid] - self.toll_free)}
        return scopes

    def _of(self, phone: str, scope: Scope) -> Standing:
        return self._phones.setdefault(phone, {}).setdefault(scope, Standing())
