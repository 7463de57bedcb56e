"""Errors of the admin listener as problem details (RFC 9457), one kind for each thing that a caller can tell apart.

No problem repeats a value that was sent, save the names of keys and keywords of settings; none holds a trace of
what went wrong inside.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
import structlog
from aiohttp import web

from gateway.messaging.opt_out_rules import Fault, InvalidSettings
from gateway.operations.imports.errors import ImportedAlready, SinksAreFull, UnderWay, UnusableFile
from gateway.operations.json_forms import faults_as_json
from gateway.operations.review import NoSuchItem, NotOpen
from gateway.operations.services import NoSuchVersion
from gateway.operations.tokens import NoSuchToken, TakenName
from gateway.store import StoreError
from gateway.twilio.upstream import UpstreamError

log: Final = structlog.get_logger()

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = "1"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its name for programs, the status it is answered with, its title for people."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The member ``type`` of the problem details."""
        return f"urn:optout-gateway:{self.name}"


KINDS: Final = (
    NOT_HTTP := Kind("not-http", 400, "The request is not HTTP as it should be"),
    MALFORMED := Kind("malformed", 400, "The body or the query cannot be read"),
    INVALID_REQUEST := Kind("invalid-request", 400, "A value of the request cannot be used"),
    UNAUTHORIZED := Kind("unauthorized", 401, "The token is missing, wrong, expired or revoked"),
    FORBIDDEN := Kind("forbidden", 403, "The token's role does not suffice"),
    NO_SUCH_PATH := Kind("no-such-path", 404, "There is nothing at this path"),
    UNKNOWN_ACCOUNT := Kind("unknown-account", 404, "The settings do not have this account"),
    UNKNOWN_SERVICE := Kind("unknown-service", 404, "Nothing is known of this Messaging Service"),
    UNKNOWN_VERSION := Kind("unknown-version", 404, "The service has no such version of its settings"),
    UNKNOWN_ITEM := Kind("unknown-item", 404, "The review list has no such item"),
    UNKNOWN_OPT_OUT := Kind("unknown-opt-out", 404, "There is no such opt-out"),
    UNKNOWN_DELIVERY := Kind("unknown-delivery", 404, "There is no such delivery"),
    UNKNOWN_TOKEN := Kind("unknown-token", 404, "There is no such token that could be revoked"),
    UNKNOWN_SINK := Kind("unknown-sink", 404, "The account has no such sink or subscription"),
    UNKNOWN_MESSAGE := Kind("unknown-message", 404, "Nothing is known of this message"),
    NO_SUCH_METHOD := Kind("no-such-method", 405, "This path does not take the method"),
    TIMED_OUT := Kind("timed-out", 408, "The request did not come whole in time"),
    SAVED_MEANWHILE := Kind("saved-meanwhile", 409, "Somebody else saved in between"),
    DECIDED_ALREADY := Kind("decided-already", 409, "Somebody has decided on this item already"),
    ON_HOLD := Kind("on-hold", 409, "The opt-out is on hold"),
    NOT_TO_RETRY := Kind("not-to-retry", 409, "The delivery is done, or under way"),
    TAKEN_NAME := Kind("taken-name", 409, "There is or was a token of this name"),
    IMPORTED_ALREADY := Kind("imported-already", 409, "The same file was imported before"),
    IMPORT_UNDER_WAY := Kind("import-under-way", 409, "Somebody else goes on with the same import"),
    SINKS_FULL := Kind("sinks-full", 409, "A sink takes nothing of what it is owed"),
    SINK_EXISTS := Kind("sink-exists", 409, "The account has a sink of this name already"),
    ANOTHER_VERSION := Kind("another-version", 412, "Another version of the settings is the newest"),
    TOO_LARGE := Kind("too-large", 413, "The request is too large"),
    WRONG_TYPE := Kind("wrong-type", 415, "The body is not of a type that this path takes"),
    UNEXPECTED := Kind("unexpected", 417, "The Expect header asks for something else than 100-continue"),
    UNUSABLE_FILE := Kind("unusable-file", 422, "The file cannot be imported"),
    INVALID_SETTINGS := Kind("invalid-settings", 422, "The settings cannot be used"),
    TOO_MANY_LISTEN := Kind("too-many-listen", 429, "As many as can be listen to the live feed already"),
    FAULT := Kind("fault", 500, "The gateway failed"),
    TWILIO_AWAY := Kind("twilio-away", 502, "Twilio did not answer as it should"),
    STORE_AWAY := Kind("store-away", 503, "The store cannot be read or written at the moment"),
)  # fmt: skip

