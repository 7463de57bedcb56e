"""Captures from a HAR file: the calls of an app to Twilio, and Twilio's webhooks, as a browser or proxy recorded them.

What stands in a HAR beside the forms (headers, cookies, credentials) is not looked at, but for whether there is a
signature of Twilio's.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from gateway.capture.message_logs import Source, WrongSource
from gateway.capture.records import Kind, Traffic
from gateway.capture.scrubbing import CODE, message_sid_in

SEND: Final = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/(?:SMS/)?Messages(?:\.[a-z]+)?", re.ASCII)
ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
SIGNATURE: Final = "x-twilio-signature"
OPTED_OUT: Final = 21610
CREATED: Final = 201


def records_in_har(source: Source, document: Mapping[str, Any]) -> Iterator[Traffic]:
    """The sends and webhooks of a HAR. Raises `WrongSource`."""
    entries = document["log"].get("entries") if isinstance(document.get("log"), dict) else None
    if not isinstance(entries, list):
        raise WrongSource(f"{source.path}: log.entries: a HAR has a list there")
    for number, entry in enumerate(entries):
        try:
            record = _record(source, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WrongSource(f"{source.path}: log.entries[{number}]: it is no request as HAR 1.2 has it") from None
        if record is None:
            source.on_skipped("requests that are neither sends nor Twilio's webhooks")
        else:
            yield record


def _record(source: Source, entry: Mapping[str, Any]) -> Traffic | None:
    request, response = entry["request"], entry["response"]
    path, method = urlsplit(request["url"]).path, str(request["method"])
    fields = _form(request)
    send = SEND.fullmatch(path)
    if send is not None and method == "POST":
        kind: Kind = "send"
        account_sid = send[1]
    else:
        kind = "status" if any(name == "MessageStatus" for name, _ in fields) else "inbound"
        account_sid = dict(fields).get("AccountSid", "")
        if not (_is_signed(request) and ACCOUNT_SID.fullmatch(account_sid) and dict(fields).get("MessageSid")):
            return None
    answer = _answer(response) if kind == "send" else b""
    outcome, status, code = _decision(int(response["status"]), answer) if kind == "send" else (None, None, None)
    return Traffic(
        record=kind,
        at=_instant(str(entry["startedDateTime"])),
        account_sid=account_sid,
        method="GET" if method == "GET" else "POST",
        path=path if kind == "send" else f"/{kind}" + "/" * (kind == "status"),
        fields=source.scrubber.fields(kind, fields, account_sid),
        outcome=outcome,
        status=status,
        code=code,
        message_sid=message_sid_in(answer) if status == CREATED else None,
    )


def _form(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    if request["method"] == "GET":
        return parse_qsl(urlsplit(request["url"]).query, keep_blank_values=True)
    posted = request.get("postData") or {}
    if posted.get("text"):
        return parse_qsl(str(posted["text"]), keep_blank_values=True)
    return [(str(each["name"]), str(each.get("value", ""))) for each in posted.get("params") or ()]


def _is_signed(request: Mapping[str, Any]) -> bool:
    return any(str(header["name"]).lower() == SIGNATURE for header in request["headers"])


def _answer(response: Mapping[str, Any]) -> bytes:
    """The body of an answer."""
    content = response.get("content") or {}
    text = str(content.get("text") or "").encode()
    return base64.b64decode(text) if content.get("encoding") == "base64" else text


def _decision(status: int, answer: bytes) -> tuple[str | None, int | None, int | None]:
    """What became of a send as its answer tells: 21610, or that it went out; another error may be Twilio's own."""
    found = CODE.search(answer)
    code = int(found[1] or found[2]) if found and status != CREATED else None
    if code == OPTED_OUT:
        return "suppressed", status, code
    return ("forwarded" if status == CREATED else None), status, code


def _instant(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
