"""Which call a request is: paths in canonical form only, each named by the first row that it matches.

A path that could be read in two ways (escapes, dot segments, double slashes, other case) opens no door.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.twilio.errors import METHOD_NOT_ALLOWED, NOT_CHECKED, NOT_FOUND, TrafficError


class Door(StrEnum):
    """What a call is to the gateway: a send, a call whose TwiML may text, or one that is passed through."""

    SEND = "send"
    CALL = "call"
    API = "api"
    MESSAGING = "messaging"


class Format(StrEnum):
    """How answers are written; the path's extension asks for one, none asks for XML (Twilio, Twilio's response)."""

    JSON = "json"
    XML = "xml"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the API: its door, the account of its path (None where it names none), how it is answered, and
    its path at Twilio.
    """

    door: Door
    account_sid: str | None
    format: Format
    path: str


@dataclass(frozen=True, slots=True)
class _Row:
    method: str  # "*": any of METHODS
    path: re.Pattern[str]
    door: Door


METHODS: Final = frozenset({"GET", "POST", "DELETE"})
ACCOUNT: Final = r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})"
EXTENSION: Final = r"(?:\.(?P<extension>json|xml|csv))?"

# What apps change of a Messaging Service: itself, its pool, its registrations (Twilio, messaging v1).
POOL: Final = "PhoneNumbers|ShortCodes|AlphaSenders|ChannelSenders|DestinationAlphaSenders"
CHANGEABLE: Final = rf"(?:/MG[0-9a-f]{{32}}(?:/(?:{POOL}|Compliance)(?:/[A-Za-z0-9_-]+)*)?|/PreregisteredUsa2p)?"
REGISTRATIONS: Final = "(?:a2p|Tollfree|LinkShortening)"

# First match wins. /SMS/Messages is Twilio's form before 2013; Twilio answers 410 to it since 2022.
DOORS: Final = (
    _Row("POST", re.compile(rf"{ACCOUNT}/Messages{EXTENSION}", re.ASCII), Door.SEND),
    _Row("POST", re.compile(rf"{ACCOUNT}/SMS/Messages{EXTENSION}", re.ASCII), Door.SEND),
    _Row("POST", re.compile(rf"{ACCOUNT}/Calls(?:/CA[0-9a-f]{{32}})?{EXTENSION}", re.ASCII), Door.CALL),
    _Row("*", re.compile(rf"{ACCOUNT}(?:/[A-Za-z0-9_-]+)*{EXTENSION}", re.ASCII), Door.API),
    _Row("*", re.compile(rf"/2010-04-01/Accounts{EXTENSION}", re.ASCII), Door.API),
    # messaging.twilio.com, by its own paths and, so that one base URL serves all of the SDK, below /messaging: reading
    # all of it, changing what is known to create no message.
    _Row("GET", re.compile(r"(?P<path>/v1/Services(?:/[A-Za-z0-9_-]+)*)", re.ASCII), Door.MESSAGING),
    _Row("GET", re.compile(r"/messaging(?P<path>/v[1-9](?:/[A-Za-z0-9_+~-]+)+)", re.ASCII), Door.MESSAGING),
    _Row("*", re.compile(rf"(?:/messaging)?(?P<path>/v1/Services{CHANGEABLE})", re.ASCII), Door.MESSAGING),
    _Row("*", re.compile(rf"/messaging(?P<path>/v1/{REGISTRATIONS}(?:/[A-Za-z0-9_-]+)*)", re.ASCII), Door.MESSAGING),
)

# The segments whose every spelling must be the canonical one: behind another, somebody may still read a send.
GUARDED: Final = {"messages": "Messages", "sms": "SMS", "accounts": "Accounts", "calls": "Calls"}
SID_IN_ANY_CASE: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}", re.ASCII)
# A POST to one of these creates something that may text; where it is not one of the doors for that, it is none.
CREATING: Final = frozenset({"Messages", "Calls"})
# What may be posted below a message that is there: its update, and feedback on it.
OF_A_MESSAGE: Final = re.compile(rf"{ACCOUNT}/Messages/(?:SM|MM)[0-9a-f]{{32}}(?:/Feedback)?{EXTENSION}", re.ASCII)


def read_call(method: str, path: str) -> Call:
    """Which call a method and a path (as sent, without the query) are. Raises `TrafficError` (404, 405, 403)."""
    if method not in METHODS:
        raise TrafficError(METHOD_NOT_ALLOWED, "use GET, POST or DELETE")
    for row in DOORS:
        found = row.path.fullmatch(path) if row.method in {"*", method} else None
        if found is not None:
            _demand_spelling(path)
            _demand_no_way_round(row.door, method, path)
            return _call(row.door, path, found.groupdict())
    raise TrafficError(NOT_FOUND, "no API of Twilio's that the gateway passes on has this path, in this spelling")


def format_of(path: str) -> Format:
    """How a path asks to be answered, even when it leads nowhere."""
    extension = path.rpartition(".")[2]
    return Format(extension) if extension in Format.__members__.values() else _default_format(path)


def _default_format(path: str) -> Format:
    return Format.XML if path.startswith("/2010-04-01/") else Format.JSON


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


def _call(door: Door, path: str, parts: dict[str, str | None]) -> Call:
    if door is Door.MESSAGING:
        return Call(door, None, Format.JSON, parts["path"] or "")
    return Call(door, parts.get("account"), Format(parts.get("extension") or "xml"), path)
