"""How a journey ended: what became of the message, why, and what the caller is answered."""

from dataclasses import field
from enum import StrEnum

from gateway.messaging.messages import InboundMessage, OutboundMessage, StatusUpdate
from gateway.messaging.optouts import Scope
from gateway.messaging.values import value
from gateway.twilio.errors import TrafficError, error_json, error_xml
from gateway.twilio.paths import Format
from gateway.twilio.twiml import CONTENT_TYPE


class What(StrEnum):
    """What became of a message or a call."""

    FORWARDED = "forwarded"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    FAILED = "failed"
    PASSED = "passed"
    RECORDED = "recorded"
    RELAYED = "relayed"
    REPEATED = "repeated"


@value
class Answer:
    """An HTTP answer: status, headers in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


@value
class Outcome:
    """The end of a journey; the edge logs, counts and notes it. Nothing in it but ``answer`` and ``message`` holds a
    number or a body.

    ``upstream_seconds`` is how long Twilio took, None when it was not asked; ``settings_version`` the account's at
    which it was decided, None where nothing was. ``is_proved``: the caller proved to be the account's, so that this
    is noted as the account's activity (`gateway.flows.activity`); then ``message`` is what it is about, None of a send
    that could not be read. ``enforced``: what was decided was also carried out. ``confirmation`` is the gateway's own
    reply to a keyword, which stands first in the answer. ``decided`` is what was decided, in the words of a reason,
    where ``reason`` tells something else: that an app failed, or what was done in shadow mode. ``callback_path`` is
    where Twilio was told to post what becomes of a send, where that is the gateway's own.
    """

    what: What
    reason: str
    answer: Answer
    account_sid: str | None = None
    scope: Scope | None = None
    upstream_seconds: float | None = None
    detail: str = ""
    settings_version: int | None = None
    is_proved: bool = False
    message: OutboundMessage | InboundMessage | StatusUpdate | None = field(default=None, repr=False)
    enforced: bool = True
    confirmation: str | None = None
    decided: str = ""
    callback_path: str | None = field(default=None, repr=False)


def failure(what: What, reason: str, error: TrafficError, answer_as: Format, **rest: object) -> Outcome:
    """An outcome whose answer is an error in Twilio's form."""
    return Outcome(what, reason, error_answer(error, answer_as), detail=error.detail, **rest)  # type: ignore[arg-type]


def error_answer(error: TrafficError, answer_as: Format) -> Answer:
    """An error as an answer, in JSON or, where the caller asked for it, in XML."""
    if answer_as is Format.XML:
        content_type, body = "application/xml", error_xml(error)
    else:
        content_type, body = "application/json", error_json(error)
    return Answer(error.kind.status, (("Content-Type", content_type), *error.headers.items()), body)


def twiml_answer(document: str, cookies: tuple[str, ...] = (), status: int = 200) -> Answer:
    """A TwiML document as an answer to Twilio, with the cookies that an app set."""
    headers = (("Content-Type", CONTENT_TYPE), *(("Set-Cookie", cookie) for cookie in cookies))
    return Answer(status, headers, document.encode())
