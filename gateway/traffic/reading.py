"""From aiohttp's request to ours: bounded, origin form only, the headers that matter at most once."""

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.flows.request import Request
from gateway.twilio.errors import AMBIGUOUS, BAD_HTTP, TOO_LARGE, TOO_SLOW, TrafficError
from gateway.twilio.page_urls import reached_at

MOST_BODY_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 10.0
BROKEN: Final = (web.RequestPayloadError, HttpProcessingError, ConnectionError)
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


def read_line(request: web.BaseRequest) -> tuple[str, str]:
    """The path and the query exactly as they were sent. Raises `TrafficError`."""
    target = request._message.path
    if not target.startswith("/"):
        raise TrafficError(BAD_HTTP, "the request names a whole URL where a path belongs")
    path, _, query = target.partition("?")
    if "#" in target:
        raise TrafficError(BAD_HTTP, "the request's target has a fragment")
    return path, query


def read_base(request: web.BaseRequest) -> str | None:
    """The address under which the client reached this listener, where that can be told."""
    bound = request.get_extra_info("sockname")
    if not isinstance(bound, tuple):
        return None  # the connection is gone
    scheme = "http" if request.get_extra_info("sslcontext") is None else "https"
    return reached_at(scheme, request.headers.get("Host"), bound[1], request.headers)


async def read_request(request: web.BaseRequest) -> Request:
    """The whole request. Raises `TrafficError` (400, 413)."""
    path, query = read_line(request)
    headers = tuple(request.headers.items())
    _demand_once(headers)
    values = "".join([value for _, value in headers])
    if not (values.isascii() and values.isprintable()):
        raise TrafficError(BAD_HTTP, "a header's value holds other than printable ASCII")
    return Request(request.method, path, query, headers, await _read_body(request), request.remote or "")


def _demand_once(headers: Iterable[tuple[str, str]]) -> None:
    seen = set()
    for name, _ in headers:
        low = name.lower()
        if low in seen and low in ONCE:
            raise TrafficError(AMBIGUOUS, f"the header {ONCE[low]} stands more than once")
        seen.add(low)


async def _read_body(request: web.BaseRequest) -> bytes:
    if not request.body_exists:
        return b""
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise TrafficError(TOO_LARGE, f"the body is larger than {MOST_BODY_BYTES} bytes")
    if "Expect" in request.headers and request.headers["Expect"].lower() == "100-continue":
        await request._payload_writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        if request.content.is_eof() and request.content.total_bytes <= MOST_BODY_BYTES:  # it came with the head
            return request.content.read_nowait()
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    raise TrafficError(TOO_LARGE, f"the body is larger than {MOST_BODY_BYTES} bytes")
    except TimeoutError as error:
        raise TrafficError(TOO_SLOW) from error
    except BROKEN as error:
        raise TrafficError(BAD_HTTP, "the body breaks off or is not in chunks as it says") from error
    return bytes(body)
