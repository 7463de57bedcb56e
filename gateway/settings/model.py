"""What can be set: one class a section, each value checked and then unchangeable."""

from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from gateway.messaging.deactivation import Deactivated
from gateway.messaging.handling import UnmanagedSenders
from gateway.messaging.opt_out_settings import BlockedMode, Enforcement, TwilioHandling
from gateway.messaging.targets import Method
from gateway.settings.values import (
    AccountSid,
    AuthToken,
    DatabaseUrl,
    IpNetwork,
    ListenAddress,
    Origin,
    Ports,
    ProductUrl,
    Region,
    Section,
    SenderNumber,
    ServiceSid,
    TwilioEdge,
    TwilioRegion,
    UncheckedProduct,
    WebUrl,
)


class ServiceSettings(Section):
    """A Messaging Service whose pool is stated in the settings, beside what Twilio says of it."""

    sid: ServiceSid = Field(description="The Messaging Service's SID.")
    senders: tuple[SenderNumber, ...] = Field(default=(), description="Senders that are in its pool, numbers in full.")


class SenderSettings(Section):
    """What is set for a single sender; it comes before its service's and its account's settings."""

    sender: SenderNumber = Field(description="The sender, a number in full.")
    twilio_handling: TwilioHandling | None = Field(
        default=None, description="Who else handles its keywords; unset: as its service or account says."
    )
    enforcement: Enforcement | None = Field(
        default=None, description="on or shadow; unset: as its service or account says."
    )
    app_url: WebUrl | None = Field(
        default=None, repr=False, description="Where messages to this sender are relayed to."
    )
    app_fallback_url: WebUrl | None = Field(
        default=None, repr=False, description="Where they are relayed to when its app_url fails."
    )
    app_method: Method = Field(default=Method.POST, description="How its app_url is asked: POST or GET.")
    app_fallback_method: Method = Field(default=Method.POST, description="The same for its app_fallback_url.")


class AccountSettings(Section):
    """One Twilio account whose traffic goes through the gateway."""

    sid: AccountSid = Field(description="The account's SID.")
    auth_tokens: tuple[AuthToken, ...] = Field(
        min_length=1,
        description="Auth Tokens that sign its webhooks and prove its calls; the first signs what is relayed.",
    )
    twilio_handling: TwilioHandling = Field(
        description="Who else handles keywords: off (Twilio's Support has removed its handling), default, or aoo."
    )
    enforcement: Enforcement = Field(
        default=Enforcement.ON,
        description="on, or shadow: all is decided and recorded, nothing is held back or answered.",
    )
    default_region: Region | None = Field(
        default=None,
        description="ISO 3166 country in which recipients without + are read when From does not tell.",
    )
    subaccounts: bool = Field(
        default=False, description="Whether its sub-accounts, proved by Twilio, may send by its settings."
    )
    api_region: TwilioRegion | None = Field(
        default=None, description="Twilio's region in which the account is, as ie1; its calls go there."
    )
    api_edge: TwilioEdge | None = Field(
        default=None, description="The edge through which the region is reached, as dublin."
    )
    api_url: Origin | None = Field(
        default=None, description="Twilio's REST API for this account, in the place of region and edge."
    )
    messaging_url: Origin | None = Field(
        default=None, description="Twilio's Messaging API for this account, in the place of region and edge."
    )
    # These may hold a user and a password, so they do not print.
    app_url: WebUrl | None = Field(default=None, repr=False, description="Where inbound messages are relayed to.")
    app_fallback_url: WebUrl | None = Field(
        default=None, repr=False, description="Where an inbound message is relayed to when app_url fails."
    )
    app_method: Method = Field(default=Method.POST, description="How app_url is asked: POST or GET.")
    app_fallback_method: Method = Field(default=Method.POST, description="How app_fallback_url is asked.")
    unmanaged_senders: UnmanagedSenders = Field(
        default=UnmanagedSenders.RECORD,
        description="Keywords on short codes and WhatsApp senders: record (in force, no reply) or ignore.",
    )
    reply_when_not_opted_out: bool = Field(
        default=False, description="Confirm an opt-in keyword of somebody who was not opted out."
    )
    help_when_opted_out: bool = Field(default=False, description="Answer HELP of somebody who is opted out.")
    confirm_late: bool = Field(
        default=False, description="Send the confirmation of a keyword whose webhook never came as a message."
    )
    intent: Literal["review", "off"] = Field(
        default="review",
        description="Whether bodies that are no keyword but plainly ask to stop are put on the review list.",
    )
    blocked: BlockedMode = Field(
        default=BlockedMode.AUTO,
        description="How a blocked send fails: at once (sync), later (async), or as Twilio does it (auto).",
    )
    lead_status_callbacks: bool = Field(
        default=False,
        description="Whether status callbacks of sends are led through the gateway, which learns from them.",
    )
    deactivated: Deactivated = Field(
        default=Deactivated.FLAG,
        description="What becomes of opt-outs of US numbers that Twilio tells are deactivated: keep, flag or expire.",
    )
    mirror: Literal["off", "on"] = Field(
        default="off", description="Whether Twilio's Consents API is told of each opt-out and its lift."
    )
    senders: tuple[SenderSettings, ...] = Field(default=(), description="What is set for single senders.")
    services: tuple[ServiceSettings, ...] = Field(
        default=(), description="Messaging Services stated here, beside what Twilio says of them."
    )

    @model_validator(mode="after")
    def _each_service_once(self) -> "AccountSettings":
        sids = [service.sid for service in self.services]
        if len(set(sids)) != len(sids):
            raise ValueError("services: the same sid stands twice; list all its senders in one")
        senders = [given.sender for given in self.senders]
        if len(set(senders)) != len(senders):
            raise ValueError("senders: the same sender stands twice")
        return self

    @model_validator(mode="after")
    def _region_with_its_edge(self) -> "AccountSettings":
        # Hosts without an edge ended on 28 April 2026, us1's excepted (Twilio changelog).
        if self.api_region not in {None, "us1"} and self.api_edge is None:
            raise ValueError("api_edge: api_region needs an edge, as dublin for ie1 or sydney for au1")
        return self


