"""Which call a request is: hosts and paths in canonical form only, each named by the first row that it matches.

A path that could be read in two ways (escapes, dot segments, double slashes, other case) opens no door, and each call
has one host and path, or one path on the gateway's own: ``/2010-04-01/…`` is api.twilio.com, ``/<product>/…`` is
``<product>.twilio.com``, and a bare ``/v1/Services…`` is messaging.twilio.com, so that one base URL serves the SDK.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from gateway.twilio.errors import METHOD_NOT_ALLOWED, NOT_CHECKED, NOT_FOUND, TrafficError
from gateway.twilio.products import API, MESSAGING, PRODUCTS, UnknownHost, may_create_messages, product_of


class Door(StrEnum):
    """What a call is to the gateway: a send, a call whose TwiML may text, or one that is passed through."""

    SEND = "send"
    CALL = "call"
    API = "api"
    PRODUCT = "product"


class Format(StrEnum):
    """How answers are written; the path's extension asks for one, none asks for XML (Twilio, Twilio's response)."""

    JSON = "json"
    XML = "xml"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the API: its door, the account of its path (None where it names none), how it is answered, its
    path at Twilio, and the product whose host it goes to.

    ``unchecked``: it may create messages that the gateway cannot check.
    """

    door: Door
    account_sid: str | None
    format: Format
    path: str
    product: str = API
    unchecked: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    method: str  # "*": any of API_METHODS
    path: re.Pattern[str]
    door: Door


API_METHODS: Final = frozenset({"GET", "POST", "DELETE"})
METHODS: Final = API_METHODS | {"PUT", "PATCH"}  # newer products update by these
ACCOUNT: Final = r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})"
EXTENSION: Final = r"(?:\.(?P<extension>json|xml|csv))?"

# First match wins. /SMS/Messages is Twilio's form before 2013; Twilio answers 410 to it since 2022.
API_DOORS: Final = (
    _Row("POST", re.compile(rf"{ACCOUNT}/Messages{EXTENSION}", re.ASCII), Door.SEND),
    _Row("POST", re.compile(rf"{ACCOUNT}/SMS/Messages{EXTENSION}", re.ASCII), Door.SEND),
    _Row("POST", re.compile(rf"{ACCOUNT}/Calls(?:/CA[0-9a-f]{{32}})?{EXTENSION}", re.ASCII), Door.CALL),
    _Row("*", re.compile(rf"{ACCOUNT}(?:/[A-Za-z0-9_-]+)*{EXTENSION}", re.ASCII), Door.API),
    _Row("*", re.compile(rf"/2010-04-01/Accounts{EXTENSION}", re.ASCII), Door.API),
)

# Other products name things by numbers, e-mail addresses and names of the app's own choice. Of escapes only those that
# an SDK writes for + @ : and space, in capitals; no segment is dots alone.
# They begin with a version, so that no path of api.twilio.com is one of theirs; save those of two previews.
SEGMENT: Final = r"/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9_.~@:+-]|%(?:2B|40|3A|20))+"
PRODUCT_PATH: Final = re.compile(rf"/(?:v[0-9]{{1,2}}|preview)(?:{SEGMENT})+", re.ASCII)
PREVIEW_PATH: Final = re.compile(rf"(?!/[0-9])(?:{SEGMENT})+", re.ASCII)
BELOW_A_PRODUCT: Final = re.compile(r"/(?P<product>[a-z][a-z-]*)(?P<path>/.*)", re.ASCII | re.DOTALL)
BARE_SERVICES: Final = re.compile(r"/v1/Services(?:/.*)?", re.ASCII | re.DOTALL)

# The segments whose every spelling must be the canonical one: behind another, somebody may still read a send.
GUARDED: Final = {"messages": "Messages", "sms": "SMS", "accounts": "Accounts", "calls": "Calls"}
SID_IN_ANY_CASE: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)
# A POST to one of these creates something that may text; where it is not one of the doors for that, it is none.
CREATING: Final = frozenset({"Messages", "Calls"})
# What may be posted below a message that is there: its update, and feedback on it.
OF_A_MESSAGE: Final = re.compile(rf"{ACCOUNT}/Messages/(?:SM|MM)[0-9a-f]{{32}}(?:/Feedback)?{EXTENSION}", re.ASCII)


