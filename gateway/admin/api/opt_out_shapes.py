"""What the admin API takes and tells of opt-outs and their history."""

from typing import Literal

from pydantic import Field

from gateway.admin.api.paging import AFTER, LIMIT, NEXT
from gateway.admin.api.shapes import EventTold, OptOutTold, ScopeTold
from gateway.admin.shapes import (
    MOST_ON_A_PAGE,
    PAGE,
    AccountBody,
    AccountQuery,
    Identifier,
    Instant,
    Limit,
    Recipient,
    ServiceSid,
    Time,
    Told,
)
from gateway.operations.actors import MOST_REASON

MOST_ADDRESS = 300  # characters of a recipient or a sender, in any spelling
RECIPIENT = "Whose consent it is: a number in any spelling, or an address as whatsapp:+1…."
SINCE = "Learned at this time or later."

SourceName = Literal["keyword", "twilio", "operator", "import", "api", "page", "deactivations"]


class OptOutsQuery(AccountQuery):
    """Which standing opt-outs to list."""

    scope_kind: Literal["service", "sender", "account"] | None = Field(default=None, description="What is covered.")
    service_sid: ServiceSid | None = Field(default=None, description="Those of this Messaging Service.")
    channel: str | None = Field(default=None, pattern="^[a-z]{1,16}$", description="As phone, whatsapp, messenger.")
    source: SourceName | None = Field(default=None, description="How it was learned.")
    since: Instant | None = Field(default=None, description="In force from this time or later.")
    after: Identifier | None = Field(default=None, description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)


class WhomBody(AccountBody):
    """A recipient."""

    recipient: str = Field(min_length=1, max_length=MOST_ADDRESS, description=RECIPIENT)


class SearchBody(WhomBody):
    """A recipient, and which page of what there is."""

    after: Identifier | None = Field(default=None, description=AFTER)
    limit: int = Field(default=PAGE, ge=1, le=MOST_ON_A_PAGE, description=LIMIT)


class AddBody(WhomBody):
    """An opt-out to add: what it covers is said by one of ``service_sid``, ``sender`` and ``account_wide``."""

    service_sid: str | None = Field(default=None, description="It covers this Messaging Service (MG…).")
    sender: str | None = Field(default=None, max_length=MOST_ADDRESS, description="It covers this sender.")
    account_wide: bool = Field(default=False, description="It covers all senders of the account.")
    hold: bool = Field(default=False, description="Not to be lifted by the recipient's own opt-in.")
    reason: str | None = Field(default=None, max_length=MOST_REASON, description="Why; kept in the history.")


class LiftBody(AccountBody):
    """Why an opt-out is lifted."""

    reason: str = Field(min_length=1, max_length=MOST_REASON, description="Why; kept in the history.")
    even_held: bool = Field(default=False, description="Also what is on hold.")


class CheckBody(WhomBody):
    """What to check: with a service or a sender also whether a send would go; or what stood at a time."""

    service_sid: str | None = Field(default=None, description="Would a send by this service (MG…) go?")
    sender: str | None = Field(default=None, max_length=MOST_ADDRESS, description="Would a send from this sender go?")
    at: Instant | None = Field(default=None, description="What stood at this time, not now.")


class EventsQuery(AccountQuery):
    """Which consent events to list."""

    channel: str | None = Field(default=None, pattern="^[a-z]{1,16}$", description="As phone, whatsapp, messenger.")
    event_type: str | None = Field(default=None, pattern="^[A-Z_]{1,32}$", description="As STOP, START or HELP.")
    change: str | None = Field(default=None, pattern="^[a-z_]{1,32}$", description="As added, lifted or nothing.")
    source: SourceName | None = Field(default=None, description="How it was learned.")
    service_sid: ServiceSid | None = Field(default=None, description="Keywords sent to this Messaging Service.")
    message_sid: str | None = Field(default=None, pattern="^[A-Z]{2}[0-9a-f]{32}$", description="Of this message.")
    since: Instant | None = Field(default=None, description=SINCE)
    until: Instant | None = Field(default=None, description="Learned before this time.")
    after: Identifier | None = Field(default=None, description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)


class LearnedInShadowTold(Told):
    """What was learned of a line in shadow mode; it counts once it is adopted."""

    standing: bool
    effective_at: Time
    source: str
    event_id: str


class OptOutLineTold(Told):
    """One line of the blocklist; ``event_id`` is the event of its last change."""

    opt_out_id: str
    account_sid: str
    channel: str
    recipient: Recipient
    scope: ScopeTold
    standing: bool
    hold: bool
    source: str
    actor: str
    role: str
    settings_version: int
    event_id: str
    effective_at: Time
    received_at: Time
    shadow: LearnedInShadowTold | None


class ListedTold(Told):
    """One standing opt-out of a list."""

    opt_out_id: str
    account_sid: str
    channel: str
    recipient: Recipient
    scope: ScopeTold
    hold: bool
    source: str
    actor: str
    effective_at: Time
    received_at: Time


class OptOutsTold(Told):
    """One page of the blocklist."""

    opt_outs: list[ListedTold]
    next: str | None = Field(description="The after of the next page; null after the last.")


class LinesTold(Told):
    """One page of a recipient's lines, standing and lifted."""

    account_sid: str
    opt_outs: list[OptOutLineTold]
    next: str | None = Field(description=NEXT)


class DecisionTold(Told):
    """Whether a send would go."""

    outcome: Literal["forward", "suppress"]
    reason: str
    scope: ScopeTold | None
    enforced: bool = Field(description="False: in shadow mode, where a send goes whatever the outcome.")


class CheckedTold(Told):
    """What stands for a recipient or, with ``at``, what stood then; and whether the send asked about would go."""

    account_sid: str
    channel: str
    recipient: Recipient
    at: Time | None
    standing: list[OptOutTold]
    decision: DecisionTold | None


class ChangedTold(Told):
    """What an addition or a lift did, and what stands now."""

    account_sid: str
    channel: str
    recipient: Recipient
    opt_out_id: str | None
    change: str
    event_id: str
    scopes: list[ScopeTold]
    held: list[ScopeTold]
    standing: list[OptOutTold]


class EventsTold(Told):
    """One page of the history."""

    events: list[EventTold]
    next: str | None = Field(description="The after of the next page; null after the last.")


class HistoryTold(Told):
    """One page of what happened to a recipient's consent, oldest first."""

    account_sid: str
    events: list[EventTold]
    next: str | None = Field(description=NEXT)
