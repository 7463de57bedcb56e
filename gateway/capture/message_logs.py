"""Captures from what people have already: Twilio's message log, as the Console's CSV or as pages of its REST API.

A log tells what was sent and what came in, not how a send was written: where a message names a service, its send is
taken to have named that alone. Replies in TwiML are no sends. Of decisions it tells 21610 alone, and whatever else went
out was forwarded.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from gateway.capture.opening import opened
from gateway.capture.records import Traffic
from gateway.capture.scrubbing import Scrubber

# The columns of a log by the letters of their names: ``SentDate``, ``date_sent`` and ``Sent Date`` are one.
NAMES: Final = {
    "sid": ("sid", "messagesid"),
    "account": ("accountsid",),
    "from": ("from",),
    "to": ("to",),
    "body": ("body",),
    "service": ("messagingservicesid",),
    "direction": ("direction",),
    "error": ("errorcode",),
    "at": ("datecreated", "createddate", "datesent", "sentdate"),
}
ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
SERVICE_SID: Final = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
MESSAGE_SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
UTC_BY_NAME: Final = re.compile(r"(?<=\d)\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
ZONE: Final = re.compile(r"(?<=\d)\s+([+-]\d\d:?\d\d)$", re.ASCII)
DECISIVE: Final = frozenset({"from", "to", "body", "direction", "at"})
INBOUND: Final = "inbound"
SENDS: Final = frozenset({"outbound-api", "outbound-call"})
LIKE_SENDS: Final = frozenset({"outbound", ""})
OPTED_OUT: Final = "21610"
CREATED: Final = 201


class WrongSource(Exception):
    """A file cannot be made a capture of; the text is its place, the field, and what to do, without values."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file. ``account_sid`` is that of messages which do not tell theirs; ``on_skipped`` is told why a message of
    it is left out.
    """

    path: Path
    scrubber: Scrubber
    account_sid: str | None
    on_skipped: Callable[[str], None]


def records_in_csv(source: Source) -> Iterator[Traffic]:
    """The messages of a CSV. Raises `WrongSource`."""
    with opened(source.path) as plain_file, _as_text(plain_file) as file:
        rows = csv.DictReader(file)
        demanded = DECISIVE - set(_columns(rows.fieldnames or ()))
        if demanded:
            raise WrongSource(f"{source.path}:1: it lacks columns for {', '.join(sorted(demanded))}")
        try:
            for row in rows:
                _demand_whole(f"{source.path}:{rows.line_num}", row)
                plain = {name: value or "" for name, value in row.items() if isinstance(name, str)}
                yield from _record(source, f"{source.path}:{rows.line_num}", plain)
        except csv.Error as error:
            raise WrongSource(f"{source.path}:{rows.line_num}: it is no CSV ({error})") from None


def _as_text(file: BinaryIO) -> io.TextIOWrapper:
    """A file's text: UTF-8, or UTF-16 where it begins so, as spreadsheets write it."""
    begins = file.read(2)
    file.seek(0)
    is_utf16 = begins in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    return io.TextIOWrapper(file, "utf-16" if is_utf16 else "utf-8-sig", "strict", newline="")


def _demand_whole(place: str, row: Mapping[str, str | None]) -> None:
    """Refuse a row that ends before a column which tells what the message is."""
    for name, column in _columns(row).items():
        if row[column] is None and name in DECISIVE:
            raise WrongSource(f"{place}: {column}: the row ends before it; was the file cut off?")


def records_in_json(source: Source, messages: Iterable[Any]) -> Iterator[Traffic]:
    """The messages of a page or a list of Twilio's. Raises `WrongSource`."""
    for number, message in enumerate(messages):
        place = f"{source.path}: messages[{number}]"
        if not isinstance(message, dict):
            raise WrongSource(f"{place}: it is no object")
        told = {str(name): str(value) for name, value in message.items() if isinstance(value, str | int)}
        yield from _record(source, place, told)


def messages_of(document: Any) -> list[Any] | None:
    """The messages of what a JSON file holds: a page, several pages, or a list; None where it is something else."""
    if isinstance(document, dict):
        found = document.get("messages")
        return found if isinstance(found, list) else None
    if isinstance(document, list):
        pages = [messages_of(page) for page in document if isinstance(page, dict) and "messages" in page]
        return [message for page in pages if page is not None for message in page] if pages else document
    return None


