"""What is demanded of every request before it is looked at: origin form, and no header that can be read in two ways."""

from typing import Final

from gateway.flows.request import Request, are_printable
from gateway.twilio.errors import AMBIGUOUS, BAD_HTTP, TrafficError
from gateway.twilio.page_urls import reached_at

ONCE: Final = {
    name.lower(): name
    for name in (
        "Authorization",
        "Content-Type",
        "Content-Encoding",
        "Content-Length",
        "Host",
        "X-Twilio-Signature",
        "X-Gateway-Blocked",
    )
}


def demand_origin_form(request: Request) -> None:
    """See that the target is a path, with or without a query. Raises `TrafficError`."""
    if not request.path.startswith("/"):
        raise TrafficError(BAD_HTTP, "the request names a whole URL where a path belongs")
    if "#" in request.path or "#" in request.query:
        raise TrafficError(BAD_HTTP, "the request's target has a fragment")


def demand_plain_headers(request: Request) -> None:
    """See that the headers that matter stand once, and that values are printable ASCII. Raises `TrafficError`."""
    if request.head.is_plain and not request.repeats_its_own and are_printable(request.own):
        return
    seen = set()
    for name, _ in request.headers:
        low = name.lower()
        if low in seen and low in ONCE:
            raise TrafficError(AMBIGUOUS, f"the header {ONCE[low]} stands more than once")
        seen.add(low)
    if not are_printable(request.headers):
        raise TrafficError(BAD_HTTP, "a header's value holds other than printable ASCII")


def read_base(request: Request) -> str | None:
    """The address under which the client reached this listener, where that can be told."""
    if not request.port:
        return None  # the connection is gone
    return reached_at(request.scheme, request.header("Host"), request.port, (name for name, _ in request.headers))
