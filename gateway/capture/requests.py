"""From a record to the request that plays it again at some target, and from the answer to the decision."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import encode_basic_auth

from gateway.capture.callbacks import Callbacks, Sent
from gateway.capture.decisions import Decision, word_of
from gateway.capture.marks import CONFIRMED, DECIDED, REPLAY_HEADER, SHADOW
from gateway.capture.records import Traffic
from gateway.capture.scrubbing import message_sid_in
from gateway.messaging.blocked import BLOCKED_HEADER

FORM: Final = "application/x-www-form-urlencoded"
MESSAGE_SIDS: Final = frozenset({"MessageSid", "SmsSid", "SmsMessageSid", "OriginalRepliedMessageSid", "messageSid"})
SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)

CALLBACK: Final = "StatusCallback"

NOT_KNOWN: Final = "status callbacks of sends that are not in the capture, or too long ago"
NOT_LED: Final = "status callbacks of sends that did not leave now, or whose callbacks the target does not lead"

Sign = Callable[[str, str, Iterable[tuple[str, str]]], str]
"""Twilio's signature by a key, over a URL and a form (`gateway.twilio.signature.sign`)."""
Replies = Callable[[bytes], list[str]]
"""The texts that a TwiML document answers with, in order."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to play: ``api_url`` for apps, ``webhook_url`` for Twilio, and ``public_url`` over which it is signed.
    ``tokens`` are Auth Tokens by account (``""``: of every other). ``mapped`` puts other values in the place of
    accounts, services and senders of the capture. ``callback_url`` is where the target relays status callbacks to;
    None: to where the capture says, which is nowhere where URLs are pseudonyms.
    """

    api_url: str
    webhook_url: str
    public_url: str
    tokens: Mapping[str, str] = field(repr=False)
    mapped: Mapping[str, str] = field(default_factory=dict)
    callback_url: str | None = None

    def token(self, account_sid: str) -> str | None:
        """The Auth Token of an account of the target."""
        return self.tokens.get(account_sid) or self.tokens.get("")


@dataclass(frozen=True, slots=True)
class Played:
    """A request to make."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that came: its status, the decision as the gateway tells it (None: it does not), its body, and the path
    to which status callbacks of the send come.
    """

    status: int
    told: str | None
    body: bytes = field(repr=False)
    callback_path: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Player:
    """Makes requests of records. ``run`` names them, so that two runs share no MessageSid. ``callbacks`` are of the
    sends that were played.
    """

    run: str
    target: Target
    sign: Sign = field(repr=False)
    replies: Replies = field(repr=False)
    callbacks: Callbacks = field(default_factory=Callbacks, repr=False)

    def played(self, record: Traffic) -> Played | str:
        """The request, once what came before it was answered; or why it cannot be played."""
        match record.record:
            case "send":
                return self._send(record)
            case "inbound":
                return self._webhook(record)
            case "event":
                return self._events(record)
            case "status":
                return self._status(record)

    def answered(self, record: Traffic, answered: Answered) -> None:
        """Learn from an answer what status callbacks of its send need."""
        if record.record == "send" and record.message_sid is not None and record.field(CALLBACK) is not None:
            sid = message_sid_in(answered.body) or self._value("MessageSid", record.message_sid)
            self.callbacks.note(record.message_sid, Sent(sid, answered.callback_path))

    def decision(self, record: Traffic, answered: Answered) -> Decision | None:
        """What was decided now; None where the gateway does not tell, or nothing was decided."""
        if answered.told is None:
            return None
        outcome, _, rest = answered.told.partition(" ")
        reason, *more = rest.split(" ")
        decided = next((each.removeprefix(DECIDED) for each in more if each.startswith(DECIDED)), "")
        word = word_of(record.record, outcome, reason, answered.status, decided)
        if word is None:
            return None
        replies = self.replies(answered.body) if CONFIRMED in more else []
        enforced = SHADOW not in more
        return Decision(word, replies[0] if replies else None, knows_reply=enforced, enforced=enforced)

    def probe(self) -> Played:
        """A send that proves nothing and says nothing: its answer shows whether a gateway knows what a replay is."""
        path = f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
        return Played("POST", self.target.api_url + path, {REPLAY_HEADER: self.run, "Content-Type": FORM}, b"")

    def _send(self, record: Traffic) -> Played:
        sid = self._mapped(record.account_sid)
        fields = [(name, self._of_send(name, value)) for name, value in record.fields]
        headers = {
            REPLAY_HEADER: self.run,
            "Content-Type": FORM,
            "Authorization": encode_basic_auth(sid, self.target.token(sid) or ""),
        }
        if record.blocked is not None:
            headers[BLOCKED_HEADER] = record.blocked
        path = record.path.replace(record.account_sid, sid)
        return Played("POST", self.target.api_url + path, headers, urlencode(fields).encode())

    def _of_send(self, name: str, value: str) -> str:
        elsewhere = self.target.callback_url
        return elsewhere if name == CALLBACK and elsewhere is not None else self._value(name, value)

    def _status(self, record: Traffic) -> Played | str:
        sent = self.callbacks.of(record.field("MessageSid"))
        if sent is None:
            return NOT_KNOWN
        if sent.path is None:
            return NOT_LED
        fields = [
            (name, sent.message_sid if name in MESSAGE_SIDS else self._mapped(value)) for name, value in record.fields
        ]
        headers = self._signed(record, sent.path, fields) | {"Content-Type": FORM}
        return Played("POST", self.target.webhook_url + sent.path, headers, urlencode(fields).encode())

    def _webhook(self, record: Traffic) -> Played:
        fields = [(name, self._value(name, value)) for name, value in record.fields]
        is_get = record.method == "GET"
        form = urlencode(fields)
        rest = f"/inbound?{form}" if is_get else "/inbound"
        signed: Iterable[tuple[str, str]] = () if is_get else fields
        headers = self._signed(record, rest, signed) | ({} if is_get else {"Content-Type": FORM})
        return Played(record.method, self.target.webhook_url + rest, headers, b"" if is_get else form.encode())

    def _events(self, record: Traffic) -> Played:
        body = orjson.dumps([self._item(item) for item in record.items])
        rest = f"/events?bodySHA256={hashlib.sha256(body).hexdigest()}"
        headers = self._signed(record, rest, ()) | {"Content-Type": "application/json"}
        return Played("POST", self.target.webhook_url + rest, headers, body)

    def _signed(self, record: Traffic, rest: str, fields: Iterable[tuple[str, str]]) -> dict[str, str]:
        token = self.target.token(self._mapped(record.account_sid)) or ""
        signature = self.sign(token, self.target.public_url + rest, fields)
        return {REPLAY_HEADER: self.run, "X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}

    def _item(self, item: Mapping[str, object]) -> dict[str, object]:
        data = item.get("data")
        made = dict(item) | {"id": self._of_run(str(item.get("id", "")))}
        if isinstance(data, Mapping):
            texts = {str(name): self._value(str(name), value) for name, value in data.items() if isinstance(value, str)}
            made["data"] = dict(data) | texts
        return made

    def _value(self, name: str, value: str) -> str:
        if name in MESSAGE_SIDS and SID.fullmatch(value):
            return value[:2] + self._of_run(value)
        return self._mapped(value) if name not in {"Body", "body"} else value

    def _mapped(self, value: str) -> str:
        return self.target.mapped.get(value, value)

    def _of_run(self, name: str) -> str:
        return hashlib.blake2b(name.encode(), digest_size=16, key=self.run.encode()[:64]).hexdigest()
