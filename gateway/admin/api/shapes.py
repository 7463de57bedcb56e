"""Shapes that several resources of the admin API have in common."""

from typing import Literal

from pydantic import Field

from gateway.admin.shapes import AccountBody, AccountQuery, Flag, FreeText, Recipient, Time, Told
from gateway.operations.actors import MOST_REASON

REASON = "Why, in one line; kept in the history."


class DryRun(AccountQuery):
    """A query that may ask to change nothing."""

    dry_run: Flag = Field(default=False, description="Only say what would change.")


class WhyBody(AccountBody):
    """A body that may say why."""

    reason: str | None = Field(default=None, min_length=1, max_length=MOST_REASON, description=REASON)


class DemandedWhyBody(AccountBody):
    """A body that says why."""

    reason: str = Field(min_length=1, max_length=MOST_REASON, description=REASON)


class ScopeTold(Told):
    """What an opt-out covers: a Messaging Service, a sender, or the account."""

    kind: Literal["service", "sender", "account"]
    id: str


class OptOutTold(Told):
    """A recipient's opt-out, where whose it is goes without saying."""

    scope: ScopeTold
    effective_at: Time
    source: str
    hold: bool


class EventTold(Told):
    """A line of the consent history."""

    event_id: str
    account_sid: str
    channel: str
    recipient: Recipient | None
    event_type: str
    change: str
    scopes: list[ScopeTold]
    source: str
    actor: str
    role: str
    settings_version: int
    effective_at: Time
    received_at: Time
    sender: str | None
    service_sid: str | None
    keyword: FreeText | None
    keyword_set: str | None
    service_version: int | None
    message_sid: str | None
    reason: FreeText | None
    hold: bool
    enforced: bool = Field(description="False: learned in shadow mode, where nothing is held back for it.")


class PlaceTold(Told):
    """A place of the settings, and what is said of it."""

    place: str
    detail: str
