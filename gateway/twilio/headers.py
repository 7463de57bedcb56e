"""Which headers pass the gateway: end-to-end ones that are listed here, in each direction; hop-by-hop ones never."""

from collections.abc import Iterable
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


def request_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those headers of an app's request that go on to Twilio."""
    given = tuple(headers)
    named = _of_this_hop(given)
    return tuple(
        (name, value) for name, value in given if name.lower() in REQUEST_HEADERS and name.lower() not in named
    )


def answer_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those headers of Twilio's answer that go back to the app."""
    given = tuple(headers)
    named = _of_this_hop(given)
    return tuple((name, value) for name, value in given if _comes_back(name.lower()) and name.lower() not in named)


def _comes_back(name: str) -> bool:
    return name in ANSWER_HEADERS or name.startswith("twilio-")


def _of_this_hop(headers: Iterable[tuple[str, str]]) -> frozenset[str]:
    """What ``Connection`` declares to be of this hop alone, whatever it is (RFC 9110, section 7.6.1)."""
    named = [value for name, value in headers if name.lower() == "connection"]
    return frozenset(option.strip().lower() for value in named for option in value.split(","))