MOST_KEPT: Final = 1_024  # apps make the same few calls over and over; what is refused is not kept
MOST_KEPT_CHARACTERS: Final = 256


def read_call(method: str, path: str, host: str | None = None) -> Call:
    """Which call a method, a path (as sent, without the query) and a ``Host`` are. Raises `TrafficError` (404, 405,
    403).
    """
    if len(path) + len(host or "") > MOST_KEPT_CHARACTERS:
        return _read_call(method, path, host)
    return _read_again(method, path, host)


def _read_call(method: str, path: str, host: str | None) -> Call:
    if method not in METHODS:
        raise TrafficError(METHOD_NOT_ALLOWED, "use GET, POST or DELETE")
    try:
        product, path = _split(product_of(host), path)
    except UnknownHost as error:
        raise TrafficError(NOT_FOUND, "the gateway stands in for no such host, in this spelling") from error
    return _api_call(method, path) if product == API else _product_call(product, method, path)


_read_again = lru_cache(maxsize=MOST_KEPT)(_read_call)


def format_of(path: str) -> Format:
    """How a path asks to be answered, even when it leads nowhere."""
    extension = path.rpartition(".")[2]
    return Format(extension) if extension in Format.__members__.values() else _default_format(path)


def _default_format(path: str) -> Format:
    return Format.XML if path.startswith("/2010-04-01/") else Format.JSON


def _split(product: str | None, path: str) -> tuple[str, str]:
    """The product of a request and its path there; the host says so, else the path's beginning."""
    if product is not None:
        return product, path
    if BARE_SERVICES.fullmatch(path):
        return MESSAGING, path
    below = BELOW_A_PRODUCT.fullmatch(path)
    if below is not None and below["product"] in PRODUCTS - {API}:  # one spelling: api.twilio.com has no prefix
        return below["product"], below["path"]
    return API, path


def _api_call(method: str, path: str) -> Call:
    if method not in API_METHODS:
        raise TrafficError(METHOD_NOT_ALLOWED, "use GET, POST or DELETE")
    for row in API_DOORS:
        found = row.path.fullmatch(path) if row.method in {"*", method} else None
        if found is not None:
            _demand_spelling(path)
            _demand_no_way_round(row.door, method, path)
            parts = found.groupdict()
            return Call(row.door, parts.get("account"), Format(parts.get("extension") or "xml"), path)
    raise TrafficError(NOT_FOUND, "no API of Twilio's that the gateway passes on has this path, in this spelling")


def _product_call(product: str, method: str, path: str) -> Call:
    if not (PREVIEW_PATH if product.startswith("preview") else PRODUCT_PATH).fullmatch(path):
        raise TrafficError(NOT_FOUND, "no API of Twilio's that the gateway passes on has this path, in this spelling")
    unchecked = may_create_messages(product, method, path)
    return Call(Door.PRODUCT, None, Format.JSON, path, product, unchecked)


def _demand_spelling(path: str) -> None:
    for segment in path.split("/"):
        name = segment.partition(".")[0]
        is_sid_misspelt = SID_IN_ANY_CASE.fullmatch(name) and not SID.fullmatch(name)
        if is_sid_misspelt or GUARDED.get(name.casefold(), name) != name:
            raise TrafficError(NOT_CHECKED, "the path is written in another case than Twilio's")


def _demand_no_way_round(door: Door, method: str, path: str) -> None:
    """Refuse what only the general row lets in although it reads like a send, as Accounts within an account do."""
    if door is not Door.API or method != "POST" or OF_A_MESSAGE.fullmatch(path):
        return
    names = [re.sub("[^A-Za-z]", "", segment.partition(".")[0]) for segment in path.split("/")]
    if names[-1] in CREATING or "Messages" in names or names.count("Accounts") > 1:
        raise TrafficError(NOT_CHECKED, "the path reads like a send, and is none")
