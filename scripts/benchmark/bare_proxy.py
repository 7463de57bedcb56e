"""The opponent that everybody could write: aiohttp's server and client, each request handed on as it came.

Tuned as well as it goes: the low-level server, uvloop, no decompression, no access log, no limit on connections, TLS
sessions kept open, the body as bytes.
"""

import argparse
import asyncio
import gc

import aiohttp
import uvloop
from aiohttp import web
from multidict import CIMultiDict

HOP_BY_HOP = ("Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Content-Length", "Date", "Server")


async def serve(port: int, upstream: str) -> None:
    """Listen until cancelled."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=None, keepalive_timeout=60),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )

    async def hand_on(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        headers = _end_to_end(request.headers)
        async with session.request(request.method, upstream + request.path_qs, data=body, headers=headers) as answer:
            return web.Response(status=answer.status, body=await answer.read(), headers=_end_to_end(answer.headers))

    server = web.ServerRunner(web.Server(hand_on, access_log=None, auto_decompress=False))
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", port).start()
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


def _end_to_end(headers: "CIMultiDict[str] | aiohttp.typedefs.LooseHeaders") -> CIMultiDict[str]:
    kept = CIMultiDict(headers)
    for name in HOP_BY_HOP:
        kept.popall(name, None)
    return kept


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("upstream")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(given.port, given.upstream))
