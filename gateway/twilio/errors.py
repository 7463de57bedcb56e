"""Errors of the traffic side: one table, one form.

Every error an app gets, the gateway's own too, has the form of Twilio's REST API, because Twilio's SDKs read nothing
else: ``code`` is always a number, ``status`` is always there, ``type`` and ``title`` never (with them the Python and
Node SDKs raise another class). Where Twilio has a code that fits it is used; codes of our own begin with 900.

    TrafficError   carries a row of the table
"""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import orjson


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table: the number in ``code``, the HTTP status, what the caller is told, whether the same
    request may simply be sent again (then ``Retry-After: 1`` goes with it).
    """

    code: int
    status: int
    message: str
    retryable: bool = False


# Twilio's own, by Twilio's numbers (docs, error and warning dictionary).
OPTED_OUT: Final = ErrorKind(21610, 400, "Attempt to send to unsubscribed recipient")
AUTHENTICATE: Final = ErrorKind(20003, 401, "Authenticate")
NOT_FOUND: Final = ErrorKind(20404, 404, "The requested resource was not found")
METHOD_NOT_ALLOWED: Final = ErrorKind(20004, 405, "Method not allowed")
TOO_MANY_ATTEMPTS: Final = ErrorKind(20429, 429, "Too Many Requests", retryable=True)
INVALID_PARAMETER: Final = ErrorKind(20001, 400, "Invalid parameter")
NO_RECIPIENT: Final = ErrorKind(21604, 400, "A 'To' phone number is required.")
NO_SENDER: Final = ErrorKind(21603, 400, "A 'From' phone number is required.")
INVALID_RECIPIENT: Final = ErrorKind(21211, 400, "Invalid 'To' Phone Number")
INVALID_SENDER: Final = ErrorKind(
    21212, 400, "The 'From' is not a valid phone number, short code, or alphanumeric sender ID"
)
INVALID_FALLBACK_SENDER: Final = ErrorKind(21665, 400, "The 'FallbackFrom' is not a valid SMS sender")

# The gateway's own.
BAD_HTTP: Final = ErrorKind(900400, 400, "The request is not HTTP as it should be")
AMBIGUOUS: Final = ErrorKind(900401, 400, "The request can be read in more than one way")
WRONG_SIGNATURE: Final = ErrorKind(900402, 403, "The webhook was not signed by Twilio for this gateway")
NOT_CHECKED: Final = ErrorKind(900403, 403, "This call may create messages that the gateway does not check")
REPLAYED: Final = ErrorKind(900405, 403, "A replayed request must not reach Twilio")
TOO_SLOW: Final = ErrorKind(900408, 408, "The request did not come whole in time")
TOO_LARGE: Final = ErrorKind(900413, 413, "The request is too large")
NOT_A_FORM: Final = ErrorKind(
    900415,
    415,
    "Send the parameters as application/x-www-form-urlencoded in UTF-8, without a content encoding",
)
OUTCOME_UNKNOWN: Final = ErrorKind(
    900409,
    409,
    "The connection to Twilio broke after the request may have been taken; look for the message before sending again",
)
INTERNAL: Final = ErrorKind(900500, 500, "The gateway failed; its log has the request's id")
UPSTREAM_AWAY: Final = ErrorKind(900502, 503, "Twilio cannot be reached; nothing was sent, try again", retryable=True)
STORE_AWAY: Final = ErrorKind(
    900503, 503, "The opt-out list cannot be read; nothing was sent, try again", retryable=True
)
BUSY: Final = ErrorKind(900504, 503, "Too many sends are under way; nothing was sent, try again", retryable=True)

ERROR_KINDS: Final = tuple(kind for kind in tuple(globals().values()) if isinstance(kind, ErrorKind))

TWILIO_DOCS: Final = "https://www.twilio.com/docs/errors/"
OWN_DOCS: Final = "urn:optout-gateway:errors:"
FIRST_OWN_CODE: Final = 900000


class TrafficError(Exception):
    """What a caller on the traffic side is told: a row of the table and, where it helps, which field and why.

    ``detail`` never repeats a value that the caller sent.
    """

    def __init__(self, kind: ErrorKind, detail: str = "") -> None:
        super().__init__(f"{kind.code}: {kind.message}{f' ({detail})' if detail else ''}")
        self.kind = kind
        self.detail = detail

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the error."""
        if self.kind is AUTHENTICATE:
            return {"WWW-Authenticate": 'Basic realm="Twilio API"'}
        return {"Retry-After": "1"} if self.kind.retryable else {}


def more_info(code: int) -> str:
    """Where a code is explained: Twilio's dictionary for Twilio's, the gateway's manual for its own."""
    return f"{OWN_DOCS if code >= FIRST_OWN_CODE else TWILIO_DOCS}{code}"


def error_json(error: TrafficError) -> bytes:
    """The body of an error in Twilio's JSON form."""
    kind = error.kind
    return orjson.dumps(
        {
            "code": kind.code,
            "message": _message(error),
            "more_info": more_info(kind.code),
            "status": kind.status,
        }
    )


def error_xml(error: TrafficError) -> bytes:
    """The body of an error in Twilio's XML form, elements in the order Twilio is seen to use."""
    kind = error.kind
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException>"
        f"<Code>{kind.code}</Code><Message>{escape(_message(error))}</Message>"
        f"<MoreInfo>{more_info(kind.code)}</MoreInfo><Status>{kind.status}</Status>"
        "</RestException></TwilioResponse>"
    ).encode()


def _message(error: TrafficError) -> str:
    return f"{error.kind.message}: {error.detail}" if error.detail else error.kind.message
