"""The cookies that Twilio keeps for a conversation.

Source: Twilio, TwiML for Programmable Messaging: one jar per pair of numbers, kept for four hours.
"""

import time

import aiohttp
from yarl import URL

LIFETIME_SECONDS = 4 * 3600.0

Pair = tuple[str, str]


class CookieShelf:
    """One jar per (phone, sender) pair."""

    def __init__(self) -> None:
        self._jars: dict[Pair, tuple[float, aiohttp.CookieJar]] = {}

    def header_for(self, pair: Pair | None, url: URL) -> str:
        """The `Cookie` header for the next request of that pair, empty for none."""
        jar = self._jar(pair)
        if jar is None:
            return ""
        return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.filter_cookies(url).items())

    def keep(self, pair: Pair | None, response: aiohttp.ClientResponse) -> None:
        """Take over the cookies that an answer sets."""
        if pair is None or not response.cookies:
            return
        jar = self._jar(pair)
        if jar is None:
            # unsafe: Twilio never calls bare IP addresses, a sandbox on loopback does nothing else
            jar = aiohttp.CookieJar(unsafe=True)
            self._jars[pair] = (time.monotonic() + LIFETIME_SECONDS, jar)
        jar.update_cookies(response.cookies, response.url)

    def _jar(self, pair: Pair | None) -> aiohttp.CookieJar | None:
        if pair is None or pair not in self._jars:
            return None
        expires, jar = self._jars[pair]
        if expires < time.monotonic():
            del self._jars[pair]
            return None
        return jar
