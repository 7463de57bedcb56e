"""Which headers pass the gateway: end-to-end ones that are listed here, in each direction; hop-by-hop ones never."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

# From an app to Twilio. Content-Type is written by the gateway where it wrote the body.
REQUEST_HEADERS: Final = frozenset(
    {
        "authorization",
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "user-agent",
        "x-twilio-client",
    }
)

# From Twilio to an app; whatever begins with Twilio- passes too.
ANSWER_HEADERS: Final = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "etag",
        "expires",
        "last-modified",
        "location",
        "operationid",  # Twilio, Bulk Messaging: where the answer to a create tells its operation
        "pragma",
        "retry-after",
        "vary",
        "www-authenticate",
        "x-api-domain",
        "x-home-region",
        "x-powered-by",
        "x-shenanigans",
    }
)


CONNECTION: Final = "connection"
CLOSE: Final = "close"
ORDINARY_OPTIONS: Final = frozenset({CLOSE, "keep-alive"})  # no header of either name passes


def request_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those headers of an app's request that go on to Twilio."""
    return _passing(headers, _goes_on)


def answer_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those headers of Twilio's answer that go back to the app."""
    return _passing(headers, _comes_back)


@lru_cache(maxsize=512)
def _goes_on(name: str) -> bool:
    return name.lower() in REQUEST_HEADERS


@lru_cache(maxsize=512)
def _comes_back(name: str) -> bool:
    low = name.lower()
    return low in ANSWER_HEADERS or low.startswith("twilio-")


def _passing(headers: Iterable[tuple[str, str]], may_pass: Callable[[str], bool]) -> tuple[tuple[str, str], ...]:
    """Those that may pass, save what ``Connection`` declares to be of this hop alone (RFC 9110, section 7.6.1)."""
    kept, named = [], set()
    for header in headers:
        name, value = header
        if may_pass(name):
            kept.append(header)
        elif len(name) == len(CONNECTION) and name.lower() == CONNECTION:
            named.update([option.strip().lower() for option in value.split(",")])
    if named <= ORDINARY_OPTIONS:
        return tuple(kept)
    return tuple([header for header in kept if header[0].lower() not in named])
