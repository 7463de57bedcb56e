"""What a line of a list means: whose consent, opt-out or opt-in, what it covers, since when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

from gateway.messaging.addresses import CANONICAL_NANP, Address, Channel, read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.imports import ImportedConsent
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.senders import is_messaging_service, read_sender
from gateway.operations.imports.columns import Columns, list_columns
from gateway.operations.imports.dates import NoDate, read_date
from gateway.operations.imports.errors import UnusableFile
from gateway.operations.imports.files import GUARD, unguarded

OPT_OUT_WORDS: Final = frozenset(
    {"optout", "optedout", "out", "stop", "stopped", "unsubscribe", "unsubscribed", "blocked", "revoked"}
)
OPT_IN_WORDS: Final = frozenset({"optin", "optedin", "in", "start", "subscribe", "subscribed"})
TRUE_WORDS: Final = frozenset({"true", "yes", "1"})
FALSE_WORDS: Final = frozenset({"", "false", "no", "0"})
PHONE: Final = Channel.PHONE  # looked up once: an enumeration is slow to find its members (Python 3.11)
PHONE_CHANNELS: Final = frozenset({"", "phone", "sms", "mms", "rcs"})
ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+", re.ASCII)  # as a spreadsheet writes a long number
DIGITS: Final = re.compile(r"\d{7,15}", re.ASCII)
SCOPE_FIELDS: Final = frozenset({"service", "sender", "scope_id", "scope_kind"})
MOST_SCOPES_KEPT: Final = 10_000
MOST_REASON: Final = 300  # characters


class Refused(Exception):
    """A line cannot be imported; the text begins with the field and holds no number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the lines of a list are read: the account, the region of numbers without ``+`` (ISO 3166; None: such are
    refused), and what they cover where they do not say themselves. ``hold`` marks every opt-out. ``in_full``: digits
    alone are a number in full whose ``+`` was lost. ``channel`` is that of a sender among ``scopes``.
    """

    account_sid: str
    region: str | None = None
    scopes: tuple[Scope, ...] = ()
    hold: bool = False
    in_full: bool = False
    channel: str = ""

    def told(self) -> tuple[object, ...]:
        """All of it as plain values: the same file read in another way is another import."""
        scopes = [(str(scope.kind), scope.id) for scope in self.scopes]
        return (self.account_sid, self.region, scopes, self.hold, self.in_full)


@dataclass(slots=True)
class ListReader:
    """Reads the lines of a list with these columns. ``named`` is given where each line has columns of its own, as in
    JSON: what the first line leaves out, another may say.
    """

    reading: Reading
    columns: Columns
    named: Mapping[str, str] | None = None
    _columns: dict[tuple[str, ...], Columns] = field(default_factory=dict)
    _known: dict[tuple[str, str, str, str], tuple[tuple[Scope, ...], str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `UnusableFile` where nothing says what the lines cover."""
        if (
            self.named is None
            and not self.reading.scopes
            and not {"service", "sender", "scope_id", "scope_kind"} & set(self.columns)
        ):
            raise UnusableFile("scope: say what the opt-outs cover: a service, a sender or the account")

    @property
    def has_opt_ins(self) -> bool:
        """Whether lines can be opt-ins."""
        return self.named is not None or "status" in self.columns

    def _columns_of(self, fields: Mapping[str, object]) -> Columns:
        if self.named is None:
            return self.columns
        there = tuple(fields)
        if there not in self._columns:
            if len(self._columns) >= MOST_SCOPES_KEPT:
                self._columns.clear()
            own = {field: column for field, column in self.named.items() if column in there}
            try:
                self._columns[there] = list_columns(there, own)
            except UnusableFile:
                raise Refused("number: it is missing") from None
        return self._columns[there]

    def read(self, fields: Mapping[str, object]) -> ImportedConsent | None:
        """The consent of a line; None where it is about none. Raises `Refused`."""
        said = {name: text_of(name, fields.get(column)) for name, column in self._columns_of(fields).items()}
        if said.get("account", "") not in {"", self.reading.account_sid}:
            raise Refused("account: it is another than the one that is imported to")
        is_stop = self._is_stop(said)
        recipient = self._recipient(said["number"], said.get("channel", ""))
        scopes = self._scopes(said, recipient)
        at = self._date(said.get("date", ""), is_stop=is_stop)
        hold = is_stop and (self.reading.hold or _is_true("hold", said.get("hold", "")))
        return ImportedConsent(recipient, is_stop, scopes, at, hold, _reason(said))

    @staticmethod
    def _is_stop(said: Mapping[str, str]) -> bool:
        if "status" not in said:
            return True
        word = re.sub(r"[^a-z]", "", said["status"].casefold())
        if word not in OPT_OUT_WORDS and word not in OPT_IN_WORDS:
            raise Refused("status: it is neither opt-out nor opt-in")
        return word in OPT_OUT_WORDS

    def _recipient(self, number: str, channel: str) -> Address:
        if CANONICAL_NANP.fullmatch(number) and channel.casefold() in PHONE_CHANNELS:
            return Address(PHONE, number, number)
        if ROUNDED.fullmatch(number):
            raise Refused("number: a spreadsheet has rounded it; take it from the first source")
        region = self.reading.region
        if DIGITS.fullmatch(number) and self.reading.in_full:
            number = f"+{number}"
        prefix = channel.casefold()
        if prefix not in PHONE_CHANNELS and ":" not in number:
            number = f"{prefix}:{number}"
        try:
            read = read_recipient(number, region)
        except UnreadableAddress as error:
            raise Refused(f"number: {error}") from None
        if prefix and read.channel != (Channel.PHONE if prefix in PHONE_CHANNELS else prefix):
            raise Refused("channel: it is another than the number's")
        if "+" not in number and read.key.startswith("+") and not _is_possible(read.key):
            raise Refused("number: it has no +, and is none of the account's region; write it in full")
        return read

    def _scopes(self, said: Mapping[str, str], recipient: Address) -> tuple[Scope, ...]:
        named = (said.get("service", ""), said.get("sender", ""), said.get("scope_kind", ""), said.get("scope_id", ""))
        if not any(named):
            if not self.reading.scopes:
                raise Refused("scope: neither the line nor the options say what it covers")
            if self.reading.channel and self.reading.channel != recipient.channel:
                raise Refused("sender: it is on another channel than the number")
            return self.reading.scopes
        if named not in self._known:
            if len(self._known) >= MOST_SCOPES_KEPT:
                self._known.clear()
            self._known[named] = scopes_said(self.reading.account_sid, self.reading.region, *named)
        scopes, channel = self._known[named]
        if channel and channel != recipient.channel:
            raise Refused("sender: it is on another channel than the number")
        return scopes

    @staticmethod
    def _date(text: str, *, is_stop: bool) -> int | None:
        if not text:
            if not is_stop:
                raise Refused("date: an opt-in counts by its date; give it")
            return None
        try:
            return read_date(text, is_stop=is_stop)
        except NoDate:
            raise Refused("date: write it as 2026-01-31 or 2026-01-31T12:00:00Z") from None


