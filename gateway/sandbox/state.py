"""Everything the sandbox knows: accounts, senders, services, messages, phones and opt-outs.

Changes happen between two awaits only, so that no request sees half of one.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from gateway.pages import Changes
from gateway.sandbox.addresses import is_alphanumeric, is_short_code, phone_of
from gateway.sandbox.clock import Clock
from gateway.sandbox.seeds import (
    Handling,
    SandboxAccount,
    SandboxKeywordSet,
    SandboxNumber,
    SandboxPhone,
    SandboxService,
    Seeds,
)
from gateway.sandbox.sids import Sids, sid_of

Direction = Literal["inbound", "outbound-api", "outbound-reply"]


def now() -> datetime:
    """The present in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Number:
    """A sender of an account and where its inbound messages go."""

    sid: str
    account_sid: str
    number: str
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    friendly_name: str = ""
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(slots=True)
class Service:
    """A Messaging Service; `senders` is its pool in the order of joining."""

    sid: str
    account_sid: str
    friendly_name: str
    senders: list[str] = field(default_factory=list)
    alpha_senders: list[str] = field(default_factory=list)
    destination_alpha_senders: list[tuple[str, str]] = field(default_factory=list)
    """Sender IDs for one country each, with its ISO 3166 code."""

    advanced_opt_out: tuple[SandboxKeywordSet, ...] | None = None
    inbound_request_url: str | None = None
    inbound_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = None
    use_inbound_webhook_on_number: bool = False
    sticky_sender: bool = True
    mms_converter: bool = True
    smart_encoding: bool = True
    fallback_to_long_code: bool = True
    scan_message_content: str = "inherit"
    area_code_geomatch: bool = True
    synchronous_validation: bool = False
    validity_period: int = 36000
    usecase: str = "undeclared"
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)

    @property
    def sender_ids(self) -> list[str]:
        """Every alphanumeric sender ID in the pool, those for one country as well."""
        return self.alpha_senders + [sender for sender, _ in self.destination_alpha_senders]


@dataclass(frozen=True, slots=True)
class Message:
    """A Message resource as it stands; each change of status makes a new one under the same SID."""

    sid: str
    account_sid: str
    to: str
    body: str
    direction: Direction
    status: str
    sender: str | None = None
    """What stands in `from`; None with a Messaging Service until a sender is chosen."""

    media_urls: tuple[str, ...] = ()
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    send_at: datetime | None = None
    error_code: int | None = None
    error_message: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    sent: datetime | None = None
    in_reply_to: str | None = None
    """SID of the inbound message whose TwiML sent this one."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message on a phone's screen; `sid` is None for automatic replies, which have no Message resource."""

    sid: str | None
    sender: str
    to: str
    body: str
    media_urls: tuple[str, ...] = ()
    direction: str = "outbound-api"
    received_at: datetime = field(default_factory=now)


@dataclass(slots=True)
class Sink:
    """Where events go: a sink of Event Streams, with its configuration as it was given."""

    sid: str
    account_sid: str
    description: str
    sink_type: str
    configuration: dict[str, object]
    status: str
    created: datetime
    updated: datetime
    test_id: str | None = None


@dataclass(slots=True)
class Subscription:
    """What a sink gets: event types, each with its schema version; those of sub-accounts as well, if it says so."""

    sid: str
    account_sid: str
    sink_sid: str
    description: str
    types: dict[str, int]
    with_subaccounts: bool
    created: datetime
    updated: datetime


