"""The consent history: what changed, for whom, and on what evidence."""

from typing import Final

from gateway.messaging.optouts import RecipientKey, Scope
from gateway.messaging.values import value

SCHEDULED: Final = "SCHEDULED"  # the type of an event that tells what an opt-out did to a scheduled message
SHADOW: Final = "SHADOW"  # the type of an event that tells that what shadow mode kept was dropped
BY_GATEWAY: Final = "gateway"


@value
class ConsentEvent:
    """One line of the append-only history.

    ``event_type`` is ``STOP``, ``START`` or ``HELP``; ``change`` a value of `gateway.messaging.consent.Change`. The
    type `SCHEDULED` changes nobody's consent: it tells what became of the scheduled message ``message_sid`` of somebody
    who opted out, its ``change`` is ``canceled`` or ``not_canceled``, and its ``reason`` says when it was due, and why.
    ``scopes`` is what was added or lifted (empty when nothing changed). ``recipient`` is the readable address beside
    the key. ``sender``, ``service_sid``, ``keyword``, ``keyword_set`` and ``message_sid`` are the evidence of a
    keyword and None otherwise; ``reason`` is an operator's, and ``hold`` tells that it marks or lifts what a
    recipient's opt-in never lifts. ``service_sid`` is the Messaging Service that a webhook named, else the one whose
    keyword set matched. ``service_version`` is the version of the Messaging Service's settings whose keyword
    set matched; None where the default sets did. ``enforced`` is False of what was learned in shadow mode, which
    changes the shadow list alone. The type `SHADOW` changes nobody's consent either: it tells what was dropped of that
    list. Times are microseconds since 1970, UTC:
    ``effective_at`` is when it counts from, ``received_at`` when the gateway learned it.
    """

    event_id: str
    key: RecipientKey
    recipient: str
    event_type: str
    change: str
    scopes: tuple[Scope, ...]
    source: str
    actor: str
    role: str
    settings_version: int
    effective_at: int
    received_at: int
    sender: str | None = None
    service_sid: str | None = None
    keyword: str | None = None
    keyword_set: str | None = None
    message_sid: str | None = None
    reason: str | None = None
    hold: bool = False
    service_version: int | None = None
    enforced: bool = True
