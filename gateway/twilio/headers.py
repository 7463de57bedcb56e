"""Which headers pass the gateway: end-to-end ones that are listed here, in each direction; hop-by-hop ones never."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

Headers = tuple[tuple[str, str], ...]

_Places = tuple[tuple[int, ...], tuple[int, ...]]
"""Where among headers those stand that may pass, and where ``Connection`` does; known by the headers' names."""

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


def request_headers(headers: Headers) -> Headers:
    """Those headers of an app's request that go on to Twilio."""
    return _passing(headers, _places_to_twilio)


def answer_headers(headers: Headers) -> Headers:
    """Those headers of Twilio's answer that go back to the app."""
    return _passing(headers, _places_to_app)


def _passing(headers: Headers, places_of: Callable[[tuple[str, ...]], _Places]) -> Headers:
    """Those that may pass, save what ``Connection`` declares to be of this hop alone (RFC 9110, section 7.6.1)."""
    passing, options = places_of(tuple([name for name, _ in headers]))
    kept = tuple([headers[place] for place in passing])
    for place in options:
        if headers[place][1].lower() not in ORDINARY_OPTIONS:
            named = {option.strip().lower() for place in options for option in headers[place][1].split(",")}
            return tuple([header for header in kept if header[0].lower() not in named])
    return kept


@lru_cache(maxsize=128)
def _places_to_twilio(names: tuple[str, ...]) -> _Places:
    return _places(names, lambda low: low in REQUEST_HEADERS)


@lru_cache(maxsize=128)
def _places_to_app(names: tuple[str, ...]) -> _Places:
    return _places(names, lambda low: low in ANSWER_HEADERS or low.startswith("twilio-"))


def _places(names: tuple[str, ...], may_pass: Callable[[str], bool]) -> _Places:
    lows = [name.lower() for name in names]
    passing = tuple([place for place, low in enumerate(lows) if may_pass(low)])
    return passing, tuple([place for place, low in enumerate(lows) if low == CONNECTION])
