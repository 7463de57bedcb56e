"""What a sandbox begins with, and what it returns to on a reset. Every value here is made up."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Handling = Literal["off", "default"]
"""Twilio's own opt-out handling in an account: removed by its Support, or by its default keywords."""

KeywordType = Literal["STOP", "START", "HELP"]

HANDLINGS: tuple[str, ...] = get_args(Handling)
KEYWORD_TYPES: tuple[str, ...] = get_args(KeywordType)


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An account and its credentials; the first auth token is the primary one, which signs the webhooks."""

    sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    api_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    restricted_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """API keys that may read, and create no messages."""

    bearer_tokens: tuple[str, ...] = field(default=(), repr=False)
    """Access tokens of OAuth2 clients; they name no account, the path does."""

    parent: str | None = None
    """SID of the account whose credentials are good for this one as well."""

    friendly_name: str = "Sandbox"
    twilio_handling: Handling | None = None
    """Twilio's own opt-out handling in this account; None: as the seeds say for all."""


@dataclass(frozen=True, slots=True)
class SandboxNumber:
    """A sender of an account: an E.164 number, a short code, `whatsapp:+…`, `rcs:…` or a sender ID such as `ACME`."""

    account_sid: str
    number: str
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"


@dataclass(frozen=True, slots=True)
class SandboxKeywordSet:
    """Keywords of one type and their reply, as Twilio's Advanced Opt-Out has them.

    With a `country` (ISO 3166) it is a country override, with a `language` alone it is language-specific, with
    neither it is standard. The reserved words need not be named.
    """

    keyword_type: KeywordType
    keywords: tuple[str, ...]
    reply: str
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SandboxService:
    """A Messaging Service with its sender pool; the URL fields mean what Twilio's Service resource says."""

    sid: str
    account_sid: str
    friendly_name: str = "Sandbox service"
    senders: tuple[str, ...] = ()
    inbound_request_url: str | None = None
    inbound_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    use_inbound_webhook_on_number: bool = False
    status_callback: str | None = None
    alpha_senders: tuple[str, ...] = ()
    destination_alpha_senders: tuple[tuple[str, str], ...] = ()
    """Sender IDs for one country each, with its ISO 3166 code: `(("ACME", "FR"),)`."""

    advanced_opt_out: tuple[SandboxKeywordSet, ...] | None = None
    """The keyword sets of Twilio's Advanced Opt-Out; None: it is not enabled."""


@dataclass(frozen=True, slots=True)
class SandboxPhone:
    """A phone that the page shows from the start; every other number is some phone's as well."""

    number: str
    writes_to: str = ""
    """The sender that its form proposes; empty: the first one."""

    words: tuple[str, ...] = ("STOP", "START", "HELP")
    """Messages that it sends by one press."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """Accounts, their senders and services, and how the sandbox behaves."""

    accounts: tuple[SandboxAccount, ...]
    numbers: tuple[SandboxNumber, ...] = ()
    services: tuple[SandboxService, ...] = ()
    twilio_handling: bool = False
    """Whether Twilio's own default opt-out handling is on in accounts that do not say it themselves."""

    status_step_seconds: float = 0.02
    """Time between two statuses of an outbound message."""

    event_retry_seconds: float = 0.1
    """Pause before an event that was not taken is delivered again; it doubles up to one second."""

    consent_calls_per_minute: int = 100
    """Calls of the Consents API that an account may make in any 60 seconds (Twilio, Consent Management API)."""

    phones: tuple[SandboxPhone, ...] = ()
    sid_seed: int | None = None
    """With a number, messages and services that come into being have the same SIDs in every run."""


DEMO_ACCOUNT = "AC" + "5a" * 16
DEMO_SERVICE = "MG" + "5a" * 16
INTERNATIONAL_SERVICE = "MG" + "5b" * 16
_DEMO_TOKEN = "fa4e" * 8

DEFAULT_SEEDS = Seeds(
    accounts=(SandboxAccount(sid=DEMO_ACCOUNT, auth_tokens=(_DEMO_TOKEN,), friendly_name="Demo"),),
    numbers=(
        SandboxNumber(DEMO_ACCOUNT, "+12025550101"),
        SandboxNumber(DEMO_ACCOUNT, "+12025550102"),
        SandboxNumber(DEMO_ACCOUNT, "+12025550103"),
        SandboxNumber(DEMO_ACCOUNT, "+18005550104"),
        SandboxNumber(DEMO_ACCOUNT, "55501"),
        SandboxNumber(DEMO_ACCOUNT, "whatsapp:+12025550105"),
        SandboxNumber(DEMO_ACCOUNT, "rcs:demo_agent"),
        SandboxNumber(DEMO_ACCOUNT, "+447700900106"),
        SandboxNumber(DEMO_ACCOUNT, "+525550100107"),
        SandboxNumber(DEMO_ACCOUNT, "+33639980108"),
    ),
    services=(
        SandboxService(
            sid=DEMO_SERVICE,
            account_sid=DEMO_ACCOUNT,
            friendly_name="Demo service",
            senders=("+12025550101", "+12025550102"),
            use_inbound_webhook_on_number=True,
        ),
        SandboxService(
            sid=INTERNATIONAL_SERVICE,
            account_sid=DEMO_ACCOUNT,
            friendly_name="International",
            senders=("+447700900106", "+525550100107", "+33639980108"),
            use_inbound_webhook_on_number=True,
        ),
    ),
    phones=(
        SandboxPhone("+14155550100", writes_to="+12025550101"),
        SandboxPhone("+14165550100", writes_to="+18005550104"),
        SandboxPhone("+12125550123", writes_to="55501"),
        SandboxPhone("+5511961234567", writes_to="whatsapp:+12025550105"),
        SandboxPhone("+525512345678", writes_to="+525550100107", words=("BAJA", "ALTA", "AYUDA")),
        SandboxPhone("+33639980001", writes_to="+33639980108", words=("ARRET", "REPRENDRE", "AIDE")),
    ),
)
"""A demo account: two long codes in one service, numbers of three countries in another, one long code alone, a
toll-free number, a short code, WhatsApp and RCS; and a phone for each kind of sender."""

PHONES = {
    "US": "+14155550100",
    "CA": "+14165550100",
    "JM": "+18765550100",
    "MX": "+525512345678",
    "BR": "+5511961234567",
    "FR": "+33639980001",
    "DE": "+491713920001",
}
"""Numbers for phones in several countries, by ISO 3166 code; every other number is some phone's as well."""