class TwilioSettings(Section):
    """Where Twilio is."""

    api_url: Origin = Field(default="https://api.twilio.com", description="Twilio's REST API.")
    messaging_url: Origin = Field(default="https://messaging.twilio.com", description="Twilio's Messaging API.")
    accounts_url: Origin = Field(default="https://accounts.twilio.com", description="Twilio's Consents API.")
    product_url: ProductUrl = Field(
        default="https://{product}.twilio.com", description="Twilio's other products; {product} is lookups, verify…"
    )
    allow_unchecked: tuple[UncheckedProduct, ...] = Field(
        default=(), description="Products whose calls may create messages that nobody checks."
    )
    answer_seconds: float = Field(default=30.0, gt=0, le=300, description="How long to wait for an answer.")
    most_connections: int = Field(default=256, ge=1, le=10_000, description="Connections to each of them.")
    sync_seconds: float = Field(
        default=300.0, ge=0, description="How often sender pools are read from Twilio; 0 never."
    )
    gap_seconds: float = Field(
        default=300.0,
        ge=0,
        description="How often Twilio's list is read for keywords whose webhook never came, and at start; 0 never.",
    )
    ready_after_gaps: bool = Field(
        default=False, description="Whether /readyz waits until that list has been read once since the start."
    )

    @model_validator(mode="after")
    def _gaps_that_are_waited_for_are_closed(self) -> "TwilioSettings":
        if self.ready_after_gaps and not self.gap_seconds:
            raise ValueError("ready_after_gaps: needs gap_seconds above 0, else it would wait for ever")
        return self


class AppsSettings(Section):
    """Which addresses URLs of apps, callbacks and sinks may lead to, beside public ones."""

    allow_private: tuple[IpNetwork, ...] = Field(
        default=(), description="Networks that are not public and may be reached all the same, as 10.1.0.0/16."
    )
    allow_ports: tuple[Ports, ...] = Field(
        default=(), description="Ports, or ranges of them, that may be reached beside 80 and 443."
    )


class PreferencesSettings(Section):
    """The page on which recipients leave a Messaging Service and come back."""

    company: str = Field(default="", max_length=60, description="Who texts, as the page says it; unset: no name.")
    link_days: int = Field(default=90, ge=1, le=400, description="How long a link to the page is good.")


class RetentionSettings(Section):
    """How long what somebody wrote, was sent or was told is kept; opt-outs and their history are kept for ever."""

    answer_hours: int = Field(
        default=48, ge=1, le=720, description="Answers to inbound messages, to be given again to a repetition."
    )
    held_message_hours: int = Field(
        default=168,
        ge=1,
        le=9600,
        description="How long To and Body of a message that was held back can be read; after that its SID and status.",
    )
    review_body_days: int = Field(
        default=30, ge=1, le=365, description="Bodies on the review list on which nobody has decided."
    )
    dead_delivery_days: int = Field(
        default=30, ge=1, le=365, description="Deliveries that were given up, with what they hold."
    )
    done_delivery_days: int = Field(
        default=7, ge=1, le=90, description="That a delivery was made; what it held goes at once."
    )
    scheduled_message_days: int = Field(
        default=30, ge=1, le=365, description="Recipients of scheduled messages, after the time they were due."
    )
    seen_event_hours: int = Field(
        default=48, ge=5, le=720, description="Identifiers of Twilio's events, which it may repeat for four hours."
    )