def scopes_said(
    account_sid: str, region: str | None, service: str, sender: str, kind: str = "", scope_id: str = ""
) -> tuple[tuple[Scope, ...], str]:
    """What the columns of a line cover, and the channel of the sender that they name, "" where they name none. Raises
    `Refused`.
    """
    if kind or scope_id:
        if service or sender:
            raise Refused("scope_kind: the line says what it covers in two ways")
        if kind == ScopeKind.ACCOUNT and scope_id in {"", account_sid}:
            return (Scope(ScopeKind.ACCOUNT, account_sid),), ""
        if kind not in {ScopeKind.SERVICE, ScopeKind.SENDER} or not scope_id:
            raise Refused("scope_kind: it is service, sender or account, with its scope_id")
        service, sender = (scope_id, "") if kind == ScopeKind.SERVICE else ("", scope_id)
    if is_messaging_service(sender):  # as in the From of a send, and in Twilio's Consents API
        if service not in {"", sender}:
            raise Refused("sender: it names another service than service does")
        service, sender = sender, ""
    scopes, channel = [], ""
    if service:
        if not is_messaging_service(service):
            raise Refused("service: it is not MG and 32 hexadecimal digits")
        scopes.append(Scope(ScopeKind.SERVICE, service))
    if sender:
        try:
            speaking = read_sender(sender, region)
        except UnreadableAddress as error:
            raise Refused(f"sender: {error}") from None
        scopes.append(Scope(ScopeKind.SENDER, speaking.key))
        channel = speaking.channel
    return tuple(scopes), channel


def text_of(name: str, value: object) -> str:
    """A value as text: of CSV, or of JSON where numbers and true and false are values, too."""
    if isinstance(value, str):
        text = value.strip(" ")
        if text[:1] == GUARD:
            text = unguarded(text)
    elif value is None:
        return ""
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int):
        return str(value)
    else:
        raise Refused(f"{name}: it is no text")
    if not text.isascii() and not _is_unicode(text):
        raise Refused(f"{name}: it is not UTF-8")
    return text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _is_true(name: str, text: str) -> bool:
    word = text.casefold()
    if word not in TRUE_WORDS and word not in FALSE_WORDS:
        raise Refused(f"{name}: it is neither true nor false")
    return word in TRUE_WORDS


def _is_possible(number: str) -> bool:
    return phonenumbers.is_possible_number(phonenumbers.parse(number))


def _reason(said: Mapping[str, str]) -> str | None:
    """What the line says of why and from where, as one printable line."""
    source, reason = said.get("source", ""), said.get("reason", "")
    if not source and not reason:
        return None
    text = reason if not source else f"source {source}; {reason}" if reason else f"source {source}"
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text[:MOST_REASON]
