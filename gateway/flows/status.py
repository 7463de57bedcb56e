"""Status callbacks of sends, led through the gateway: what Twilio tells an app of a message, the gateway learns, too.

A send's ``StatusCallback`` is replaced by a URL of the gateway's whose token names the app's URL and when the send was
made. What comes there is relayed as it came, signed anew, and the app's status is the answer. It tells of any message
whose callback was led here, whether or not the gateway knows its SID. A fragment of the URL (Twilio, connection
overrides) stays Twilio's business.
"""

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urldefrag, urlsplit

from gateway.directory import Account
from gateway.flows.inbound import APP_SECONDS, InboundFlow
from gateway.flows.learning import Learned, Learning
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.relay import IDEMPOTENCY_HEADER
from gateway.flows.request import Request
from gateway.flows.tokens import Tokens
from gateway.messaging.addresses import read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage, StatusUpdate
from gateway.messaging.senders import is_messaging_service, read_sender
from gateway.twilio.errors import METHOD_NOT_ALLOWED, NOT_FOUND, OPTED_OUT, WRONG_SIGNATURE, TrafficError
from gateway.twilio.forms import MEDIA_TYPE, Form
from gateway.twilio.paths import Format
from gateway.twilio.signature import sign, signed_form_of
from gateway.web.client import AppClient, AppUnreachable

STATUS_PATH: Final = "/status/"
CALLBACK: Final = "StatusCallback"
TWILIO_OPTED_OUT: Final = "twilio_opted_out"
DECISIVE: Final = ("ErrorCode", "MessageStatus", "To", "From", "MessagingServiceSid", "AccountSid")
NOT_SENT: Final = frozenset({"failed", "undelivered"})
MESSAGE_SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)
STATUS: Final = re.compile(r"[a-z_-]{1,32}", re.ASCII)
CODE: Final = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LedCallback:
    """An app's callback that Twilio was led away from, and when its send was made (microseconds since 1970, UTC)."""

    account_sid: str
    url: str
    created_at: int


class StatusTokens:
    """Names for apps' status callbacks."""

    def __init__(self, secret: bytes, public_url: str) -> None:
        self._tokens = Tokens(secret, b"status")
        self._public_url = public_url

    def led(self, account: Account, form: Form, created_at: int) -> Form:
        """A send's form with its callback led through the gateway, where the account's settings say so. Of a
        sub-account no Auth Token is known, so that Twilio's callbacks could not be told from others.
        """
        if not account.lead_status_callbacks or not account.auth_tokens:
            return form
        url, fragment = urldefrag(form.get(CALLBACK) or "")
        if not _is_web(url):
            return form
        token = self._tokens.made(account.sid, url, created_at)
        ours = f"{self._public_url}{STATUS_PATH}{token}"
        return form.having({CALLBACK: f"{ours}#{fragment}" if fragment else ours})

    def path_in(self, form: Form) -> str | None:
        """The path below ``public_url`` of a callback that was led through the gateway; None of any other."""
        if form.get(CALLBACK) is None:
            return None
        url, ours = urldefrag(form.get(CALLBACK) or "").url, self._public_url + STATUS_PATH
        return url.removeprefix(self._public_url) if url.startswith(ours) else None

    def read(self, token: str) -> LedCallback | None:
        """What a token names; None when the gateway did not make it."""
        content = self._tokens.read(token)
        return None if content is None else LedCallback(*content)


class StatusFlow:
    """The journey of a status callback."""

    def __init__(self, inbound: InboundFlow, learning: Learning, client: AppClient, tokens: StatusTokens) -> None:
        self._inbound = inbound
        self._learning = learning
        self._client = client
        self._tokens = tokens

    async def receive(self, request: Request) -> Outcome:
        """Carry one callback through; every way it can end is an outcome."""
        account_sid = told = learned = None
        try:
            led = self._tokens.read(request.path.removeprefix(STATUS_PATH))
            if led is None:
                raise TrafficError(NOT_FOUND, "the gateway did not make this URL")
            if request.method != "POST":
                raise TrafficError(METHOD_NOT_ALLOWED, "status callbacks come by POST")
            account, relay = self._inbound.verified(request)
            if account.sid != led.account_sid:
                raise TrafficError(WRONG_SIGNATURE, "the URL was made for another account")
            account_sid = account.sid
            learned = learned_from(relay.form, led)
            if learned is not None:
                await self._learning.learn(learned)
            reason = "status_relayed" if learned is None else TWILIO_OPTED_OUT
            told = told_by(account.sid, relay.form)
            status = await self._relayed(account, led.url, relay.form, request)
            answer = Answer(status, (), b"")
            return Outcome(What.RELAYED, reason, answer, account_sid, is_proved=told is not None, message=told)
        except TrafficError as error:
            reason = "wrong_signature" if error.kind is WRONG_SIGNATURE else f"code_{error.kind.code}"
            return failure(What.REFUSED, reason, error, Format.JSON, account_sid=account_sid)
        except AppUnreachable as error:
            failed = Outcome(What.FAILED, "app_failed", Answer(502, (), b""), account_sid, detail=str(error))
            decided = TWILIO_OPTED_OUT if learned is not None else ""
            return replace(failed, is_proved=told is not None, message=told, decided=decided)

    async def _relayed(self, account: Account, url: str, form: Form, request: Request) -> int:
        """The status that the app answers to the very bytes that came. Raises `AppUnreachable`."""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Content-Type": request.header("Content-Type") or MEDIA_TYPE,
            "X-Twilio-Signature": sign(account.auth_tokens[0], signed_form_of(url), form),
        }
        token = request.header(IDEMPOTENCY_HEADER)
        if token:
            headers[IDEMPOTENCY_HEADER] = token
        answer = await self._client.post(url, headers, request.body, APP_SECONDS)
        return answer.status


def told_by(account_sid: str, form: Form) -> StatusUpdate | None:
    """What a callback tells of how its message stands; None where it does not say it in so many words."""
    sid, status, code = form.get("MessageSid") or "", form.get("MessageStatus") or "", form.get("ErrorCode") or ""
    if any(form.count(name) > 1 for name in ("MessageSid", "MessageStatus", "ErrorCode")):
        return None
    if not MESSAGE_SID.fullmatch(sid) or not STATUS.fullmatch(status):
        return None
    return StatusUpdate(account_sid, sid, status, int(code) if CODE.fullmatch(code) else None)


def learned_from(form: Form, led: LedCallback) -> Learned | None:
    """What a callback tells of an opt-out that Twilio knows; None where it tells of none, or in more than one way."""
    if any(form.count(name) > 1 for name in DECISIVE):
        return None
    code = form.get("ErrorCode") or ""
    if not CODE.fullmatch(code) or int(code) != OPTED_OUT.code or form.get("MessageStatus") not in NOT_SENT:
        return None
    service_sid, sender = form.get("MessagingServiceSid"), form.get("From")
    try:
        message = OutboundMessage(
            led.account_sid,
            read_recipient(form.get("To") or "", None),
            service_sid if service_sid and is_messaging_service(service_sid) else None,
            read_sender(sender, None) if sender else None,
        )
    except UnreadableAddress:
        return None
    if message.service_sid is None and message.sender is None:
        return None
    return Learned(message, led.created_at)


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
