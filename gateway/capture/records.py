"""The format of a capture, version 2: JSON lines, of which the first says what the file is (`Head`).

Behind it stands what was known when the capture began (`Account`, `Service`, `Pool`, `Placed`, `Left`, `OptOut`), then
what happened, one line each (`Traffic`, and `Gap` for what is missing). Times are microseconds since 1970, UTC. A
reader refuses a version or a key that it does not know: what changes a meaning, or adds one, makes a new version.

Version 1 lacks what tells of shadow mode (``enforcement``, ``senders_enforcement``, ``standing``, ``shadow``,
``enforced``, ``decided``) and of a send's own SID (``message_sid``). It is read as well: what is missing is as by
default.
"""

from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.messaging.handling import UnmanagedSenders
from gateway.messaging.opt_out_settings import BlockedMode, Enforcement, IntentMode, TwilioHandling
from gateway.messaging.optouts import ScopeKind, Source

VERSION: Final = 2

Kind = Literal["send", "inbound", "status", "event"]
Instant = Annotated[int, Field(ge=0, le=2**62)]
AccountSid = Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")]
ServiceSid = Annotated[str, Field(pattern=r"^MG[0-9a-f]{32}$")]


class WrongRecord(Exception):
    """A line that is no record of this format; the text names the field and what is wrong, without the value."""


class Record(BaseModel):
    """One line; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Head(Record):
    """What the file is. ``source`` made it; ``numbers`` and ``bodies`` say what stands in their places. Of the parts of
    a capture that was cut by size, numbered from 1 (``part``), the first alone holds the state.
    """

    record: Literal["head"] = "head"
    version: Literal[1, 2] = VERSION
    source: str
    at: Instant
    numbers: Literal["pseudonyms", "clear"]
    bodies: Literal["pseudonyms", "clear"]
    part: int = Field(default=1, ge=1)


class Account(Record):
    """An account of the settings: how it handles keywords, and where national numbers are read (ISO 3166). ``senders``
    and ``senders_enforcement`` are what single senders, by their keys, say themselves.
    """

    record: Literal["account"] = "account"
    account_sid: AccountSid
    default_region: str | None = None
    twilio_handling: TwilioHandling
    unmanaged_senders: UnmanagedSenders = UnmanagedSenders.RECORD
    reply_when_not_opted_out: bool = False
    help_when_opted_out: bool = False
    intent: IntentMode = IntentMode.REVIEW
    confirm_late: bool = False
    blocked: BlockedMode = BlockedMode.AUTO
    senders: dict[str, TwilioHandling] = Field(default_factory=dict)
    enforcement: Enforcement = Enforcement.ON
    senders_enforcement: dict[str, Enforcement] = Field(default_factory=dict)


class Service(Record):
    """The newest settings of a Messaging Service, as `gateway services export` writes them, without URLs."""

    record: Literal["service"] = "service"
    account_sid: AccountSid
    service_sid: ServiceSid
    version: int
    enabled: bool
    settings: dict[str, Any]


class Pool(Record):
    """The keys of the senders that a service's pool holds."""

    record: Literal["pool"] = "pool"
    account_sid: AccountSid
    service_sid: ServiceSid
    senders: tuple[str, ...]


class Placed(Record):
    """Senders and services whose place is known."""

    record: Literal["placed"] = "placed"
    account_sid: AccountSid
    names: tuple[str, ...]


class Left(Record):
    """A sender that was in services once, and until when it was."""

    record: Literal["left"] = "left"
    account_sid: AccountSid
    sender: str
    services: dict[ServiceSid, Instant]


class OptOut(Record):
    """One standing opt-out. ``recipient`` is its address on the wire, ``scope_id`` a service's SID, a sender's key or
    the account's SID. ``shadow``: it was said in shadow mode, beside the list; then it may be an opt-in (``standing``
    false), too.
    """

    record: Literal["opt_out"] = "opt_out"
    account_sid: AccountSid
    channel: str
    recipient: str
    scope_kind: ScopeKind
    scope_id: str
    source: Source
    hold: bool = False
    effective_at: Instant
    standing: bool = True
    shadow: bool = False


class Traffic(Record):
    """One request and what became of it: an app's send, an inbound webhook, a status callback, or a request of Event
    Streams.

    ``fields`` is its form, in order; ``items`` are an event stream's inbound messages. ``blocked`` is the header
    X-Gateway-Blocked. ``outcome`` and ``reason`` are the decision in the words of the log, None where the source of the
    capture does not tell. ``decided`` is the decision where the reason tells something else, as where an app failed
    and in shadow mode (``enforced`` false). ``confirmation`` is the gateway's own reply to a keyword, ``code`` the
    error's code in the answer, ``message_sid`` the message that the answer to a send tells of. ``at`` is when it came.
    """

    record: Kind
    at: Instant
    account_sid: AccountSid
    method: Literal["GET", "POST"] = "POST"
    path: str = Field(pattern=r"^/[!-~]*$")
    fields: tuple[tuple[str, str], ...] = ()
    items: tuple[dict[str, Any], ...] = ()
    blocked: str | None = None
    outcome: str | None = None
    reason: str | None = None
    scope: tuple[str, str] | None = None
    confirmation: str | None = None
    status: int | None = None
    code: int | None = None
    settings_version: int | None = None
    seconds: float | None = None
    upstream_seconds: float | None = None
    enforced: bool = True
    decided: str | None = None
    message_sid: str | None = Field(default=None, pattern=r"^(SM|MM)[0-9a-f]{32}$")

    def field(self, name: str) -> str | None:
        """The first value of a field of the form; None where there is none."""
        return next((value for given, value in self.fields if given == name), None)


class Gap(Record):
    """How many requests are missing hereabouts, as they came faster than they could be written."""

    record: Literal["gap"] = "gap"
    at: Instant
    missing: int


State = Account | Service | Pool | Placed | Left | OptOut
Line = Head | State | Traffic | Gap

_LINE: Final[TypeAdapter[Line]] = TypeAdapter(Annotated[Line, Field(discriminator="record")])
_VERSION: Final = ("head", "version")


def encode(line: Line) -> bytes:
    """A record as a line, its newline included; what is as by default is left out."""
    told = {"record": line.record} | line.model_dump(mode="json", exclude_defaults=not isinstance(line, Head))
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes) -> Line:
    """Read a line. Raises `WrongRecord`."""
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        raise WrongRecord(_told(error)) from None


def _told(error: ValidationError) -> str:
    """The first fault in one line: the field, and what is wrong with it."""
    fault = error.errors(include_url=False, include_input=False)[0]
    if fault["type"] == "json_invalid":
        return "it is not JSON"
    place = fault["loc"]
    if place == _VERSION:
        known = f"this gateway reads versions 1 to {VERSION}"
        return f"version: {known}; make the capture anew, or use the gateway that made it"
    name = ".".join(str(part) for part in place[1:])
    return f"{name}: {fault['msg']}" if name else fault["msg"]
