"""The opponent that everybody could write: aiohttp's server and client, each request handed on as it came.

Tuned as well as it goes: aiohttp's C parsers, its low-level server, uvloop, no decompression, no cookies, no redirects,
no access log, no limit on connections, TLS connections kept open, the body as bytes, addresses parsed once, headers
copied once, and a garbage collector that seldom looks.
"""

import argparse
import asyncio
import functools
import gc

import aiohttp
import uvloop
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length", "date", "server"})
COLLECT_AFTER = (50_000, 50, 50)  # objects, young collections, older ones
KEPT_ADDRESSES = 1_024


async def serve(port: int, upstream: str) -> None:
    """Listen until cancelled."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=None, keepalive_timeout=60),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )

    base = URL(upstream)

    @functools.lru_cache(KEPT_ADDRESSES)
    def address_of(target: str) -> URL:
        return base.join(URL(target, encoded=True))

    async def hand_on(request: web.BaseRequest) -> web.Response:
        async with session.request(
            request.method,
            address_of(request.path_qs),
            data=await request.read(),
            headers=_end_to_end(request.headers),
            allow_redirects=False,
        ) as answer:
            return web.Response(status=answer.status, body=await answer.read(), headers=_end_to_end(answer.headers))

    server = web.ServerRunner(web.Server(hand_on, access_log=None, auto_decompress=False))
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", port).start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    await asyncio.Event().wait()


def _end_to_end(headers: "CIMultiDictProxy[str]") -> CIMultiDict[str]:
    return CIMultiDict([each for each in headers.items() if each[0].lower() not in HOP_BY_HOP])


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("port", type=int)
    options.add_argument("upstream")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(given.port, given.upstream))
