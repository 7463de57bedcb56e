"""What the store gives back: frozen values, one for each kind of line."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.optouts import OptOut, RecipientKey, Scope, ScopeKind, Shadow, Source
from gateway.messaging.services import MessagingService


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up brings: the recipient's opt-outs, standing and lifted, and the account's settings version (0:
    none).
    """

    opt_outs: tuple[OptOut, ...]
    settings_version: int

    @property
    def standing(self) -> tuple[OptOut, ...]:
        """Those that stand."""
        return tuple(opt_out for opt_out in self.opt_outs if opt_out.standing)


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
class Tried:
    """A try of a claimed delivery: ``outcome`` is ``done``, ``dead`` or ``put_off``, ``error`` why it is not done.

    ``ended_at`` is when the try ended, ``due_at`` when the next one of what is put off is due (microseconds since 1970,
    UTC). Of what is done nothing is kept but ``message_sid``.
    """

    delivery_id: str
    lease: str
    outcome: str
    error: str | None
    ended_at: int
    due_at: int
    message_sid: str = ""


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """One delivery as people read it: ``state`` is ``owed``, ``done`` or ``dead``; ``is_held`` while somebody tries it.

    Times are microseconds since 1970, UTC. ``payload`` holds a message's parameters and is not shown by itself.
    ``sink`` is the name of the sink that an event is owed to.
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
    sink: str | None = None


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


@dataclass(frozen=True, slots=True)
class TwilioService:
    """What Twilio says of a Messaging Service, beside its pool, and when it did (microseconds since 1970, UTC).

    One that drops incoming messages sends no webhook, so that no keyword of its senders is ever seen.
    """

    sid: str
    friendly_name: str
    drops_incoming: bool
    use_inbound_webhook_on_number: bool
    read_at: int = 0


@dataclass(frozen=True, slots=True)
class ServiceVersion:
    """One change of a Messaging Service's settings: the settings after it, what it was (``saved``, ``enabled``,
    ``disabled``, ``restored``, ``imported``), by whom, why, when, and the account's settings version that it made.
    """

    service: MessagingService
    change: str
    actor: str
    role: str
    reason: str | None
    settings_version: int
    saved_at: int


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A message that is no keyword but asks to stop; ``state`` is ``open``, ``accepted`` or ``dismissed``.

    ``words`` gave it away, by a ``rule`` for a ``language``. ``body`` is None once somebody decided.
    """

    review_id: str
    key: RecipientKey
    message_sid: str
    recipient: str
    sender: str
    service_sid: str | None
    body: str | None
    language: str
    rule: str
    words: tuple[str, ...]
    state: str
    received_at: int
    decided_at: int | None = None
    actor: str | None = None
    reason: str | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A send that was held back and told as accepted; times are microseconds since 1970, UTC.

    It counts as failed from ``failed_at`` on. ``recipient``, its key and ``body`` are None once they are forgotten;
    ``body`` is "" once it is redacted. ``sender`` is None where the send named a service alone.
    """

    account_sid: str
    message_sid: str
    recipient: str | None = field(repr=False)
    recipient_key: str | None = field(repr=False)
    sender: str | None
    service_sid: str | None
    body: str | None = field(repr=False)
    num_media: int
    error_code: int
    created_at: int
    failed_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ScheduledMessage:
    """A message that Twilio holds until ``send_at``; times are microseconds since 1970, UTC.

    ``state`` is ``standing``, ``canceled`` (because of an opt-out), ``not_canceled``, ``canceled_by_app`` or ``ended``
    (Twilio holds it no more), with ``why`` in words. One that was found at Twilio is due at ``send_at`` at the latest.
    """

    account_sid: str
    message_sid: str
    channel: str
    recipient_key: str = field(repr=False)
    recipient: str = field(repr=False)
    service_sid: str | None
    sender: str | None
    fallback_sender: str | None
    send_at: int
    state: str
    why: str | None
    created_at: int
    ended_at: int | None

    @property
    def key(self) -> RecipientKey:
        """Whose consent it depends on."""
        return RecipientKey(self.account_sid, self.channel, self.recipient_key)


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    """A link to the page of preferences: for whom and which Messaging Service, and who made it. It is good before
    ``expires_at`` (microseconds since 1970, UTC, as ``created_at``).
    """

    link_id: str
    key: RecipientKey = field(repr=False)
    recipient: str = field(repr=False)
    service_sid: str
    actor: str
    created_at: int
    expires_at: int


def service_of(row: tuple[object, ...]) -> MessagingService:
    """Read (service_sid, version, enabled, settings)."""
    sid, version, enabled, text = row
    return MessagingService(str(sid), int(str(version)), bool(enabled), settings_of(str(text)))


@lru_cache(maxsize=4_096)
def settings_of(text: str) -> OptOutSettings:
    """Read settings as they are kept; the same text is read once."""
    return OptOutSettings.model_validate_json(text)


def service_version_of(row: tuple[object, ...]) -> ServiceVersion:
    """Read the columns of one version."""
    change, actor, role, reason, settings_version, saved_at = row[4:]
    return ServiceVersion(
        service_of(row[:4]),
        str(change),
        str(actor),
        str(role),
        None if reason is None else str(reason),
        int(str(settings_version)),
        int(str(saved_at)),
    )


def review_item_of(row: tuple[Any, ...]) -> ReviewItem:
    """Read the columns of one review item."""
    review_id, account_sid, message_sid, channel, recipient_key, recipient, sender, service_sid, body, *rest = row
    language, rule, words, *more = rest
    key = RecipientKey(account_sid, channel, recipient_key)
    return ReviewItem(
        review_id,
        key,
        message_sid,
        recipient,
        sender,
        service_sid,
        body,
        language,
        rule,
        tuple(orjson.loads(words)),
        *more,
    )


def opt_out_of(row: tuple[object, ...]) -> OptOut:
    """Read (scope_kind, scope_id, standing, effective_at, source, hold), and the first three of shadow mode."""
    kind, scope_id, standing, effective_at, source, hold, *shadow = row
    return OptOut(
        scope=Scope(ScopeKind(str(kind)), str(scope_id)),
        standing=bool(standing),
        effective_at=int(str(effective_at)),
        source=Source(str(source)),
        hold=bool(hold),
        shadow=_shadow_of(*shadow) if shadow[0] is not None else None,
    )


def _shadow_of(standing: object, effective_at: object, source: object) -> Shadow:
    return Shadow(bool(standing), int(str(effective_at)), Source(str(source)))
