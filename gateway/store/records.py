"""What the store gives back: frozen values, one for each kind of line."""

from dataclasses import dataclass, field

from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Source


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up brings: the recipient's standing opt-outs and the account's settings version (0: none yet)."""

    opt_outs: tuple[OptOut, ...]
    settings_version: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What is kept of an inbound message: its fingerprint, what it was, and the answer (TwiML) while that is kept."""

    fingerprint: str
    opt_out_type: str | None
    change: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery that was claimed: ``payload`` is text in the form its kind defines; ``attempts`` counts this one.

    Times are microseconds since 1970, UTC; ``lease`` has to be shown when it is ended or put off.
    """

    delivery_id: str
    account_sid: str
    kind: str
    payload: str
    attempts: int
    give_up_at: int
    created_at: int
    lease: str


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """One delivery as people read it: ``state`` is ``owed``, ``done`` or ``dead``; ``is_held`` while somebody tries it.

    Times are microseconds since 1970, UTC. ``payload`` holds a message's parameters and is not shown by itself.
    """

    delivery_id: str
    account_sid: str
    kind: str
    state: str
    attempts: int
    due_at: int
    give_up_at: int
    is_held: bool
    last_error: str | None
    created_at: int
    ended_at: int | None
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedOptOut:
    """One standing opt-out as people read it."""

    opt_out_id: str
    key: RecipientKey
    recipient: str
    scope: Scope
    hold: bool
    source: str
    actor: str
    effective_at: int
    received_at: int


def opt_out_of(row: tuple[object, ...]) -> OptOut:
    """Read (scope_kind, scope_id, standing, effective_at, source, hold)."""
    kind, scope_id, standing, effective_at, source, hold = row
    return OptOut(
        scope=Scope(ScopeKind(str(kind)), str(scope_id)),
        standing=bool(standing),
        effective_at=int(str(effective_at)),
        source=Source(str(source)),
        hold=bool(hold),
    )
