"""What a capture keeps of what happened: fields by list, numbers and texts by pseudonym, credentials and URLs never.

A field that is not in the lists below is kept as a text of which nothing can be read: what Twilio or an app adds
tomorrow leaks nothing. Headers are not kept, save X-Gateway-Blocked: so no signature and no Authorization.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from gateway.capture.pseudonyms import Pseudonyms
from gateway.capture.records import Account as AccountRecord
from gateway.capture.records import Kind, Left, OptOut, Pool, Service, State, Traffic
from gateway.messaging.addresses import calling_region_of
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.events import INBOUND
from gateway.messaging.opt_out_settings import BlockedMode
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.senders import is_messaging_service, read_sender

# Fields by what stands in them: of sends (Twilio, Message resource) and of webhooks (Twilio, webhook request).
RECIPIENTS: Final = {"send": "To", "inbound": "From", "status": "To", "event": "from"}
ADDRESSES: Final = frozenset({"To", "From", "FallbackFrom", "OriginalRepliedMessageSender", "to", "from"})
BODIES: Final = frozenset({"Body", "body"})
URLS: Final = re.compile(r"StatusCallback|MediaUrl\d*|mediaUrl\d*|ErrorUrl", re.ASCII)
PLAIN: Final = frozenset(
    {
        *("MessagingServiceSid", "ContentSid", "ApplicationSid", "ScheduleType", "SendAt", "ValidityPeriod", "Attempt"),
        *("MaxPrice", "ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms", "RiskCheck"),
        *("ContentRetention", "AddressRetention", "TrafficType", "MessageIntent"),
        *("MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "OptOutType", "NumMedia", "NumSegments"),
        *("ApiVersion", "SmsStatus", "MessageStatus", "ErrorCode", "FromCountry", "ToCountry", "MessageType"),
        *("messageSid", "accountSid", "messagingServiceSid", "optOutType", "fromCountry", "toCountry", "timestamp"),
        *("numMedia", "numSegments"),
    }
)
PLAIN_VALUE: Final = re.compile(r"(?!\+?\d{7,}$)[A-Za-z0-9_.:+-]{0,64}", re.ASCII)
NAME: Final = re.compile(r"(?!.*\d{4})[A-Za-z][A-Za-z0-9_.<>-]{0,39}", re.ASCII)
OF_AN_EVENT: Final = ("specversion", "type", "id", "time")
CODE: Final = re.compile(rb'"code"\s*:\s*(\d{1,9})|<Code>(\d{1,9})</Code>')
SID: Final = re.compile(rb'"sid"\s*:\s*"((?:SM|MM)[0-9a-f]{32})"|<Sid>((?:SM|MM)[0-9a-f]{32})</Sid>')
FIRST_ERROR: Final = 400

# Refusals of who proved nothing: nobody's traffic, of which anybody could make as much as he likes.
UNPROVED: Final = frozenset({"wrong_credentials", "wrong_signature", "code_20003", "code_20429", "code_900502"})
KEYWORDS: Final = ("stop_", "start_", "help_")
NO_SECRETS_OF_SERVICES: Final = frozenset({"app_url", "app_fallback_url"})


@dataclass(frozen=True, slots=True)
class Happened:
    """One request as it came and what became of it, as the edge tells it; see `gateway.capture.records.Traffic`.

    ``form`` is the form as it was sent, in the body or, with GET, in the query; of an event stream, JSON. ``answer`` is
    the body of an error, and of the answer to a send.
    """

    kind: Kind
    at: int
    method: str
    path: str
    form: bytes = field(repr=False)
    blocked: str | None
    account_sid: str | None
    outcome: str
    reason: str
    scope: Scope | None
    confirmation: str | None
    status: int
    answer: bytes = field(repr=False)
    settings_version: int | None
    seconds: float
    upstream_seconds: float | None
    enforced: bool = True
    decided: str = ""


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Makes records. ``regions`` are the accounts' default regions (ISO 3166); in the clear stays what is told to."""

    pseudonyms: Pseudonyms
    regions: Mapping[str, str | None] = field(default_factory=dict)
    clear_numbers: bool = False
    clear_bodies: bool = False

    def traffic(self, happened: Happened) -> Traffic | None:
        """The record of a request; None for one that nobody proved to have made, and one that cannot be read."""
        if happened.account_sid is None or happened.reason in UNPROVED:
            return None
        try:
            fields = self._form(happened) if happened.kind != "event" else ()
            items = self._items(happened) if happened.kind == "event" else ()
        except ValueError:
            return None
        code = CODE.search(happened.answer) if happened.status >= FIRST_ERROR else None
        return Traffic(
            record=happened.kind,
            at=happened.at,
            account_sid=happened.account_sid,
            method="GET" if happened.method == "GET" else "POST",
            path=happened.path if happened.kind != "status" else "/status/",  # its token names the app's URL
            fields=fields,
            items=items,
            blocked=_mode(happened.blocked),
            outcome=happened.outcome,
            reason=happened.reason,
            scope=self._scope(happened.scope),
            confirmation=happened.confirmation,
            status=happened.status,
            code=int(code[1] or code[2]) if code else None,
            settings_version=happened.settings_version,
            seconds=round(happened.seconds, 6),
            upstream_seconds=None if happened.upstream_seconds is None else round(happened.upstream_seconds, 6),
            enforced=happened.enforced,
            decided=happened.decided or None,
            message_sid=message_sid_in(happened.answer) if happened.kind == "send" else None,
        )

    def state(self, line: State) -> State:
        """A record of what was known when the capture began."""
        match line:
            case AccountRecord():
                handling = {self._key(key): how for key, how in line.senders.items()}
                enforcement = {self._key(key): how for key, how in line.senders_enforcement.items()}
                return line.model_copy(update={"senders": handling, "senders_enforcement": enforcement})
            case Service():
                return line.model_copy(update={"settings": self._settings(line.settings)})
            case Pool():
                return line.model_copy(update={"senders": tuple(map(self._key, line.senders))})
            case Left():
                return line.model_copy(update={"sender": self._key(line.sender)})
            case OptOut():
                scope_id = self._key(line.scope_id) if line.scope_kind == "sender" else line.scope_id
                return line.model_copy(update={"recipient": self._address(line.recipient), "scope_id": scope_id})
            case _:
                return line.model_copy(update={"names": tuple(map(self._key, line.names))})

    def fields(self, kind: Kind, given: Iterable[tuple[str, str]], account_sid: str, *, was_keyword: bool = False) -> (
        tuple[tuple[str, str], ...]
    ):  # fmt: skip
        """The fields of a form as they are kept."""
        listed = tuple(given)
        region = self._region(kind, listed, account_sid)
        return tuple(
            (_name(name), self._field(kind, name, value, region, was_keyword=was_keyword)) for name, value in listed
        )

    def _form(self, happened: Happened) -> tuple[tuple[str, str], ...]:
        """Raises `ValueError` where it cannot be read."""
        text = happened.form.decode("utf-8")
        given = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1_000)
        was_keyword = happened.reason.startswith(KEYWORDS)
        return self.fields(happened.kind, given, happened.account_sid or "", was_keyword=was_keyword)

    def _items(self, happened: Happened) -> tuple[dict[str, Any], ...]:
        """The inbound messages of an event stream's request; other events are left out."""
        told = orjson.loads(happened.form)
        items = told if isinstance(told, list) else [told]
        return tuple(self.item(item) for item in items if isinstance(item, dict) and item.get("type") == INBOUND)

    def item(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """One event as it is kept."""
        kept: dict[str, Any] = {name: item[name] for name in OF_AN_EVENT if isinstance(item.get(name), str)}
        data = item.get("data")
        if isinstance(data, Mapping):
            texts = [(str(name), value) for name, value in data.items() if isinstance(value, str)]
            counts = {name: value for name, value in data.items() if name in PLAIN and isinstance(value, int)}
            kept["data"] = dict(self.fields("event", texts, "")) | counts
        return kept

    def _field(self, kind: Kind, name: str, value: str, region: str | None, *, was_keyword: bool) -> str:
        if name in ADDRESSES:
            is_sender = name != RECIPIENTS[kind]
            is_service = is_sender and is_messaging_service(value)
            return value if is_service else self._address(value, region, is_sender=is_sender)
        if name in BODIES:
            return value if self.clear_bodies else self.pseudonyms.text(value, was_keyword=was_keyword)
        if URLS.fullmatch(name):
            return self.pseudonyms.url(value)
        if name in PLAIN and PLAIN_VALUE.fullmatch(value):
            return value
        return self.pseudonyms.hidden(value)

    def _region(self, kind: Kind, fields: Iterable[tuple[str, str]], account_sid: str) -> str | None:
        """Where a national number of a send is read: as its sender, else in the account's region."""
        default = self.regions.get(account_sid)
        sender = next((value for name, value in fields if name == "From"), "") if kind == "send" else ""
        try:
            key = read_sender(sender, default).key if sender else ""
        except UnreadableAddress:
            return default
        return (calling_region_of(key) if key.startswith("+") else None) or default

    def _address(self, text: str, region: str | None = None, *, is_sender: bool = False) -> str:
        if self.clear_numbers or not text:
            return text
        return self.pseudonyms.address(text, region, is_sender=is_sender)

    def _key(self, name: str) -> str:
        """A sender's key, or a service's SID, which stays."""
        return name if is_messaging_service(name) else self._address(name, is_sender=True)

    def _scope(self, scope: Scope | None) -> tuple[str, str] | None:
        if scope is None:
            return None
        return str(scope.kind), self._key(scope.id) if scope.kind is ScopeKind.SENDER else scope.id

    def _settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in settings.items() if name not in NO_SECRETS_OF_SERVICES}
        if "senders" in kept:
            kept["senders"] = [self._key(sender) for sender in kept["senders"]]
        if "short_codes" in kept:
            kept["short_codes"] = {self._key(code): words for code, words in kept["short_codes"].items()}
        return kept


def message_sid_in(answer: bytes) -> str | None:
    """The SID of the message that the answer to a send tells of, JSON or XML; None where it tells of none."""
    found = SID.search(answer)
    return (found[1] or found[2]).decode() if found else None


def _name(name: str) -> str:
    """The name of a field, unless it looks as if somebody had put a number or a text into it."""
    return name if NAME.fullmatch(name) else "hidden"


def _mode(text: str | None) -> str | None:
    """The header as it was, where it was one that means something."""
    return text if text is None or text in {str(mode) for mode in BlockedMode} else "invalid"