DETAILS: Final[Mapping[Kind, str]] = {
    NOT_HTTP: "look at the client and at proxies in between; target and headers take at most 16 KiB each",
    NO_SUCH_PATH: "write SIDs as MG and 32 hexadecimal digits in lower case, versions as plain numbers",
    NO_SUCH_METHOD: "use one of those in Allow",
    UNEXPECTED: "leave it out",
    TOO_LARGE: "a body has at most 1 MiB",
    FAULT: "its log has the error's name, in the line admin_failed",
    STORE_AWAY: "it is not known whether anything was changed; look, then try again",
}
BY_STATUS: Final = {404: NO_SUCH_PATH, 405: NO_SUCH_METHOD, 413: TOO_LARGE, 417: UNEXPECTED}


class Problem(Exception):
    """What a handler raises to refuse a call; ``errors`` has a line for each place that is wrong."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.detail = detail if detail is not None else DETAILS[kind]
        self.errors = tuple(errors)
        self.headers = headers or {}

    def response(self) -> web.Response:
        """The problem as it is answered."""
        told: dict[str, object] = {"type": self.kind.type, "title": self.kind.title, "status": self.kind.status}
        told["detail"] = self.detail
        if self.errors:
            told["errors"] = faults_as_json(self.errors)
        headers = {**self.headers, "Content-Type": CONTENT_TYPE}
        return web.Response(status=self.kind.status, body=orjson.dumps(told), headers=headers)


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error as a problem."""
    try:
        return await handler(request)
    except Exception as error:
        return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    """The problem that an error is told as."""
    match error:
        case Problem():
            return error
        case web.HTTPException() if error.status in BY_STATUS:
            allowed = {name: value for name, value in error.headers.items() if name == "Allow"}
            return Problem(BY_STATUS[error.status], headers=allowed)
        case InvalidSettings():
            return Problem(INVALID_SETTINGS, "nothing was saved; mend every place below", error.faults)
        case NoSuchVersion():
            return Problem(UNKNOWN_VERSION, str(error))
        case NoSuchItem():
            return Problem(UNKNOWN_ITEM, str(error))
        case NotOpen():
            return Problem(DECIDED_ALREADY, str(error))
        case NoSuchToken():
            return Problem(UNKNOWN_TOKEN, "see the list; a revoked token stays in it")
        case TakenName():
            return Problem(TAKEN_NAME, "take another name: history names who acted by it")
        case ImportedAlready():
            return Problem(IMPORTED_ALREADY, "again=true imports it once more")
        case UnderWay():
            return Problem(IMPORT_UNDER_WAY, "wait until it is done; what is imported is kept")
        case SinksAreFull():
            return Problem(SINKS_FULL, f"{error}; what is imported is kept; untold=true tells sinks nothing")
        case UnusableFile():
            return Problem(UNUSABLE_FILE, str(error))
        case UpstreamError():
            return Problem(TWILIO_AWAY, f"{error}; nothing was changed")
        case StoreError() if error.retryable:
            return Problem(STORE_AWAY, headers={"Retry-After": RETRY_AFTER_SECONDS})
        case _:
            log.error("admin_failed", error=type(error).__name__)  # its text and traceback may hold a number
            return Problem(FAULT)