class EventsSettings(Section):
    """How much is kept for sinks that do not take their events."""

    most_owed: int = Field(
        default=100_000,
        ge=1,
        le=10_000_000,
        description="Events a sink is owed at most; the oldest beyond become dead letters, of which as many are kept.",
    )


class ImportsSettings(Section):
    """What may be imported by the admin API."""

    most_body_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024,
        le=16 * 1024 * 1024 * 1024,
        description="The largest file of opt-outs that the admin API takes; the command line takes any.",
    )


class ActivitySettings(Section):
    """How long it is kept what was decided about messages, and what reports count."""

    keep_days: int = Field(
        default=30, ge=0, le=400, description="How long lines of activity are kept; 0: none is ever written."
    )
    keep_counts_days: int = Field(default=1_100, ge=1, le=10_000, description="How long reports reach back.")


class CaptureSettings(Section):
    """Whether traffic is written down, to be played again."""

    file: Path | None = Field(
        default=None,
        description="Traffic is captured in files of this name, in a folder that exists; unset, not.",
    )
    numbers: Literal["pseudonyms", "clear"] = Field(
        default="pseudonyms", description="What stands in the place of numbers: others of the same kind, or themselves."
    )
    bodies: Literal["pseudonyms", "clear"] = Field(
        default="pseudonyms", description="What stands in the place of bodies of more than a word."
    )
    part_bytes: int = Field(
        default=100 * 1024 * 1024, ge=64 * 1024, description="How large a file becomes before the next is begun."
    )
    most_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=64 * 1024,
        description="How large all files of this name may become; then the capture ends.",
    )


class LogSettings(Section):
    """What is logged and how."""

    format: Literal["json", "console"] = Field(default="json", description="One JSON object a line, or for the eye.")
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least that is logged.")


class TlsSettings(Section):
    """A listener's certificate; both or neither."""

    certificate: Path = Field(description="File with the certificate chain (PEM).")
    key: Path = Field(description="File with its private key (PEM).")


class Settings(Section):
    """Everything that can be set."""

    listen: ListenAddress = Field(default="127.0.0.1:8080", description="The traffic listener, for apps.")
    webhook_listen: ListenAddress | None = Field(
        default=None,
        description="A listener of its own for Twilio's webhooks; unset, they come to the traffic listener.",
    )
    traffic_url: Origin | None = Field(
        default=None,
        description="How apps see the traffic listener; unset, page URLs name the address that a request came to.",
    )
    admin_listen: ListenAddress = Field(default="127.0.0.1:8081", description="The admin listener, for operators.")
    public_url: Origin = Field(
        default="http://127.0.0.1:8080",
        description="How Twilio sees the webhook listener; signatures are made over it.",
    )
    database_url: DatabaseUrl = Field(
        default="sqlite:///gateway.db",
        repr=False,
        description="The store: sqlite:///FILE or postgresql://…, with ?pgbouncer=true behind a pooler.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="How many processes serve, on the same addresses.")
    secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Root key for tokens and keyed hashes, equal on all replicas; unset, one is kept in the store.",
    )
    admin_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Token for /metrics and the admin API; unset, one is made at the first start and shown once.",
    )
    twilio: TwilioSettings = Field(default=TwilioSettings(), description="Where Twilio is.")
    apps: AppsSettings = Field(default=AppsSettings(), description="Where apps may be.")
    events: EventsSettings = Field(default=EventsSettings(), description="Backlogs of sinks.")
    preferences: PreferencesSettings = Field(default=PreferencesSettings(), description="The page of preferences.")
    retention: RetentionSettings = Field(default=RetentionSettings(), description="How long things are kept.")
    imports: ImportsSettings = Field(default=ImportsSettings(), description="Imports by the admin API.")
    activity: ActivitySettings = Field(default=ActivitySettings(), description="What is kept for reports.")
    capture: CaptureSettings = Field(default=CaptureSettings(), description="The capture of traffic.")
    logs: LogSettings = Field(default=LogSettings(), description="What is logged and how.")
    tls: TlsSettings | None = Field(default=None, description="Certificate of the traffic listener.")
    webhook_tls: TlsSettings | None = Field(default=None, description="Certificate of the webhook listener.")
    admin_tls: TlsSettings | None = Field(default=None, description="Certificate of the admin listener.")
    accounts: tuple[AccountSettings, ...] = Field(default=(), description="The accounts.")

    @model_validator(mode="after")
    def _each_account_once(self) -> "Settings":
        sids = [account.sid for account in self.accounts]
        if len(set(sids)) != len(sids):
            raise ValueError("accounts: the same sid stands twice")
        return self
