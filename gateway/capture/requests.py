"""From a record to the request that plays it again at some target, and from the answer to the decision."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import encode_basic_auth

from gateway.capture.decisions import Decision, word_of
from gateway.capture.marks import CONFIRMED, REPLAY_HEADER
from gateway.capture.records import Traffic
from gateway.messaging.blocked import BLOCKED_HEADER

FORM: Final = "application/x-www-form-urlencoded"
MESSAGE_SIDS: Final = frozenset({"MessageSid", "SmsSid", "SmsMessageSid", "OriginalRepliedMessageSid", "messageSid"})
SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)

Sign = Callable[[str, str, Iterable[tuple[str, str]]], str]
"""Twilio's signature by a key, over a URL and a form (`gateway.twilio.signature.sign`)."""
Replies = Callable[[bytes], list[str]]
"""The texts that a TwiML document answers with, in order."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to play: ``api_url`` for apps, ``webhook_url`` for Twilio, and ``public_url`` over which it is signed.
    ``tokens`` are Auth Tokens by account (``""``: of every other). ``mapped`` puts other values in the place of
    accounts, services and senders of the capture.
    """

    api_url: str
    webhook_url: str
    public_url: str
    tokens: Mapping[str, str] = field(repr=False)
    mapped: Mapping[str, str] = field(default_factory=dict)

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
    """An answer that came: its status, the decision as the gateway tells it (None: it does not), its body."""

    status: int
    told: str | None
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Player:
    """Makes requests of records. ``run`` names them, so that two runs share no MessageSid."""

    run: str
    target: Target
    sign: Sign = field(repr=False)
    replies: Replies = field(repr=False)

    def played(self, record: Traffic) -> Played | None:
        """The request; None for what cannot be played: a status callback, whose URL only the gateway can make."""
        match record.record:
            case "send":
                return self._send(record)
            case "inbound":
                return self._webhook(record)
            case "event":
                return self._events(record)
            case _:
                return None

    def decision(self, record: Traffic, answered: Answered) -> Decision | None:
        """What was decided now; None where the gateway does not tell, or nothing was decided."""
        if answered.told is None:
            return None
        outcome, _, rest = answered.told.partition(" ")
        reason, _, confirmed = rest.partition(" ")
        word = word_of(record.record, outcome, reason, answered.status)
        if word is None:
            return None
        replies = self.replies(answered.body) if confirmed == CONFIRMED else []
        return Decision(word, replies[0] if replies else None)

    def probe(self) -> Played:
        """A send that proves nothing and says nothing: its answer shows whether a gateway knows what a replay is."""
        path = f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
        return Played("POST", self.target.api_url + path, {REPLAY_HEADER: self.run, "Content-Type": FORM}, b"")

    def _send(self, record: Traffic) -> Played:
        sid = self._mapped(record.account_sid)
        fields = [(name, self._value(name, value)) for name, value in record.fields if name != "StatusCallback"]
        headers = {
            REPLAY_HEADER: self.run,
            "Content-Type": FORM,
            "Authorization": encode_basic_auth(sid, self.target.token(sid) or ""),
        }
        if record.blocked is not None:
            headers[BLOCKED_HEADER] = record.blocked
        path = record.path.replace(record.account_sid, sid)
        return Played("POST", self.target.api_url + path, headers, urlencode(fields).encode())

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