def document_in(path: Path) -> Any:
    """The JSON of a file: one document, or one a line. Raises `WrongSource` where it is neither, `UnicodeError`, and
    what reading raises.
    """
    with opened(path) as file:
        text = file.read().removeprefix(codecs.BOM_UTF8)
    text.decode("utf-8")  # else it is only told to be no JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lines_of(path, text)


def _lines_of(path: Path, text: bytes) -> list[Any]:
    """Messages one a line."""
    found: list[Any] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found += [orjson.loads(line)] if line.strip() else []
        except orjson.JSONDecodeError:
            if not found:
                raise WrongSource(f"{path}: it is neither CSV nor JSON that can be read") from None
            raise WrongSource(f"{path}:{number}: it is not JSON; was the file cut off?") from None
    return found


def _record(source: Source, place: str, row: Mapping[str, str]) -> Iterator[Traffic]:
    """The record of a message; none for a reply."""
    columns = _columns(row)
    told = {name: row[column].strip() if name != "body" else row[column] for name, column in columns.items()}
    direction = told.get("direction", "").lower()
    is_send = direction in SENDS | LIKE_SENDS
    if direction != INBOUND and not is_send:
        source.on_skipped("replies, which are no sends")
        return
    account_sid = told.get("account") or source.account_sid or ""
    if not ACCOUNT_SID.fullmatch(account_sid):
        raise WrongSource(f"{place}: account: it names no account; give --account AC…")
    at = _instant(told.get("at", ""))
    if at is None:
        raise WrongSource(f"{place}: {columns.get('at', 'date_created')}: it is no time, as 2026-01-31T12:00:00Z")
    make = _send if is_send else _inbound
    yield make(source, place, told, account_sid, at)


def _send(source: Source, place: str, told: Mapping[str, str], account_sid: str, at: int) -> Traffic:
    service = told.get("service") or ""
    by = ("MessagingServiceSid", service) if SERVICE_SID.fullmatch(service) else ("From", told.get("from", ""))
    fields = (("To", told.get("to", "")), by, ("Body", told.get("body", "")))
    is_blocked = told.get("error") == OPTED_OUT
    return Traffic(
        record="send",
        at=at,
        account_sid=account_sid,
        path=f"/2010-04-01/Accounts/{account_sid}/Messages.json",
        fields=source.scrubber.fields("send", fields, account_sid),
        outcome="suppressed" if is_blocked else "forwarded",
        status=CREATED,
        code=int(OPTED_OUT) if is_blocked else None,
        message_sid=told["sid"] if MESSAGE_SID.fullmatch(told.get("sid", "")) else None,
    )


def _inbound(source: Source, place: str, told: Mapping[str, str], account_sid: str, at: int) -> Traffic:
    if not MESSAGE_SID.fullmatch(told.get("sid", "")):
        raise WrongSource(f"{place}: sid: an inbound message has one of the form SM and 32 hexadecimal digits")
    service = told.get("service") or ""
    fields = (
        ("MessageSid", told["sid"]),
        ("AccountSid", account_sid),
        ("From", told.get("from", "")),
        ("To", told.get("to", "")),
        ("Body", told.get("body", "")),
        *([("MessagingServiceSid", service)] if SERVICE_SID.fullmatch(service) else []),
    )
    kept = source.scrubber.fields("inbound", fields, account_sid)
    return Traffic(record="inbound", at=at, account_sid=account_sid, path="/inbound", fields=kept)


def _columns(names: Iterable[str]) -> dict[str, str]:
    """Which column holds what."""
    by_letters = {re.sub("[^a-z]", "", str(name).lower()): str(name) for name in names}
    return {
        wanted: by_letters[letters]
        for wanted, spelled in NAMES.items()
        for letters in reversed(spelled)
        if letters in by_letters
    }


def _instant(text: str) -> int | None:
    """Microseconds since 1970, UTC, of a time by ISO 8601 or RFC 5322, in UTC where it does not say."""
    iso = ZONE.sub(r"\1", UTC_BY_NAME.sub("+00:00", text))
    for read, written in ((datetime.fromisoformat, iso), (parsedate_to_datetime, text)):
        try:
            moment = read(written)
        except (ValueError, TypeError):
            continue
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
        return at if at >= 0 else None
    return None
