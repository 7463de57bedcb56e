"""How a fault looks on the wire."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.sandbox.answers import error_answer
from gateway.sandbox.errors import ERRORS, TwilioError
from gateway.sandbox.faults import Fault

_CODES = {401: 20003, 404: 20404, 429: 20429}
_SERVER_ERROR = 20500
_DRIP_PIECES = 40

Answer = Callable[[], Awaitable[web.Response]]


async def spoil(
    fault: Fault, request: web.Request, answer: Answer, released: asyncio.Event
) -> web.StreamResponse | None:
    """Answer a request under a fault; None where the connection was broken instead.

    `released` ends every wait at once: the sandbox stops, or the faults were cleared.
    """
    if fault.kind == "drip":
        return await _drip(request, await answer(), fault.seconds, released)
    if fault.when == "before":
        return await _spoil_before(fault, request, answer, released)
    return await _spoil_after(fault, request, await answer(), released)


async def _spoil_before(
    fault: Fault, request: web.Request, answer: Answer, released: asyncio.Event
) -> web.StreamResponse | None:
    if fault.kind == "delay":
        await _wait(fault.seconds, released)
        return await answer()
    if fault.kind == "status":
        return _status(fault, request)
    if fault.kind == "truncate":
        await _truncate(request, _status(Fault("status", status=500), request))
    else:
        await _break(fault, request, released)
    return None


async def _spoil_after(
    fault: Fault, request: web.Request, answer: web.Response, released: asyncio.Event
) -> web.StreamResponse | None:
    if fault.kind == "delay":
        await _wait(fault.seconds, released)
        return answer
    if fault.kind == "status":
        return _status(fault, request)
    if fault.kind == "truncate":
        await _truncate(request, answer)
    else:
        await _break(fault, request, released)
    return None


async def _break(fault: Fault, request: web.Request, released: asyncio.Event) -> None:
    if fault.kind == "hang":
        await _wait(fault.seconds, released)
    reset(request)


async def _wait(seconds: float, released: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await released.wait()
    except TimeoutError:
        return


def _status(fault: Fault, request: web.Request) -> web.Response:
    code = _CODES.get(fault.status, _SERVER_ERROR)
    error = TwilioError(code, ERRORS[code][1].format(path=request.path), fault.status)
    answer = error_answer(error, request.path)
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def reset(request: web.Request) -> None:
    """Break the connection so that the other side sees a reset, not an end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # linger for no time at all: the kernel then answers with RST instead of FIN
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _prepare(request: web.Request, answer: web.Response) -> tuple[web.StreamResponse, bytes]:
    body = answer.body if isinstance(answer.body, bytes) else b""
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    stream.content_length = len(body)
    await stream.prepare(request)
    return stream, body


async def _truncate(request: web.Request, answer: web.Response) -> None:
    stream, body = await _prepare(request, answer)
    await stream.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()


async def _drip(
    request: web.Request, answer: web.Response, seconds: float, released: asyncio.Event
) -> web.StreamResponse:
    stream, body = await _prepare(request, answer)
    size = max(1, len(body) // _DRIP_PIECES)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    for piece in pieces:
        await stream.write(piece)
        await _wait(seconds / len(pieces), released)
    await stream.write_eof()
    return stream