class World:
    """The sandbox's memory, made from seeds."""

    def __init__(self, seeds: Seeds) -> None:
        self.changes = Changes()
        """Told of whatever a page may show."""

        self.sids = Sids(seeds.sid_seed)
        self.begin(seeds)

    def begin(self, seeds: Seeds) -> None:
        """Forget everything and begin with the seeds; SIDs go on, since who is behind a webhook remembers them."""
        self.clock = Clock()
        self.accounts: dict[str, SandboxAccount] = {account.sid: account for account in seeds.accounts}
        self.numbers: dict[str, Number] = {seed.number: number_from(seed) for seed in seeds.numbers}
        self.services: dict[str, Service] = {seed.sid: _service_from(seed) for seed in seeds.services}
        self.messages: dict[str, Message] = {}
        self.inboxes: dict[str, list[ReceivedMessage]] = {}
        self.phones: dict[str, SandboxPhone] = {phone_of(each.number): each for each in seeds.phones}
        """Phones that the page shows before they have a message, by number."""

        self.sinks: dict[str, Sink] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.opt_outs: set[tuple[str, str]] = set()
        """Twilio's block list: the Service or sender that is blocked, and the recipient's consent address."""

        self.carrier_opt_outs: set[tuple[str, str]] = set()
        """The carriers' own block list: toll-free number and phone."""

        self.consent_calls: dict[str, deque[float]] = {}
        """When each account called the Consents API, within the last minute."""

        self.consent_calls_per_minute = seeds.consent_calls_per_minute
        self.failing_consent_items: int | None = 0
        """Items of the Consents API that are yet to fail by an error of Twilio's own; None: all."""

        self.deactivations: dict[str, tuple[str, ...]] = {}
        """Deactivated numbers by the day (YYYY-MM-DD); of other days there is no file."""

        self.last_sender: dict[tuple[str, str], str] = {}
        """The sender that last spoke with a phone, by service and recipient: Twilio's Sticky Sender."""

        usual: Handling = "default" if seeds.twilio_handling else "off"
        self.handling: dict[str, Handling] = {each.sid: each.twilio_handling or usual for each in seeds.accounts}
        self.started = self.clock.now()

    @property
    def twilio_handling(self) -> bool:
        """Whether Twilio's own default opt-out handling is on in any account."""
        return "default" in self.handling.values()

    def service_of(self, sender: str) -> Service | None:
        """The Messaging Service whose pool holds the sender; a sender is in at most one."""
        return next((service for service in self.services.values() if sender in service.senders), None)

    def number_of_sid(self, sid: str) -> Number | None:
        """The sender whose resource has this SID."""
        return next((number for number in self.numbers.values() if number.sid == sid), None)

    def numbers_of(self, account_sid: str) -> Iterator[Number]:
        """The account's senders in seed order."""
        return (number for number in self.numbers.values() if number.account_sid == account_sid)

    def deliver(self, message: ReceivedMessage) -> None:
        """Put a message on the phone it is addressed to."""
        self.inboxes.setdefault(phone_of(message.to), []).append(message)
        self.changes.tell()


def number_from(seed: SandboxNumber) -> Number:
    """The sender as a resource: its SID is the same in every run."""
    return Number(
        sid=sid_of(_sid_prefix(seed.number), seed.number),
        account_sid=seed.account_sid,
        number=seed.number,
        sms_url=seed.sms_url,
        sms_method=seed.sms_method,
        sms_fallback_url=seed.sms_fallback_url,
        sms_fallback_method=seed.sms_fallback_method,
        friendly_name=seed.number,
    )


def _sid_prefix(number: str) -> str:
    if is_short_code(number):
        return "SC"
    if is_alphanumeric(number):
        return "AI"
    return "PN" if number.startswith("+") else "XE"


def _service_from(seed: SandboxService) -> Service:
    return Service(
        sid=seed.sid,
        account_sid=seed.account_sid,
        friendly_name=seed.friendly_name,
        senders=list(seed.senders),
        inbound_request_url=seed.inbound_request_url,
        inbound_method=seed.inbound_method,
        fallback_url=seed.fallback_url,
        fallback_method=seed.fallback_method,
        status_callback=seed.status_callback,
        use_inbound_webhook_on_number=seed.use_inbound_webhook_on_number,
        alpha_senders=list(seed.alpha_senders),
        destination_alpha_senders=list(seed.destination_alpha_senders),
        advanced_opt_out=seed.advanced_opt_out,
    )
